"""Yahoo, through yfinance, as a provider of split-adjusted bars, actions and late statements."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from data.net.errors import ProviderError
from data.providers.base import BarOutcome, BarsComplete, BarsEmpty, Batch, Progress
from data.providers.yahoo_settings import NAME, YahooSettings

__all__ = ["YahooProvider"]


class YahooProvider:
    """Daily bars on the split basis of the day of the answer, with splits and dividends.

    Needs no key. ``close`` is adjusted for every split up to the day it is asked, never raw;
    `data.adjustment.unsplit` makes raw bars of them with the splits of the same answer
    (`BarsComplete.actions`).

    Parameters
    ----------
    settings : YahooSettings
        How to ask.
    environ : mapping, optional
        Where YAHOO_BASE_URL is read; None = the process's environment at each call.
    home : Path, optional
        PLIMSOLL_HOME: yfinance's caches (time zones, cookie) lie below it; None = none are kept.
    clock : callable
        The present moment, aware.
    """

    name = NAME
    base = "split"

    def __init__(
        self,
        settings: YahooSettings | None = None,
        environ: Mapping[str, str] | None = None,
        home: Path | None = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.settings = settings if settings is not None else YahooSettings()
        self._environ = environ
        self._home = home
        self._clock = clock

    def unavailable(self) -> ProviderError | None:
        """Return why no question can be asked, or None; asks nobody."""
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
        progress: Callable[[Progress], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[BarOutcome]:
        """Yield one outcome a ticker as they come: complete (with `actions`), empty, failed.

        Parameters and errors as in `PolygonProvider.fetch_bars`; tickers in this program's
        spelling (``BRK.B``, ``I:VIX``).
        """
        raise NotImplementedError

    def bars(
        self,
        ticker: str,
        start: dt.date,
        end: dt.date,
        *,
        cancelled: threading.Event | None = None,
    ) -> BarsComplete | BarsEmpty:
        """Return the bars of one ticker, `start` and `end` included; raises ProviderError."""
        raise NotImplementedError

    def splits(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return splits (schema SPLITS) of one ticker; Yahoo has no list of all (BadQueryError)."""
        raise NotImplementedError

    def dividends(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return dividends (schema DIVIDENDS) of one ticker, on the split basis of today."""
        raise NotImplementedError

    def filings(
        self,
        ticker: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        timeframe: str = "quarterly",
        cancelled: threading.Event | None = None,
    ) -> Batch:
        """Return statements (schema STATEMENTS); `available_date` is assumed, never known.

        Columns of FILINGS and ``date_kind`` = "assumed": the end of the period and 60 days (90
        for annual ones). Yahoo shows the latest figures for a period, also where they were
        restated later: not point-in-time.
        """
        raise NotImplementedError
