from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.factors.topology_rips import rips_bars
from core.factors.turbulence import (
    expanding_share,
    sector_returns,
    turbulence,
    turbulence_sessions,
    turbulence_share,
)
from core.regime_effects_config import TurbulenceConfig
from tests.markets import changed_after, make_market, permuted, until


def some_returns(seed: int = 0, sessions: int = 60, series: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (sessions, series))


def test_it_is_the_norm_of_the_cloud_of_the_last_sessions() -> None:
    returns = some_returns()
    found = turbulence(returns, 20)
    assert np.isnan(found[:19]).all()
    for end in (19, 40, 59):
        loops = rips_bars(returns[end - 19 : end + 1])[1]
        length = loops[:, 1] - loops[:, 0]
        assert found[end, 0] == pytest.approx((length**2).sum() / 4.0)
        assert found[end, 1] == pytest.approx(np.sqrt((length**3).sum() / 12.0))


def test_a_circle_of_sessions_is_one_loop() -> None:
    angle = 2.0 * np.pi * np.arange(12) / 12
    found = turbulence(np.stack([np.cos(angle), np.sin(angle)], axis=1), 12)
    length = 3.0**0.5 - 2.0 * np.sin(np.pi / 12)
    assert found[-1] == pytest.approx([length**2 / 4.0, (length**3 / 12.0) ** 0.5])


def test_a_missing_return_leaves_its_windows_out() -> None:
    returns = some_returns()
    returns[30, 1] = np.nan
    found = turbulence(returns, 20)
    assert np.isfinite(found[19:30]).all()
    assert np.isnan(found[30:50]).all()
    assert np.isfinite(found[50:]).all()
    assert np.isnan(turbulence(np.full((60, 2), np.nan), 20)).all()
    assert turbulence(returns[:10], 20).shape == (10, 2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 58), st.floats(0.1, 10.0))
def test_past_order_and_scale(seed: int, cut: int, scale: float) -> None:
    returns = some_returns(seed)
    found = turbulence(returns, 20)
    changed = returns.copy()
    changed[cut + 1 :] = 9.0 * changed[cut + 1 :] + 0.3
    assert np.array_equal(turbulence(changed, 20)[: cut + 1], found[: cut + 1], equal_nan=True)
    shuffled = turbulence(returns[:, ::-1] * scale, 20)
    np.testing.assert_allclose(shuffled, found * scale ** np.array([2.0, 1.5]), rtol=1e-8)


def test_sector_returns_are_those_of_yesterdays_members() -> None:
    market = make_market(gaps=0.0, sessions=30, names=8)
    member = np.ones(market.close.shape, dtype=np.bool_)
    member[:10, 4] = False  # Energy is names 0 and 4: 4 joins at session 10
    market = dataclasses.replace(market, member=member)
    found, names = sector_returns(market)
    assert names == ("Energy", "Financials", "Health Care")
    assert np.isnan(found[0]).all()
    own = market.close[1:] / market.close[:-1] - 1.0
    assert found[10, 0] == pytest.approx(np.log1p(own[9, 0]))
    assert found[11, 0] == pytest.approx(np.log1p(own[10, [0, 4]].mean()))
    assert found[5, 1] == pytest.approx(np.log1p(own[4, [1, 5]].mean()))


def test_a_sector_without_members_has_no_return() -> None:
    market = make_market(gaps=0.0, sessions=30, names=8)
    member = np.ones(market.close.shape, dtype=np.bool_)
    member[:, [1, 5]] = False
    found, _ = sector_returns(dataclasses.replace(market, member=member))
    assert np.isnan(found[:, 1]).all()
    assert np.isfinite(found[1:, 0]).all()


def test_the_share_of_the_past() -> None:
    found = expanding_share(np.array([2.0, 1.0, np.nan, 3.0, 2.0, 0.0]), least=2)
    assert found.tolist() == pytest.approx([np.nan, 0.5, np.nan, 1.0, 0.75, 0.2], nan_ok=True)


ON = TurbulenceConfig(quantile=0.9, window_days=20)


def test_a_rule_that_is_off_or_has_no_cloud_says_nothing() -> None:
    market = make_market(gaps=0.0, sessions=300, names=8)
    assert turbulence_share(market, TurbulenceConfig()) == (None, ())
    alone = dataclasses.replace(market, sector=("Energy",) * 8)
    share, (note,) = turbulence_share(alone, ON)
    assert share is None
    assert "at least two sectors, this market has 1" in note


def test_what_is_not_known_is_said() -> None:
    market = make_market(gaps=0.0, sessions=300, names=8)
    share, (note,) = turbulence_share(market, ON)
    assert share is not None
    assert np.flatnonzero(np.isfinite(share))[0] == 20 + 252 - 1
    assert "not known on 271 of 300 sessions, the first 271" in note
    member = np.ones(market.close.shape, dtype=np.bool_)
    member[100:, [1, 5]] = False
    share, (note,) = turbulence_share(dataclasses.replace(market, member=member), ON)
    assert share is not None
    assert np.isnan(share).all()
    assert "sectors without members on some sessions: Financials" in note


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.integers(275, 298))
def test_the_share_reads_the_past_and_neither_names_nor_price_levels(seed: int, cut: int) -> None:
    market = make_market(seed=seed, gaps=0.0, sessions=300, names=6)
    share, _ = turbulence_share(market, ON)
    assert share is not None
    for other in (until(market, cut), changed_after(market, cut, seed)):
        past, _ = turbulence_share(other, ON)
        assert past is not None
        assert np.array_equal(past[: cut + 1], share[: cut + 1], equal_nan=True)
    scale = 2.0 ** np.arange(6.0)
    same = dataclasses.replace(market, close=market.close * scale)
    again, _ = turbulence_share(same, ON)
    np.testing.assert_array_equal(again, share)
    mixed, _ = turbulence_share(permuted(market, np.random.default_rng(seed).permutation(6)), ON)
    np.testing.assert_allclose(mixed, share, atol=1.5 / 252)  # a tie may break by a rounding


@pytest.mark.parametrize(("names", "gap"), [(8, ()), (8, (1, 5)), (1, ())])
def test_it_is_known_where_it_is_counted_as_known(names: int, gap: tuple[int, ...]) -> None:
    market = make_market(gaps=0.0, sessions=330, names=names)
    member = np.ones(market.close.shape, dtype=np.bool_)
    member[300:305, list(gap)] = False
    market = dataclasses.replace(market, member=member)
    counted = turbulence_sessions(market, ON)
    assert counted is not None
    known, wanted = counted
    share, _ = turbulence_share(market, ON)
    told = np.zeros(330, dtype=np.bool_) if share is None else np.isfinite(share)
    assert np.array_equal(known >= wanted, told)
    assert told.any() == (names > 1)
    assert turbulence_sessions(market, TurbulenceConfig()) is None
