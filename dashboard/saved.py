"""Settings saved by name: in the journal, and from there back into the session."""

from __future__ import annotations

from dataclasses import replace

from dashboard import session
from dashboard.problems import EXPECTED
from dashboard.record import read_saved, save_named
from data.errors import DataError

__all__ = ["load", "names", "save"]


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


def load(name: str) -> None:
    """Take the setting saved as `name`; undo comes back. What prevents it is told as a refusal."""
    state = session.current()
    try:
        scenario, preset_name = read_saved(session.engine().journal.scenario(name))
    except EXPECTED as error:
        session.put(replace(state, refused=str(error)))
        return
    session.put(state.with_scenario(scenario, preset_name))
