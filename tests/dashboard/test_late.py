"""What a page asked for that was left meanwhile never reaches Streamlit."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
import streamlit as st
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest

from dashboard.late import DropLate
from tests.dashboard.pages import APP, LIMIT


def rerun(page: str, fragment: str = "", widget: str = "") -> Message:
    sent = BackMsg()
    sent.rerun_script.page_script_hash = page
    sent.rerun_script.fragment_id = fragment
    if widget:
        sent.rerun_script.widget_states.widgets.add(id=widget, trigger_value=True)
    return {"type": "websocket.receive", "bytes": sent.SerializeToString()}


def passed(*messages: Message, kind: str = "websocket") -> list[Message]:
    """Return what the app behind the middleware receives of `messages`."""
    waiting = [*messages, {"type": "websocket.disconnect"}]
    seen: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            seen.append(message)

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(_message: Message) -> None:
        raise AssertionError("nothing is sent")

    asyncio.run(DropLate(app)({"type": kind}, receive, send))
    return seen


def test_a_fragment_of_the_page_that_was_left_is_dropped() -> None:
    messages = [rerun(""), rerun("risk", "curves"), rerun("overview"), rerun("risk", "curves"),
                rerun("overview", "watch"), rerun("risk"), rerun("risk", "curves")]  # fmt: skip
    assert passed(*messages) == [message for i, message in enumerate(messages) if i != 3]


def test_a_click_on_the_page_that_was_left_is_taken_on_the_next_one() -> None:
    click = rerun("risk", widget="undo")
    sent = [rerun(""), click, rerun("overview"), click, rerun("overview", "watch"), rerun("risk")]
    assert passed(*sent) == [*sent[:3], rerun("overview", widget="undo"), *sent[4:]]


def test_everything_else_passes() -> None:
    other = BackMsg(stop_script=True)
    messages = [
        rerun("overview"),
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.receive", "bytes": b"\xff\xff no message"},
        {"type": "websocket.receive", "bytes": other.SerializeToString()},
        rerun("overview", "watch"),
        rerun("", "watch"),
    ]
    assert passed(*messages) == messages


def test_other_connections_are_left_alone() -> None:
    messages = [rerun("overview"), rerun("risk", "curves")]
    assert passed(*messages, kind="http") == messages


def test_what_is_drawn_on_every_page_has_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    # A change of page is told by a request without values of widgets. With it the browser sends
    # those of the entry point, which stay over the change: so that one draws nothing of its own.
    monkeypatch.setattr(st, "navigation", lambda *_, **__: SimpleNamespace(run=lambda: None))
    app = AppTest.from_file(APP, default_timeout=LIMIT).run()
    assert not app.exception
    assert not app.main.children
    assert not app.sidebar.children
