"""The server: warmed up and frozen before it serves; its own route refuses what is not ours."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.asgi import FRONT
from dashboard.cli import main
from dashboard.guard import Guard, TokenBucket
from tests.browser.server import share_compiled_code

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
HOST = "127.0.0.1:8501"


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def _inner(request: Request) -> Response:
    return PlainTextResponse("inside")


def ask(app: Any, path: str = "/x", *, method: str = "GET", **headers: str) -> tuple[int, Any, Any]:
    """Ask an ASGI app; return status, headers and body."""
    given = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    target, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": target, "raw_path": target.encode(),
        "query_string": query.encode(), "scheme": "http", "server": ("127.0.0.1", 8501),
        "headers": [(k.encode(), v.encode()) for k, v in given.items()], "root_path": "",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start = sent[0]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(clock: Clock) -> Starlette:
    guard = Guard(TokenBucket(2.0, 5.0, clock), hosts=lambda: ("lab.example",))
    return Starlette(routes=[Route("/x", guard(_inner), methods=METHODS)])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": f"http://{HOST}"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"host": "localhost:8501", "origin": "http://localhost:8501"},
        {"host": "[::1]:8501"},
        {"host": "lab.example", "origin": "https://lab.example"},
    ],
)
def test_our_own_requests_pass(guarded: Starlette, headers: dict[str, str]) -> None:
    assert ask(guarded, **headers)[::2] == (200, b"inside")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://127.0.0.1:8501.evil.example"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),
        ({"host": ""}, 403),
        ({"host": "127.0.0.1@evil.example"}, 403),
        ({"host": "127.0.0.1:port"}, 403),
        ({"method": "POST"}, 405),
        ({"method": "HEAD"}, 405),
        ({"method": "OPTIONS"}, 405),
        ({"path": "/x?" + "a" * 513}, 414),
    ],
)
def test_others_are_refused_with_a_reason(
    guarded: Starlette, headers: dict[str, str], status: int
) -> None:
    found, answered, body = ask(guarded, **headers)
    assert found == status
    assert json.loads(body)["error"]
    assert answered["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answered


def test_too_many_requests_are_told_when_to_come_back(guarded: Starlette, clock: Clock) -> None:
    for _ in range(20):
        assert ask(guarded, origin="http://evil.example")[0] == 403
    assert [ask(guarded)[0] for _ in range(6)] == [200] * 5 + [429]
    status, headers, body = ask(guarded)
    assert (status, headers["retry-after"]) == (429, "1")
    assert b"too many requests" in body
    clock.now += 0.5
    assert [ask(guarded)[0] for _ in range(2)] == [200, 429]
    clock.now += 3600.0
    assert [ask(guarded)[0] for _ in range(6)] == [200] * 5 + [429]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(
    shared_demo_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start `plimsoll dashboard` from a folder that is not the project's."""
    port = free_port()
    share_compiled_code(shared_demo_home)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port), "--no-browser"],
        cwd=elsewhere,
        env=os.environ | {"PLIMSOLL_HOME": str(shared_demo_home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 180.0
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                break
        except OSError:
            time.sleep(0.2)
    yield process, port
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def burst(port: int, number: int) -> str:
    """Ask `number` times over one connection without waiting; return what came back."""
    ask_once = f"GET /plimsoll/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    ask_last = ask_once.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall((ask_once * (number - 1) + ask_last).encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def handshake(port: int, origin: str) -> int:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": origin,
    }  # fmt: skip
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/_stcore/stream", headers=upgrade)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("query", ["", "?p=phase-8&stop=0.2"])
def test_the_page_that_opens_first_has_its_name_as_an_address(query: str) -> None:
    status, headers, _ = ask(Starlette(routes=[FRONT]), f"/risk{query}")
    assert (status, headers["location"]) == (307, f"/{query}")


@pytest.mark.xdist_group("asgi")
def test_the_running_server(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    status, body = get(port, "/plimsoll/health")
    assert status == 200
    assert json.loads(body)["status"] == "ok"
    assert json.loads(body)["frozen_objects"] > 100_000
    for path in ("/", "/drawdowns", "/drawdowns?src=demo"):
        status, page = get(port, path)
        assert status == 200
        assert page.count("BACKEND_BASE_URL") == 1
        assert page.index("BACKEND_BASE_URL") < page.index("static/js/index")
    assert "BACKEND_BASE_URL" not in get(port, "/_stcore/health")[1]
    assert get(port, "/plimsoll/health?x=1")[0] == 400
    assert get(port, "/plimsoll/health?" + "x" * 600)[0] == 414
    assert get(port, "/plimsoll/health", Origin="http://evil.example")[0] == 403
    assert get(port, "/plimsoll/health", Host=f"evil.example:{port}")[0] == 403
    assert handshake(port, f"http://127.0.0.1:{port}") == 101
    assert handshake(port, "http://evil.example") == 403
    assert handshake(port, f"http://127.0.0.1:{port + 1}") == 403  # another server of this machine
    assert handshake(port, f"http://localhost:{port}") == 403  # another origin to a browser
    assert "HTTP/1.1 429 Too Many Requests" in burst(port, 200)
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))  # only 127.0.0.1 is listened on
    # The port is taken: said at once, nothing else is touched.
    second = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in second.stderr
    assert "Traceback" not in second.stderr
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "Plimsoll has ended." in out
    for word in ("Traceback", "leak", "Exception", "Warning"):
        assert word not in out


def test_a_port_that_is_taken_is_exit_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["dashboard", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_freezing_can_be_undone() -> None:
    from dashboard.asgi import freeze

    before = gc.get_freeze_count()
    try:
        freeze()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
