"""One kept-alive pool whose every request ends in time and can be broken off from outside.

A read timeout counts from byte to byte, so an answer that drips never runs into it. Here a
watchdog closes the connection at the attempt's end or when its user cancels.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

__all__ = ["Flight", "Transport"]

_TICK = 0.05  # seconds between two looks of the watchdog
_IDLE_TICKS = 20  # after which its thread ends


@dataclass(eq=False, slots=True)
class Flight:
    """One request under way, and what is known of its answer.

    Attributes
    ----------
    ends_at : float
        Moment of ``time.monotonic()`` at which it is broken off.
    cancelled : threading.Event
        Breaks it off as soon as it is set.
    status, headers : int or None, mapping
        Of the answer, None and empty until it came.
    broken_off : bool
        Whether the watchdog ended it.
    """

    ends_at: float
    cancelled: threading.Event
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    broken_off: bool = False
    connection: socket.socket | None = None


class _Current(threading.local):
    flight: Flight | None = None


_current = _Current()


class _WatchedHTTP(HTTPConnection):
    def getresponse(self) -> Any:
        _board(self.sock)
        return super().getresponse()


class _WatchedHTTPS(HTTPSConnection):
    def getresponse(self) -> Any:
        _board(self.sock)
        return super().getresponse()


def _board(connection: Any) -> None:
    if _current.flight is not None:
        _current.flight.connection = connection


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _WatchedHTTPS


class Transport:
    """Connections to one source, shared by all threads.

    Parameters
    ----------
    connections : int
        Connections kept and used at most at once.
    connect_seconds, read_seconds : float
        Longest wait for a connection, and between two parts of an answer.
    """

    def __init__(
        self, connections: int, connect_seconds: float = 5.0, read_seconds: float = 15.0
    ) -> None:
        # One attempt is one request: nothing is repeated or redirected behind the pacer's back.
        once = urllib3.Retry(
            total=0,
            redirect=0,
            raise_on_redirect=False,
            raise_on_status=False,
            status_forcelist=(),
            respect_retry_after_header=False,
        )
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=connections,
            block=True,
            retries=once,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            ca_certs=certifi.where(),
            cert_reqs="CERT_REQUIRED",
        )
        self._pool.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        self._watchdog = _Watchdog()

    def request(
        self,
        method: str,
        url: str,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request and read its whole answer; the signature that REST clients call."""
        response = self._pool.request(
            method, url, fields=dict(fields or {}), headers=headers, redirect=False
        )
        flight = _current.flight
        if flight is not None:
            flight.status, flight.headers = response.status, response.headers
        return response

    @contextlib.contextmanager
    def flight(self, seconds: float, cancelled: threading.Event) -> Iterator[Flight]:
        """Watch the requests that this thread makes in the block; they end after `seconds`."""
        flight = Flight(time.monotonic() + seconds, cancelled)
        _current.flight = flight
        self._watchdog.watch(flight)
        try:
            yield flight
        finally:
            _current.flight = None
            self._watchdog.leave(flight)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.clear()


class _Watchdog:
    # Its thread lives only while something is under way, and a second longer.
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: set[Flight] = set()
        self._alive = False

    def watch(self, flight: Flight) -> None:
        with self._lock:
            self._flights.add(flight)
            if not self._alive:
                self._alive = True
                threading.Thread(target=self._run, name="net-watchdog", daemon=True).start()

    def leave(self, flight: Flight) -> None:
        with self._lock:  # after this its connection may serve another: hands off
            self._flights.discard(flight)
            flight.connection = None

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(_TICK)
            with self._lock:
                for flight in self._flights:
                    self._look(flight)
                idle = 0 if self._flights else idle + 1
                if idle >= _IDLE_TICKS:
                    self._alive = False
                    return

    @staticmethod
    def _look(flight: Flight) -> None:
        if time.monotonic() < flight.ends_at and not flight.cancelled.is_set():
            return
        flight.broken_off = True
        if flight.connection is not None:
            with contextlib.suppress(OSError):  # it ended by itself in the same moment
                flight.connection.shutdown(socket.SHUT_RDWR)
