"""What answers a request of the lab beside its commits: curves, hints, panels, a day explained."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

import streamlit as st

from core.scenario import scenario_hash
from dashboard import session
from dashboard.lab.drag import scan, scan_frame, wanted
from dashboard.lab.hints import Hints, asks_for_hints, book_hints, hints_frame, risk_hints
from dashboard.lab.panels import (
    explained_frame,
    panels_frame,
    refused_frame,
    wants_explanation,
    wants_panels,
)
from dashboard.lab.payload import idle
from dashboard.memo import keep
from dashboard.problems import EXPECTED, explain
from dashboard.run import Run
from dashboard.warming import studies_wait_for

__all__ = ["answer", "begin_hints", "hints_by_now"]

_LOG: Final = logging.getLogger(__name__)
_HINTS: Final = "plimsoll.lab_hints"
_TOUCHED: Final = "plimsoll.lab_touched"
_TOUCH_S: Final = 0.02  # how soon an answer under way gives way to a commit or a click
_SOON_S: Final = 0.1  # a page waits no longer for its hints: the engine may be compiling
_PATIENCE_S: Final = 0.5  # nor does a request for them: nothing else can be asked for meanwhile
_Found = TypeVar("_Found")
_ANSWERS = ThreadPoolExecutor(8, "lab-answer")


def begin_hints(run: Run | None) -> None:
    """Begin with what one step of every field would do, unless somebody waits."""
    engine = session.engine()
    if run is not None and engine.turns.is_free():
        _hints_of(engine, run)


def hints_by_now(run: Run | None, number: int | None = None) -> bytes:
    """Return the hints of `run` as a frame if :func:`begin_hints` was in time, else nothing."""
    begun = None if run is None else vars(run).get(_HINTS)
    if run is None or begun is None:
        return b""
    try:
        return hints_frame(run, "risk", begun.result(_SOON_S), more=True, number=number)
    except (TimeoutError, *EXPECTED):  # a browser that has none asks for them
        return b""


def _hints_of(engine: session.Engine, run: Run) -> Future[Hints]:
    # Once a run, whoever asks; studies keep off the processors meanwhile. No page breaks for want
    # of hints: it goes without, and whoever asks next has them computed again.
    def work() -> Hints:
        try:
            with engine.studies.page():
                return risk_hints(run)
        except Exception:  # noqa: BLE001 (hints are a help, the page is the thing)
            _LOG.exception("hints failed")
            vars(run).pop(_HINTS, None)
            return {}

    return keep(run, _HINTS, lambda: _ANSWERS.submit(work))


def answer(message: Mapping[str, Any], *, in_page: bool = False) -> bytes:
    """Return the frame that answers a request; nothing of it is trusted.

    Streamlit may break this off, or be told to draw the page again, unless that is being done.
    """
    engine = session.engine()
    number = message["n"] if isinstance(message.get("n"), int) else None
    try:
        run = engine.run(session.current().scenario)
        if _of_another(message, run):
            if in_page:  # a commit overtook the request: the browser asks for what it lacks of it
                return hints_by_now(run, number) or idle(number)
            session.changed()
            st.rerun()  # the browser shows another setting than ours
        panels = _panels(engine, run, message, number)
        if panels is not None:
            return panels
        part = asks_for_hints(message, run)
        if part == "risk":
            return _risk_hints(engine, run, number)
        if part == "book":
            return _book_hints(engine, run, number)
        want = wanted(message)
        if want is None:
            return idle(number)
        return _yielding(
            lambda gone: scan_frame(run, want, *scan(engine.pipeline, run, want, gone))
        )
    except EXPECTED:
        return idle(number)  # the page itself says what is wrong


def _of_another(message: Mapping[str, Any], run: Run) -> bool:
    of = [message[name] for name in ("hints", "study", "of") if name in message]
    return any(scenario != scenario_hash(run.scenario) for scenario in of)


def _panels(
    engine: session.Engine, run: Run, message: Mapping[str, Any], number: int | None
) -> bytes | None:
    # What the panels ask for: a day explained at once, or what is known of the studies by now.
    day = wants_explanation(message, run)
    if day is not None:
        try:
            return _yielding(lambda _gone: explained_frame(run, day, number))
        except EXPECTED as error:
            return refused_frame(run, day, explain(error), number)
    want = wants_panels(message, run)
    if want is None:
        return None
    return panels_frame(
        engine.studies,
        session.token(),
        engine.pipeline,
        run,
        session.current(),
        want,
        session.colours(),
        engine.journal,
    )


def _risk_hints(engine: session.Engine, run: Run, number: int | None) -> bytes:
    try:
        told = _touching(_hints_of(engine, run), _PATIENCE_S)
    except TimeoutError:
        return idle(number, studies_wait_for())  # the browser asks again
    return hints_frame(run, "risk", told, more=True, number=number)


def _book_hints(engine: session.Engine, run: Run, number: int | None) -> bytes:
    key = f"hints-{engine.pipeline.key(run.scenario)}"
    study = engine.studies.ask(
        session.token(), "hints", key, lambda pace: book_hints(engine.pipeline, run, pace)
    )
    more = study.status in ("waiting", "running")
    return hints_frame(run, "book", study.result or {}, more=more, number=number)


def _yielding(work: Callable[[Callable[[], bool]], bytes]) -> bytes:
    # A commit never waits for curves; of sessions that ask for them, none keeps a page waiting.
    gone, turns = threading.Event(), session.engine().turns

    def is_gone() -> bool:
        if not gone.is_set():
            turns.stand_aside()
        return gone.is_set()

    try:
        return _touching(_ANSWERS.submit(work, is_gone))
    finally:
        gone.set()


def _touching(future: Future[_Found], patience: float = math.inf) -> _Found:
    # Streamlit breaks a run off where it touches the session.
    until = time.monotonic() + patience
    while True:
        try:
            return future.result(_TOUCH_S)
        except TimeoutError:
            if future.done():  # by now, or it failed with just this error
                return future.result()
            if time.monotonic() > until:
                raise
            st.session_state.get(_TOUCHED)
