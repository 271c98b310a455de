"""The checks of routes that stand outside Streamlit: host, origin, method, length, rate.

Streamlit's own checks cover its websocket and nothing that is added beside it. The dashboard
listens on the loopback interface only; these checks keep other pages of the same browser out.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["LONGEST_QUERY", "LOOPBACK", "Guard", "SameOrigin", "TokenBucket", "answer"]

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
LONGEST_QUERY: Final = 512
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Handler = Callable[[Request], Awaitable[Response]]


class TokenBucket:
    """Lets `burst` requests through at once and `per_second` on average.

    Parameters
    ----------
    per_second, burst : float
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second, self.burst, self._clock = per_second, burst, clock
        self._tokens, self._at = burst, clock()
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Take a token and return 0, or the seconds until there will be one."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_second)
            self._at = now
            if self._tokens >= 1.0:
                self._tokens -= 1.0
                return 0.0
            return (1.0 - self._tokens) / self.per_second


class Guard:
    """Wraps a handler: what is not from our own pages, too long or too often is refused.

    Parameters
    ----------
    bucket : TokenBucket
        Shared by all routes that it guards; foreign requests take nothing from it.
    hosts : callable
        Names the server may be asked for by, beside those of the loopback interface.
    longest_query : int
        Most characters after the question mark.
    """

    def __init__(
        self,
        bucket: TokenBucket,
        hosts: Callable[[], Iterable[str]] = tuple,
        longest_query: int = LONGEST_QUERY,
    ) -> None:
        self.bucket, self.hosts, self.longest_query = bucket, hosts, longest_query

    def __call__(self, handler: Handler) -> Handler:
        """Return `handler` behind the checks."""

        async def guarded(request: Request) -> Response:
            return self.refusal(request) or await handler(request)

        return guarded

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that is refused, None for one that may pass."""
        host = request.headers.get("host", "")
        if not self._known(host):
            return answer(403, "this server answers only to its own name, for example 127.0.0.1")
        if not _same_origin(request, host):
            return answer(403, "requests from other pages are refused")
        if request.method != "GET":
            return answer(405, "only GET is answered", {"Allow": "GET"})
        length = len(request.scope.get("query_string", b""))
        if length > self.longest_query:
            return answer(414, f"a query has at most {self.longest_query} characters, had {length}")
        wait = self.bucket.wait()
        if wait > 0.0:
            retry = {"Retry-After": str(math.ceil(wait))}
            return answer(429, f"too many requests; try again in {wait:.1f} s", retry)
        return None

    def _known(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, _ = parts.hostname, parts.port
        except ValueError:
            return False
        if name is None or parts.path or parts.query or parts.fragment or parts.username:
            return False
        return name.rstrip(".") in {*LOOPBACK, *(known.lower() for known in self.hosts())}


class SameOrigin:
    """Middleware: a page of another origin cannot open a websocket, so not a session either.

    Streamlit compares host names alone: it would let pages of other ports of this machine in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but a websocket from elsewhere: that is answered with 403."""
        if scope["type"] == "websocket":
            connection = HTTPConnection(scope)
            if not _same_origin(connection, connection.headers.get("host", "")):
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
        await self.app(scope, receive, send)


def answer(status: int, error: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a refusal as JSON that says what is expected."""
    return JSONResponse({"error": error}, status, headers={**_HEADERS, **(headers or {})})


def _same_origin(request: HTTPConnection, host: str) -> bool:
    # A page elsewhere can send a GET without Origin (an image, a script): browsers mark those.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origins = request.headers.getlist("origin")
    return all(origin.partition("://")[2] == host for origin in origins)
