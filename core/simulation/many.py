"""Many runs over the same inputs: one row of metrics a configuration, no T x N output."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from core.curves import calendar_days
from core.errors import CancelledError
from core.metrics import Metrics, check_dates
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs, require_prices
from core.simulation.kernel import SOLVENT
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows
from core.simulation.run import check_initial_nav
from core.units import Dates, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METRICS", "SweepResult", "simulate_many", "warm_up_many"]

#: Columns of a sweep, in the order of :class:`~core.metrics.Metrics`.
METRICS = tuple(field.name for field in fields(Metrics))

_LOOK_SECONDS: Final = 0.01  # between two looks at who wants to stop
_LARGEST_GROUP: Final = 128  # rows of one thread that may share their runs


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """K runs, in the order of their configurations.

    Attributes
    ----------
    values : float64[K, M]
        One column a name in ``METRICS``, units as in :class:`~core.metrics.Metrics`; a row of NaN
        where the run was ruined.
    ruined : int64[K]
        Session at which NAV was at or below 0, -1 where it never was.
    nav : float64[K, T] or None
        NAV curves when asked for; NaN from the session of ruin on.
    """

    values: Floats
    ruined: Ints
    nav: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    def metric(self, name: str) -> Floats:
        """Return float64[K]: the column called `name`."""
        column: Floats = self.values[:, METRICS.index(name)]
        return column

    def frame(self) -> pd.DataFrame:
        """Return one row a configuration, one column a metric, and ``ruined``."""
        import pandas as pd  # as core.ledger does

        return pd.DataFrame(self.values, columns=list(METRICS)).assign(ruined=self.ruined)


def simulate_many(
    inputs: SimulationInputs,
    risks: Sequence[RiskConfig],
    dates: Dates,
    *,
    initial_nav: float = 1_000_000.0,
    nav: bool = False,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> SweepResult:
    """Run every configuration as :func:`~core.simulation.simulate` does.

    Neighbours in `risks` share what is the same of their runs: give similar ones side by side.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    risks : sequence of K RiskConfig
    dates : datetime64[D][T]
        Session dates, for the calendar CAGR.
    initial_nav : float
        Dollars of cash before session 0, positive.
    nav : bool
        Whether to return NAV curves K x T as well.
    workers : int, optional
        Threads; as many as the machine has processors when not given.
    cancelled : callable, optional
        Asked a hundred times a second; True ends the call with CancelledError.
    done : callable, optional
        Told the number of finished runs, group by group.

    Raises
    ------
    CancelledError
        When `cancelled` said so.
    InputsError
        When `initial_nav` or `dates` are not as described.
    """
    check_initial_nav(initial_nav)
    check_dates(inputs.shape[0], dates, inputs.market.cash_rate)
    if cancelled is not None and cancelled():
        raise CancelledError(0, len(risks))
    for risk in risks:
        require_prices(inputs, risk)
    values = np.full((len(risks), len(METRICS)), np.nan)
    ruined = np.full(len(risks), SOLVENT, dtype=np.int64)
    curves = np.full((len(risks) if nav else 0, inputs.shape[0]), np.nan)
    market, blocks, rules = inputs.market, inputs.blocks, pack(risks)
    start, days = float(initial_nav), calendar_days(dates)

    stop = np.zeros(1, dtype=np.bool_)

    def run(begin: int, end: int) -> None:
        simulate_rows(market, blocks, rules, begin, end, start, days, values, ruined, curves, stop)

    _share_out(run, stop, len(risks), workers or os.cpu_count() or 1, cancelled, done)
    return SweepResult(values, ruined, curves if nav else None)


class _Queue:
    # Rows that no thread has taken yet.

    def __init__(self, total: int, workers: int) -> None:
        self._lock = Lock()
        self._next, self._total, self._workers = 0, total, workers
        self.finished = 0

    def take(self) -> tuple[int, int]:
        """Return the next rows, from and to; few towards the end, so that all end at once."""
        with self._lock:
            begin = self._next
            # A group that takes long leaves no thread waiting for more than about half its rows;
            # one thread alone takes as many as may share their runs.
            fair = -(-(self._total - begin) // (2 * self._workers - 1))
            self._next = begin + min(_LARGEST_GROUP, fair)
            return begin, self._next

    def finish(self, count: int) -> None:
        """Count rows that are done."""
        with self._lock:
            self.finished += count

    def stop(self) -> None:
        """Leave nothing to take."""
        with self._lock:
            self._next = self._total


def _share_out(
    run: Callable[[int, int], None],
    stop: npt.NDArray[np.bool_],
    total: int,
    workers: int,
    cancelled: Callable[[], bool] | None,
    done: Callable[[int], None] | None,
) -> None:
    # The callbacks are asked and told on the caller's thread.
    queue = _Queue(total, workers)
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_work, run, queue) for _ in range(workers)}
        try:
            while running:
                ended, running = wait(running, _LOOK_SECONDS, FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                if done is not None and queue.finished > 0:
                    done(queue.finished)
                if running and cancelled is not None and cancelled():
                    raise CancelledError(queue.finished, total)
        finally:
            stop[0] = True
            queue.stop()


def _work(run: Callable[[int, int], None], queue: _Queue) -> None:
    while True:
        begin, end = queue.take()
        if begin == end:
            return
        run(begin, end)
        queue.finish(end - begin)


def warm_up_many() -> None:
    """Compile, or read from the disk cache, everything that :func:`simulate_many` needs."""
    inputs = SimulationInputs(
        close=np.array([[1.0], [1.1], [1.0]]), rebalance=np.array([0]), target=np.array([[1.0]])
    )
    dates = np.datetime64("2024-01-01") + np.arange(3)
    simulate_many(inputs, [RiskConfig()], dates, nav=True, workers=1)
