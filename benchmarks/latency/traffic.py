"""What travels between a page of the dashboard and its server, told apart by run of the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playwright.sync_api import Page, Response, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

__all__ = ["Recorder", "ScriptRun", "page_requests", "script_runs"]

_LAB = "-lab"  # how the id of the lab's component ends
_ROUTES = "/plimsoll/"


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """One run of the page's script, or of one fragment of it, as the browser received it.

    Attributes
    ----------
    fragment : bool
    received : int
        Bytes of all its websocket messages, as the browser gets them (not compressed).
    frame : int
        Bytes of them that the lab's component was fed.
    complete : bool
        False for a run that another one broke off.
    """

    fragment: bool = False
    received: int = 0
    frame: int = 0
    complete: bool = True


def script_runs(messages: Sequence[bytes]) -> list[ScriptRun]:
    """Return the runs that `messages` from the server end, in order."""
    runs: list[ScriptRun] = []
    run = ScriptRun()
    for message in messages:
        parsed = ForwardMsg()
        parsed.ParseFromString(message)
        run = replace(run, received=run.received + len(message))
        kind = parsed.WhichOneof("type")
        if kind == "delta" and parsed.delta.new_element.WhichOneof("type") == "bidi_component":
            component = parsed.delta.new_element.bidi_component
            if component.id.endswith(_LAB):
                run = replace(run, frame=run.frame + len(component.bytes))
        if kind == "script_finished":
            status = parsed.script_finished
            runs.append(
                replace(
                    run,
                    fragment=status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
                    complete=status != ForwardMsg.FINISHED_EARLY_FOR_RERUN,
                )
            )
            run = ScriptRun()
    return runs


def page_requests(messages: Sequence[bytes]) -> int:
    """Return how many of the browser's `messages` ask for a run of the whole page."""
    found = 0
    for message in messages:
        parsed = BackMsg()
        parsed.ParseFromString(message)
        found += parsed.HasField("rerun_script") and not parsed.rerun_script.fragment_id
    return found


class Recorder:
    """Listens to a page from before it is opened."""

    def __init__(self, page: Page) -> None:
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self._responses: list[Response] = []
        page.on("websocket", self._opened)
        page.on("response", self._answered)

    def clear(self) -> None:
        """Forget what was heard so far."""
        self.sent.clear()
        self.received.clear()
        self._responses.clear()

    def runs(self) -> list[ScriptRun]:
        """Return the runs of the script that ended since the last :meth:`clear`."""
        return script_runs(self.received)

    def bytes_received(self) -> int:
        """Return all that came, by the websocket and by the dashboard's own routes."""
        fetched = sum(len(response.body()) for response in self._responses)
        return sum(map(len, self.received)) + fetched

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))
        socket.on("framereceived", lambda frame: self.received.append(_bytes(frame)))

    def _answered(self, response: Response) -> None:
        if _ROUTES in response.url:
            self._responses.append(response)


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
