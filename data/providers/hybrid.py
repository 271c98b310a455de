"""Polygon, else Yahoo, else what is stored: per ticker, and never two of them in one series."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.net.errors import ProviderError
from data.providers.base import BarOutcome, Batch, Progress
from data.providers.hybrid_record import ProvidersRecord
from data.providers.polygon import PolygonProvider
from data.providers.yahoo import YahooProvider

__all__ = ["BarsStored", "HybridOutcome", "HybridProvider"]


@dataclass(frozen=True, slots=True)
class BarsStored:
    """No source answered; bars of an earlier fetch are in the store and may stand in.

    Attributes
    ----------
    ticker, provider, base : str
        Whose file it is, and on which basis.
    start, end : date or None
        Window that the file is complete for.
    fetched_at : datetime
        When its newest part came, UTC.
    rows : int
        Bars in it.
    error : ProviderError
        Why nothing newer came.
    """

    ticker: str
    provider: str
    base: str
    start: dt.date | None
    end: dt.date | None
    fetched_at: dt.datetime
    rows: int
    error: ProviderError


HybridOutcome = BarOutcome | BarsStored


class HybridProvider:
    """The first source that can answer, per ticker; keeps a record of who did and why.

    Polygon is asked first where a key is set; whom it cannot serve (no key, rejected key, plan,
    silence) Yahoo is asked for, and for whom nobody answers the store is looked up. A whole series
    comes from one source: the answer for a ticker is one source's, and a refresh goes on with the
    source that the stored series has (`continues`).

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME: the store, and where the record is kept (`hybrid_record.read_record`).
    polygon, yahoo : providers, optional
        Made with their default settings where not given; None for neither is a setting.
    use : {"auto", "polygon", "yahoo"}
        "auto" = both in that order; else that one only, and the store.
    """

    name = "auto"
    base = ""  # each outcome names its own in its provenance

    def __init__(
        self,
        home: Path,
        polygon: PolygonProvider | None = None,
        yahoo: YahooProvider | None = None,
        use: str = "auto",
    ) -> None:
        raise NotImplementedError

    def provider(self, name: str) -> PolygonProvider | YahooProvider:
        """Return a source by name; raises BadNameError for another."""
        raise NotImplementedError

    def unavailable(self) -> ProviderError | None:
        """Return why no source at all can be asked, or None; asks nobody."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections that are kept."""
        raise NotImplementedError

    def fetch_bars(
        self,
        tickers: Iterable[str],
        start: dt.date,
        end: dt.date,
        *,
        continues: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[HybridOutcome]:
        """Yield one outcome a ticker as they come; ``outcome.provenance.provider`` says whose.

        Parameters
        ----------
        tickers : iterable of str
            In this program's spelling; repeated ones are asked for once.
        start, end : date
            Exchange dates, both included.
        continues : mapping of str to str, optional
            Tickers whose answer will be joined to a stored series, and the series' provider: only
            that one is asked, since another's answer would start a second series with a hole.
        progress : callable, optional
            Called after each outcome, in the caller's thread; over all sources together.
        cancelled : threading.Event, optional
            Set it to stop; what has come by then has been yielded, the rest comes as failed.

        Notes
        -----
        Errors come as BarsFailed with the error of the last source asked, never raised. The record
        is written when the iterator ends, closed early or not.
        """
        raise NotImplementedError

    def splits(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        provider: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return splits (schema SPLITS) from `provider`, or the first source that answers.

        Name the provider of the bars: splits and bars of one series belong to one source. Yahoo
        needs a ticker. Raises the last source's ProviderError.
        """
        raise NotImplementedError

    def dividends(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        provider: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return dividends (schema DIVIDENDS), chosen as in `splits`."""
        raise NotImplementedError

    def filings(
        self,
        ticker: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        timeframe: str = "quarterly",
        provider: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return statements: FILINGS (Polygon, point in time) or STATEMENTS (Yahoo, assumed)."""
        raise NotImplementedError

    def record(self) -> ProvidersRecord:
        """Return who is active now and what came whence; reads settings and file, asks nobody."""
        raise NotImplementedError
