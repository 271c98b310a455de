from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputsError
from core.metrics import annualised_volatility, daily_returns, sharpe_ratio
from core.regime_stats import regime_returns, regime_stats, spells
from tests.curves import cash_rates, curve

NAMES = ("bull", "bear", "sideways", "volatile")
labels_of = st.lists(st.integers(0, 3), min_size=1, max_size=80).map(np.array)


@given(labels_of)
def test_stretches_put_together_are_the_labels(labels: np.ndarray) -> None:
    found = spells(labels)
    assert np.array_equal(np.repeat(found.code, found.length), labels)
    assert (found.code[1:] != found.code[:-1]).all()
    assert (found.first[1:] == found.last[:-1] + 1).all()


@given(labels_of, st.data())
def test_everything_is_counted_once(labels: np.ndarray, data: st.DataObject) -> None:
    rebalance = np.array(
        sorted(data.draw(st.sets(st.integers(0, len(labels) - 1)))), dtype=np.int64
    )
    before = labels.copy()
    found = regime_stats(labels, NAMES, rebalance)
    assert np.array_equal(labels, before)
    assert found.sessions.sum() == len(labels)
    assert found.share.sum() == pytest.approx(1.0)
    assert found.rebalances.sum() == len(rebalance)
    assert found.transitions.sum() == len(labels) - 1
    for row, counts in zip(found.matrix, found.transitions, strict=True):
        if counts.sum():
            assert row.sum() == pytest.approx(1.0, abs=1e-15)
        else:
            assert np.isnan(row).all()
    came = found.sessions > 0
    assert np.array_equal(np.isfinite(found.mean_dwell), came)
    np.testing.assert_allclose((found.mean_dwell * found.spells)[came], found.sessions[came])
    for start, end in itertools.pairwise(labels):
        assert found.transitions[start, end] > 0


def test_a_hand_made_history() -> None:
    labels = np.array([0, 0, 0, 1, 0, 0, 3])
    found = regime_stats(labels, NAMES, np.array([0, 3, 5]))
    assert found.sessions.tolist() == [5, 1, 0, 1]
    assert found.spells.tolist() == [2, 1, 0, 1]
    assert found.rebalances.tolist() == [2, 1, 0, 0]
    assert found.mean_dwell[:2].tolist() == [2.5, 1.0]
    assert (found.median_dwell[0], found.longest_dwell[0]) == (2.5, 3.0)
    assert math.isnan(found.mean_dwell[2])
    assert found.matrix[0].tolist() == [0.6, 0.2, 0.0, 0.2]
    assert found.matrix[1].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert np.isnan(found.matrix[2:]).all()
    frame = found.frame()
    assert frame.loc["bull", "sessions"] == 5
    assert frame.loc["bear", "rebalances"] == 1


def test_no_session_has_nothing() -> None:
    found = regime_stats(np.empty(0, dtype=np.int64), NAMES)
    assert found.sessions.tolist() == [0] * 4
    assert np.isnan(found.share).all()
    assert len(spells(np.empty(0, dtype=np.int64)).code) == 0


@given(labels_of.filter(lambda x: len(x) > 2), st.integers(0, 2**32))
def test_the_regimes_together_make_the_total(labels: np.ndarray, seed: int) -> None:
    sessions = len(labels)
    nav, benchmark = curve(seed, sessions), curve(seed, sessions, of="benchmark")
    rate = cash_rates(seed, sessions)
    initial = nav[0] * 1.002
    found = regime_returns(
        nav,
        labels,
        NAMES,
        np.arange(sessions),
        benchmark=benchmark,
        cash_rate=rate,
        initial_nav=initial,
        minimum=0,
    )
    grown = found["portfolio_return"].dropna()
    assert np.prod(1.0 + grown) == pytest.approx(nav[-1] / initial, rel=1e-12)
    assert np.prod(1.0 + found["benchmark_return"].dropna()) == pytest.approx(
        benchmark[-1] / benchmark[0], rel=1e-12
    )
    assert found["sessions"].sum() == found["rebalances"].sum() == sessions - 1
    assert not found["suppressed"].any()
    returns = daily_returns(nav, initial)
    for code, name in enumerate(NAMES):
        own = returns[labels[:-1] == code]  # the label of the session before
        line = found.loc[name]
        if len(own) == 0:
            assert math.isnan(line["portfolio_return"])
            continue
        assert line["portfolio_volatility"] == pytest.approx(
            annualised_volatility(own), nan_ok=True
        )
        expected = sharpe_ratio(own - rate[1:][labels[:-1] == code])
        assert line["portfolio_sharpe"] == pytest.approx(expected, nan_ok=True)


def test_a_hand_made_return_by_regime() -> None:
    # Bull is known at the close of 0 and 1, so it earns the returns of sessions 1 and 2.
    nav = np.array([100.0, 110.0, 121.0, 60.5])
    labels = np.array([0, 0, 1, 2])
    found = regime_returns(nav, labels, NAMES, np.array([0, 2, 3]), minimum=1)
    assert found["portfolio_return"].tolist()[:2] == pytest.approx([0.21, -0.5])
    assert found["portfolio_annual_return"].iloc[1] == pytest.approx(0.5**252 - 1.0)
    assert found["sessions"].tolist() == [2, 1, 0, 0]
    # The rebalance at the last session has earned nothing yet.
    assert found["rebalances"].tolist() == [1, 1, 0, 0]
    assert found["suppressed"].tolist() == [False, False, True, True]
    assert found["benchmark_return"].isna().all()


def test_too_few_rebalances_suppress_the_figures_but_not_the_counts() -> None:
    labels = np.zeros(400, dtype=np.int64)
    labels[350:] = 1
    rebalance = np.arange(0, 400, 21)
    found = regime_returns(curve(0, 400), labels, NAMES, rebalance, benchmark=curve(1, 400))
    assert found["rebalances"].tolist() == [
        17,
        2,
        0,
        0,
    ]  # a third in the bear market is at the last session
    assert found["suppressed"].tolist() == [False, True, True, True]
    figures = [c for c in found if c.startswith(("portfolio", "benchmark"))]
    assert len(figures) == 8
    assert found.loc["bull", figures].notna().all()
    assert found.loc["bear", figures].isna().all()
    assert found["sessions"].tolist() == [350, 49, 0, 0]


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match=r"labels must be codes of the 4 names .* from 0 to 4"):
        regime_stats(np.array([0, 4]), NAMES)
    with pytest.raises(InputsError, match=r"rebalance must hold sessions of the run \(0 to 1\)"):
        regime_stats(np.array([0, 1]), NAMES, np.array([2]))
    with pytest.raises(InputsError, match="labels must have one entry a session"):
        regime_returns(np.ones(3), np.array([0]), NAMES, np.array([0]))
    with pytest.raises(InputsError, match="benchmark must be finite"):
        regime_returns(
            np.ones(2), np.zeros(2, np.int64), NAMES, np.array([0]), benchmark=np.array([1, np.nan])
        )
