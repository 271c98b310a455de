"""The server: real sockets, kept-alive connections, latency, faults, and what it measured."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.loopback.faults import FaultScript, Reply
from tests.loopback.market import Market


@dataclass(frozen=True)
class Request:
    """One request as it arrived; `target` is path and query as sent."""

    moment: float
    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


class Spoken(Protocol):
    """One provider's protocol; another provider is another object with these two methods."""

    def speaks(self, request: Request) -> bool:
        """Whether the request is in this protocol."""
        ...

    def reply(self, request: Request) -> Reply:
        """Answer it."""
        ...


@dataclass
class Limited:
    """What the protocols share: the market they tell of, and a limit that one may set.

    Attributes
    ----------
    limit : (int, float) or None
        429 for more requests than that in so many seconds; `refused` counts them.
    """

    market: Market
    limit: tuple[int, float] | None = field(default=None, kw_only=True)
    refused: int = field(default=0, kw_only=True)
    arrivals: deque[float] = field(default_factory=deque, kw_only=True)
    lock: threading.Lock = field(default_factory=threading.Lock, kw_only=True)

    def too_many(self, moment: float) -> bool:
        if self.limit is None:
            return False
        count, seconds = self.limit
        with self.lock:
            now = max(moment, time.monotonic())
            while self.arrivals and self.arrivals[0] <= now - seconds:
                self.arrivals.popleft()
            if len(self.arrivals) >= count:
                self.refused += 1
                return True
            self.arrivals.append(now)
            return False


@dataclass
class Meter:
    """What the server saw, for the tests to judge the client by."""

    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def request(self, request: Request) -> Iterator[None]:
        with self.lock:
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            with self.lock:
                self.in_flight -= 1

    def most_within(self, seconds: float) -> int:
        """Most requests that arrived within any stretch of `seconds`."""
        moments = sorted(request.moment for request in self.requests)
        most = first = 0
        for last, moment in enumerate(moments):
            while moments[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def count(self, part: str) -> int:
        return sum(part in request.target for request in self.requests)


class LoopbackServer:
    """Serves the given protocols on 127.0.0.1 until closed; a context manager.

    Parameters
    ----------
    protocols
        Asked in order which of them speaks a request; nobody = 404.
    latency : float
        Seconds before each answer.
    tls : ssl.SSLContext, optional
        Makes it an https server.
    """

    def __init__(
        self, *protocols: Spoken, latency: float = 0.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.protocols = protocols
        self.latency = latency
        self.faults = FaultScript()
        self.meter = Meter()
        self.closing = threading.Event()
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler)
        self._http.loopback = self
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            # The handshake is left to the thread of the connection.
            self._http.socket = tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> LoopbackServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reply(self, request: Request) -> Reply:
        for protocol in self.protocols:
            if protocol.speaks(request):
                return protocol.reply(request)
        return Reply(404, b"no protocol speaks this", content_type="text/plain")


class _HTTPServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    loopback: LoopbackServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that closes in the middle is a case, not an error


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 30

    def setup(self) -> None:
        super().setup()
        meter = self._loopback.meter
        with meter.lock:
            meter.connections += 1

    @property
    def _loopback(self) -> LoopbackServer:
        server = self.server
        assert isinstance(server, _HTTPServer)
        return server.loopback

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(int(headers.get("content-length", 0)))
        moment = time.monotonic()
        request = Request(moment, self.command, self.path, parts.path, query, headers, content)
        server = self._loopback
        with server.meter.request(request):
            fault = server.faults.next(self.path)
            reply = fault(server.reply(request))
            if server.latency + reply.hang:
                server.closing.wait(server.latency + reply.hang)
            self._send(reply, "gzip" in headers.get("accept-encoding", ""))

    do_POST = do_GET  # noqa: N815 - the name that the base class looks for

    def _send(self, reply: Reply, takes_gzip: bool) -> None:
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        content, headers = reply.body, dict(reply.headers)
        if reply.compress and takes_gzip:
            content = gzip.compress(content, 1)
            headers["Content-Encoding"] = "gzip"
        self.send_response(reply.status)
        headers |= {"Content-Type": reply.content_type, "Content-Length": str(len(content))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.cut_after is not None:
            content = content[: reply.cut_after]
            self.close_connection = True
        if not reply.drip:
            self.wfile.write(content)
            return
        for place in range(len(content)):
            self.wfile.write(content[place : place + 1])
            self.wfile.flush()
            if self._loopback.closing.wait(reply.drip):
                return

    def log_message(self, format: str, *args: Any) -> None:
        pass
