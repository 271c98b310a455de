"""Walk-forward: settings chosen on the past alone, judged on what came after.

At each fold every setting of a sweep is run over the training window as a backtest of its own, from
cash; the best by one metric is in force until the next choice. The runs out of sample are one
portfolio whose rules and book change on those days, so that what a change of setting costs is paid.
Pardo 2008, "The Evaluation and Optimization of Trading Strategies", for the procedure and the
efficiency; Bailey et al. 2014 for why the best in-sample is not to be believed by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.book import Book
from core.errors import ConfigError, HistoryError, InputsError
from core.evidence.folds import Fold
from core.simulation import METRICS
from core.surface import DIRECTIONS
from core.sweep_plan import SweepPlan
from core.units import Floats, Ints

__all__ = [
    "EFFICIENT_METRICS",
    "NOT_CHOSEN",
    "Drift",
    "best_rows",
    "check_metric",
    "check_plan",
    "drift",
    "efficiency",
    "spliced_book",
]

#: Fields that decide on the sessions or on how orders fill: no setting to choose from day to day.
NOT_CHOSEN: Final = (
    "universe.source",
    "period.start",
    "period.end",
    "book.own_book",
    "risk.execution",
    "risk.stop_fill",
    "risk.execution_lag_days",
)
#: Metrics of which a share can be kept: 0 is nothing, and more is better.
EFFICIENT_METRICS: Final = (
    "cagr",
    "cagr_sessions",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
)


def check_metric(metric: str) -> None:
    """Refuse a metric of which neither more nor less is better."""
    if DIRECTIONS.get(metric, 0) == 0:
        known = ", ".join(name for name in METRICS if DIRECTIONS[name] != 0)
        raise ConfigError(f"a walk-forward must choose by one of {known}, was {metric}")


def check_plan(plan: SweepPlan) -> None:
    """Refuse axes that cannot change within one portfolio, and a plan without a choice."""
    for axis in plan.axes:
        if axis.path in NOT_CHOSEN:
            raise ConfigError(
                f"{axis.path} must be the same all along a walk-forward, was an axis: it decides "
                "on the sessions or on how orders fill. Walk each of its values on its own"
            )
    if len(plan) < 2:
        raise ConfigError(f"a walk-forward must choose among at least 2 settings, had {len(plan)}")


def best_rows(in_sample: Floats, metric: str) -> Ints:
    """Return int64[F]: of each fold the setting with the best value; of equals, the first.

    Parameters
    ----------
    in_sample : float64[F, K]
        The metric of each setting over each training window; NaN = undefined, not chosen.
    metric : str
        Says which direction is better.

    Raises
    ------
    HistoryError
        No setting has a value in some fold.
    """
    check_metric(metric)
    nothing = ~np.isfinite(in_sample).any(axis=1)
    if nothing.any():
        raise HistoryError(
            f"at every fold some setting must have a {metric}, at fold "
            f"{int(np.argmax(nothing)) + 1} none had: the training window is too short or "
            "everything in it was refused. Choose a larger --train or another --metric"
        )
    signed = np.where(np.isfinite(in_sample), in_sample * DIRECTIONS[metric], -np.inf)
    rows: Ints = np.argmax(signed, axis=1).astype(np.int64)
    return rows


def efficiency(chosen_in_sample: Floats, out_of_sample: float, metric: str) -> float:
    """Return the share of the in-sample value that was left out of sample.

    Parameters
    ----------
    chosen_in_sample : float64[F]
        Value of the chosen setting over its training window, by fold.
    out_of_sample : float
        The metric of the whole curve out of sample.
    metric : str

    Returns
    -------
    float
        ``out_of_sample`` over the mean of ``chosen_in_sample``: about 1 where tuning found
        something that lasts, 0 where it found noise, below 0 where it lost. NaN where the mean is
        not above 0, and for a metric outside ``EFFICIENT_METRICS``.
    """
    promised = float(np.mean(chosen_in_sample))
    if metric not in EFFICIENT_METRICS or not promised > 0.0:
        return math.nan
    return out_of_sample / promised


@dataclass(frozen=True, slots=True)
class Drift:
    """How much the choice of one field moved from fold to fold.

    Attributes
    ----------
    path : str
    values : tuple
        What was chosen, by fold; None = off.
    changes : int
        Folds whose value differs from that of the fold before.
    distinct : int
        Different values chosen, of the `levels` there were.
    levels : int
    commonest : Any
        Value chosen most often; of equals, the one chosen first.
    share : float
        Share of the folds that chose it.
    """

    path: str
    values: tuple[Any, ...]
    changes: int
    distinct: int
    levels: int
    commonest: Any
    share: float


def drift(plan: SweepPlan, chosen: Ints) -> tuple[Drift, ...]:
    """Return the drift of every axis, in the order of the plan."""
    found = []
    for n, axis in enumerate(plan.axes):
        codes = plan.codes[chosen, n]
        values = tuple(plan.levels[n][code] for code in codes)
        counts = [int((codes == code).sum()) for code in codes]
        most = int(np.argmax(counts))
        found.append(
            Drift(
                path=axis.path,
                values=values,
                changes=int((np.diff(codes) != 0).sum()),
                distinct=len(set(codes.tolist())),
                levels=len(plan.levels[n]),
                commonest=values[most],
                share=counts[most] / len(codes),
            )
        )
    return tuple(found)


def spliced_book(books: Sequence[Book], folds: Sequence[Fold], first: int) -> Book:
    """Return the book that follows the choices: of each fold the rows of its own book.

    Parameters
    ----------
    books : sequence of F Book
        Book of the setting chosen at each fold, all decided on the same sessions.
    folds : sequence of F Fold
    first : int
        Session of the market at which the folds count from 0.

    Raises
    ------
    InputsError
        The books are not decided on the same sessions.
    """
    schedule = books[0].rebalance
    if any(not np.array_equal(book.rebalance, schedule) for book in books):
        raise InputsError("the books to choose from must be decided on the same sessions")
    rows, of = [], []
    for number, fold in enumerate(folds):
        session = schedule - first
        inside = np.flatnonzero((session >= fold.test_first) & (session <= fold.test_last))
        rows.extend(inside.tolist())
        of.extend([number] * len(inside))

    def joined(name: str) -> Any:
        return np.stack([getattr(books[k], name)[row] for row, k in zip(rows, of, strict=True)])

    def scales(name: str) -> Floats | None:
        # None of a book is 1 all along.
        given = [getattr(book, name) for book in books]
        if all(one is None for one in given):
            return None
        pairs = zip(rows, of, strict=True)
        return np.array([1.0 if given[k] is None else given[k][row] for row, k in pairs])

    gated = all(book.alpha is not None for book in books)
    return Book(
        rebalance=schedule[rows],
        target=joined("target"),
        alpha=joined("alpha") if gated else None,
        composite=joined("composite"),
        regime=joined("regime"),
        leverage=scales("leverage"),
        stop_scale=scales("stop_scale"),
    )
