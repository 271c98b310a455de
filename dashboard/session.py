"""The one place where pages meet the pipeline: session state, bounded caches, theme."""

from __future__ import annotations

import atexit
import datetime as dt
import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from core.config import Scenario
from core.scenario import scenario_hash
from dashboard.address import query_of, state_of
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.memo import Memo
from dashboard.pipeline import Pipeline
from dashboard.problems import EXPECTED, Problem, explain
from dashboard.record import read_saved, record_run, save_named
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.theme import Theme, theme
from data.errors import DataError
from data.journal import Journal

__all__ = [
    "Engine",
    "Outcome",
    "books",
    "colours",
    "current",
    "data_window",
    "engine",
    "is_first",
    "load",
    "outcome",
    "prepare",
    "put",
    "save",
    "saved",
    "sources",
    "unrecorded",
]

_STATE: Final = "plimsoll.state"
_LAST_GOOD: Final = "plimsoll.last_good"
_RECORDED: Final = "plimsoll.recorded"
_UNRECORDED: Final = "plimsoll.unrecorded"
_JOURNAL_WAIT: Final = 1.0  # seconds a page waits for another writer of the journal
_KEPT_RUNS: Final = 24


class Engine:
    """The pipeline of one store and its latest runs; shared by all sessions of the process.

    A run is never changed after it was made, so sessions may share it.
    """

    def __init__(self, home: Path) -> None:
        self.pipeline = Pipeline(home)
        self.journal = Journal(home, timeout=_JOURNAL_WAIT)
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
        if self.pipeline.key(scenario) != key:  # data were replaced meanwhile: whose run is it?
            self._runs.forget(key)
        self._freeze()
        return run

    def _freeze(self) -> None:
        # Streamlit collects all generations after every rerun; what is loaded now stays anyway.
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
        if not len(st.query_params):  # Streamlit empties the address when the page changes
            _write_address(state)
        return state
    known = sources()
    source = DEMO if DEMO in known or not known else known[0]
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    state = state_of(query, source) if query else AppState.initial(source)
    st.session_state[_STATE] = state
    if state.notices:  # or a refresh would complain again of what was left out
        _write_address(state)
    return state


def put(state: AppState) -> None:
    """Make `state` the state of this session and write it into the address."""
    st.session_state[_STATE] = state
    _write_address(state)


def _write_address(state: AppState) -> None:
    if not len(st.query_params) and state == AppState.initial(state.scenario.universe.source):
        return  # nothing was chosen yet: the bare address says as much
    query = query_of(state)
    shown = {key: st.query_params.get_all(key) for key in st.query_params}
    if shown != {key: [value] for key, value in query.items()}:
        st.query_params.from_dict(query)  # one message, no rerun


def is_first() -> bool:
    """Return whether this session has not seen a result yet."""
    return _LAST_GOOD not in st.session_state


def outcome(state: AppState) -> Outcome:
    """Run the scenario of `state`, and its baseline beside it when they differ.

    Once the run is done the setting is in the journal, or :func:`unrecorded` says why not.
    """
    last_good = st.session_state.get(_LAST_GOOD)
    try:
        run = engine().run(state.scenario)
    except EXPECTED as error:
        return Outcome(None, problem=explain(error), last_good=last_good)
    st.session_state[_LAST_GOOD] = (state.title(), run)
    _record(state, run)
    return Outcome(run, baseline=_baseline(state))


def _baseline(state: AppState) -> Run | None:
    if not state.differs():
        return None
    try:
        return engine().run(state.baseline())
    except EXPECTED:
        # Without the baseline's run there is nothing to compare with; the page shows no comparison.
        return None


def _record(state: AppState, run: Run) -> None:
    # Streamlit runs a page again for many reasons: a setting is one trial until another is taken.
    key = (scenario_hash(run.scenario), run.market.fingerprint)
    if st.session_state.get(_RECORDED) == key:
        return
    why = record_run(engine().journal, run, preset_name=state.preset_name, origin="page")
    st.session_state[_UNRECORDED] = why
    if not why:
        st.session_state[_RECORDED] = key


def unrecorded() -> str:
    """Return why the present setting is not in the journal; empty when it is."""
    return str(st.session_state.get(_UNRECORDED, ""))


def save(name: str) -> str:
    """Save the present setting under a name; return why it could not be, empty when it was."""
    state = current()
    try:
        save_named(engine().journal, name, state.scenario, state.preset_name)
    except (DataError, ValueError) as error:
        return str(error)
    return ""


def saved() -> tuple[str, ...]:
    """Return the names of saved settings, none when the journal cannot be read."""
    try:
        return tuple(row["name"] for row in engine().journal.scenarios())
    except DataError:
        return ()


def load(name: str) -> None:
    """Take the setting saved as `name`; undo comes back. What prevents it is told as a refusal."""
    state = current()
    try:
        scenario, preset_name = read_saved(engine().journal.scenario(name))
    except EXPECTED as error:
        put(replace(state, refused=str(error)))
        return
    put(state.with_scenario(scenario, preset_name))


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
