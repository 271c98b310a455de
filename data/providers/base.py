"""What every provider gives: bars per ticker as outcomes, each with where it came from."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa

from data.net.errors import BadQueryError, ProviderError
from data.schema import TICKER_PATTERN

__all__ = [
    "PROVIDER_REASONS",
    "RAW_BARS",
    "Actions",
    "BarOutcome",
    "BarProvider",
    "BarsComplete",
    "BarsEmpty",
    "BarsFailed",
    "Batch",
    "Progress",
    "Provenance",
    "Refused",
    "checked_ticker",
    "count_reasons",
]

# Bars as they were traded; adjusted for nothing. Prices in currency a share, volume in shares.
RAW_BARS: Final = pa.schema(
    [
        ("date", pa.date32()),
        ("ticker", pa.string()),
        *((name, pa.float64()) for name in ("open", "high", "low", "close", "volume")),
        ("vwap", pa.float64()),
        ("trades", pa.float64()),
    ]
)

# Why a row of an answer is refused, beside the reasons of data/schema.py.
PROVIDER_REASONS: Final = {
    "outside_request": "the row lies outside the dates or names that were asked for",
    "no_filing_date": "nobody can tell when the filing became known",
    "bad_ratio": "a split's numbers are not positive",
    "negative_cash": "a dividend's amount is negative",
    "unfinished_session": "the session was not over: its bar still changed",
    "live_quote": "the latest price, told beside the bar of its session",
    "other_currency": "the amount is not in dollars",
}

_TICKER = re.compile(TICKER_PATTERN)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where rows came from.

    Attributes
    ----------
    provider : str
        Name of the source.
    base : str
        Price basis: "raw" = as traded, adjusted for nothing; "split" = adjusted for splits.
    fetched_at : datetime
        Moment the last part came, UTC.
    requests : int
        Requests it took, repeated ones included.
    client : str
        Client library and version.
    status : str
        What the source says of its freshness, such as "OK" or "DELAYED"; may be empty.
    """

    provider: str
    base: str
    fetched_at: dt.datetime
    requests: int
    client: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """One row of an answer that is not passed on: why, and the row as it came (JSON)."""

    reason: str
    ticker: str
    row: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A whole table of something other than bars: rows received = rows of `table` + refused."""

    table: pa.Table
    provenance: Provenance
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """Splits and dividends that came in one answer with bars.

    Attributes
    ----------
    splits, dividends : Batch
        Schemas SPLITS and DIVIDENDS, on the basis that their provenance names.
    start, end : date
        Both are complete for these dates, both included. On a basis that moves with every split
        `end` is the day of the answer: later than the last bar where the bars asked for end
        before it, because its splits are in their prices.
    """

    splits: Batch
    dividends: Batch
    start: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True, eq=False)
class BarsComplete:
    """All bars the source has of a ticker in the asked dates.

    Attributes
    ----------
    ticker : str
        As asked for.
    bars : pyarrow.Table
        Schema RAW_BARS, one row a session, dates increasing; NaN-free, nulls where empty.
    refused : tuple of Refused
        Rows that came and are not in `bars`: rows received = rows + refused.
    actions : Actions or None
        Where the source tells them with the bars; None = ask it for them.
    """

    ticker: str
    bars: pa.Table
    provenance: Provenance
    refused: tuple[Refused, ...] = ()
    actions: Actions | None = None


@dataclass(frozen=True, slots=True)
class BarsEmpty:
    """The source answered properly that it has no bar of the ticker in the asked dates."""

    ticker: str
    proof: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class BarsFailed:
    """Nothing is known of the ticker: the source did not answer, or refused."""

    ticker: str
    error: ProviderError


BarOutcome = BarsComplete | BarsEmpty | BarsFailed


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a fetch: tickers done of total, failed among them, rows, seconds since the start."""

    done: int
    total: int
    failed: int
    rows: int
    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tickers a second so far; 0 before the first."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining_seconds(self) -> float | None:
        """Seconds left at the present rate; None before the first ticker is done."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


class BarProvider(Protocol):
    """Source of daily bars."""

    name: str
    base: str

    def fetch_bars(
        self,
        tickers: Iterable[str],
        start: dt.date,
        end: dt.date,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[BarOutcome]:
        """Yield one outcome a ticker as they come; `start` and `end` both included."""
        ...


def checked_ticker(provider: str, ticker: str) -> str:
    """Return `ticker` when it can stand in a request, else raise BadQueryError."""
    if not _TICKER.fullmatch(ticker) or ".." in ticker:
        raise BadQueryError(
            provider,
            f"ticker {ticker[:40]!r}",
            "be 1 to 21 letters, digits and . - : ^",
            "was not",
            "Correct the symbol in the universe.",
        )
    return ticker


def count_reasons(refused: Iterable[Refused]) -> dict[str, int]:
    """Return how many rows were refused for each reason."""
    return dict(Counter(item.reason for item in refused))
