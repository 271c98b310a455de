"""Messages of a page that was left: no way back to it, and nothing drawn over the next one.

What happens between the click on another page and that page's arrival, the browser sends in the
name of the page it still shows. Streamlit's server takes each request for a change of page:

- one for a fragment runs as the old page, after the new one, which has no such fragment: the
  browser throws the new page away and is left with an empty one. It is dropped;
- one for the whole page, as of a commit or a click, brings the old page back: the click on the
  other page is lost. What was clicked is taken, on the page that was asked for.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

__all__ = ["DropLate"]

_RERUN: Final = "rerun_script"


class DropLate:
    """ASGI middleware: of each WebSocket, no request leads back to a page that was left.

    The page is that of the last request to change it, as the browser names it. Such a request
    carries the values of the entry point's own widgets, of which ours has none (a test holds it to
    that); every other one of ours carries some, for all pages have pickers.
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
                late = bool(page) and asked.page_script_hash not in ("", page)
                if asked.fragment_id:
                    if late:
                        continue
                elif late and asked.widget_states.widgets:
                    asked.page_script_hash = page
                    return {**message, "bytes": request.SerializeToString()}
                else:
                    page = asked.page_script_hash or page
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
