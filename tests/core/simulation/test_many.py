from __future__ import annotations

import numpy as np
import pytest

from core.errors import CancelledError
from core.metrics import summarise
from core.risk.config import RiskConfig
from core.simulation import METRICS, SimulationInputs, simulate, simulate_many

SESSIONS = 40
DATES = np.datetime64("2024-01-01") + np.arange(SESSIONS)


def _inputs() -> SimulationInputs:
    returns = np.random.default_rng(7).normal(0.0, 0.03, (SESSIONS, 3))
    return SimulationInputs(
        close=100.0 * np.exp(np.cumsum(returns, axis=0)),
        rebalance=np.array([0, 15, 30]),
        target=np.full((3, 3), 1 / 3),
    )


RISKS = [RiskConfig(position_stop_loss=stop) for stop in (0.02, 0.05, 0.3, None)]


def test_each_row_equals_the_single_run() -> None:
    inputs = _inputs()
    many = simulate_many(inputs, RISKS, DATES, nav=True)
    assert many.nav is not None
    for row, risk in enumerate(RISKS):
        alone = simulate(inputs, risk)
        metrics = summarise(alone, DATES)
        np.testing.assert_allclose(many.nav[row], alone.nav, rtol=1e-12)
        for name in METRICS:
            np.testing.assert_allclose(
                many.metric(name)[row], getattr(metrics, name), rtol=1e-9, atol=1e-12, err_msg=name
            )


def test_cancelling_says_how_far_it_came() -> None:
    with pytest.raises(CancelledError, match="cancelled after 0 of 4 runs"):
        simulate_many(_inputs(), RISKS, DATES, cancelled=lambda: True)
