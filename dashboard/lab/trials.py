"""What the panels of the lab show of many settings, as trials in the journal.

The surface and the strips are one row each, which counts as its different results, with the returns
of a few of them. Both are written where their study ends, before anybody sees them.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.scenario import specs, value_at, with_values
from core.sensitivity import Sensitivity
from core.simulation import SweepResult
from core.surface import Surface
from dashboard.evidence_trials import different_runs, returns_at, spread_over_ranks, sweep_returns
from dashboard.record import record_many
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.sweep_job import BookInputs
from dashboard.sweep_run import Books
from data.journal import Journal, TrialReturns

__all__ = ["record_strips", "record_surface"]

_LOG: Final = logging.getLogger(__name__)
_SAMPLE: Final = 12  # runs whose returns are kept: the latest 400 are to be of many panels


def record_surface(
    journal: Journal, run: Run, found: Surface, pace: Pace, books: Books | None = None
) -> None:
    """Write a surface of `run`; a journal that fails is told in the log.

    Its hash is of every field but the two and of their levels: the same cells are the same trials
    wherever on them the setting stands, and whichever axis goes down.

    Parameters
    ----------
    books : Books, optional
        Of a surface with an axis of the book; without, all its settings hold that of `run`.
    """

    def book_of(scenario: Scenario) -> BookInputs:
        pace.cancelled()  # gives way to a page
        return BookInputs(run.inputs, run.dates) if books is None else books.get(scenario)

    levels = {axis.path: axis.levels for axis in (found.x, found.y)}
    returns = sweep_returns(found.table, book_of, _SAMPLE)
    _record(journal, run, "surface", levels, found.table.runs, returns, but=tuple(levels))


def record_strips(journal: Journal, run: Run, found: Sensitivity) -> None:
    """Write the strips of `run`, every value of every field; a failure is told in the log."""
    levels = {path: strip.values for path, strip in found.strips.items()}
    moved = [
        (row, path, value)
        for path, strip in found.strips.items()
        for row, value in zip(strip.rows, strip.values, strict=True)
    ]
    rows = np.array([row for row, *_ in moved], dtype=np.int64)
    if not len(rows):
        return
    shown = SweepResult(found.runs.values[rows], found.runs.ruined[rows])
    places = spread_over_ranks(shown.metric("sharpe_ratio"), _SAMPLE).tolist()
    settings = (with_values(run.scenario, {moved[k][1]: moved[k][2]}) for k in places)
    returns = returns_at(settings, lambda _scenario: BookInputs(run.inputs, run.dates))
    _record(journal, run, "strips", levels, shown, returns)


def _record(
    journal: Journal,
    run: Run,
    design: str,
    levels: Mapping[str, Sequence[Any]],
    runs: SweepResult,
    returns: Sequence[TrialReturns],
    but: Sequence[str] = (),
) -> None:
    others = {path: str(value_at(run.scenario, path)) for path in specs() if path not in but}
    told = json.dumps([design, others, sorted((p, list(v)) for p, v in levels.items())])
    why = record_many(
        journal,
        run.scenario,
        {path: _words(values) for path, values in levels.items()},
        design=design,
        setting=hashlib.sha256(told.encode()).hexdigest()[:12],
        fingerprint=run.market.fingerprint,
        preset_name=run.scenario.name,
        runs=len(runs.values),
        different=different_runs(runs),
        returns=returns,
    )
    if why:
        _LOG.warning("the %s of a setting is not in the journal: %s", design, why)


def _words(values: Sequence[Any]) -> str:
    if len(values) < 3:
        return ",".join(str(value) for value in values)
    return f"{values[0]} … {values[-1]} ({len(values)})"
