"""Everything that one run of the benchmark found, and the two statistics it is summed up by."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.latency.gestures import Drag, Release

__all__ = ["Block", "Figures", "p95", "ratios"]


@dataclass(frozen=True, slots=True)
class Block:
    """Drags on the lab between two blocks of the floor.

    Attributes
    ----------
    before, after : tuple of Release
        Of the empty app.
    counted : Drag
        The sampled one: its counts hold, its milliseconds do not.
    timed : tuple of Drag
    """

    before: tuple[Release, ...]
    counted: Drag
    timed: tuple[Drag, ...]
    after: tuple[Release, ...]

    @property
    def floor(self) -> float:
        """Milliseconds of the empty app around this block: mean of the medians either side."""
        sides = (self.before, self.after)
        return statistics.fmean(statistics.median(r.last for r in side) for side in sides)

    @property
    def drags(self) -> tuple[Drag, ...]:
        """All of them."""
        return (self.counted, *self.timed)


@dataclass(slots=True)
class Figures:
    """What was measured.

    Attributes
    ----------
    blocks : list of Block
    curves : dict
        Field → bytes that brought the curves of its slider, once.
    again : int
        Bytes when the hand came back to a slider whose curves were there.
    drawn : int
        Sessions on the page.
    errors : list of str
        On the browser's console.
    crowd_floor, crowd_lab : list of list of float
        Milliseconds to the first repaint by block; the floor has one block more.
    start_floor, start_lab : list of float
        Seconds from the start of the process; the floor has one more.
    memory : float
        Bytes a session.
    sessions : int
        Browser sessions of the crowd.
    frozen : int
        Objects that garbage collection does not look at.
    switches, clicks : dict of str to list of float
        Milliseconds of changes of page and of clicks on pages, by what was done.
    failed : dict
        Key of a row that could not be measured → why.
    """

    blocks: list[Block] = field(default_factory=list)
    curves: dict[str, int] = field(default_factory=dict)
    again: int = 0
    drawn: int = 0
    errors: list[str] = field(default_factory=list)
    crowd_floor: list[list[float]] = field(default_factory=list)
    crowd_lab: list[list[float]] = field(default_factory=list)
    start_floor: list[float] = field(default_factory=list)
    start_lab: list[float] = field(default_factory=list)
    memory: float = 0.0
    sessions: int = 0
    switches: dict[str, list[float]] = field(default_factory=dict)
    clicks: dict[str, list[float]] = field(default_factory=dict)
    frozen: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def drags(self) -> list[Drag]:
        """Every drag on the lab."""
        return [drag for block in self.blocks for drag in block.drags]

    @property
    def timed(self) -> list[Drag]:
        """Those whose milliseconds hold."""
        return [drag for block in self.blocks for drag in block.timed]

    @property
    def floor(self) -> list[Release]:
        """Every release of the empty app."""
        last = self.blocks[-1].after
        return [release for block in self.blocks for release in block.before] + list(last)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, interpolated."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def ratios(floor: Sequence[float], found: Sequence[float]) -> list[float]:
    """Divide each figure by the mean of the floor's before and after it.

    The machine's speed drifts; what is measured next to each other drifts together.
    """
    if len(floor) != len(found) + 1:
        raise ValueError(f"the floor must have {len(found) + 1} figures, had {len(floor)}")
    return [value / ((floor[i] + floor[i + 1]) / 2) for i, value in enumerate(found)]
