from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import RegimesConfig
from core.factors.names import REGIMES
from core.regime_effects_config import TurbulenceConfig
from core.regime_stats import spells
from core.regimes import below_high, label_sessions, market_returns, regime_codes
from core.units import SESSIONS_PER_YEAR
from tests.markets import changed_after, make_market, permuted, until

CONFIG = RegimesConfig(
    lookback_days=10,
    trend_threshold=0.08,
    recovery_drawdown=0.10,
    volatility_threshold=0.25,
)


def last_label(returns: list[float] | np.ndarray, **changes: object) -> str:
    config = CONFIG.model_copy(update=changes)
    return REGIMES[label_sessions(np.array(returns, dtype=np.float64), config)[-1]]


def steady(total: float, sessions: int = 10) -> list[float]:
    """Equal returns that add up to `total`; no volatility."""
    return [(1.0 + total) ** (1.0 / sessions) - 1.0] * sessions


def test_the_market_is_the_mean_of_yesterdays_members() -> None:
    # Second session: members of the first were names 0 and 1: (10 % − 5 %) / 2. Name 2 joins on
    # the second session, so its 100 % of that day are not the index's; on the third it counts, and
    # name 1, gone from the index, does not: (0 % + 50 %) / 2.
    close = np.array([[10.0, 20.0, 1.0], [11.0, 19.0, 2.0], [11.0, 38.0, 3.0]])
    member = np.array([[True, True, False], [True, False, True], [True, False, True]])
    returns = market_returns(close, member)
    assert np.isnan(returns[0])
    assert returns[1:] == pytest.approx([0.025, 0.25])


def test_a_missing_bar_is_left_out_of_the_mean_and_no_bar_at_all_is_unknown() -> None:
    close = np.array([[10.0, 20.0], [np.nan, 22.0], [10.0, np.nan]])
    returns = market_returns(close, np.ones((3, 2), dtype=np.bool_))
    assert returns[1] == pytest.approx(0.1)
    assert np.isnan(returns[2])


def test_trends() -> None:
    assert last_label(steady(0.09)) == "bull"
    assert last_label(steady(0.07)) == "sideways"
    assert last_label(steady(-0.07)) == "sideways"
    assert last_label(steady(-0.09)) == "bear"


def test_a_rise_below_the_high_is_a_recovery() -> None:
    # Down 30 %, up 9 %: 24 % below the high. Down 10 %, up 9 %: 2 % below it.
    assert last_label([*steady(-0.30), *steady(0.09)]) == "recovery"
    assert last_label([*steady(-0.10), *steady(0.09)]) == "bull"


def test_the_high_is_that_of_one_year() -> None:
    fall, rise = steady(-0.30), steady(0.09)
    flat = SESSIONS_PER_YEAR - len(rise) - 1
    # The level before the fall is the oldest of the year, then one session too old.
    assert last_label([*fall, *[0.0] * (flat - len(fall)), *rise]) == "recovery"
    assert last_label([*fall, *[0.0] * flat, *rise]) == "bull"


def test_the_high_includes_the_level_before_the_first_return() -> None:
    # A 25 % fall in the first return: without its start the market would be at its high.
    returns = [-0.25, *steady(0.09)]
    assert last_label(returns) == "recovery"


def test_volatility_comes_before_trend() -> None:
    # ±2.5 % a day is 0.025 · √(10/9) · √252 = 42 % a year.
    assert last_label([0.025, -0.025] * 5) == "volatile"
    assert last_label([0.05, -0.02] * 5) == "volatile"
    assert last_label([0.025, -0.025] * 5, volatility_threshold=0.43) == "sideways"


def test_too_little_history_is_default_and_comes_first() -> None:
    assert last_label(steady(0.5)[:9]) == "default"
    assert last_label([0.1] * 3) == "default"
    returns = np.array(steady(0.09) * 2)
    returns[4] = np.nan
    labels = label_sessions(returns, CONFIG)
    assert [REGIMES[code] for code in labels[[9, 13, 14]]] == ["default", "default", "bull"]
    override = CONFIG.model_copy(update={"vix_override": True})
    assert (
        label_sessions(returns, override, np.full(20, 80.0))[:14] == REGIMES.index("default")
    ).all()


def test_the_override_calls_volatile_at_its_level() -> None:
    returns = np.array(steady(0.30, 20))
    vix = np.full(20, 29.9)
    vix[[12, 15]] = [30.0, 45.0]
    vix[17] = np.nan
    on = CONFIG.model_copy(update={"vix_override": True})
    labels = label_sessions(returns, on, vix)
    volatile = np.flatnonzero(labels == REGIMES.index("volatile"))
    assert volatile.tolist() == [12, 15]
    assert REGIMES[labels[17]] == "bull"  # no value: rules alone
    assert (label_sessions(returns, CONFIG, vix) == label_sessions(returns, CONFIG)).all()


def test_a_missing_volatility_index_is_said() -> None:
    market = make_market(vix=False)
    on = CONFIG.model_copy(update={"vix_override": True})
    labels, notes = regime_codes(market, on)
    assert notes == (
        "VIX override is on but this market has no volatility index: rules alone decide",
    )
    np.testing.assert_array_equal(labels, regime_codes(market, CONFIG)[0])
    vix = np.full(200, 20.0)
    vix[:3] = np.nan
    _, notes = regime_codes(dataclasses.replace(market, vix=vix), on)
    assert "on 3 of 200 sessions" in notes[0]
    assert regime_codes(market, CONFIG)[1] == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 198))
def test_labels_use_nothing_later(seed: int, cut: int) -> None:
    market = make_market(seed=seed)
    config = CONFIG.model_copy(update={"vix_override": True, "trend_threshold": 0.03})
    labels, _ = regime_codes(market, config)
    for other in (changed_after(market, cut, seed), until(market, cut)):
        np.testing.assert_array_equal(regime_codes(other, config)[0][: cut + 1], labels[: cut + 1])


def test_labels_do_change_with_the_past() -> None:
    market = make_market()
    config = CONFIG.model_copy(update={"trend_threshold": 0.03})
    labels, _ = regime_codes(market, config)
    assert len(np.unique(labels)) >= 4
    assert (regime_codes(changed_after(market, 50, 1), config)[0][60:] != labels[60:]).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 100.0))
def test_neither_the_order_of_names_nor_the_level_of_prices_matters(
    seed: int, level: float
) -> None:
    market = make_market(seed=seed)
    order = np.random.default_rng(seed).permutation(14)
    other = dataclasses.replace(permuted(market, order), close=market.close[:, order] * level)
    np.testing.assert_allclose(
        market_returns(other.close, other.member),
        market_returns(market.close, market.member),
        atol=1e-12,
    )


def by_the_text(returns: np.ndarray, config: RegimesConfig, vix: np.ndarray | None) -> np.ndarray:
    """The rules without hysteresis, dwell and bands, straight from the definition."""
    window = config.lookback_days
    labels = []
    for t in range(len(returns)):
        past = returns[t - window + 1 : t + 1]
        if t + 1 < window or not np.isfinite(past).all():
            labels.append("default")
            continue
        trend = np.prod(1.0 + past) - 1.0
        volatile = past.std(ddof=1) * np.sqrt(SESSIONS_PER_YEAR) >= config.volatility_threshold
        over = vix is not None and vix[t] >= config.vix_level
        low = below_high(returns)[t] <= -config.recovery_drawdown
        if volatile or over:
            labels.append("volatile")
        elif trend <= -config.trend_threshold:
            labels.append("bear")
        elif trend >= config.trend_threshold:
            labels.append("recovery" if low else "bull")
        else:
            labels.append("sideways")
    return np.array([REGIMES.index(label) for label in labels])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_as_declared_the_labels_are_the_plain_rules(seed: int, override: bool) -> None:
    market = make_market(seed=seed)
    config = CONFIG.model_copy(update={"vix_override": override, "trend_threshold": 0.03})
    returns = market_returns(market.close, market.member)
    expected = by_the_text(returns, config, market.vix if override else None)
    np.testing.assert_array_equal(label_sessions(returns, config, market.vix), expected)


STICKY = {
    "vix_override": True,
    "trend_threshold": 0.03,
    "vix_level": 25.0,
    "vix_release_level": 18.0,
    "vix_calm_level": 14.0,
    "hysteresis": 0.4,
    "min_dwell_days": 5,
}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 198))
def test_sticky_labels_use_nothing_later(seed: int, cut: int) -> None:
    market = make_market(seed=seed)
    config = CONFIG.model_copy(update=STICKY)
    labels, _ = regime_codes(market, config)
    for other in (changed_after(market, cut, seed), until(market, cut)):
        np.testing.assert_array_equal(regime_codes(other, config)[0][: cut + 1], labels[: cut + 1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_a_label_dwells(seed: int, dwell: int) -> None:
    market = make_market(seed=seed, gaps=0.0, vix=False)
    config = CONFIG.model_copy(update={"trend_threshold": 0.03, "min_dwell_days": dwell})
    found = spells(regime_codes(market, config)[0])
    named = found.code != REGIMES.index("default")
    assert (found.length[named][:-1] >= dwell).all()


def test_the_override_breaks_the_dwell_and_holds_inside_its_band() -> None:
    returns = np.array(steady(0.30, 30))
    vix = np.full(30, 20.0)
    vix[12:18] = [30.0, 27.0, 25.0, 24.9, 27.0, 30.0]
    config = CONFIG.model_copy(
        update={"vix_override": True, "vix_release_level": 25.0, "min_dwell_days": 2}
    )
    named = [REGIMES[code] for code in label_sessions(returns, config, vix)]
    # Bull from session 9; from 12 the override, until 24.9; 27 alone does not bring it back.
    assert named[9:12] == ["bull"] * 3
    assert named[12:15] == ["volatile"] * 3
    assert named[15:17] == ["bull"] * 2
    assert named[17] == "volatile"
    assert named[18] == "volatile"  # released, but it dwells
    assert named[19] == "bull"


def test_a_calm_index_takes_volatile_back() -> None:
    returns = np.array([0.025, -0.025] * 10)
    vix = np.full(20, 20.0)
    vix[15:] = 12.0
    config = CONFIG.model_copy(update={"vix_override": True, "vix_calm_level": 15.0})
    named = [REGIMES[code] for code in label_sessions(returns, config, vix)]
    assert named[9:15] == ["volatile"] * 6
    assert named[15:] == ["sideways"] * 5


def test_hysteresis_keeps_a_label_until_it_is_well_inside() -> None:
    # Ten sessions up 9 %, then flat: the window's rise fades by 0.9 % a session.
    returns = np.array([*steady(0.09), *[0.0] * 10])
    held = [
        int((label_sessions(returns, CONFIG.model_copy(update={"hysteresis": h})) == 0).sum())
        for h in (0.0, 0.25, 0.5)
    ]
    # Bull while the window's return is at least 8 %, 6 % and 4 %: one, three and five sessions on.
    assert REGIMES[0] == "bull"
    assert held == [2, 4, 6]


def test_a_probability_stands_in_for_the_volatility_of_the_window() -> None:
    returns = np.array([0.025, -0.025] * 10)
    risky = np.full(20, np.nan)
    risky[12:] = [0.1, 0.49, 0.5, 0.9, 0.4, 0.2, 0.9, np.nan]
    named = [REGIMES[code] for code in label_sessions(returns, CONFIG, None, risky)[9:]]
    assert named == [
        *["volatile"] * 3, "sideways", "sideways", "volatile", "volatile", "sideways", "sideways",
        "volatile", "volatile",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"vix_level": 30.0, "vix_release_level": 31.0},
        {"vix_level": 30.0, "vix_release_level": 20.0, "vix_calm_level": 21.0},
    ],
)
def test_bands_that_cross_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be at most"):
        RegimesConfig(**values)


def test_turbulence_says_volatile_or_bear_from_its_quantile_on() -> None:
    returns = np.array(steady(0.0, 40))
    share = np.full(40, 0.5)
    share[20:25], share[25:30] = 0.9, np.nan
    for says in ("volatile", "bear"):
        storm = TurbulenceConfig(quantile=0.9, says=says)
        config = CONFIG.model_copy(update={"turbulence": storm})
        found = [REGIMES[code] for code in label_sessions(returns, config, turbulence=share)]
        assert found[20:25] == [says] * 5
        assert says not in (*found[:20], *found[25:])
        off = label_sessions(returns, CONFIG, turbulence=share)
        assert np.array_equal(off, label_sessions(returns, CONFIG))


def test_turbulence_has_the_hysteresis_and_the_calm_index_of_volatile() -> None:
    returns = np.array(steady(0.0, 40))
    share = np.full(40, 0.75)
    share[20] = 0.9
    storm = TurbulenceConfig(quantile=0.9)
    sticky = CONFIG.model_copy(update={"turbulence": storm, "hysteresis": 0.2})
    found = label_sessions(returns, sticky, turbulence=share) == REGIMES.index("volatile")
    assert np.flatnonzero(found).tolist() == list(range(20, 40))
    calm = {"turbulence": storm, "vix_override": True, "vix_calm_level": 15.0}
    told = label_sessions(
        returns, CONFIG.model_copy(update=calm), np.full(40, 12.0), turbulence=share
    )
    assert REGIMES.index("volatile") not in told


def test_turbulence_of_a_market_changes_its_labels() -> None:
    market = make_market(gaps=0.0, sessions=320, names=8)
    market = dataclasses.replace(market, member=np.ones(market.shape, dtype=np.bool_))
    storm = TurbulenceConfig(quantile=0.5, window_days=20, says="bear")
    labels, notes = regime_codes(market, CONFIG.model_copy(update={"turbulence": storm}))
    plain, _ = regime_codes(market, CONFIG)
    assert (labels[:271] == plain[:271]).all()
    assert (labels != plain).any()
    assert any(note.startswith("turbulence: not known") for note in notes)
