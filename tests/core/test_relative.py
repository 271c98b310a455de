from __future__ import annotations

import dataclasses
import math

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.metrics import annualised_volatility, curve_metrics, daily_returns
from core.relative import (
    BENCHMARK,
    EQUAL_VOLATILITY,
    PORTFOLIO,
    Line,
    equal_volatility,
    relative_metrics,
    relative_table,
)
from tests.curves import cash_rates, curve, related
from tests.markets import weekdays

seeds = st.integers(0, 2**32)
lengths = st.integers(3, 800)


@settings(max_examples=60)
@given(seeds, lengths, st.floats(-1.0, 2.0), st.booleans())
def test_agrees_with_empyrical(seed: int, sessions: int, beta: float, with_cash: bool) -> None:
    benchmark = curve(seed, sessions)
    nav = related(seed, benchmark, beta)
    initial = nav[0] * 1.001
    rate = cash_rates(seed, sessions) if with_cash else None
    kept = nav.copy(), benchmark.copy()
    found = relative_metrics(nav, benchmark, rate, initial_nav=initial)
    assert np.array_equal(nav, kept[0])
    assert np.array_equal(benchmark, kept[1])
    own, other = daily_returns(nav, initial), daily_returns(benchmark)
    cash = 0.0 if rate is None else rate[1:]
    close = {"rel": 1e-12, "abs": 1e-12}
    alpha, slope = empyrical.alpha_beta_aligned(own - cash, other - cash)
    assert found.beta == pytest.approx(slope, rel=1e-11, abs=1e-12)
    assert found.alpha == pytest.approx(alpha, rel=1e-10, abs=1e-11)
    ratio = empyrical.excess_sharpe(own, other) * math.sqrt(252)
    assert found.information_ratio == pytest.approx(ratio, **close)
    assert found.tracking_error == pytest.approx(empyrical.annual_volatility(own - other), **close)
    assert found.correlation == pytest.approx(np.corrcoef(own - cash, other - cash)[0, 1], **close)
    for value, chosen in ((found.up_capture, other > 0.0), (found.down_capture, other < 0.0)):
        if chosen.any():
            # empyrical annualises both sides, which we do not: its yearly growth taken back a day.
            a_day = [
                (1.0 + empyrical.annual_return(moves[chosen])) ** (1.0 / 252.0) - 1.0
                for moves in (own, other)
            ]
            assert value == pytest.approx(a_day[0] / a_day[1], rel=1e-8, abs=1e-10)
        else:
            assert math.isnan(value)


@settings(max_examples=60)
@given(seeds, st.integers(60, 600), st.floats(0.0, 1.5))
def test_a_steady_share_of_the_benchmark_captures_that_share(
    seed: int, sessions: int, weight: float
) -> None:
    benchmark = curve(seed, sessions)
    nav = np.concatenate(([1.0], np.cumprod(1.0 + weight * daily_returns(benchmark))))
    found = relative_metrics(nav, benchmark)
    assert found.up_capture == pytest.approx(weight, abs=0.02)
    assert found.down_capture == pytest.approx(weight, abs=0.02)


def test_the_benchmark_relative_to_itself() -> None:
    nav = curve(1, 300)
    found = relative_metrics(nav, nav * 3.0, cash_rates(1, 300))
    assert found.beta == pytest.approx(1.0, rel=1e-12)
    assert found.correlation == pytest.approx(1.0, rel=1e-12)
    assert found.alpha == pytest.approx(0.0, abs=1e-12)
    assert (found.up_capture, found.down_capture) == pytest.approx((1.0, 1.0), rel=1e-9)
    assert found.tracking_error == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(found.information_ratio)


def test_half_the_benchmark_and_half_cash() -> None:
    benchmark, rate = curve(2, 400), cash_rates(2, 400)
    moves = 0.5 * daily_returns(benchmark) + 0.5 * rate[1:]
    nav = np.concatenate(([1.0], np.cumprod(1.0 + moves)))
    found = relative_metrics(nav, benchmark, rate)
    assert found.beta == pytest.approx(0.5, rel=1e-10)
    assert found.correlation == pytest.approx(1.0, rel=1e-10)
    assert found.alpha == pytest.approx(0.0, abs=1e-10)
    mixed = equal_volatility(nav, benchmark, rate)
    assert mixed.weight == pytest.approx(0.5, rel=1e-10)
    np.testing.assert_allclose(mixed.nav, nav, rtol=1e-10)


def test_hand_made_captures() -> None:
    # The curve makes half of each move of the benchmark, so half of its mean, up and down.
    benchmark = np.cumprod(1.0 + np.array([0.0, 0.01, -0.01, 0.01]))
    nav = np.cumprod(1.0 + np.array([0.0, 0.005, -0.005, 0.005]))
    found = relative_metrics(nav, benchmark)
    assert found.up_capture == pytest.approx(0.5, rel=1e-12)
    assert found.down_capture == pytest.approx(0.5, rel=1e-12)
    assert found.active_return == pytest.approx(-0.005 / 3.0 * 252)


@settings(max_examples=40)
@given(seeds, lengths, st.floats(0.002, 0.03), st.booleans())
def test_the_mix_has_the_volatility_of_the_curve(
    seed: int, sessions: int, volatility: float, with_cash: bool
) -> None:
    nav, benchmark = curve(seed, sessions, volatility), curve(seed, sessions, of="benchmark")
    rate = cash_rates(seed, sessions) if with_cash else None
    mixed = equal_volatility(nav, benchmark, rate)
    wanted = annualised_volatility(daily_returns(nav))
    if math.isnan(mixed.weight):
        # Only where a few returns leave a share that ruins the mix, or that cash alone exceeds.
        assert sessions < 10
        return
    assert mixed.weight >= 0.0
    moves = daily_returns(mixed.nav)
    assert annualised_volatility(moves) == pytest.approx(wanted, rel=1e-9)
    cash = np.zeros(sessions) if rate is None else rate
    expected = mixed.weight * daily_returns(benchmark) + (1.0 - mixed.weight) * cash[1:]
    np.testing.assert_allclose(moves, expected, atol=1e-12)


def test_the_table_has_each_line_s_own_numbers() -> None:
    dates, rate = weekdays(300), cash_rates(5, 300)
    benchmark = curve(5, 300)
    nav, control = related(5, benchmark), related(6, benchmark)
    table = relative_table(
        nav,
        benchmark,
        dates,
        rate,
        initial_nav=nav[0] * 1.01,
        others={"Control": Line(control, control[0] * 1.02)},
    )
    assert table.index.tolist() == [PORTFOLIO, BENCHMARK, EQUAL_VOLATILITY, "Control"]
    mixed = equal_volatility(nav, benchmark, rate, initial_nav=nav[0] * 1.01)
    for label, level, initial in (
        (PORTFOLIO, nav, nav[0] * 1.01),
        (BENCHMARK, benchmark, None),
        (EQUAL_VOLATILITY, mixed.nav, None),
        ("Control", control, control[0] * 1.02),
    ):
        own = curve_metrics(level, dates, rate, initial_nav=initial)
        relative = relative_metrics(level, benchmark, rate, initial_nav=initial)
        for one in (own, relative):
            for name, value in dataclasses.asdict(one).items():
                assert table.loc[label, name] == pytest.approx(value, nan_ok=True), (label, name)
    assert table.loc[EQUAL_VOLATILITY, "volatility"] == pytest.approx(
        table.loc[PORTFOLIO, "volatility"], rel=1e-12
    )
    assert math.isnan(table.loc[BENCHMARK, "information_ratio"])


def test_what_is_undefined_is_nan() -> None:
    short = relative_metrics(np.array([1.0, 1.1]), np.array([1.0, 1.2]))
    assert all(math.isnan(value) for value in dataclasses.asdict(short).values())
    flat = relative_metrics(curve(0, 20), np.ones(20))
    for name in ("beta", "alpha", "correlation", "up_capture", "down_capture"):
        assert math.isnan(getattr(flat, name)), name
    assert flat.tracking_error > 0.0
    mixed = equal_volatility(curve(0, 20), np.ones(20))
    assert math.isnan(mixed.weight)
    assert np.isnan(mixed.nav).all()
    table = relative_table(curve(0, 20), np.ones(20), weekdays(20))
    assert table.loc[EQUAL_VOLATILITY].isna().all()
    assert table.loc[PORTFOLIO, "volatility"] > 0.0


def test_a_mix_that_would_be_ruined_is_none() -> None:
    # Ten times the benchmark's volatility, whose one fall of 15 % is then more than everything.
    moves = np.array([0.0, 0.02, -0.15, 0.02, 0.02])
    nav = np.cumprod(1.0 + np.array([0.0, 3.0, -0.8, 0.5, 0.5]))
    mixed = equal_volatility(nav, np.cumprod(1.0 + moves))
    assert math.isnan(mixed.weight)


def test_a_curve_calmer_than_cash_has_no_mix() -> None:
    rate = cash_rates(0, 50)
    assert math.isnan(equal_volatility(np.ones(50), curve(0, 50), rate).weight)
    # Without a cash rate the mix that does not vary is all cash.
    assert equal_volatility(np.ones(50), curve(0, 50)).weight == 0.0


def test_bad_input_is_refused() -> None:
    nav = curve(0, 5)
    with pytest.raises(InputsError, match="benchmark must be finite and above 0"):
        relative_metrics(nav, np.array([1.0, np.nan, 1.0, 1.0, 1.0]))
    with pytest.raises(InputsError, match="benchmark must have one entry a session"):
        equal_volatility(nav, nav[1:])
    with pytest.raises(InputsError, match="a line must have a label of its own, was “Benchmark”"):
        relative_table(nav, nav, weekdays(5), others={"Benchmark": Line(nav)})
