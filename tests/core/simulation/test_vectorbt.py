"""With every rule off, no costs and fills at the deciding close: what vectorbt says, to 1e-10."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.golden_vectorbt import INITIAL_NAV, SESSIONS, make_book, make_close
from core.simulation import SimulationInputs, simulate
from tests.oracle import simulate_plainly
from tests.strategies import QUIET

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "vectorbt_target_percent.csv"


@pytest.fixture(scope="module")
def golden() -> np.ndarray:
    lines = [x for x in GOLDEN.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    assert lines[0] == "session,nav,cash"
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert table[:, 0].tolist() == list(range(SESSIONS))
    return table


@pytest.fixture(scope="module")
def inputs() -> SimulationInputs:
    rebalance, target = make_book()
    return SimulationInputs(close=make_close(), rebalance=rebalance, target=target)


@pytest.mark.parametrize("engine", [simulate, simulate_plainly])
def test_target_percent_orders(engine, inputs: SimulationInputs, golden: np.ndarray) -> None:  # noqa: ANN001 (two engines with different results)
    result = engine(inputs, QUIET, initial_nav=INITIAL_NAV)
    assert np.asarray(result.nav) == pytest.approx(golden[:, 1], rel=1e-10)
    assert np.asarray(result.cash) == pytest.approx(golden[:, 2], abs=1e-10 * INITIAL_NAV)
    assert np.ptp(golden[:, 1]) > 0.05 * INITIAL_NAV
