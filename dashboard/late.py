"""Messages of a page that was left: dropped before Streamlit runs them.

A component's message that the browser sends between the click on another page and that page's
arrival asks for a fragment of the old page. Streamlit queues it behind the new page, then runs it
as the old page, which has no such fragment any more: the browser is left with an empty page.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

__all__ = ["DropLate"]

_RERUN: Final = "rerun_script"


class DropLate:
    """ASGI middleware: of each WebSocket, drop requests for fragments of another page than its own.

    The page is that of the last request to run a whole page, as the browser names it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        page = ""

        async def received() -> Message:
            nonlocal page
            while True:
                message = await receive()
                request = _read(message)
                if request is None or not request.HasField(_RERUN):
                    return message
                asked = request.rerun_script
                if not asked.fragment_id:
                    page = asked.page_script_hash or page
                elif page and asked.page_script_hash not in ("", page):
                    continue
                return message

        await self._app(scope, received, send)


def _read(message: Message) -> BackMsg | None:
    data = message.get("bytes")
    if message["type"] != "websocket.receive" or not data:
        return None
    found = BackMsg()
    try:
        found.ParseFromString(data)
    except DecodeError:
        return None  # Streamlit says what is wrong with it
    return found
