"""Intervals that cover, comparisons that are fair, and answers where there is none."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HistoryError, InputsError
from core.evidence import bootstrap
from core.evidence.bootstrap import (
    DEFAULT_METRICS,
    METRICS,
    MIN_RETURNS,
    Verdict,
    block_length,
    compare,
    intervals,
    warm_up,
)
from core.metrics import curve_metrics

ROOT = Path(__file__).resolve().parents[3]
SESSIONS = 757


def dates(sessions: int = SESSIONS) -> np.ndarray:
    return np.busday_offset(np.datetime64("2021-06-01", "D"), np.arange(sessions), roll="forward")


def grown(returns: np.ndarray) -> np.ndarray:
    return 1e6 * np.cumprod(np.r_[1.0, 1.0 + returns])


def persistent(seed: int, phi: float, mean: float, spread: float, n: int) -> np.ndarray:
    # AR(1) with the given mean and unconditional standard deviation.
    rng = np.random.default_rng(seed)
    out = np.empty(n)
    last = rng.normal()
    for t in range(n):
        last = phi * last + math.sqrt(1.0 - phi * phi) * rng.normal()
        out[t] = mean + spread * last
    return out


def two(seed: int = 1, gap: float = 0.0, sessions: int = SESSIONS) -> tuple[np.ndarray, np.ndarray]:
    # What two runs over the same names look like: most of the return is shared.
    rng = np.random.default_rng(seed)
    shared = rng.normal(4e-4, 0.01, sessions - 1)
    own = rng.normal(0.0, 0.003, (2, sessions - 1))
    return grown(shared + own[0] + gap), grown(shared + own[1])


def test_nominal_95_percent_covers_on_persistent_returns() -> None:
    # 200 histories with an autocorrelation of 0.1, more than daily equity returns have: 0.90 lies
    # three standard errors below the nominal share.
    mean, spread, runs = 5e-4, 0.01, 200
    sample = np.random.default_rng(0).normal(mean, spread, 2_000_000)
    truth = {
        "sharpe_ratio": mean / spread * math.sqrt(252),
        "volatility": spread * math.sqrt(252),
        "cagr_sessions": math.expm1(252 * float(np.mean(np.log1p(sample)))),
    }
    covered = dict.fromkeys(truth, 0)
    for seed in range(runs):
        nav = grown(persistent(seed, 0.1, mean, spread, SESSIONS - 1))
        found = intervals(nav, dates(), metrics=tuple(truth), resamples=400, seed=seed)
        for metric, value in truth.items():
            one = found[metric]
            assert one.low is not None
            assert one.high is not None
            covered[metric] += one.low <= value <= one.high
    for metric, count in covered.items():
        assert 0.90 <= count / runs <= 0.99, (metric, count)


@pytest.mark.slow
def test_two_runs_without_a_true_difference_are_seldom_told_apart() -> None:
    # Nominal 5 %: of 100 pairs 5 are expected, 14 would be four standard errors too many.
    wrong = 0
    for seed in range(100):
        found = compare(*two(seed), dates(), metrics=("sharpe_ratio",), resamples=400, seed=seed)
        wrong += found["sharpe_ratio"].verdict is not Verdict.NOISE
    assert wrong < 14


def test_a_true_difference_is_found_and_named() -> None:
    found = compare(*two(gap=6e-4), dates(), labels=("Tight", "Loose"))["sharpe_ratio"]
    assert found.verdict is Verdict.BETTER
    assert found.p_value is not None
    assert found.p_value < 0.05
    assert found.low is not None
    assert found.low > 0.0
    assert found.sentence.endswith("Tight is better than Loose beyond noise.")
    assert found.sentence.startswith("Sharpe ratio: Tight ")


def test_a_lower_volatility_is_better() -> None:
    calm, wild = grown(np.full(SESSIONS - 1, 2e-4)), two()[0]
    half = grown((wild[1:] / wild[:-1] - 1.0) / 2.0)
    assert compare(half, wild, dates())["volatility"].verdict is Verdict.BETTER
    assert compare(wild, half, dates())["volatility"].verdict is Verdict.WORSE
    assert compare(half, wild, dates())["max_drawdown"].verdict is Verdict.BETTER
    assert compare(calm, wild, dates())["volatility"].verdict is Verdict.BETTER


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.floats(-1e-3, 1e-3))
def test_exchanging_the_two_changes_signs_only(seed: int, gap: float) -> None:
    a, b = two(seed, gap, 200)
    opposite = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    one = compare(a, b, dates(200), resamples=200, metrics=METRICS)
    other = compare(b, a, dates(200), resamples=200, metrics=METRICS)
    for metric, left in one.items():
        right = other[metric]
        assert left.verdict is opposite.get(right.verdict, right.verdict)
        assert (left.p_value, left.block_length) == (right.p_value, right.block_length)
        if left.estimate is not None and left.low is not None and right.high is not None:
            assert left.estimate == -(right.estimate or 0.0)
            assert left.low == pytest.approx(-right.high, rel=1e-12, abs=1e-15)


def test_estimates_are_those_of_core_metrics() -> None:
    a, b = two()
    cash = np.random.default_rng(3).uniform(0.0, 2e-4, SESSIONS)
    found = compare(a, b, dates(), cash, metrics=METRICS, initial_nav=1.001e6)
    left, right = (curve_metrics(nav, dates(), cash, initial_nav=1.001e6) for nav in (a, b))
    alone = intervals(a, dates(), cash, metrics=METRICS, initial_nav=1.001e6)
    for metric in METRICS:
        assert found[metric].value_a == getattr(left, metric) == alone[metric].estimate
        assert found[metric].value_b == getattr(right, metric)


def test_a_curve_that_earns_exactly_cash_has_no_sharpe_ratio() -> None:
    cash = np.random.default_rng(3).uniform(0.0, 2e-4, SESSIONS)
    found = compare(
        two()[0], grown(cash[1:]), dates(), cash, metrics=("sharpe_ratio", "total_return")
    )
    assert found["sharpe_ratio"].verdict is Verdict.UNDEFINED
    assert found["sharpe_ratio"].value_b is None
    assert found["total_return"].verdict is Verdict.NOISE


def test_ratios_of_returns_over_cash_are_those_of_the_excess_alone() -> None:
    # Cash earns much and unevenly: taken from other sessions, or not at all, it would show.
    excess = np.random.default_rng(5).normal(3e-4, 0.002, SESSIONS - 1)
    cash = np.random.default_rng(6).uniform(0.0, 4e-3, SESSIONS)
    ratios = ("sharpe_ratio", "sortino_ratio")
    over = intervals(grown(excess + cash[1:]), dates(), cash, metrics=ratios, block=5.0)
    alone = intervals(grown(excess), dates(), metrics=ratios, block=5.0)
    for metric in ratios:
        assert over[metric].low == pytest.approx(alone[metric].low, rel=1e-9)
        assert over[metric].high == pytest.approx(alone[metric].high, rel=1e-9)


def test_equal_seeds_give_equal_answers_and_inputs_stay() -> None:
    a, b = two()
    cash = np.full(SESSIONS, 1e-4)
    before = [x.copy() for x in (a, b, cash)]
    first, again = (compare(a, b, dates(), cash, seed=7) for _ in range(2))
    assert first == again
    assert first != compare(a, b, dates(), cash, seed=8)
    for x, kept in zip((a, b, cash), before, strict=True):
        assert np.array_equal(x, kept)


def test_the_same_curve_is_no_difference() -> None:
    a, _ = two()
    for other in (a, 3.0 * a):
        for found in compare(a, other, dates(), metrics=METRICS).values():
            assert found.verdict is Verdict.SAME
            assert (found.estimate, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
            assert found.sentence.endswith(
                "A and B return the same on every session: no difference."
            )


def test_nothing_undefined_is_shown_as_a_number() -> None:
    flat = np.full(SESSIONS, 1e6)
    found = compare(two()[0], flat, dates(), metrics=METRICS)
    for metric in ("sharpe_ratio", "sortino_ratio", "calmar_ratio"):
        one = found[metric]
        assert one.verdict is Verdict.UNDEFINED
        assert (one.value_b, one.estimate, one.low, one.high, one.p_value) == (None,) * 5
        assert "so there is no verdict" in one.sentence
        assert "nan" not in one.sentence
    assert found["volatility"].verdict is Verdict.WORSE
    alone = intervals(flat, dates(), metrics=METRICS)
    assert alone["sharpe_ratio"].low is None
    assert "not defined on this curve" in alone["sharpe_ratio"].sentence
    assert (alone["volatility"].low, alone["volatility"].high) == (0.0, 0.0)


def test_a_metric_undefined_on_many_resamples_has_no_interval() -> None:
    # One loss in the history: a third of the resamples do not draw it and have no drawdown.
    returns = np.full(120, 1e-3)
    returns[60] = -0.05
    found = intervals(grown(returns), dates(121), metrics=("calmar_ratio",), block=1.0)
    one = found["calmar_ratio"]
    assert one.estimate is not None
    assert one.undefined == pytest.approx(2000 * (1 - 1 / 120) ** 120, rel=0.15)
    assert (one.low, one.high) == (None, None)
    assert f"{one.undefined:,} of 2,000 resampled histories" in one.sentence


@pytest.mark.parametrize("phi", [0.0, 0.2, 0.6])
def test_block_length_is_that_of_arch(phi: float) -> None:
    series = persistent(4, phi, 0.0, 0.01, 500)
    expected = max(float(optimal_block_length(series)["stationary"].iloc[0]), 1.0)
    assert block_length(series) == expected
    assert block_length(np.full(500, 0.01)) == 1.0


def test_the_block_length_sees_clusters_of_volatility_and_the_cautious_answer_is_given() -> None:
    rng = np.random.default_rng(2)
    level = np.repeat(rng.choice([0.004, 0.02], 20), 40)[: SESSIONS - 1]
    nav = grown(rng.normal(4e-4, 1.0, len(level)) * level)
    returns = nav[1:] / nav[:-1] - 1.0
    short, long = block_length(returns), block_length(np.square(returns - returns.mean()))
    assert long > 3.0 * short
    for metric, one in intervals(nav, dates(), metrics=METRICS).items():
        tried = [intervals(nav, dates(), metrics=(metric,), block=b)[metric] for b in (short, long)]
        assert one == max(tried, key=lambda each: (each.high or 0.0) - (each.low or 0.0))
        assert one.block_length in (short, long)


def test_a_shorter_history_and_wrong_options_are_refused() -> None:
    a, b = two(sessions=MIN_RETURNS + 1)
    assert compare(a, b, dates(MIN_RETURNS + 1))
    with pytest.raises(HistoryError, match=r"at least 60 returns, had 59; choose a longer period"):
        compare(a[1:], b[1:], dates(MIN_RETURNS))
    with pytest.raises(InputsError, match=r"same sessions, had 61 and 60"):
        compare(a, b[1:], dates(MIN_RETURNS + 1))
    broken = a.copy()
    broken[5] = np.nan
    with pytest.raises(InputsError, match=r"nav must be finite and above 0, was nan at session 5"):
        compare(a, broken, dates(MIN_RETURNS + 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ("sharpe",)}, r"metrics must be among .*sharpe_ratio.*was 'sharpe'"),
        ({"level": 95.0}, r"level must be a fraction between 0.5 and 0.999, was 95"),
        ({"resamples": 10}, r"resamples must be at least 200, was 10"),
        ({"seed": -1}, r"seed must be a whole number of at least 0, was -1"),
        ({"block": 0.5}, r"block must be a number of sessions of at least 1, was 0.5"),
        ({"block": math.nan}, r"block must be .* was nan"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputsError, match=message):
        compare(*two(), dates(), **options)  # type: ignore[arg-type]


def test_what_is_asked_for_comes_in_that_order_and_cannot_be_changed() -> None:
    assert tuple(compare(*two(), dates())) == DEFAULT_METRICS
    chosen = ("max_drawdown", "cagr")
    found = compare(*two(), dates(), metrics=chosen, level=0.8, resamples=500, seed=3)
    assert tuple(found) == chosen
    one = found["cagr"]
    assert (one.level, one.resamples, one.seed) == (0.8, 500, 3)
    with pytest.raises(FrozenInstanceError):
        one.seed = 4  # type: ignore[misc]
    assert replace(one, seed=4).seed == 4


def test_neither_core_nor_this_package_loads_arch_before_a_comparison() -> None:
    code = (
        "import sys, core.evidence.bootstrap, core.simulation\n"
        "late = {'arch', 'statsmodels'} & set(sys.modules)\n"
        "assert not late, late\n"
        "core.evidence.bootstrap.warm_up()\n"
        "assert 'arch' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    warm_up()


@pytest.mark.parametrize("length_without", [0, 1])
def test_a_block_length_without_an_interval_is_the_most_cautious(length_without: int) -> None:
    rng = np.random.default_rng(1)
    found = rng.normal(0.5, 0.05, (400, 2, len(METRICS)))
    found[:, 1] = 0.0
    lost = found.copy()
    lost[:, 0] = np.nan
    tried = [(5.0, found), (20.0, found)]
    tried[length_without] = (tried[length_without][0], lost)
    sample = SimpleNamespace(estimates=np.full((2, len(METRICS)), [[0.5], [0.0]]), same=False)
    one = bootstrap._difference("sharpe_ratio", ("a", "b"), sample, tried, 0.95, 1)  # type: ignore[arg-type]
    assert one.verdict is Verdict.UNDEFINED
    assert one.p_value is None


@given(st.integers(0, 2**32 - 1))
def test_verdict_and_p_value_never_contradict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    differences = rng.normal(rng.uniform(-3.0, 3.0), 1.0, rng.integers(50, 300))
    _, low, high, p_value, _, verdict = bootstrap._judged(
        "sharpe_ratio", 1.0, 1.0 - float(differences.mean()), differences, 0.95, False
    )
    assert low is not None
    assert high is not None
    assert p_value is not None
    assert low <= high
    assert verdict is Verdict.NOISE or p_value < 0.05
