"""Frames and runs for tests of the faces: small, seeded, without a store."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.book import Book
from core.config import Scenario
from core.factors.names import REGIMES, WITHOUT_TOPOLOGY
from core.market import Filings, MarketPanel
from core.metrics import curve_metrics, summarise
from core.regimes import label_sessions, market_returns
from core.simulation import SimulationInputs, simulate
from dashboard.charts.exposure import binding_rule
from dashboard.charts.frames import TimelineFrames
from dashboard.run import Run, Timing

__all__ = ["SECTORS", "fake_frames", "fake_run"]

SECTORS = ("Energy", "Financials", "Information Technology", "Utilities", "Other")


def fake_frames(
    sessions: int = 260, seed: int = 0, *, out: slice | None = None, sectors: int = 4
) -> TimelineFrames:
    """Return frames as a run would; `out` are sessions on which the breaker is out."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2021-06-01", periods=sessions, name="date").as_unit("s")
    growth = np.exp(np.cumsum(rng.normal(0.0003, 0.012, (sessions, 2)), axis=0))
    equity = pd.DataFrame(growth / growth[0], columns=["portfolio", "benchmark"], index=index)
    drawdown = equity / equity.cummax() - 1.0
    dd_scale = np.maximum(1.0 + drawdown["portfolio"].to_numpy() / 0.3, 0.0) ** 2
    vol_scale = np.exp(rng.normal(0.1, 0.2, sessions))
    wanted = np.clip(dd_scale * vol_scale, 0.6, 1.0)
    if out is not None:
        wanted[out] = np.nan
    applied = pd.Series(wanted).fillna(0.0).to_numpy()
    exposure = pd.DataFrame(
        {"wanted": wanted, "applied": applied, "invested": applied * 0.95}, index=index
    )
    scales = pd.DataFrame(
        {"dd_scale": dd_scale, "vol_scale": vol_scale, "leverage": 1.0, "wanted": wanted},
        index=index,
    )
    shares = rng.dirichlet(np.ones(sectors) * 4.0, sessions) * applied[:, None] * 0.95
    codes = rng.integers(0, len(REGIMES), sessions // 20 + 1).repeat(20)[:sessions]
    return TimelineFrames(
        equity=equity,
        drawdown=drawdown,
        exposure=exposure,
        binding=binding_rule(scales, 0.6, 1.0),
        sectors=pd.DataFrame(shares, index=index, columns=list(SECTORS[:sectors])),
        regimes=pd.Series(np.array(REGIMES)[codes], index=index, name="regime"),
    )


def fake_run(
    scenario: Scenario | None = None,
    *,
    sessions: int = 320,
    names: int = 20,
    seed: int = 0,
    simulated: bool = True,
) -> Run:
    """Return a run of the real simulation over a small random market.

    Labels follow the rules, the book is equal weights at every rebalance; there are no scores.
    """
    scenario = scenario or Scenario()
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2021-06-01", periods=sessions).to_numpy("datetime64[D]")
    market_return = rng.normal(0.0002, 0.011, (sessions, 1))
    close = 50.0 * np.exp(
        np.cumsum(market_return + rng.normal(0.0, 0.014, (sessions, names)), axis=0)
    )
    rebalance = np.arange(20, sessions, 21)
    target = np.full((len(rebalance), names), 1.0 / names)
    rates = np.full(sessions, 0.02 / 252.0)
    inputs = SimulationInputs(close=close, rebalance=rebalance, target=target, cash_rate=rates)
    result = simulate(inputs, scenario.risk, weights=True)
    benchmark = close.mean(axis=1) / close[0].mean()
    market = _market(dates, close, rates, simulated)
    regime = label_sessions(market_returns(close, market.member), scenario.regimes)
    return Run(
        scenario=scenario,
        market=market,
        signals=None,
        regime=regime,
        book=Book(
            rebalance=rebalance,
            target=target,
            alpha=None,
            composite=np.full(target.shape, np.nan),
            regime=regime[rebalance],
        ),
        first=0,
        columns=np.arange(names),
        inputs=inputs,
        result=result,
        metrics=summarise(result, dates, rates),
        benchmark=benchmark,
        benchmark_name="Simulated index",
        benchmark_metrics=curve_metrics(benchmark, dates, rates),
        timing=Timing(warm_up=0.0, load=0.1, signals=2.0, book=0.05, simulate=0.0012, total=2.2),
        notes=("Simulated market: no figure here is about real companies", WITHOUT_TOPOLOGY),
    )


def _market(
    dates: np.ndarray, close: np.ndarray, rates: np.ndarray, simulated: bool
) -> MarketPanel:
    sessions, names = close.shape
    empty = np.zeros(0, dtype=np.int64)
    return MarketPanel(
        source="demo",
        fingerprint="f" * 12,
        simulated=simulated,
        sessions=dates,
        tickers=tuple(f"N{i:02d}" for i in range(names)),
        close=close,
        price=close,
        dollar_volume=close * 1e6,
        member=np.ones(close.shape, dtype=np.bool_),
        sector=tuple(SECTORS[i % len(SECTORS)] for i in range(names)),
        last_session=np.full(names, sessions, dtype=np.int64),
        delisting_return=np.zeros(names),
        data_ended=np.zeros(names, dtype=np.bool_),
        filings=Filings(empty, dates[:0], dates[:0], {}),
        cash_rate=rates,
    )
