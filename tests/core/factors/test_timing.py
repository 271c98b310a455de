from __future__ import annotations

import numpy as np
import pytest

from core.book import build_book
from core.config import FactorsConfig
from core.factors.momentum import momentum
from core.factors.names import AVAILABLE_FACTORS, REGIMES
from core.factors.timing import Multipliers, momentum_scale, multipliers, spread_returns
from core.factors.timing_config import TimingConfig
from core.factors.trailing import simple_returns
from core.market import MarketPanel
from core.periods import month_ends
from core.scenario import with_values
from core.signals import compute_signals
from tests.markets import SHORT, changed_after, make_market, permuted

SIDEWAYS, BEAR = REGIMES.index("sideways"), REGIMES.index("bear")
MOMENTUM, QUALITY = (AVAILABLE_FACTORS.index(name) for name in ("momentum", "quality"))


def config(**timing: object) -> FactorsConfig:
    wanted = {"momentum_vol_lookback_days": 30} | timing
    return SHORT.factors.model_copy(update={"timing": TimingConfig(**wanted)})  # type: ignore[arg-type]


def found(market: MarketPanel, timing: FactorsConfig, regime: int = SIDEWAYS) -> Multipliers:
    rebalance = month_ends(market.sessions, 65, len(market.sessions) - 1)
    volatility = np.where(np.arange(len(rebalance)) % 2, 0.3, 0.1)
    codes = np.full(len(rebalance), regime)
    return multipliers(market, rebalance, codes, AVAILABLE_FACTORS, timing, volatility)


def test_as_declared_nothing_is_multiplied() -> None:
    assert not FactorsConfig().timing.enabled
    assert (found(make_market(), config()).values == 1.0).all()


def test_momentum_weighs_less_in_high_volatility_and_quality_more_in_bear_markets() -> None:
    timing = config(momentum_in_high_volatility=0.5, quality_in_bear=2.0, bear_drawdown=0.999)
    values = found(make_market(), timing).values
    odd = np.arange(len(values)) % 2 == 1
    assert (values[odd, MOMENTUM] == 0.5).all()
    assert (values[~odd, MOMENTUM] == 1.0).all()
    assert (values[:, QUALITY] == 1.0).all()
    assert (found(make_market(), timing, BEAR).values[:, QUALITY] == 2.0).all()
    deep = config(quality_in_bear=2.0, bear_drawdown=0.0)
    assert (found(make_market(), deep).values[:, QUALITY] == 2.0).all()  # at most at its high


def test_the_spread_by_hand() -> None:
    market = make_market(seed=1, gaps=0.0)
    plain = config()
    spread = spread_returns(market, 199, plain)
    ends = month_ends(market.sessions, 0, 199)
    begin, end = int(ends[-2]), int(ends[-1])
    score = momentum(market.close, begin, plain.momentum_lookback_days, plain.momentum_skip_days)
    inside = np.flatnonzero(market.member[begin] & np.isfinite(score))
    low, high = np.quantile(score[inside], (0.2, 0.8))
    best, worst = inside[score[inside] >= high], inside[score[inside] <= low]
    returns = simple_returns(market.close)[begin + 1 : end + 1]
    expected = returns[:, best].mean(axis=1) - returns[:, worst].mean(axis=1)
    np.testing.assert_allclose(spread[begin + 1 : end + 1], expected)


def test_momentum_is_scaled_by_its_own_volatility() -> None:
    market = make_market(seed=1, gaps=0.0)
    rebalance = month_ends(market.sessions, 150, 199)
    timing = config(momentum_target_vol=0.12, momentum_scale_limit=5.0)
    scale = momentum_scale(market, rebalance, timing)
    session = int(rebalance[-1])
    past = spread_returns(market, session, timing)[session - 29 : session + 1]
    assert scale[-1] == pytest.approx(0.12 / (past.std(ddof=1) * np.sqrt(252.0)))
    capped = config(momentum_target_vol=0.12, momentum_scale_limit=0.1)
    assert momentum_scale(market, rebalance, capped)[-1] == 0.1
    # Twice the target, twice the scale.
    twice = config(momentum_target_vol=0.24, momentum_scale_limit=5.0)
    np.testing.assert_allclose(momentum_scale(market, rebalance, twice), 2.0 * scale)


def test_too_short_a_history_leaves_the_weight_and_is_said() -> None:
    result = found(make_market(), config(momentum_target_vol=0.12, momentum_vol_lookback_days=190))
    assert (result.values == 1.0).all()
    assert "has no whole window at" in result.notes[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_neither_the_future_nor_the_order_of_names_matters(seed: int) -> None:
    scenario = with_values(
        SHORT,
        {
            "factors.timing.momentum_target_vol": 0.12,
            "factors.timing.momentum_vol_lookback_days": 30,
            "factors.timing.quality_in_bear": 2.0,
            "factors.timing.momentum_in_high_volatility": 0.3,
            "book.names_held": 4,
            "book.position_cap": None,
        },
    )

    def composite(market: MarketPanel) -> tuple[np.ndarray, np.ndarray]:
        book = build_book(market, compute_signals(market, scenario, (65, 199)), scenario)
        return book.composite, book.rebalance

    market = make_market(seed=seed)
    own, rebalance = composite(market)
    other, later = composite(changed_after(market, 150, seed))
    np.testing.assert_array_equal(other[later <= 150], own[rebalance <= 150])
    order = np.random.default_rng(seed).permutation(14)
    np.testing.assert_allclose(composite(permuted(market, order))[0], own[:, order], atol=1e-9)


def test_timing_changes_the_book() -> None:
    market = make_market(seed=3)
    plain = compute_signals(market, SHORT, (65, 199))
    timed = with_values(
        SHORT,
        {
            "factors.timing.momentum_in_high_volatility": 0.0,
            "factors.timing.high_volatility": 0.0,
        },
    )
    one, two = build_book(market, plain, SHORT), build_book(market, plain, timed)
    assert not np.allclose(np.nan_to_num(one.composite), np.nan_to_num(two.composite))
