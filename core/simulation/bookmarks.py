"""Places in a run to which another one returns that is the same so far: one a rebalance.

What a run has written up to such a place (sessions, trades, events, returns of the sleeve) stays
where it is: whoever returns overwrites what comes after. Places are therefore returned to from the
last to the first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.compiled import compiled_inner as inner
from core.ledger import ExitReason
from core.simulation.decisions import scale_stops
from core.simulation.state import NAME, STATE, Run
from core.simulation.witness import forget

__all__ = ["DECISION", "MORNING", "START", "Bookmarks", "keep", "new_bookmarks", "return_to"]

START = 0  # the place of a run that has not begun

# Where in its session a place is.
MORNING = 0  # before the session has begun
DECISION = 1  # before its decision, all else done that comes before it


class Bookmarks(NamedTuple):
    """Place f lies before the decision on rebalance f - 1; nobody returns to place 0, the start."""

    session: npt.NDArray[np.int64]  # R + 1
    part: npt.NDArray[np.int64]  # R + 1, MORNING or DECISION
    reach: npt.NDArray[np.int64]  # R + 1, sessions the next stretch may have
    flags: npt.NDArray[np.int64]  # R + 1, of the session so far
    state: Any  # STATE[R + 1]
    held: npt.NDArray[np.int64]  # R + 1 by N
    names: Any  # NAME[(R + 1) x N], of what is held, one place after the other
    stop_filled: npt.NDArray[np.int64]  # R + 1 by N
    left_out: npt.NDArray[np.int64]  # R + 1 by N


@compiled
def new_bookmarks(places: int, securities: int) -> Bookmarks:
    """Make room for `places` places of runs over `securities` names."""
    return Bookmarks(
        np.empty(places, np.int64), np.empty(places, np.int64), np.empty(places, np.int64),
        np.empty(places, np.int64), np.empty(places, STATE),
        np.empty((places, securities), np.int64), np.empty(places * securities, NAME),
        np.empty((places, securities), np.int64), np.empty((places, securities), np.int64),
    )  # fmt: skip


@inner
def keep(marks: Bookmarks, run: Run, t: int, part: int, reach: int) -> None:
    """Keep the place before the decision on the next rebalance; what follows is witnessed anew."""
    state = run.state[0]
    place = state.next_rebalance + 1
    marks.session[place], marks.part[place], marks.reach[place] = t, part, reach
    marks.flags[place] = run.series[t].flags if part == DECISION else 0
    marks.state[place] = state
    first = place * len(run.names)
    for j in range(state.held):
        marks.held[place, j] = run.held[j]
        marks.names[first + j] = run.names[run.held[j]]
    for i in range(len(run.names)):
        marks.stop_filled[place, i] = run.names[i].stop_filled
        marks.left_out[place, i] = run.left_out[i]
    forget(run.witness[place])


@inner
def return_to(marks: Bookmarks, run: Run, place: int) -> None:
    """Bring a run, whose rules may be others by now, to a place that was kept."""
    run.state[0] = marks.state[place]
    state = run.state[0]
    for i in range(len(run.names)):
        name = run.names[i]
        name.value = name.shares = 0.0
        name.exit = ExitReason.OPEN
        name.waits = 0
        name.stop_filled = marks.stop_filled[place, i]
        run.left_out[i] = marks.left_out[place, i]
    first = place * len(run.names)
    for j in range(state.held):
        i = marks.held[place, j]
        run.held[j] = i
        run.names[i] = marks.names[first + j]
    scale_stops(state, run.rules[0], state.stop_scale)
    t = marks.session[place]
    run.series[t].flags = marks.flags[place]
    for s in range(t + 1, len(run.series)):
        run.series[s].flags = 0
