"""The one place where pages meet the pipeline: session state, bounded caches, theme."""

from __future__ import annotations

import atexit
import datetime as dt
import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.config import Scenario
from dashboard.address import query_of, state_of
from dashboard.holdout import is_hidden
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.memo import Memo
from dashboard.pipeline import BEFORE_RISK, Pipeline
from dashboard.problems import EXPECTED, Problem, explain
from dashboard.recent import Recent, new_token, resumed, visited
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Studies
from dashboard.theme import Theme, theme
from dashboard.turns import Turns
from data.journal import Journal

__all__ = [
    "Engine",
    "Outcome",
    "begins",
    "books",
    "changed",
    "colours",
    "current",
    "data_window",
    "engine",
    "is_drawn",
    "is_first",
    "is_on",
    "is_quick",
    "outcome",
    "prepare",
    "put",
    "resume",
    "sources",
    "token",
    "visit",
]

_STATE: Final = "plimsoll.state"
_TOKEN: Final = "plimsoll.token"
_DRAWN: Final = "plimsoll.drawn"
_PAGE: Final = "plimsoll.page"
_LAST_GOOD: Final = "plimsoll.last_good"
_JOURNAL_WAIT: Final = 1.0  # seconds a page waits for another writer of the journal
_KEPT_RUNS: Final = 24


class Engine:
    """The pipeline of one store and its latest runs; shared by all sessions of the process.

    A run is never changed after it was made, so sessions may share it.
    """

    def __init__(self, home: Path) -> None:
        self.pipeline = Pipeline(home)
        self.journal = Journal(home, timeout=_JOURNAL_WAIT)
        self.studies = Studies()
        self.turns = Turns()
        self.recent = Recent()
        self._runs: Memo[str, Run] = Memo(_KEPT_RUNS)
        self.preparing = threading.Lock()
        self._frozen = False
        self.prepared = False

    def run(self, scenario: Scenario) -> Run:
        """Return the run of `scenario`, from memory where data and fields are the same.

        Raises
        ------
        core.errors.CoreError, data.errors.DataError
        """
        key = self.pipeline.key(scenario)
        run = self._runs.get(key, lambda: self.pipeline.run(scenario))
        # Data were replaced meanwhile: whose run is it?
        if not key.startswith(self.pipeline.data_key(scenario)):
            self._runs.forget(key)
        self._freeze()
        return run

    def _freeze(self) -> None:
        # What is loaded now stays anyway: no collection has to look at it again.
        if not self._frozen:
            self._frozen = True
            gc.collect()
            gc.freeze()
            atexit.register(gc.unfreeze)  # or compiled libraries report leaks when we end


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a page has to show: a run, or why there is none and the last one that went well."""

    run: Run | None
    baseline: Run | None = None
    problem: Problem | None = None
    last_good: tuple[str, Run] | None = None


@st.cache_resource(show_spinner=False, max_entries=2)
def _engine(home: str) -> Engine:
    return Engine(Path(home))


def engine() -> Engine:
    """Return the engine over the store of this process."""
    return _engine(str(home_folder()))


def prepare(progress: Callable[[str, float], None]) -> Problem | None:
    """See that there is a market to look at; say why not when there cannot be one."""
    shared = engine()
    with shared.preparing:  # of several first sessions one makes the market, the others wait
        if shared.prepared:
            return None
        try:
            ensure_demo(home_folder(), progress)
        except EXPECTED as error:
            return None if sources() else explain(error)
        shared.prepared = True
    return None


def current() -> AppState:
    """Return the state of this session; a new one starts from the address it was opened with."""
    state = st.session_state.get(_STATE)
    if isinstance(state, AppState):
        if _went_back():
            state = visited(state, _query(), _source())
            put(state, redraw=False)  # this run draws it
        if not len(st.query_params):  # Streamlit empties the address when the page changes
            _write_address(state)
        return state
    source, query = _source(), _query()
    state = state_of(query, source) if query else AppState.initial(source)
    st.session_state[_STATE] = state
    if state.notices:  # or a refresh would complain again of what was left out
        _write_address(state)
    return state


def put(state: AppState, *, redraw: bool = True) -> None:
    """Take `state`, write it into the address; ``redraw=False``: the browser shows it already."""
    st.session_state[_STATE] = state
    if redraw:
        changed()
    engine().recent.keep(token(), state)
    _write_address(state)


def changed() -> None:
    """Note that the page shows something that is not so any more."""
    st.session_state[_DRAWN] = False


def begins(page: str) -> None:
    """Note that the whole page is being drawn, and which; nobody waits for studies of another."""
    if st.session_state.get(_PAGE, page) != page:
        engine().studies.leave(token())
    st.session_state[_DRAWN] = True
    st.session_state[_PAGE] = page


def is_on(page: str) -> bool:
    """Return whether this is the page that was drawn last."""
    return bool(st.session_state.get(_PAGE, page) == page)


def is_drawn() -> bool:
    """Return whether the page was drawn since the last change.

    Streamlit's browser side merges what happens at the same time into one request, of the fragment
    of the first: a click beside a request for curves is taken, but nothing is drawn.
    """
    return bool(st.session_state.get(_DRAWN, True))


def token() -> str:
    """Return what this browser tab shows after a refresh to get its history back."""
    return str(st.session_state.setdefault(_TOKEN, new_token()))


def resume(before: object) -> None:
    """Take over the history of the session called `before`, where there is one."""
    state, former = current(), engine().recent.get(before)
    if former is not None and before != token():
        found = resumed(state, former)
        put(found, redraw=found != state)


def visit(address: str) -> None:
    """Go to the setting of an address that the browser's back or forward brought."""
    query = parse_qs(address.removeprefix("?")[:8000], keep_blank_values=True)
    if query and (found := visited(current(), query, _source())) != current():
        put(found)


def _went_back() -> bool:
    # Did the browser's back or forward make this run? Streamlit has no public name for it.
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def _source() -> str:
    return DEMO if DEMO in (known := sources()) or not known else known[0]


def _query() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _write_address(state: AppState) -> None:
    if not len(st.query_params) and state == AppState.initial(state.scenario.universe.source):
        return  # nothing was chosen yet: the bare address says as much
    query = query_of(state)
    if _query() != {key: [value] for key, value in query.items()}:
        st.query_params.from_dict(query)  # one message, no rerun


def is_first() -> bool:
    """Return whether this session has not seen a result yet."""
    return _LAST_GOOD not in st.session_state


def outcome(state: AppState) -> Outcome:
    """Run the scenario of `state`, and its baseline beside it when they differ."""
    shared = engine()
    try:
        with shared.studies.page():
            run = shared.run(state.scenario)
    except EXPECTED as error:
        last: tuple[str, Run] | None = st.session_state.get(_LAST_GOOD)
        seen = None if last and is_hidden(shared.pipeline.home, last[1]) else last
        return Outcome(None, problem=explain(error), last_good=seen)
    st.session_state[_LAST_GOOD] = (state.title(), run)
    return Outcome(run, baseline=_baseline(state))


def is_quick(state: AppState) -> bool:
    """Return whether :func:`outcome` takes milliseconds: the book is the last result's."""
    if is_first():
        return False
    last: Run = st.session_state[_LAST_GOOD][1]
    return all(getattr(last.scenario, s) == getattr(state.scenario, s) for s in BEFORE_RISK)


def _baseline(state: AppState) -> Run | None:
    if not state.differs():
        return None
    try:
        return engine().run(state.baseline())
    except EXPECTED:
        # Without the baseline's run there is nothing to compare with; the page shows no comparison.
        return None


def sources() -> tuple[str, ...]:
    """Return the names of the markets in the store, none when it cannot be read."""
    try:
        return engine().pipeline.sources()
    except EXPECTED:
        return ()


def books() -> tuple[str, ...]:
    """Return the names of the imported books, none when the store cannot be read."""
    try:
        return engine().pipeline.books()
    except EXPECTED:
        return ()


def data_window(source: str) -> tuple[dt.date, dt.date] | None:
    """Return first and last date in the store of a market, None when it cannot be read."""
    try:
        snapshot = engine().pipeline.catalog.snapshot(source)
    except EXPECTED:
        return None
    return snapshot.first_date, snapshot.last_date


def colours() -> Theme:
    """Return the theme the browser shows."""
    return theme(st.context.theme.type)
