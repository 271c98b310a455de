"""Robustness behind a page: the runs here, one block after another, and what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

import numpy as np

from core.errors import CancelledError
from core.risk.config import RiskConfig
from core.simulation import METRICS
from dashboard.format import count, percent, ratio
from dashboard.robust import Robustness, robustness
from dashboard.run import Run
from dashboard.studies import Pace, Work
from dashboard.sweep_job import BookInputs, JobResult, run_job

__all__ = ["DRAWS", "Here", "question_words", "robust_words", "robust_work"]

DRAWS: Final = 100
_RUNS: Final = 2 * (3 * DRAWS + 2 * 20)  # nearly: how many there are depends on the period


class Here:
    """A backend without workers: every job is done where it is handed in."""

    slots = 1

    def __init__(self, cancelled: Callable[[], bool], runs: int = _RUNS) -> None:
        self._cancelled = cancelled
        self._runs = runs
        self._done = 0

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        """Do a job; raises CancelledError when nobody wants it any more."""
        if self._cancelled():
            raise CancelledError(self._done, max(self._runs, self._done))
        future: Future[JobResult] = Future()
        future.set_result(run_job(book, risks))
        self._done += len(risks)
        return future

    def check(self) -> None:
        """Do nothing: there is nobody to lose."""

    def close(self) -> None:
        """Do nothing: there is nobody to let go."""


def robust_work(run: Run) -> Work:
    """Return the work of a study: a :class:`~dashboard.robust.Robustness` of `run`."""

    def work(pace: Pace) -> Robustness:
        return robustness(
            run, Here(pace.cancelled), draws=DRAWS, seed=0,
            finished=lambda n: pace.share(min(n / _RUNS, 0.99)),
        )  # fmt: skip

    return work


def question_words(run: Run) -> str:
    """Say what one history is, and what it cannot say."""
    sharpe = run.metrics.sharpe_ratio
    told = f"a Sharpe ratio of {ratio(sharpe)}" if np.isfinite(sharpe) else "no Sharpe ratio"
    return (
        f"{run.scenario.name} has {told} over {count(len(run.dates))} sessions of one history, and "
        "its setting was chosen by people who knew it. Does choosing work when the future is not "
        "known, and what is left of the result where the history is another?"
    )


def robust_words(found: Robustness) -> str:
    """Say in words how wide the Sharpe ratio is over other histories, and what the rules do."""
    prices = next(row for row in found.kinds if row.kind == "prices")
    low, middle, high = prices.quantiles("sharpe_ratio")
    if not np.isfinite(middle):
        return "No disturbed history has a Sharpe ratio."
    deep = prices.quantiles("max_drawdown")[0]
    base = found.base[METRICS.index("sharpe_ratio")]
    told = "has none" if not np.isfinite(base) else f"is {ratio(float(base))}"
    return (
        f"The Sharpe ratio {told}; with the months in another order it lies between {ratio(low)} "
        f"and {ratio(high)} in nine of ten histories, and one in twenty falls deeper than "
        f"{percent(deep)}. On {percent(prices.better('sharpe_ratio'), 0)} of them the rules had "
        f"the higher Sharpe ratio than the same book without them, on "
        f"{percent(prices.better('max_drawdown'), 0)} the shallower drawdown."
    )
