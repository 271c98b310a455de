"""One pool: connections are kept and bounded, and every request can be broken off."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from data.net.transport import Transport
from tests.loopback import faults as wrong
from tests.loopback.faults import Reply
from tests.loopback.server import LoopbackServer, Request


class Echo:
    """Answers any request with its own target."""

    def speaks(self, request: Request) -> bool:
        return True

    def reply(self, request: Request) -> Reply:
        return Reply(body=json.dumps({"target": request.target}).encode() * 20)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(Echo()) as running:
        yield running


def test_connections_are_kept_and_bounded(server: LoopbackServer) -> None:
    server.latency = 0.01
    transport = Transport(connections=3)
    with ThreadPoolExecutor(12) as workers:
        answers = list(
            workers.map(lambda n: transport.request("GET", f"{server.url}/{n}"), range(40))
        )
    assert [answer.status for answer in answers] == [200] * 40
    assert server.meter.connections <= 3
    assert server.meter.most_in_flight <= 3
    transport.close()


@pytest.mark.parametrize("code", [301, 302, 307, 429, 503])
def test_one_request_is_one_request_whatever_the_answer(server: LoopbackServer, code: int) -> None:
    server.faults.always(
        "/", lambda _: Reply(code, b"", {"Location": f"{server.url}/x", "Retry-After": "600"})
    )
    transport = Transport(connections=1)
    with transport.flight(5.0, threading.Event()) as flight:
        assert transport.request("GET", f"{server.url}/a").status == code
    assert (flight.status, flight.headers["Retry-After"]) == (code, "600")
    assert len(server.meter.requests) == 1
    transport.close()


@pytest.mark.parametrize("fault", [wrong.drip(0.05), wrong.hang(600.0)])
def test_a_flight_ends_at_its_time(server: LoopbackServer, fault: wrong.Fault) -> None:
    server.faults.on("/slow", fault)
    transport = Transport(connections=1, read_seconds=600.0)
    with (
        transport.flight(0.2, threading.Event()) as flight,
        pytest.raises(urllib3.exceptions.HTTPError),
    ):
        transport.request("GET", f"{server.url}/slow")
    assert flight.broken_off
    with transport.flight(60.0, threading.Event()) as after:
        assert transport.request("GET", f"{server.url}/quick").status == 200
    assert not after.broken_off
    transport.close()


def test_a_cancel_breaks_off_only_its_own_flights(server: LoopbackServer) -> None:
    server.faults.always("/mine", wrong.hang(600.0))
    server.faults.always("/theirs", wrong.hang(0.5))
    transport = Transport(connections=4, read_seconds=600.0)
    mine, theirs = threading.Event(), threading.Event()
    threading.Timer(0.1, mine.set).start()

    def ask(path: str, cancelled: threading.Event) -> int | None:
        with transport.flight(600.0, cancelled) as flight:
            try:
                transport.request("GET", server.url + path)
            except urllib3.exceptions.HTTPError:
                assert flight.broken_off
        return flight.status

    with ThreadPoolExecutor(3) as workers:
        found = list(workers.map(ask, ["/mine", "/theirs", "/mine"], [mine, theirs, mine]))
    assert found == [None, 200, None]
    transport.close()


def test_a_cancelled_flight_is_over_before_it_begins(server: LoopbackServer) -> None:
    server.faults.always("/", wrong.hang(600.0))
    transport = Transport(connections=1, read_seconds=600.0)
    cancelled = threading.Event()
    cancelled.set()
    with transport.flight(600.0, cancelled) as flight, pytest.raises(urllib3.exceptions.HTTPError):
        transport.request("GET", f"{server.url}/x")
    assert flight.broken_off
    transport.close()
