"""Trials between runs and the journal: what is kept of one, and how many there were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.errors import CoreError
from core.metrics import daily_returns
from core.scenario import scenario_hash, with_values
from core.simulation import SweepResult, simulate_many
from core.sweep import SweepTable
from core.units import Dates, Floats, Ints
from dashboard.run import Run
from dashboard.sweep_job import BookInputs
from data.errors import DataError
from data.journal import TrialReturns
from data.trial_count import trials_in

__all__ = [
    "Tally",
    "aligned",
    "different_runs",
    "excess_of",
    "returns_at",
    "returns_of",
    "spread_over_ranks",
    "sweep_returns",
    "tally_of",
    "unseen_trials",
]

_SAMPLE: Final = 48  # runs of a sweep whose returns are kept: enough to say how alike they are
_START: Final = 1_000_000.0  # dollars; returns do not depend on it
_FEW_BOOKS: Final = 12  # with more, building their books anew would be what a sweep takes


@dataclass(frozen=True, slots=True)
class Tally:
    """How many settings were tried on a market.

    Attributes
    ----------
    trials : int
        Different settings, each run of a sweep that gave another result counted.
    settings, sweeps : int
        Rows of single settings and of sweeps behind them.
    here : int
        Trials on exactly the present data.
    by_origin : dict of str to int
        Trials by where they came from.
    """

    trials: int
    settings: int
    sweeps: int
    here: int
    by_origin: dict[str, int]

    def with_one_more(self) -> Tally:
        """Return the count with a setting that is looked at and not recorded yet."""
        return replace(self, trials=self.trials + 1, settings=self.settings + 1, here=self.here + 1)


def tally_of(rows: Sequence[dict[str, Any]], fingerprint: str) -> Tally:
    """Count the rows that :meth:`data.journal.Journal.tried` returns."""
    by_origin: dict[str, int] = {}
    here = sweeps = 0
    for row in rows:
        count = trials_in(row["metrics"])
        by_origin[row["origin"]] = by_origin.get(row["origin"], 0) + count
        here += count if row["fingerprint"] == fingerprint else 0
        sweeps += row["origin"] == "sweep"
    return Tally(sum(by_origin.values()), len(rows) - sweeps, sweeps, here, by_origin)


def excess_of(run: Run) -> Floats:
    """Return the excess returns of a run over cash, float64[T − 1], as its Sharpe ratio takes."""
    result = run.result
    return _excess(result.nav, result.initial_nav, run.inputs.cash_rate)


def returns_of(run: Run) -> tuple[TrialReturns, ...]:
    """Return what the journal keeps of a run; nothing of a single session."""
    if len(run.dates) < 2:
        return ()
    return (TrialReturns(scenario_hash(run.scenario), run.dates[1:], excess_of(run)),)


def _excess(nav: Floats, initial_nav: float, cash_rate: Floats | None) -> Floats:
    returns = daily_returns(nav, initial_nav)
    return returns if cash_rate is None else returns - cash_rate[1:]


def different_runs(runs: SweepResult) -> int:
    """Count the runs that ended with another result than every other; at least 1.

    Settings in a dead zone of their rule give the very same curve, and are one trial.
    """
    finished = runs.values[np.isfinite(runs.metric("total_return"))]
    finished = np.nan_to_num(finished)
    return max(len(np.unique(finished, axis=0)), 1)


def sweep_returns(
    table: SweepTable, book_of: Callable[[Scenario], BookInputs], most: int = _SAMPLE
) -> tuple[TrialReturns, ...]:
    """Run a sample of a sweep again and return what it earned, from its best run to its worst.

    At most `most`, and fewer where they need many books; none where a book cannot be built any
    more: the sweep is counted all the same.
    """
    rows = _sample(table, most).tolist()
    settings = (with_values(table.plan.base, table.plan.values(row)) for row in rows)
    return returns_at(settings, book_of)


def returns_at(
    settings: Iterable[Scenario], book_of: Callable[[Scenario], BookInputs]
) -> tuple[TrialReturns, ...]:
    """Run each setting and return what it earned; those that cannot be run are left out."""
    kept: list[TrialReturns] = []
    for scenario in settings:
        try:
            book = book_of(scenario)
            ran = simulate_many(
                book.inputs,
                [scenario.risk],
                book.dates,
                initial_nav=_START,
                nav=True,
                workers=1,
            )
        except (CoreError, DataError):
            continue
        if ran.nav is not None and np.isfinite(ran.nav).all() and len(book.dates) > 1:
            excess = _excess(ran.nav[0], _START, book.inputs.cash_rate)
            kept.append(TrialReturns(scenario_hash(scenario), book.dates[1:], excess))
    return tuple(kept)


def _sample(table: SweepTable, most: int) -> Ints:
    # Rows in the order of their books, evenly spread over the ranks of their Sharpe ratios.
    before = [n for n, axis in enumerate(table.plan.axes) if axis.spec.section != "risk"]
    codes = table.plan.codes[:, before]
    books = np.unique(codes, axis=0, return_inverse=True)[1] if before else np.zeros(len(codes))
    number = len(np.unique(books))
    size = most if number <= _FEW_BOOKS else min(most, _FEW_BOOKS)
    rows = spread_over_ranks(table.runs.metric("sharpe_ratio"), size)
    chosen: Ints = rows[np.argsort(books[rows], kind="stable")]
    return chosen


def spread_over_ranks(values: Floats, most: int) -> Ints:
    """Return at most `most` places, evenly spread from the highest of `values` to the lowest.

    Places without a finite value are left out; int64[≤ most].
    """
    ranked: Ints = np.argsort(-np.where(np.isfinite(values), values, -np.inf), kind="stable")
    ranked = ranked[: int(np.isfinite(values).sum())]
    if not len(ranked):
        return ranked
    places = np.unique(np.linspace(0, len(ranked) - 1, min(most, len(ranked))).round())
    return ranked[places.astype(np.int64)]


def aligned(kept: Sequence[TrialReturns], sessions: Dates, but: str) -> Floats:
    """Return float64[len(sessions), M]: trials that have a return on every one of `sessions`.

    Parameters
    ----------
    kept : sequence of TrialReturns
    sessions : datetime64[D][n]
    but : str
        Hash of a setting to leave out.
    """
    columns = [
        one.excess[np.searchsorted(one.sessions, sessions)]
        for one in kept
        if one.hash != but and _covers(one, sessions)
    ]
    return np.column_stack(columns) if columns else np.empty((len(sessions), 0))


def unseen_trials(
    rows: Sequence[dict[str, Any]], kept: Sequence[TrialReturns], sessions: Dates, mine: str
) -> int:
    """Count the trials of `rows` that no returns over `sessions` stand for.

    A setting by its own returns, a sweep by those of any of its runs; `mine` is the hash of the
    setting that is looked at, which is known.
    """
    known = {mine}
    for one in kept:
        if _covers(one, sessions):
            known |= {one.hash, one.trial}
    return sum(trials_in(row["metrics"]) for row in rows if row["hash"] not in known)


def _covers(one: TrialReturns, sessions: Dates) -> bool:
    place = np.searchsorted(one.sessions, sessions)
    inside = place < len(one.sessions)
    return bool(inside.all() and (one.sessions[place] == sessions).all())
