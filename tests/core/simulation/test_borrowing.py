"""Arrays without owner, which rest on private parts of numba: nothing leaks, nothing is shared."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.strategies import Recipe, make_inputs

STATM = Path("/proc/self/statm")
ARRAYS = (
    "close", "rebalance", "target", "alpha", "leverage", "stop_scale", "last_session",
    "delisting_return", "data_ended", "cash_rate", "overlay",
)  # fmt: skip
RISKS = [
    RiskConfig(position_stop_loss=stop, execution_lag_days=lag)
    for stop in (None, 0.03, 0.08, 0.15)
    for lag in (0, 1)
]


def inputs() -> SimulationInputs:
    return make_inputs(Recipe(sessions=80, names=12, seed=3, alpha=True, cash_rate=True))


def counts(given: SimulationInputs) -> list[int]:
    return [sys.getrefcount(getattr(given.market, name)) for name in ARRAYS]


def test_runs_on_threads_are_those_of_one_thread() -> None:
    given = inputs()
    serial = [simulate(given, risk) for risk in RISKS]
    before = counts(given)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: simulate(given, RISKS[n % len(RISKS)]), range(400)))
    for n, result in enumerate(results):
        np.testing.assert_array_equal(result.nav, serial[n % len(RISKS)].nav)
    del results
    assert counts(given) == before


def test_no_run_keeps_or_loses_a_reference_to_its_inputs() -> None:
    given = inputs()
    simulate(given, RISKS[0])
    before = counts(given)
    for n in range(300):
        simulate(given, RISKS[n % len(RISKS)], weights=n % 2 == 0)
    assert counts(given) == before


def test_what_a_run_returns_outlives_its_inputs() -> None:
    given = inputs()
    result = simulate(given, RISKS[1], weights=True)
    nav, weights = result.nav.copy(), result.weights.copy()
    del given
    for _ in range(50):  # memory that was freed too early would be used again here
        simulate(inputs(), RISKS[2], weights=True)
    np.testing.assert_array_equal(result.nav, nav)
    np.testing.assert_array_equal(result.weights, weights)


def resident() -> int:
    """Bytes of memory that this process holds now; its peak would hide a leak."""
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not STATM.exists(), reason="only Linux tells a process its memory in a file")
def test_memory_stays_flat() -> None:
    given = make_inputs(Recipe(sessions=400, names=60, seed=5))
    for risk in RISKS:
        simulate(given, risk, weights=True)
    before = resident()
    for n in range(600):  # 115 MB of weights alone, were they kept
        simulate(given, RISKS[n % len(RISKS)], weights=True)
    assert resident() - before < 40_000_000
