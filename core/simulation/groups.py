"""Rows that are run together: who stands for the others, and who goes on from where."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled
from core.compiled import compiled_inner as inner
from core.simulation.bookmarks import START, Bookmarks
from core.simulation.following import FOLLOWS, place_of_parting
from core.simulation.state import WATCH, WATCH_GATE, WATCH_STOPS, Market, Run
from core.simulation.witness import same_limit

__all__ = ["Group", "new_group", "part", "stack", "take_middle", "watch_for"]

# Watching a run costs about a fifth of it. Where so many runs in a row that started at one place
# spared the others nothing, the others that start there are run on their own.
_PATIENCE = 3


class Group(NamedTuple):
    """Rows that are run together, and what that takes: work for one thread."""

    row: npt.NDArray[np.int64]  # of rules, in the order in which they are looked at
    place: npt.NDArray[np.int64]  # up to which a row's run is the one in the arrays
    begin: npt.NDArray[np.int64]  # a stack of parts of the two above that start at one place
    end: npt.NDArray[np.int64]
    futile: npt.NDArray[np.int64]  # runs in a row that spared such a part nothing


@compiled
def new_group(begin: int, end: int) -> Group:
    """Make a group of the rows from `begin` to `end`: one part, at the start."""
    rows = end - begin
    group = Group(
        np.arange(begin, end), np.zeros(rows, np.int64), np.empty(rows, np.int64),
        np.empty(rows, np.int64), np.zeros(rows, np.int64),
    )  # fmt: skip
    group.begin[0], group.end[0] = 0, rows
    return group


@inner
def take_middle(group: Group, depth: int) -> int:
    """Put the row in the middle of a part first, and return it.

    Neighbours are alike: most follow the one in their middle. Where that was in vain, the next is
    taken elsewhere, in the middle of the first half, of the second.
    """
    first, last = group.begin[depth], group.end[depth]
    futile = group.futile[depth]
    middle = (first + last) // 2
    if futile > 0 and futile < _PATIENCE:
        middle = (first + middle) // 2 if futile == 1 else (middle + last) // 2
    row: int = group.row[middle]
    for q in range(middle, first, -1):
        group.row[q] = group.row[q - 1]
    group.row[first] = row
    return row


@inner
def watch_for(rules: Any, group: Group, depth: int) -> int:
    """Return what the others of a part need to know of the run of its first row: bits of WATCH."""
    first, last = group.begin[depth], group.end[depth]
    if group.futile[depth] >= _PATIENCE:
        return 0
    watching = 0
    mine = rules[group.row[first]]
    for q in range(first + 1, last):
        other = rules[group.row[q]]
        watching |= WATCH
        if not (
            same_limit(mine.position_stop_loss, other.position_stop_loss)
            and same_limit(mine.trailing_stop_pct, other.trailing_stop_pct)
        ):
            watching |= WATCH_STOPS
        if not same_limit(mine.min_alpha_to_cost_ratio, other.min_alpha_to_cost_ratio):
            watching |= WATCH_GATE
    return watching


@compiled
def part(
    market: Market,
    run: Run,
    marks: Bookmarks,
    rules: Any,
    group: Group,
    first: int,
    last: int,
    values: npt.NDArray[np.float64],
    ruined: npt.NDArray[np.int64],
    curves: npt.NDArray[np.float64],
) -> tuple[int, int]:
    """Copy the numbers of row `first`, just run, to those up to `last` that follow it.

    The others are sorted by the place where they part from it.

    Returns
    -------
    left, spared : int
        The end of those others, and the sessions that all these do not go through again.
    """
    mine, start = group.row[first], group.place[first]
    before = marks.session[start] if start > START else 0
    left, spared = first + 1, 0
    for q in range(first + 1, last):
        row = group.row[q]
        place = place_of_parting(market, run, rules[row], start, ruined[mine])
        if place == FOLLOWS:
            values[row, :] = values[mine]
            ruined[row] = ruined[mine]
            if len(curves) > 0:
                curves[row, :] = curves[mine]
            spared += len(run.series) - before
            continue
        spared += (marks.session[place] if place > START else 0) - before
        slot = left
        while slot > first + 1 and group.place[slot - 1] > place:
            group.row[slot], group.place[slot] = group.row[slot - 1], group.place[slot - 1]
            slot -= 1
        group.row[slot], group.place[slot] = row, place
        left += 1
    return left, spared


@inner
def stack(group: Group, depth: int, end: int, in_vain: bool) -> int:
    """Put what is left of a part, whose first row was run, back in parts; return the new depth.

    Rows that part at one place are one part, the latest place on top. Where the run spared nobody
    anything (`in_vain`), those that start where it did know.
    """
    begin, start = group.begin[depth] + 1, group.place[group.begin[depth]]
    futile = group.futile[depth] + 1 if in_vain else 0
    for q in range(begin, end):
        if q > begin and group.place[q] == group.place[q - 1]:
            group.end[depth - 1] = q + 1
        else:
            group.begin[depth], group.end[depth] = q, q + 1
            group.futile[depth] = futile if group.place[q] == start else 0
            depth += 1
    return depth
