"""What goes into the journal from a page, and settings saved by name back from it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Final

import streamlit as st

from core.config import Scenario
from core.scenario import scenario_hash
from dashboard import session
from dashboard.problems import EXPECTED
from dashboard.record import read_saved, record_run, save_named
from dashboard.run import Run
from dashboard.state import AppState
from data.errors import DataError

__all__ = ["load", "names", "readable", "record", "record_beside", "save", "unrecorded"]

_RECORDED: Final = "plimsoll.recorded"
_BESIDE: Final = "plimsoll.recorded_beside"
_UNRECORDED: Final = "plimsoll.unrecorded"
_FAILED: Final = "plimsoll.recorded_beside_failed"
_AGAIN_S: Final = 60.0  # a journal that is locked makes whoever writes wait for a second


def record(state: AppState, run: Run) -> None:
    """See that the setting is in the journal; :func:`unrecorded` says when it cannot be."""
    # Streamlit runs a page again for many reasons: a setting is one trial until another is taken.
    key = (scenario_hash(run.scenario), run.market.fingerprint)
    if st.session_state.get(_RECORDED) == key:
        return
    journal = session.engine().journal
    why = record_run(journal, run, preset_name=state.preset_name, origin="page")
    st.session_state[_UNRECORDED] = why
    if not why:
        st.session_state[_RECORDED] = key


def record_beside(preset_name: str, run: Run) -> None:
    """See that a setting that is looked at beside the present one is in the journal too.

    After a failure nothing is written for a minute: a page that looks again every second would
    wait for a locked journal every time.
    """
    key = (scenario_hash(run.scenario), run.market.fingerprint)
    known = st.session_state.setdefault(_BESIDE, set())
    failed = st.session_state.get(_FAILED)
    if key in known or (failed is not None and time.monotonic() - failed < _AGAIN_S):
        return
    journal = session.engine().journal
    if record_run(journal, run, preset_name=preset_name, origin="page"):
        st.session_state[_FAILED] = time.monotonic()
    else:
        known.add(key)


def unrecorded() -> str:
    """Return why the present setting is not in the journal; empty when it is."""
    return str(st.session_state.get(_UNRECORDED, ""))


def save(name: str) -> str:
    """Save the present setting under a name; return why it could not be, empty when it was."""
    state = session.current()
    session.changed()
    try:
        save_named(session.engine().journal, name, state.scenario, state.preset_name)
    except (DataError, ValueError) as error:
        return str(error)
    return ""


def names() -> tuple[str, ...]:
    """Return the names of saved settings, none when the journal cannot be read."""
    try:
        return tuple(row["name"] for row in session.engine().journal.scenarios())
    except DataError:
        return ()


def readable(latest: int) -> tuple[tuple[str, Scenario, str], ...]:
    """Return name, setting and preset of the latest saved settings that this version can read."""
    try:
        rows = session.engine().journal.scenarios()
    except DataError:
        return ()
    found = []
    for row in sorted(rows, key=lambda row: -int(row["id"]))[:latest]:
        with contextlib.suppress(*EXPECTED):
            found.append((str(row["name"]), *read_saved(row)))
    return tuple(found)


def load(name: str) -> None:
    """Take the setting saved as `name`; undo comes back. What prevents it is told as a refusal."""
    state = session.current()
    try:
        scenario, preset_name = read_saved(session.engine().journal.scenario(name))
    except EXPECTED as error:
        session.put(replace(state, refused=str(error)))
        return
    session.put(state.with_scenario(scenario, preset_name))
