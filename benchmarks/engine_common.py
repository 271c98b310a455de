"""A market for the engine's benchmarks, and times taken in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numba
import numpy as np

from core.risk.config import RiskConfig
from core.simulation import SimulationInputs

__all__ = ["SIZES", "in_turn", "make_market", "random_risks", "read_matrix"]

#: Sessions and names, as in the table of docs/performance.md.
SIZES = {"S": (756, 200), "M": (2520, 500), "L": (5040, 3000)}


def make_market(sessions: int, names: int, held: int, seed: int = 1) -> SimulationInputs:
    """Return a market of 1 % common and 1.6 % own daily moves with a monthly book of `held` names.

    Scores keep four fifths of themselves from month to month, so that names come and go; alpha,
    regime leverage and a cash rate are there.
    """
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0004, 0.009, (sessions, 1)) + rng.normal(0.0, 0.016, (sessions, names))
    rebalance = np.arange(20, sessions, 21)
    target = np.zeros((len(rebalance), names))
    alpha = np.zeros_like(target)
    score = rng.normal(size=names)
    for k in range(len(rebalance)):
        score = 0.8 * score + 0.6 * rng.normal(size=names)
        best = np.argsort(-score)[:held]
        weights = rng.uniform(0.5, 1.5, held)
        target[k, best] = weights / weights.sum()
        alpha[k] = 0.003 * score
    return SimulationInputs(
        close=50.0 * np.exp(np.cumsum(moves, axis=0)),
        rebalance=rebalance,
        target=target,
        alpha=alpha,
        leverage=rng.choice([1.0, 0.9, 0.7], len(rebalance)),
        cash_rate=np.full(sessions, 1e-4),
    )


def random_risks(count: int, seed: int = 0) -> list[RiskConfig]:
    """Return configurations around the defaults, every rule on."""
    rng = np.random.default_rng(seed)
    return [
        RiskConfig(
            target_annual_vol=float(rng.uniform(0.1, 0.3)),
            position_stop_loss=float(rng.uniform(0.08, 0.25)),
            trailing_stop_pct=float(rng.uniform(0.08, 0.25)),
            max_turnover_per_rebal=float(rng.uniform(0.2, 1.0)),
            vol_rebalance_threshold=float(rng.uniform(0.15, 0.5)),
            circuit_breaker_dd=float(rng.uniform(0.15, 0.5)),
        )
        for _ in range(count)
    ]


@numba.njit(fastmath={"reassoc"}, nogil=True)  # sums may be reordered here: the limit is memory
def read_matrix(prices: np.ndarray) -> float:
    """Sum what is not NaN, as fast as memory gives it."""
    total = 0.0
    flat = prices.reshape(-1)
    for i in range(len(flat)):
        price = flat[i]
        total += price if price == price else 0.0
    return total


def in_turn(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return seconds of every task by round; each round runs all of them once."""
    for task in tasks.values():
        task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def ratio(seconds: dict[str, list[float]], of: str, to: str) -> float:
    """Return the median over rounds of one task's time over another's of the same round."""
    return statistics.median(a / b for a, b in zip(seconds[of], seconds[to], strict=True))
