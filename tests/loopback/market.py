"""A deterministic little market: what the loopback server's protocols tell about.

Bars are raw, as traded. Everything is made from the tickers' names, so two processes see the same.
`today` is the market's present: later sessions have no bars, later splits have not happened.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from data.providers.demo_calendar import session_dates

FIRST, LAST = dt.date(2022, 11, 22), dt.date(2026, 11, 20)
SPLIT_DAY = dt.date(2026, 11, 18)  # of SPLF: lands between two refreshes


@dataclass(frozen=True)
class Bar:
    day: dt.date
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    trades: int


@dataclass(frozen=True)
class Split:
    ticker: str
    day: dt.date
    before: int
    after: int


@dataclass(frozen=True)
class Dividend:
    ticker: str
    ex_date: dt.date
    cash: float
    kind: str = "CD"
    frequency: int = 4


@dataclass(frozen=True)
class Filing:
    ticker: str
    period_start: dt.date
    period_end: dt.date
    filed: dt.date | None
    fiscal_period: str
    fiscal_year: str
    revenue: float
    net_income: float
    assets: float
    equity: float
    operating_cf: float
    shares: float


@dataclass(frozen=True)
class Security:
    """One listing; a symbol that is used again is a second listing."""

    ticker: str
    name: str
    figi: str
    cik: str
    first: dt.date = FIRST
    last: dt.date | None = None
    start_price: float = 100.0
    halted: frozenset[dt.date] = frozenset()
    is_index: bool = False
    former: tuple[tuple[dt.date, str], ...] = ()
    kind: str = "CS"


@dataclass
class Market:
    """Securities with bars, actions and filings; `revised` scales single closes."""

    securities: list[Security]
    splits: list[Split] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    filings: list[Filing] = field(default_factory=list)
    today: dt.date = LAST
    revised: dict[tuple[str, dt.date], float] = field(default_factory=dict)

    def sessions(self) -> list[dt.date]:
        return [day for day in _SESSIONS if day <= self.today]

    def listings(self, ticker: str) -> list[Security]:
        return [one for one in self.securities if one.ticker == ticker]

    def tickers(self) -> list[str]:
        return sorted({one.ticker for one in self.securities if not one.is_index})

    def bars(self, ticker: str, start: dt.date = FIRST, end: dt.date = LAST) -> list[Bar]:
        """Raw bars of a symbol, whoever it stood for, up to today."""
        end = min(end, self.today)
        found = [bar for one in self.listings(ticker) for bar in self._all(one)]
        return [self._revise(ticker, bar) for bar in found if start <= bar.day <= end]

    def happened_splits(self, ticker: str) -> list[Split]:
        return [one for one in self.splits if one.ticker == ticker and one.day <= self.today]

    def split_factor(self, ticker: str, day: dt.date) -> float:
        """What a raw price of `day` is multiplied with on today's split basis."""
        factor = 1.0
        for split in self.happened_splits(ticker):
            factor *= split.before / split.after if day < split.day else 1.0
        return factor

    def _revise(self, ticker: str, bar: Bar) -> Bar:
        scale = self.revised.get((ticker, bar.day))
        if scale is None:
            return bar
        prices = [round(p * scale, 4) for p in (bar.open, bar.high, bar.low, bar.close)]
        return Bar(bar.day, *prices, bar.volume, round(bar.vwap * scale, 4), bar.trades)

    def _all(self, one: Security) -> tuple[Bar, ...]:
        return _bars(one, tuple(split for split in self.splits if split.ticker == one.ticker))


@functools.cache
def _bars(one: Security, splits: tuple[Split, ...]) -> tuple[Bar, ...]:
    """All raw bars of a listing, also those after today; its own splits lie within them."""
    bars = []
    rng = np.random.default_rng(zlib.crc32(f"{one.ticker} {one.first}".encode()))
    closes = one.start_price * np.exp(np.cumsum(rng.normal(0.0003, 0.015, len(_SESSIONS))))
    spreads = rng.uniform(0.001, 0.01, (2, len(_SESSIONS))).tolist()
    volumes = rng.integers(100_000, 5_000_000, len(_SESSIONS)).tolist()
    for place, day in enumerate(_SESSIONS):
        if day < one.first or day > (one.last or LAST) or day in one.halted:
            continue
        scale = math.prod(s.before / s.after for s in splits if s.day <= day)
        close = round(float(closes[place]) * scale, 4)
        high = round(close * (1 + spreads[0][place]), 4)
        low = round(close * (1 - spreads[1][place]), 4)
        middle = round((high + low) / 2, 4)
        volume = float(volumes[place])
        bars.append(Bar(day, middle, high, low, close, volume, middle, int(volume / 100)))
    return tuple(bars)


_SESSIONS: list[dt.date] = [day.item() for day in session_dates(FIRST, LAST)]
#: Sessions that HALT misses.
HALTED = frozenset(_SESSIONS[500:504])


def small_market(plain: int = 8) -> Market:
    """`plain` ordinary names (N000 …) and one of every kind of trouble."""
    ordinary = [
        Security(f"N{number:03d}", f"Ordinary {number}", f"BBG{number:09d}", f"{number:010d}")
        for number in range(plain)
    ]
    renamed = dt.date(2025, 6, 2)
    special = [
        Security("SPLF", "Splits Five", "BBG0000SPLF5", "0000009001", start_price=150.0),
        Security("DIVI", "Dividends", "BBG0000DIVI4", "0000009002", start_price=60.0),
        Security("GONE", "Gone", "BBG0000GONE7", "0000009003", last=dt.date(2024, 5, 31)),
        Security("OLDN", "Renamed", "BBG0000NAME1", "0000009004", last=dt.date(2025, 5, 30)),
        Security(
            "NEWN",
            "Renamed",
            "BBG0000NAME1",
            "0000009004",
            first=renamed,
            former=((FIRST, "OLDN"), (renamed, "NEWN")),
        ),
        Security("REUS", "Reused, first", "BBG0000REUS1", "0000009005", last=dt.date(2023, 12, 29)),
        Security(
            "REUS",
            "Reused, second",
            "BBG0000REUS2",
            "0000009006",
            first=dt.date(2025, 1, 6),
            start_price=7.0,
        ),
        Security("HALT", "Halted", "BBG0000HALT9", "0000009007", halted=HALTED),
        Security("BRK.B", "Two classes", "BBG000DWG505", "0001067983", start_price=300.0),
        Security("KMPpL", "Preferred L", "BBG0000KMPL1", "0000009008", start_price=25.0),
        Security("I:VIX", "Volatility index", "", "", start_price=18.0, is_index=True),
        Security("I:IRX", "13-week bill", "", "", start_price=4.2, is_index=True),
    ]
    return Market(
        ordinary + special,
        splits=[
            Split("SPLF", SPLIT_DAY, 1, 5),
            Split("N001", dt.date(2024, 3, 4), 10, 1),
        ],
        dividends=[
            *(Dividend("DIVI", day, 0.45) for day in _quarter_days()),
            Dividend("DIVI", dt.date(2025, 12, 1), 2.0, "SC", 0),
        ],
        filings=_filings(["N000", "DIVI"]),
    )


def _quarter_days() -> list[dt.date]:
    return [dt.date(year, month, 10) for year in (2023, 2024, 2025) for month in (2, 5, 8, 11)]


def _filings(tickers: Iterable[str]) -> list[Filing]:
    filings = []
    for ticker in tickers:
        for quarter, (start, end) in enumerate(((1, 3), (4, 6), (7, 9)), start=1):
            period_end = dt.date(2025, end, 31 if end == 3 else 30)
            filed = period_end + dt.timedelta(days=35)
            money = (1e9 + quarter * 1e7, 1e8, 5e9, 2e9, 1.5e8, 1e8)
            filings.append(
                Filing(
                    ticker,
                    dt.date(2025, start, 1),
                    period_end,
                    filed,
                    f"Q{quarter}",
                    "2025",
                    *money,
                )
            )
        money = (4e9, 4e8, 5e9, 2e9, 6e8, 1e8)
        ends = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
        filings.append(Filing(ticker, *ends, None, "Q4", "2024", *money))
    return filings
