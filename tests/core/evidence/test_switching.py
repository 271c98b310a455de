"""Rules that change: up to a change as before it, without one as ever."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigError, InputsError
from core.evidence.switching import simulate_switching
from core.ledger import EventKind
from core.risk.config import RiskConfig
from core.simulation import simulate
from tests.core.evidence.test_cut import inputs_of

LOOSE = RiskConfig(position_stop_loss=None, trailing_stop_pct=None, target_annual_vol=None)
TIGHT = RiskConfig(
    position_stop_loss=0.03, trailing_stop_pct=0.04, target_annual_vol=0.08, circuit_breaker_dd=None
)


@pytest.mark.parametrize("seed", range(4))
def test_a_change_that_changes_nothing_changes_nothing(seed: int) -> None:
    inputs = inputs_of(seed)
    same = TIGHT.model_copy(update={"breaker_cooldown_days": 3})  # there is no breaker
    found = simulate_switching(inputs, [TIGHT, same, TIGHT], np.array([0, 40, 90]), weights=True)
    expected = simulate(inputs, TIGHT, weights=True)
    np.testing.assert_array_equal(found.nav, expected.nav)
    np.testing.assert_array_equal(found.trades.pnl, expected.trades.pnl)
    np.testing.assert_array_equal(found.weights, expected.weights)


@pytest.mark.parametrize("seed", range(4))
def test_before_a_change_the_old_rules_hold_and_after_it_the_new(seed: int) -> None:
    inputs = inputs_of(seed)
    found = simulate_switching(inputs, [LOOSE, TIGHT], np.array([0, 75]))
    before = simulate(inputs, LOOSE, weights=True)
    np.testing.assert_allclose(found.nav[:75], before.nav[:75], rtol=1e-12)
    assert abs(found.books_residual) < 1e-9
    stopped = found.happened(EventKind.STOP) | found.happened(EventKind.TRAILING)
    assert not stopped[:75].any()
    assert stopped[75:].any()
    assert np.isfinite(found.sigma[75:]).any()  # the window of volatility is carried over


def test_one_rule_all_along_is_a_plain_run() -> None:
    inputs = inputs_of(0)
    found = simulate_switching(inputs, [TIGHT, TIGHT], np.array([0, 50]))
    np.testing.assert_array_equal(found.nav, simulate(inputs, TIGHT).nav)


def test_what_is_no_choice_of_a_day_is_refused() -> None:
    inputs = inputs_of(0)
    at_once = TIGHT.model_copy(update={"execution_lag_days": 0})
    with pytest.raises(ConfigError, match=r"risk\.execution_lag_days must be the same"):
        simulate_switching(inputs, [TIGHT, at_once], np.array([0, 5]))
    for since in ([0], [1, 5], [0, 0]):
        with pytest.raises(InputsError, match="since must have one session a configuration"):
            simulate_switching(inputs, [TIGHT, LOOSE], np.array(since))
