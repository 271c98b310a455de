"""Sweeps: the runs of a plan, book by book."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import ValidationError

from core.config import Scenario
from core.errors import CancelledError, ConfigError, HistoryError
from core.risk.config import RiskConfig
from core.scenario import with_values
from core.simulation import METRICS, SweepResult
from core.sweep_plan import SweepPlan
from core.units import Ints

__all__ = ["Chunk", "RunGroup", "SweepTable", "chunks", "run_chunk", "run_plan"]

_IN_PROCESS: Final = 512  # rows at once: neighbours share their runs, see simulate_many

#: Runs configurations over the book of a scenario, whose own risk section is not looked at.
RunGroup = Callable[[Scenario, Sequence[RiskConfig]], SweepResult]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Runs over one book that are done together.

    Attributes
    ----------
    number : int
        Place among the chunks of the plan; the same plan always gives the same chunks.
    scenario : Scenario or None
        What the book is built from; None where the fields before risk refuse each other.
    rows : int64[n]
        Rows of the plan that can run.
    risks : tuple of n RiskConfig
    refused : dict of int to str
        Rows that are not allowed, and why.
    """

    number: int
    scenario: Scenario | None
    rows: Ints
    risks: tuple[RiskConfig, ...]
    refused: dict[int, str]

    @property
    def size(self) -> int:
        """Rows of the plan that it settles."""
        return len(self.rows) + len(self.refused)


def chunks(plan: SweepPlan, size: int = 128, skip: Container[int] = frozenset()) -> Iterator[Chunk]:
    """Yield the rows of a plan, those of one book in a row, at most `size` at a time.

    Parameters
    ----------
    plan : SweepPlan
    size : int
    skip : container of int
        Numbers of chunks that are not wanted any more.
    """
    before = [n for n, axis in enumerate(plan.axes) if axis.spec.section != "risk"]
    keys = plan.codes[:, before]
    order = np.lexsort(keys.T[::-1]) if before else np.arange(len(plan))
    new_book = np.ones(len(order), dtype=np.bool_)
    new_book[1:] = (keys[order][1:] != keys[order][:-1]).any(axis=1)
    starts = np.append(np.flatnonzero(new_book), len(order))
    number = 0
    for first, after in itertools.pairwise(starts.tolist()):
        for at in range(first, after, size):
            if number not in skip:
                rows = order[at : min(at + size, after)].astype(np.int64)
                yield _chunk(plan, number, rows, before)
            number += 1


def _chunk(plan: SweepPlan, number: int, rows: Ints, before: list[int]) -> Chunk:
    within = [n for n in range(len(plan.axes)) if n not in before]

    def values(row: int, axes: list[int]) -> dict[str, Any]:
        return {plan.axes[n].path: plan.levels[n][plan.codes[row, n]] for n in axes}

    try:
        scenario = with_values(plan.base, values(int(rows[0]), before))
    except ConfigError as error:
        return Chunk(number, None, rows[:0], (), dict.fromkeys(rows.tolist(), str(error)))
    names = {plan.axes[n].path: plan.axes[n].spec.name for n in within}
    base = scenario.risk.model_dump()
    risks, good, refused = [], [], {}
    for row in rows.tolist():
        wanted = values(row, within)
        try:  # the section alone is ten times faster than the scenario, which words the refusal
            changed = {names[path]: value for path, value in wanted.items()}
            risks.append(RiskConfig.model_validate(base | changed))
            good.append(row)
        except ValidationError:
            refused[row] = _refusal(scenario, wanted)
    return Chunk(number, scenario, np.array(good, dtype=np.int64), tuple(risks), refused)


def _refusal(scenario: Scenario, values: dict[str, Any]) -> str:
    try:
        with_values(scenario, values)
    except ConfigError as error:
        return str(error)
    raise AssertionError(f"a risk section alone was refused with {values}")


@dataclass(frozen=True, slots=True, eq=False)
class SweepTable:
    """What a plan gave: K rows in its order.

    Attributes
    ----------
    plan : SweepPlan
    runs : SweepResult
        NaN metrics for a run that was ruined or refused.
    refused : tuple of K str
        Why the row was not allowed; empty where it ran.
    """

    plan: SweepPlan
    runs: SweepResult
    refused: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a run: axis values, metrics, ruined (session or −1), refused (why)."""
        table = pd.concat([self.plan.axis_frame(), self.runs.frame()], axis=1)
        return table.assign(refused=pd.Series(self.refused, dtype="str"))


def run_chunk(chunk: Chunk, run_group: RunGroup) -> tuple[SweepResult, dict[int, str]]:
    """Run one chunk.

    Returns
    -------
    SweepResult, dict of int to str
        One row a row of ``chunk.rows``, and why rows of the plan were refused: those of the chunk,
        and all of them where their book cannot be built (too little history, for example).
    """
    nothing = SweepResult(
        np.full((len(chunk.rows), len(METRICS)), np.nan), np.full(len(chunk.rows), -1, np.int64)
    )
    if chunk.scenario is None or not len(chunk.rows):
        return nothing, chunk.refused
    try:
        return run_group(chunk.scenario, chunk.risks), chunk.refused
    except (ConfigError, HistoryError) as error:
        return nothing, chunk.refused | dict.fromkeys(chunk.rows.tolist(), str(error))


def run_plan(
    plan: SweepPlan,
    run_group: RunGroup,
    *,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> SweepTable:
    """Run a whole plan in this process.

    A book that cannot be built refuses its rows, no others.

    Parameters
    ----------
    plan : SweepPlan
    run_group : callable
        Given a scenario and configurations, runs them over its book. It should keep the last book:
        the rows of one book come one after the other.
    cancelled : callable, optional
        Asked before each chunk; True ends the call.
    done : callable, optional
        Told the number of finished rows after each chunk.

    Raises
    ------
    CancelledError
        When `cancelled` said so.
    """
    values = np.full((len(plan), len(METRICS)), np.nan)
    ruined = np.full(len(plan), -1, dtype=np.int64)
    refused = [""] * len(plan)
    finished = 0
    for chunk in chunks(plan, _IN_PROCESS):
        if cancelled is not None and cancelled():
            raise CancelledError(finished, len(plan))
        found, reasons = run_chunk(chunk, run_group)
        values[chunk.rows], ruined[chunk.rows] = found.values, found.ruined
        for row, reason in reasons.items():
            refused[row] = reason
        finished += chunk.size
        if done is not None:
            done(finished)
    return SweepTable(plan, SweepResult(values, ruined), tuple(refused))
