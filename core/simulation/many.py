"""Many runs over the same inputs: one row of metrics a configuration, no T x N output.

Configurations that fill and stop at closes run side by side in lanes, blocks of them on threads;
the others one after the other on the same threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.curves import calendar_days
from core.errors import CancelledError
from core.metrics import Metrics, check_dates
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs, require_prices
from core.simulation.kernel import SOLVENT
from core.simulation.lane_state import LANES
from core.simulation.lanes import simulate_lanes
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows
from core.simulation.run import check_initial_nav
from core.simulation.state import AT_OPEN, INTRADAY
from core.units import Dates, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METRICS", "SweepResult", "simulate_many", "warm_up_many"]

#: Columns of a sweep, in the order of :class:`~core.metrics.Metrics`.
METRICS = tuple(field.name for field in fields(Metrics))

_LOOK_SECONDS: Final = 0.01  # between two looks at who wants to stop
_LARGEST_TASK: Final = 8 * LANES  # rows
_FEWEST: Final = 3  # rows that are worth lanes


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
    threads = workers or os.cpu_count() or 1
    order, tasks = _plan(rules, threads)

    def run(task: _Task) -> None:
        simulate = simulate_lanes if task.in_lanes else simulate_rows
        where = market, blocks, rules, order, task.begin, task.end
        simulate(*where, start, days, values, ruined, curves, stop)

    _share_out(run, stop, _Queue(tasks, len(risks)), threads, cancelled, done)
    return SweepResult(values, ruined, curves if nav else None)


class _Task(NamedTuple):
    # Places in the order of rows, from and to.
    begin: int
    end: int
    in_lanes: bool


def _plan(rules: npt.NDArray[np.void], threads: int) -> tuple[Ints, list[_Task]]:
    # Rows that can run side by side come first, with the same lag and then the same lookback next
    # to each other: lanes of one task have one lag, and measure equal windows faster.
    apart = (rules["execution"] == AT_OPEN) | (rules["stop_fill"] == INTRADAY)
    if len(rules) - apart.sum() < _FEWEST:
        apart[:] = True
    lag, lookback = rules["execution_lag_days"], rules["vol_lookback_days"]
    order = np.lexsort((lookback, lag, apart)).astype(np.int64)
    kinds = np.stack((apart, lag))[:, order]
    cuts = np.flatnonzero((kinds[:, 1:] != kinds[:, :-1]).any(axis=0)) + 1
    edges = [0, *(int(cut) for cut in cuts), len(rules)]
    tasks: list[_Task] = []
    for begin, end in pairwise(edges):
        if begin < end:
            tasks += _cut(begin, end, not apart[order[begin]], threads)
    return order, tasks


def _cut(begin: int, end: int, in_lanes: bool, threads: int) -> list[_Task]:
    # Large tasks first, small ones towards the end, so that all threads end at once.
    tasks = []
    while begin < end:
        size = min(_LARGEST_TASK, -(-(end - begin) // (2 * threads - 1)))
        if in_lanes:  # all of them, or half of them where that occupies more threads
            size = size // LANES * LANES if size >= LANES else LANES // 2
        tasks.append(_Task(begin, min(begin + size, end), in_lanes))
        begin += size
    return tasks


class _Queue:
    # Tasks that no thread has taken yet, and what is done.

    def __init__(self, tasks: list[_Task], total: int) -> None:
        self._lock = Lock()
        self._waiting = iter(tasks)
        self.finished, self.total = 0, total

    def take(self) -> _Task | None:
        """Return the next task, None where there is none."""
        with self._lock:
            return next(self._waiting, None)

    def finish(self, count: int) -> None:
        """Count rows that are done."""
        with self._lock:
            self.finished += count

    def stop(self) -> None:
        """Leave nothing to take."""
        with self._lock:
            self._waiting = iter(())


def _share_out(
    run: Callable[[_Task], None],
    stop: npt.NDArray[np.bool_],
    queue: _Queue,
    threads: int,
    cancelled: Callable[[], bool] | None,
    done: Callable[[int], None] | None,
) -> None:
    # The callbacks are asked and told on the caller's thread.
    with ThreadPoolExecutor(threads) as pool:
        running = {pool.submit(_work, run, queue) for _ in range(threads)}
        try:
            while running:
                ended, running = wait(running, _LOOK_SECONDS, FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                if done is not None and queue.finished > 0:
                    done(queue.finished)
                if running and cancelled is not None and cancelled():
                    raise CancelledError(queue.finished, queue.total)
        finally:
            stop[0] = True
            queue.stop()


def _work(run: Callable[[_Task], None], queue: _Queue) -> None:
    while (task := queue.take()) is not None:
        run(task)
        queue.finish(task.end - task.begin)


def warm_up_many() -> None:
    """Compile, or read from the disk cache, everything that :func:`simulate_many` needs."""
    inputs = SimulationInputs(
        close=np.array([[1.0], [1.1], [1.0]]), rebalance=np.array([0]), target=np.array([[1.0]])
    )
    dates = np.datetime64("2024-01-01") + np.arange(3)
    for count in (1, _FEWEST):
        simulate_many(inputs, [RiskConfig()] * count, dates, nav=True, workers=1)
