"""States of recent sessions, so that a refresh keeps undo, and the browser's way back to a step."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import replace

from dashboard.address import query_of, state_of
from dashboard.state import HISTORY, AppState, Step
from dashboard.url import Query

__all__ = ["Recent", "new_token", "resumed", "visited"]


class Recent:
    """The latest state of the `kept` last sessions, by a name that cannot be guessed.

    The name is given to the browser tab of the session alone, which shows it again after a refresh.
    """

    def __init__(self, kept: int = 64) -> None:
        self.kept = kept
        self._states: OrderedDict[str, AppState] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, token: str, state: AppState) -> None:
        """Remember `state` as the latest of its session; the oldest session is forgotten."""
        with self._lock:
            self._states[token] = state
            self._states.move_to_end(token)
            while len(self._states) > self.kept:
                self._states.popitem(last=False)

    def get(self, token: object) -> AppState | None:
        """Return the latest state of a session, None when it is not known."""
        with self._lock:
            return self._states.get(token) if isinstance(token, str) else None


def new_token() -> str:
    """Return a name for a session: 128 random bits."""
    return secrets.token_urlsafe(16)


def resumed(state: AppState, before: AppState) -> AppState:
    """Return `state` of a new session with the history of the one `before` it in the same tab.

    Where the tab was opened anew with another address, what it showed before is the last step.
    """
    if state.past or state.future:
        return state
    if (before.scenario, before.preset_name) == (state.scenario, state.preset_name):
        return replace(state, past=before.past, future=before.future, kept=before.kept)
    step = Step(before.scenario, before.preset_name, before.kept)
    return replace(state, past=(*before.past, step)[-HISTORY:])


def visited(state: AppState, query: Query, source: str) -> AppState:
    """Return `state` after the browser went back or forward to the address `query`.

    A setting of the history is reached by undo or redo, so that nothing is lost; another one is a
    new step. An address that is not understood changes nothing.

    Parameters
    ----------
    state : AppState
    query : mapping
        Address; empty for a page that was opened bare.
    source : str
        Market of an address that names none.
    """
    there = state_of(query, source) if query else _first(state, source)
    if there is None or there.notices or query_of(there) == query_of(state):
        return state
    found = state.to(there.scenario, there.preset_name)
    return replace(
        found,
        window=there.window,
        log=there.log,
        story=there.story,
        fall=there.fall,
        pinned=there.pinned,
        compared=there.compared,
    )


def _first(state: AppState, source: str) -> AppState | None:
    # A bare address is that of the first setting, when the history still reaches it.
    first = AppState.initial(source)
    known = {(step.preset_name, step.scenario) for step in state.past}
    return first if (first.preset_name, first.scenario) in known else None
