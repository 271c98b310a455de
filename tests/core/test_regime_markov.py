from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import core.regime_markov as markov
from core.errors import CancelledError
from core.factors.names import REGIMES
from core.regime_effects_config import MarkovConfig
from core.regime_markov import filtered, fitted
from core.regimes import regime_codes
from core.regimes_config import RegimesConfig
from core.units import Floats
from tests.core.hamilton_gnp import GROWTH
from tests.markets import make_market

CONFIG = MarkovConfig(history_days=126, refit_days=126)
CALM, WILD = 0.004, 0.02


@pytest.fixture(scope="module")
def returns() -> Floats:
    # 150 calm sessions, 60 wild ones, 150 calm ones.
    rng = np.random.default_rng(7)
    size = np.repeat([CALM, WILD, CALM], [150, 60, 150])
    moves = rng.normal(0.0003, 1.0, 360) * size
    moves[0] = moves[200] = np.nan
    return moves


@pytest.fixture(scope="module")
def found(returns: Floats) -> markov.Filtered:
    return filtered(returns, CONFIG)


def test_the_wild_stretch_is_the_last_state(returns: Floats, found: markov.Filtered) -> None:
    risky = found.risky
    assert np.nanmean(risky[155:210]) > 0.8
    assert np.nanmean(risky[260:]) < 0.1
    known = np.isfinite(returns)
    assert np.isnan(risky[:126]).all()
    assert (np.isfinite(risky) == known)[127:].all()
    rows = found.probability[np.isfinite(risky)]
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-9)
    # Daily variance in squared percent: 0.16 and 4, estimated with both in sight.
    assert found.variance[1] == pytest.approx([0.16, 4.0], rel=0.5)
    assert found.refits.tolist() == [126, 253]
    assert found.converged.all()
    assert found.notes == ()


@pytest.mark.parametrize("cut", [300])
def test_the_future_changes_no_probability(
    returns: Floats, found: markov.Filtered, cut: int
) -> None:
    rng = np.random.default_rng(cut)
    other = returns.copy()
    other[cut + 1 :] = rng.normal(0.0, 0.05, len(other) - cut - 1)
    for changed in (other, returns[: cut + 1]):
        again = filtered(changed, CONFIG)
        np.testing.assert_allclose(
            again.probability[: cut + 1], found.probability[: cut + 1], rtol=0, atol=1e-12
        )


def test_a_fit_that_does_not_converge_leaves_the_parameters_before(
    returns: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def second_fails(model: Any, start: Floats | None) -> Floats | None:
        calls.append(start)
        return fitted(model, start) if len(calls) == 1 else None

    monkeypatch.setattr(markov, "fitted", second_fails)
    found = filtered(returns, CONFIG)
    assert found.converged.tolist() == [True, False]
    np.testing.assert_array_equal(found.variance[0], found.variance[1])
    assert np.isfinite(found.risky[-1])
    assert "1 of 2 fits did not converge" in found.notes[0]

    monkeypatch.setattr(markov, "fitted", lambda *_: None)
    nothing = filtered(returns, CONFIG)
    assert np.isnan(nothing.risky).all()
    assert "2 of 2 fits" in nothing.notes[0]


def test_what_fits_raise_is_a_fit_that_failed() -> None:
    def fail(**_: Any) -> Any:
        raise np.linalg.LinAlgError

    assert fitted(SimpleNamespace(fit=fail), np.ones(3)) is None
    bad = SimpleNamespace(params=np.array([np.nan]), llf=0.0, mle_retvals={"converged": True})
    assert fitted(SimpleNamespace(fit=lambda **_: bad), None) is None


def test_too_short_a_history_is_said_and_the_rules_decide() -> None:
    market = make_market(sessions=100)
    rules = RegimesConfig(lookback_days=20, trend_threshold=0.03)
    on = rules.model_copy(update={"detector": "markov"})
    labels, notes = regime_codes(market, on)
    np.testing.assert_array_equal(labels, regime_codes(market, rules)[0])
    assert notes == (
        "Markov switching needs 252 sessions of returns, there are 99: the rules alone decide",
    )


def test_the_detector_calls_volatile(returns: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    probability = np.tile([0.2, 0.8], (200, 1))
    found = markov.Filtered(probability, np.array([0]), np.array([True]), np.ones((1, 2)))
    monkeypatch.setattr("core.regimes.filtered", lambda *_: found)
    labels, _ = regime_codes(make_market(gaps=0.0), RegimesConfig(detector="markov"))
    assert {REGIMES[code] for code in labels} == {"default", "volatile"}


def test_it_can_be_cancelled_and_says_how_far_it_is(returns: Floats) -> None:
    with pytest.raises(CancelledError):
        filtered(returns, CONFIG, cancelled=lambda: True)


def test_hamiltons_gnp() -> None:
    # Hamilton 1989, Econometrica 57(2); −181.26339 is the log-likelihood with all constants that
    # Stata's manual (mswitch) publishes for it.
    from statsmodels.tsa.regime_switching.markov_autoregression import MarkovAutoregression

    model = MarkovAutoregression(GROWTH, k_regimes=2, order=4, switching_ar=False)
    parameters = fitted(model, None)
    assert parameters is not None
    assert model.loglike(parameters) == pytest.approx(-181.26339, abs=1e-4)
