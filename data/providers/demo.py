"""The demo market: a seeded simulated market that ships as code; no real company is in it.

The market factor clusters its volatility and passes through a crash and a bear market; sectors,
styles and each company's own news come on top; companies list, split, pay dividends, are bought or
fail. A warm-up before the first shown session gives every process a past of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.providers.demo_calendar import session_dates
from data.providers.demo_filings import filings_frame
from data.providers.demo_index import MarketPath, draw_market, draw_sectors, short_rate
from data.providers.demo_names import Company, companies
from data.providers.demo_plan import Plan, draw_plan
from data.providers.demo_prices import Bars, make_bars, shares_at
from data.providers.demo_reports import Reports, plan_reports
from data.providers.demo_stocks import draw_shocks, run_market
from data.providers.demo_traits import Traits, draw_traits
from data.store import MarketTables

__all__ = ["BENCHMARK", "RATE", "SOURCE", "VIX", "DemoMarket", "generate", "simulate_market"]

SOURCE: Final = "simulated"
BENCHMARK: Final = "^DEMO"
VIX: Final = "^VIX"
RATE: Final = "DGS3MO"

_WARM_UP = dt.date(2016, 12, 1)
_FIRST, _LAST = dt.date(2018, 1, 2), dt.date(2024, 12, 31)
# One stream of random numbers a part: more draws in one part change no other.
_STREAMS = (
    "plan", "traits", "market", "sectors", "rate", "reports", "shocks", "run", "bars", "filings",
    "securities", "indices",
)  # fmt: skip
_UNKNOWN_SECTORS = 2
_BENCHMARK_START = 1000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DemoMarket:
    """Everything that was simulated, before it becomes tables; arrays over the whole calendar."""

    calendar: npt.NDArray[np.datetime64]
    listed: tuple[Company, ...]
    plan: Plan
    traits: Traits
    market: MarketPath
    rate: Floats
    reports: Reports
    bars: Bars


def generate(seed: int = 7) -> MarketTables:
    """Make the demo market.

    Parameters
    ----------
    seed : int
        Same seed, same market; ≥ 0.

    Returns
    -------
    MarketTables
        About 224 companies, 200 of them in the index on each of the 1761 sessions from
        2018-01-02 to 2024-12-31; indices ``^DEMO`` (weighted by market value, dividends in
        ``adj_close``) and ``^VIX``; rate ``DGS3MO``. ``source`` is "simulated" in every bar.
    """
    streams = _streams(seed)
    demo = simulate_market(seed)
    return MarketTables(
        prices=_prices(demo),
        securities=_securities(streams["securities"], demo),
        membership=_membership(demo),
        fundamentals=filings_frame(
            streams["filings"], demo.calendar, demo.listed, demo.traits, demo.plan, demo.reports
        ),
        indices=_indices(streams["indices"], demo),
        rates=pd.DataFrame(
            {
                "date": demo.calendar[demo.plan.first :].astype("datetime64[s]"),
                "series": RATE,
                "pct": demo.rate[demo.plan.first :],
            }
        ),
    )


def simulate_market(seed: int = 7) -> DemoMarket:
    """Run the simulation behind :func:`generate`."""
    streams = _streams(seed)
    calendar = session_dates(_WARM_UP, _LAST)
    first = int(np.searchsorted(calendar, np.datetime64(_FIRST)))
    listed = companies()
    plan = draw_plan(streams["plan"], calendar, first, listed)
    newcomer = ~plan.members(len(calendar))[first]
    traits = draw_traits(streams["traits"], listed, newcomer)
    market = draw_market(streams["market"], calendar)
    sectors = draw_sectors(streams["sectors"], market.sigma)
    shocks = draw_shocks(streams["shocks"], traits, market.returns, market.sigma, sectors)
    reports = plan_reports(streams["reports"], calendar, len(listed))
    log_total = run_market(streams["run"], calendar, market.returns, traits, plan, shocks, reports)
    return DemoMarket(
        calendar=calendar,
        listed=listed,
        plan=plan,
        traits=traits,
        market=market,
        rate=short_rate(streams["rate"], calendar),
        reports=reports,
        bars=make_bars(streams["bars"], traits, plan, log_total, shocks.vol),
    )


def _streams(seed: int) -> dict[str, np.random.Generator]:
    children = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    return {
        name: np.random.Generator(np.random.PCG64(child))
        for name, child in zip(_STREAMS, children, strict=True)
    }


def _prices(demo: DemoMarket) -> pd.DataFrame:
    session, company = np.nonzero(demo.bars.traded)
    tickers = pd.Index([listed.ticker for listed in demo.listed])
    frame = {"date": demo.calendar[session].astype("datetime64[s]")}
    values = {
        name: getattr(demo.bars, name)[session, company]
        for name in ("open", "high", "low", "close", "volume", "adj_close")
    }
    table = pd.DataFrame(frame | values)
    table.insert(1, "ticker", pd.Series(pd.Categorical.from_codes(company, tickers)))
    return _labelled(table)


def _labelled(bars: pd.DataFrame) -> pd.DataFrame:
    same = np.zeros(len(bars), dtype=np.int8)
    bars["basis"] = pd.Categorical.from_codes(same, pd.Index(["full"]))
    bars["source"] = pd.Categorical.from_codes(same, pd.Index([SOURCE]))
    return bars


def _securities(rng: np.random.Generator, demo: DemoMarket) -> pd.DataFrame:
    count = len(demo.listed)
    sectors: list[str | None] = [company.sector for company in demo.listed]
    for index in rng.choice(count, _UNKNOWN_SECTORS, replace=False):
        sectors[index] = None
    gone = demo.plan.last < len(demo.calendar)
    last = demo.calendar[np.minimum(demo.plan.last, len(demo.calendar) - 1)]
    return pd.DataFrame(
        {
            "ticker": [company.ticker for company in demo.listed],
            "name": [company.name for company in demo.listed],
            "sector": pd.array(sectors, dtype="str"),
            "industry": [company.industry for company in demo.listed],
            "last_session": np.where(gone, last, np.datetime64("NaT")).astype("datetime64[s]"),
            "delisting_return": demo.plan.delisting_return,
            "data_ended": demo.plan.data_ended,
        }
    )


def _membership(demo: DemoMarket) -> pd.DataFrame:
    spells = demo.plan.intervals
    start = np.array([max(spell.start, demo.plan.first) for spell in spells])
    end = [np.datetime64("NaT") if s.end is None else demo.calendar[s.end] for s in spells]
    return pd.DataFrame(
        {
            "ticker": [demo.listed[spell.company].ticker for spell in spells],
            "start_date": demo.calendar[start].astype("datetime64[s]"),
            "end_date": np.array(end, dtype="datetime64[s]"),
        }
    )


def _indices(rng: np.random.Generator, demo: DemoMarket) -> pd.DataFrame:
    first = demo.plan.first
    dates = demo.calendar[first:].astype("datetime64[s]")
    price, total = _benchmark(demo)
    volume = np.full(len(dates), np.nan)
    sigma = demo.market.sigma[first:]
    benchmark = _index_bars(rng, price, total, sigma)
    vix = _index_bars(rng, demo.market.vix[first:], demo.market.vix[first:], 3.0 * sigma)
    frames = []
    for ticker, bars in ((BENCHMARK, benchmark), (VIX, vix)):
        frame = {"date": dates, "ticker": np.full(len(dates), ticker), "volume": volume}
        frames.append(pd.DataFrame(frame | bars))
    return _labelled(pd.concat(frames, ignore_index=True))


def _benchmark(demo: DemoMarket) -> tuple[Floats, Floats]:
    # Level of the price index and of the total-return index; the latter ends at the former.
    first, plan, bars = demo.plan.first, demo.plan, demo.bars
    sessions = len(demo.calendar)
    cap = bars.close * shares_at(demo.traits, np.arange(sessions)[:, None])
    weight = np.where(plan.members(sessions), cap, 0.0)[first:-1]
    levels = []
    for closes in (bars.close[first:], bars.adj_close[first:]):
        moves = closes[1:] / closes[:-1] - 1.0
        for company in np.flatnonzero(plan.last < sessions):
            # Holders of the last close get the delisting return on the session after it.
            moves[plan.last[company] - first :, company] = np.nan_to_num(
                plan.delisting_return[company]
            )
        growth = 1.0 + (weight * moves).sum(axis=1) / weight.sum(axis=1)
        levels.append(np.r_[1.0, np.cumprod(growth)])
    price = np.round(_BENCHMARK_START * levels[0], 2)
    return price, np.round(levels[1] * price[-1] / levels[1][-1], 6)


def _index_bars(
    rng: np.random.Generator, close: Floats, adjusted: Floats, vol: Floats
) -> dict[str, Floats]:
    noise = rng.standard_normal((3, len(close)))
    before = np.r_[close[0], close[:-1]]
    open_ = np.round(before**0.6 * close**0.4 * np.exp(0.2 * vol * noise[0]), 2)
    high = np.maximum(open_, close) * np.exp(0.4 * vol * np.abs(noise[1]))
    low = np.minimum(open_, close) * np.exp(-0.4 * vol * np.abs(noise[2]))
    return {
        "open": open_,
        "high": np.round(high, 2),
        "low": np.round(low, 2),
        "close": close,
        "adj_close": adjusted,
    }
