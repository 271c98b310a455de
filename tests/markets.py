"""Small made-up markets for tests of signals and book."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.config import FactorsConfig, RegimesConfig, Scenario, UniverseConfig
from core.market import FILING_ITEMS, Bools, Dates, Filings, Floats, Ints, MarketPanel

SECTORS = ("Energy", "Financials", "Health Care", "Other")

#: Short lookbacks, so that a market of a few hundred sessions has several rebalances.
SHORT = Scenario(
    universe=UniverseConfig(size=10, liquidity_lookback_days=10),
    factors=FactorsConfig(
        momentum_lookback_days=60, momentum_skip_days=10, volatility_lookback_days=20
    ),
    regimes=RegimesConfig(lookback_days=20),
)


def weekdays(count: int, start: str = "2019-01-01") -> Dates:
    first = np.busday_offset(np.datetime64(start, "D"), 0, roll="forward")
    return np.busday_offset(first, np.arange(count))


def by_sector_of(market: MarketPanel, weights: Floats) -> Floats:
    """Weights R x N summed by sector, in alphabetical order."""
    sector = np.array(market.sector, dtype=np.str_)
    return np.stack([weights[:, sector == name].sum(axis=1) for name in np.unique(sector)], axis=1)


def make_filings(
    rows: Sequence[tuple[int, str, str, dict[str, float]]] = (),
) -> Filings:
    """Filings from (security, available, period end, items stated)."""
    ordered = sorted(rows, key=lambda row: (row[0], row[1], row[2]))
    return Filings(
        security=np.array([row[0] for row in ordered], dtype=np.int64),
        available=np.array([row[1] for row in ordered], dtype="datetime64[D]"),
        period_end=np.array([row[2] for row in ordered], dtype="datetime64[D]"),
        items={
            name: np.array([row[3].get(name, np.nan) for row in ordered], dtype=np.float64)
            for name in FILING_ITEMS
        },
    )


def quarterly(
    rng: np.random.Generator, names: int, first: str = "2018-03", quarters: int = 12
) -> Filings:
    """Known 40 to 55 days after each quarter; a tenth of all items is not stated."""
    rows = []
    months = np.datetime64(first, "M") + 3 * np.arange(quarters)
    for name in range(names):
        scale = float(rng.uniform(1e8, 1e9))
        for month in months:
            end = (month + 1).astype("datetime64[D]") - 1
            known = end + int(rng.integers(40, 56))
            items = {
                "revenue": scale * rng.uniform(0.9, 1.1),
                "net_income": scale * rng.normal(0.1, 0.05),
                "total_assets": scale * rng.uniform(3.0, 5.0),
                "equity": scale * rng.uniform(1.0, 2.0),
                "shares_outstanding": scale * 0.1,
                "operating_cf": scale * rng.normal(0.12, 0.05),
                "free_cash_flow": scale * rng.normal(0.08, 0.05),
            }
            stated = {item: value for item, value in items.items() if rng.uniform() > 0.1}
            rows.append((name, str(known), str(end), stated))
    return make_filings(rows)


def make_market(
    *,
    seed: int = 0,
    sessions: int = 200,
    names: int = 14,
    gaps: float = 0.01,
    filings: Filings | None = None,
    vix: bool = True,
) -> MarketPanel:
    """A random market; `gaps` is the share of bars that are missing."""
    rng = np.random.default_rng(seed)
    shape = (sessions, names)
    returns = rng.normal(0.0004, 0.01, (sessions, 1)) + rng.normal(0.0, 0.015, shape)
    close = 50.0 * np.cumprod(1.0 + returns, axis=0)
    missing = rng.uniform(size=shape) < gaps
    close[missing] = np.nan
    member = rng.uniform(size=names) > 0.1
    joins = rng.integers(0, sessions, names) * (rng.uniform(size=names) < 0.2)
    when = np.arange(sessions)[:, None]
    return MarketPanel(
        source="made up",
        fingerprint=f"seed {seed}",
        simulated=True,
        sessions=weekdays(sessions),
        tickers=tuple(f"T{name:02d}" for name in range(names)),
        close=close,
        price=close * 0.9,
        dollar_volume=np.where(missing, np.nan, rng.lognormal(17.0, 0.5, shape)),
        member=np.broadcast_to(member, shape) & (when >= joins),
        sector=tuple(SECTORS[name % len(SECTORS)] for name in range(names)),
        last_session=np.full(names, sessions, dtype=np.int64),
        delisting_return=np.zeros(names),
        data_ended=np.zeros(names, dtype=np.bool_),
        filings=quarterly(rng, names) if filings is None else filings,
        cash_rate=np.zeros(sessions),
        vix=rng.lognormal(3.0, 0.3, sessions) if vix else None,
    )


def until(market: MarketPanel, session: int) -> MarketPanel:
    """What was known at the close of `session`."""
    kept = slice(0, session + 1)
    known = market.filings.available <= market.sessions[session]
    filings = dataclasses.replace(
        market.filings,
        security=market.filings.security[known],
        available=market.filings.available[known],
        period_end=market.filings.period_end[known],
        items={name: values[known] for name, values in market.filings.items.items()},
    )
    return dataclasses.replace(
        market,
        sessions=market.sessions[kept],
        close=market.close[kept],
        price=market.price[kept],
        dollar_volume=market.dollar_volume[kept],
        member=market.member[kept],
        last_session=np.minimum(market.last_session, session + 1),
        filings=filings,
        cash_rate=market.cash_rate[kept],
        vix=None if market.vix is None else market.vix[kept],
    )


def changed_after(market: MarketPanel, session: int, seed: int) -> MarketPanel:
    """The same market up to the close of `session` and another one after it."""
    rng = np.random.default_rng(seed)

    def other(values: Floats) -> Floats:
        out = values.copy()
        out[session + 1 :] *= rng.uniform(0.2, 5.0, out[session + 1 :].shape)
        out[session + 1 :][rng.uniform(size=out[session + 1 :].shape) < 0.2] = np.nan
        return out

    member: Bools = market.member.copy()
    member[session + 1 :] ^= rng.uniform(size=member[session + 1 :].shape) < 0.3
    later = market.filings.available > market.sessions[session]
    items = {
        name: np.where(later, values * rng.uniform(-3.0, 3.0, len(values)), values)
        for name, values in market.filings.items.items()
    }
    return dataclasses.replace(
        market,
        close=other(market.close),
        price=other(market.price),
        dollar_volume=other(market.dollar_volume),
        member=member,
        filings=dataclasses.replace(market.filings, items=items),
        vix=None if market.vix is None else other(market.vix),
    )


def permuted(market: MarketPanel, order: Ints) -> MarketPanel:
    """The same market with its columns in another order."""
    place = np.argsort(order)
    security = place[market.filings.security]
    rows = np.lexsort((market.filings.period_end, market.filings.available, security))
    filings = Filings(
        security=security[rows],
        available=market.filings.available[rows],
        period_end=market.filings.period_end[rows],
        items={name: values[rows] for name, values in market.filings.items.items()},
    )
    return dataclasses.replace(
        market,
        tickers=tuple(market.tickers[name] for name in order),
        close=market.close[:, order],
        price=market.price[:, order],
        dollar_volume=market.dollar_volume[:, order],
        member=market.member[:, order],
        sector=tuple(market.sector[name] for name in order),
        last_session=market.last_session[order],
        delisting_return=market.delisting_return[order],
        data_ended=market.data_ended[order],
        filings=filings,
    )
