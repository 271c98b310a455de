"""What a server may do wrong, as functions of the reply that it would have sent."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer, and how badly it is sent.

    `cut_after` sends so many bytes of the body and closes; `reset` breaks the connection with a
    reset instead of answering; `drip` waits so many seconds after each byte; `hang` waits before
    the first.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut_after: int | None = None
    reset: bool = False
    drip: float = 0.0
    hang: float = 0.0
    compress: bool | None = None


Fault = Callable[[Reply], Reply]

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def fine(reply: Reply) -> Reply:
    return reply


def status(code: int, message: str = "", **headers: str) -> Fault:
    """A JSON error; headers by name with _ for -."""
    body = json.dumps({"status": "ERROR", "request_id": "f1", "error": message}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Reply(code, body, named)


def html(code: int = 502) -> Fault:
    return lambda _: Reply(code, _HTML, content_type="text/html")


def reset(reply: Reply) -> Reply:
    return replace(reply, reset=True)


def cut(after: int) -> Fault:
    """Promise the whole body, send a part, close."""
    return lambda reply: replace(reply, cut_after=after)


def truncated(reply: Reply) -> Reply:
    """Half the JSON under an honest length."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def body(content: bytes, content_type: str = "application/json") -> Fault:
    return lambda reply: replace(reply, body=content, content_type=content_type)


def content_type(name: str) -> Fault:
    return lambda reply: replace(reply, content_type=name)


def drip(seconds: float) -> Fault:
    return lambda reply: replace(reply, drip=seconds)


def hang(seconds: float) -> Fault:
    return lambda reply: replace(reply, hang=seconds)


def gzip_body(reply: Reply) -> Reply:
    return replace(reply, compress=True)


def broken_gzip(reply: Reply) -> Reply:
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return replace(reply, body=b"\x1f\x8b\x08\x00garbage", headers=headers, compress=False)


def edit(change: Callable[[Any], None]) -> Fault:
    """Change the parsed answer in place."""

    def fault(reply: Reply) -> Reply:
        answer = json.loads(reply.body)
        change(answer)
        return replace(reply, body=json.dumps(answer).encode())

    return fault


def put(**values: Any) -> Fault:
    """Set top-level values of the answer."""
    return edit(lambda answer: answer.update(values))


def not_finite(reply: Reply) -> Reply:
    return replace(reply, body=re.sub(rb'"c": ?[0-9.]+', b'"c": NaN', reply.body, count=1))


class FaultScript:
    """Which request meets which fault.

    ``on(part, a, b)`` gives the first request whose path has `part` in it fault `a`, the second
    `b`, and those after it none; ``always(part, a)`` gives every one `a`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: list[tuple[str, list[Fault]]] = []
        self._always: list[tuple[str, Fault]] = []

    def on(self, part: str, *faults: Fault) -> FaultScript:
        self._queues.append((part, list(faults)))
        return self

    def always(self, part: str, fault: Fault) -> FaultScript:
        self._always.append((part, fault))
        return self

    def clear(self) -> None:
        with self._lock:
            self._queues.clear()
            self._always.clear()

    def next(self, path: str) -> Fault:
        with self._lock:
            for part, queue in self._queues:
                if part in path and queue:
                    return queue.pop(0)
            for part, fault in self._always:
                if part in path:
                    return fault
        return fine
