"""Pages opened by an address of their own: told where the server is, so that nothing is guessed.

A page at ``/drawdowns`` does not know whether the server answers below that path: Streamlit's
browser side tries there first, and the console complains of two addresses that are not found. It
asks no one where ``window.__streamlit`` names the server.

When the page changes, Streamlit empties the address, and the page then writes into it what is run.
Each would be an entry in the browser's history: Back would only empty the address again. What
completes an empty address, with nothing pressed since the page changed, replaces its entry.

The room around a page is told here too: a style that comes with the page's first message would move
what the browser has drawn by then. Until that style is there the page is not shown, 3 seconds at
most: Streamlit loads what draws it only when it first meets it, and buttons would stand higher.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["NamesTheServer"]

_HEAD: Final = b"<head>"
# Also the room of what is worked out behind the Overview and of the two rows of buttons of a phone.
_STYLE: Final = b"""<style>
.stApp .stMainBlockContainer { padding: 60px 24px 32px; max-width: 1560px; }
.stApp .st-key-head { gap: 8px; }
@keyframes pl-late { from { visibility: hidden; } }
.stApp:not(:has(.stHtml style)) .stMainBlockContainer { animation: pl-late 3s step-end; }
.st-key-lead { min-height: 48px; }
.st-key-report-parts { min-height: 53px; }
.st-key-evidence { min-height: 116px; }
.st-key-today { min-height: 250px; }
@media (max-width: 700px) {
  .stApp .stMainBlockContainer { padding: 56px 12px 24px; }
  .st-key-setting { min-height: 84px; }
  .st-key-report-parts { min-height: 116px; }
  .st-key-evidence { min-height: 336px; }
  .st-key-today { min-height: 590px; }
}
</style>"""
_SCRIPT: Final = (
    b"<head><script>window.__streamlit = "
    b"{ ...window.__streamlit, BACKEND_BASE_URL: location.origin + '/' };</script>"
)
_HISTORY: Final = b"""<script>(() => {
  const push = history.pushState.bind(history);
  let chosen = false, left = '';
  const note = () => { chosen = true; };
  for (const kind of ['click', 'keydown', 'pointerdown', 'input', 'change']) {
    addEventListener(kind, note, true);
  }
  history.pushState = (state, title, url) => {
    const next = new URL(url ?? location.href, location.href);
    const same = next.pathname === location.pathname;
    if (same && !location.search && next.search && (!chosen || next.search === left)) {
      history.replaceState(state, title, url);
      return;
    }
    if (!same) {
      chosen = false;
      left = location.search;
    }
    push(state, title, url);
  };
})();</script>"""


class NamesTheServer:
    """ASGI middleware: adds the server's own address to every HTML page that it sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        page = _Page(send)
        await self._app(_plain(scope), receive, page.send)


class _Page:
    # Holds an HTML answer back until it is whole; passes on everything else.

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        body = self._body.replace(_HEAD, _SCRIPT + _HISTORY + _STYLE, 1)
        MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _is_html(message: Message) -> bool:
    headers = MutableHeaders(raw=message["headers"])
    kind = headers.get("content-type", "")
    return (
        message["status"] == 200
        and kind.startswith("text/html")
        and "content-encoding" not in headers
    )


def _plain(scope: Scope) -> Scope:
    # A page is a few kilobytes: asked for uncompressed, and always whole.
    last = scope["path"].rpartition("/")[2]
    if "." in last or "/_stcore/" in scope["path"]:
        return scope
    skipped = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in skipped]
    return {**scope, "headers": kept}
