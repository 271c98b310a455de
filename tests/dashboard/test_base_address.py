"""HTML answers name the server; everything else passes as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.base_address import NamesTheServer

PAGE = b"<!DOCTYPE html><html><head><title>x</title></head><body></body></html>"


def asked(
    parts: list[bytes], kind: str, path: str = "/drawdowns", method: str = "GET", status: int = 200
) -> tuple[dict[str, Any], bytes, dict[bytes, bytes]]:
    """Return the headers and the body that reach the browser, and the headers the app was asked."""
    sent: list[Message] = []
    seen: dict[bytes, bytes] = {}

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.update(scope["headers"])
        length = str(sum(map(len, parts))).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for part in parts:
            last = part is parts[-1]
            await send({"type": "http.response.body", "body": part, "more_body": not last})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", b"gzip"), (b"accept", b"*/*")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(NamesTheServer(app)(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return dict(sent[0]["headers"]), body, seen


@pytest.mark.parametrize("parts", [[PAGE], [PAGE[:9], PAGE[9:20], PAGE[20:]]])
def test_a_page_names_the_server_before_anything_else(parts: list[bytes]) -> None:
    headers, body, seen = asked(parts, "text/html; charset=utf-8")
    assert body.index(b"BACKEND_BASE_URL") < body.index(b"<title>")
    assert body.index(b"history.pushState") < body.index(b"<title>")
    # The room around the page, before Streamlit's own style: nothing moves when ours arrives.
    assert body.index(b".stMainBlockContainer { padding") < body.index(b"<title>")
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"accept-encoding" not in seen
    assert seen[b"accept"] == b"*/*"


@pytest.mark.parametrize(
    ("kind", "path", "method", "status"),
    [
        ("application/json", "/plimsoll/health", "GET", 200),
        ("text/html", "/drawdowns", "HEAD", 200),
        ("text/html", "/nowhere", "GET", 404),
    ],
)
def test_everything_else_is_passed_on(kind: str, path: str, method: str, status: int) -> None:
    headers, body, _ = asked([PAGE], kind, path, method, status)
    assert body == PAGE
    assert headers[b"content-length"] == str(len(PAGE)).encode()


def test_files_may_come_compressed() -> None:
    _, body, seen = asked([b"x"], "text/javascript", "/static/js/index.js")
    assert body == b"x"
    assert seen[b"accept-encoding"] == b"gzip"
