"""The rules of core.risk one by one: formulas, ranges, and what "off" does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.risk.costs import alpha_hurdle, cost_rate, gate_factor, is_gated, turnover_factor
from core.risk.drawdown import breaker_trips, drawdown_scale
from core.risk.leverage import buy_factor, cash_return, risk_factor, wanted_exposure
from core.risk.stops import (
    NEVER,
    cooling_down,
    position_stop_hit,
    resting_price,
    stop_level,
    trailing_stop_hit,
)
from core.risk.volatility import (
    realised_volatilities,
    realised_volatility,
    rescale_due,
    volatility_scale,
)
from core.vectors import EIGHT

OFF = math.nan
fractions = st.floats(0.01, 1.0)
falls = st.floats(-1.0, 0.0)
weights = st.floats(0.0, 2.0)


@given(falls, fractions)
def test_drawdown_scale_is_the_square_of_the_room_left(drawdown: float, limit: float) -> None:
    scale = drawdown_scale(drawdown, limit)
    assert 0.0 <= scale <= 1.0
    assert scale == pytest.approx(max(0.0, 1.0 - abs(drawdown) / limit) ** 2)


@given(falls, falls, fractions)
def test_a_deeper_drawdown_never_scales_less(a: float, b: float, limit: float) -> None:
    assert drawdown_scale(min(a, b), limit) <= drawdown_scale(max(a, b), limit)


@given(falls)
def test_drawdown_rules_off(drawdown: float) -> None:
    assert drawdown_scale(drawdown, OFF) == 1.0
    assert not breaker_trips(drawdown, OFF)


@given(falls, fractions)
def test_the_breaker_trips_at_its_depth(drawdown: float, limit: float) -> None:
    assert breaker_trips(drawdown, limit) == (drawdown <= -limit)
    assert breaker_trips(-limit, limit)


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=70), st.data())
def test_volatility_is_numpys_of_the_last_returns(values: list[float], data: st.DataObject) -> None:
    lookback = data.draw(st.integers(2, len(values)))
    returns = np.array([*values, 9.0])  # what lies beyond the count is not read
    expected = np.std(values[-lookback:], ddof=1) * math.sqrt(252)
    found = realised_volatility(returns, len(values), lookback)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)


@given(st.floats(-0.5, 0.5), st.integers(2, 60))
def test_equal_returns_have_exactly_no_volatility(value: float, lookback: int) -> None:
    assert realised_volatility(np.full(lookback, value), lookback, lookback) == 0.0


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=70), st.data())
def test_volatilities_are_those_of_every_window(values: list[float], data: st.DataObject) -> None:
    lookback = data.draw(st.integers(2, 30))
    count = data.draw(st.integers(0, len(values)))
    windows = len(values) - count
    returns = np.array(values)
    room = np.append(returns, np.full(EIGHT, 9.0))  # what lies beyond the windows changes nothing
    found = np.empty(windows + EIGHT)
    realised_volatilities(room, count, lookback, windows, np.empty(len(found)), found)
    expected = [
        realised_volatility(returns, n, lookback) for n in range(count + 1, len(values) + 1)
    ]
    np.testing.assert_allclose(found[:windows], expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(room, [*values, *[9.0] * EIGHT])


@given(st.floats(-0.5, 0.5), st.integers(2, 60))
def test_side_by_side_too_equal_returns_have_none(value: float, lookback: int) -> None:
    found = np.empty(5 + EIGHT)
    returns = np.append(np.full(lookback + 4, value), np.full(EIGHT, 9.0))
    realised_volatilities(returns, lookback - 1, lookback, 5, np.empty(5 + EIGHT), found)
    assert found[:5].tolist() == [0.0] * 5


@given(st.integers(0, 9))
def test_volatility_is_unknown_until_the_window_is_full(count: int) -> None:
    assert math.isnan(realised_volatility(np.zeros(10), count, 10))


@given(st.floats(0.01, 3.0), st.floats(0.01, 3.0))
def test_volatility_scale_is_target_over_measured(volatility: float, target: float) -> None:
    assert volatility_scale(volatility, target) == target / volatility
    assert volatility_scale(volatility, OFF) == 1.0
    assert volatility_scale(0.0, target) == 1.0
    assert volatility_scale(math.nan, target) == 1.0


@given(weights, st.floats(0.01, 2.0), st.floats(0.0, 2.0))
def test_a_rescale_is_due_outside_the_band(wanted: float, applied: float, band: float) -> None:
    assert rescale_due(wanted, applied, band) == (abs(wanted / applied - 1) > band)
    assert not rescale_due(wanted, applied, OFF)
    assert not rescale_due(wanted, 0.0, band)


@given(st.floats(1.0, 200.0), st.floats(1.0, 200.0), fractions)
def test_stops_are_hit_at_their_level(close: float, reference: float, limit: float) -> None:
    hit = close / reference - 1 <= -limit
    assert position_stop_hit(close, reference, limit) == hit
    assert trailing_stop_hit(close, reference, limit) == hit
    assert not position_stop_hit(close, reference, OFF)
    assert not trailing_stop_hit(close, reference, OFF)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_cooldown_counts_sessions_from_the_fill(s: int, f: int, days: int) -> None:
    assert cooling_down(s, f, days) == (s <= f + days)
    assert not cooling_down(s, NEVER, days)


@given(st.floats(-0.1, 0.1), st.floats(0.0, 10.0), st.floats(0.0, 100.0), st.floats(0.0, 1.0))
def test_the_gate_holds_what_does_not_earn_a_round_trip(
    alpha: float, ratio: float, bps: float, target: float
) -> None:
    hurdle = alpha_hurdle(ratio, bps)
    assert hurdle == pytest.approx(ratio * 2 * bps / 1e4)
    assert is_gated(alpha, hurdle, target) == (abs(alpha) < hurdle and target != 0)
    assert not is_gated(math.nan, hurdle, target)
    assert not is_gated(alpha, alpha_hurdle(OFF, bps), target)
    assert cost_rate(bps) == bps / 1e4


@given(st.lists(st.tuples(weights, weights), min_size=1, max_size=8), st.floats(0.0, 1.0))
def test_the_gate_factor_brings_the_sum_to_what_is_allowed(
    pairs: list[tuple[float, float]], exposure: float
) -> None:
    risk = sum(pair[0] for pair in pairs)
    wanted = sum(pair[1] for pair in pairs)
    allowed = max(exposure, risk)
    buys = sum(max(0.0, pair[1] - pair[0]) for pair in pairs)
    factor = gate_factor(wanted, allowed, buys)
    assert 0.0 <= factor <= 1.0
    if wanted <= allowed:
        assert factor == 1.0
    else:
        assert wanted - buys + factor * buys == pytest.approx(min(wanted, allowed), abs=1e-9)


@given(st.floats(0.0, 4.0), st.floats(0.0, 2.0))
def test_the_turnover_factor_keeps_turnover_at_the_cap(wanted: float, cap: float) -> None:
    factor = turnover_factor(wanted, cap)
    assert 0.0 <= factor <= 1.0
    assert factor * wanted == pytest.approx(min(wanted, cap))
    assert turnover_factor(wanted, OFF) == 1.0


@given(st.floats(0.0, 10.0), st.floats(0.0, 1.0), st.floats(1.0, 3.0))
def test_wanted_exposure_is_clipped(scale: float, floor: float, ceiling: float) -> None:
    assert wanted_exposure(scale, floor, ceiling) == float(np.clip(scale, floor, ceiling))


@given(weights, st.floats(0.05, 2.0), st.floats(0.01, 2.0), st.floats(1.0, 2.0))
def test_the_risk_factor_follows_exposure_up_to_the_limit(
    wanted: float, applied: float, held: float, limit: float
) -> None:
    factor = risk_factor(wanted, applied, held, limit)
    assert factor == min(wanted / applied, limit / held)
    assert factor * held <= limit * (1 + 1e-12)
    assert risk_factor(wanted, 0.0, held, limit) == 1.0
    assert risk_factor(wanted, applied, 0.0, limit) == wanted / applied


@given(st.floats(0.0, 3.0), weights, st.floats(1.0, 2.0))
def test_the_buy_factor_keeps_the_book_at_the_limit(kept: float, buys: float, limit: float) -> None:
    assume(buys > 1e-6)
    factor = buy_factor(kept + buys, buys, limit)
    assert 0.0 <= factor <= 1.0
    after = kept + factor * buys
    assert after <= max(limit, kept) + 1e-9
    if factor < 1.0:
        assert after == pytest.approx(max(limit, kept))


@given(st.floats(-1e6, 1e6), st.floats(-0.001, 0.001), st.floats(0.0, 0.1))
def test_only_borrowed_cash_pays_the_spread(cash: float, rate: float, spread: float) -> None:
    assert cash_return(cash, rate, spread) == rate + (spread / 252 if cash < 0 else 0.0)


@given(st.floats(0.01, 1e4), fractions, fractions)
def test_a_tighter_stop_rests_higher(reference: float, a: float, b: float) -> None:
    assert stop_level(reference, min(a, b)) >= stop_level(reference, max(a, b))
    assert 0.0 <= stop_level(reference, a) <= reference
    assert math.isnan(stop_level(reference, OFF))


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4))
def test_a_resting_stop_never_sells_above_its_level_or_the_open(
    opened: float, level: float
) -> None:
    assert resting_price(opened, level) in (opened, level)
    assert resting_price(opened, level) <= min(opened, level)
