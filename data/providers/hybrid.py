"""Polygon, else Yahoo, else what is stored: per ticker, and never two of them in one series."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from data.errors import BadNameError, DataError, did_you_mean
from data.fetched import FetchedStore
from data.fetched_file import FileFaultError, read_label
from data.net.errors import CancelledError, ProviderError
from data.providers.base import Batch, Progress
from data.providers.hybrid_record import ProvidersRecord, read_record, update_record
from data.providers.hybrid_run import BarsStored, HybridOutcome, Run
from data.providers.polygon import PolygonProvider
from data.providers.yahoo import YahooProvider

__all__ = ["BarsStored", "HybridOutcome", "HybridProvider"]

_ORDER: Final = ("polygon", "yahoo")

Cancelled = threading.Event | None
OneProvider = PolygonProvider | YahooProvider


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
        Made with their default settings where not given.
    use : {"auto", "polygon", "yahoo"}
        "auto" = both in that order; else that one only, and the store.

    Raises
    ------
    BadNameError
        `use` is something else.
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
        self.home = home
        self._store = FetchedStore(home)
        self._providers: dict[str, OneProvider] = {
            "polygon": polygon if polygon is not None else PolygonProvider(),
            "yahoo": yahoo if yahoo is not None else YahooProvider(home=home),
        }
        self.order = _ORDER if use == self.name else (_known(use),)
        self._run: Run | None = None

    def provider(self, name: str) -> OneProvider:
        """Return a source by name; raises BadNameError for another."""
        return self._providers[_known(name)]

    def unavailable(self) -> ProviderError | None:
        """Return why no source at all can be asked, or None; asks nobody."""
        faults = [self._providers[name].unavailable() for name in self.order]
        return None if None in faults else faults[-1]

    def close(self) -> None:
        """Close the connections that are kept."""
        for provider in self._providers.values():
            provider.close()

    def fetch_bars(
        self,
        tickers: Iterable[str],
        start: dt.date,
        end: dt.date,
        *,
        continues: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Cancelled = None,
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
        is written when a source is through and when the iterator ends, closed early or not.
        """
        run = self._run = Run(tickers, continues or {}, progress, cancelled)
        try:
            for name in self.order:
                one = self._providers[name]
                ask = partial(one.fetch_bars, start=start, end=end, cancelled=cancelled)
                yield from run.ask(name, one.unavailable(), ask, self._stored)
                self._write(run)
            yield from run.rest(self._stored)
        finally:
            self._write(run)

    def passed_over(self, ticker: str) -> tuple[str, ProviderError] | None:
        """Return who was preferred for a ticker in the last `fetch_bars` and failed, and why."""
        return None if self._run is None else self._run.trouble(ticker)

    def splits(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        provider: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return splits (schema SPLITS) from `provider`, or the first source that answers.

        Name the provider of the bars: splits and bars of one series belong to one source. Yahoo
        needs a ticker. Raises the last source's ProviderError.
        """
        return self._first(
            provider, lambda one: one.splits(start, end, ticker=ticker, cancelled=cancelled)
        )

    def dividends(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        provider: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return dividends (schema DIVIDENDS), chosen as in `splits`."""
        return self._first(
            provider, lambda one: one.dividends(start, end, ticker=ticker, cancelled=cancelled)
        )

    def filings(
        self,
        ticker: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        timeframe: str = "quarterly",
        provider: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return statements: FILINGS (Polygon, point in time) or STATEMENTS (Yahoo, assumed)."""

        def ask(one: OneProvider) -> Batch:
            return one.filings(ticker, start, end, timeframe=timeframe, cancelled=cancelled)

        return self._first(provider, ask)

    def record(self) -> ProvidersRecord:
        """Return who is active now and what came whence; reads settings and file, asks nobody.

        A state that no fetch has recorded has no `since`: when it began nobody knows.
        """
        idle, former = Run((), {}, None, None), read_record(self.home)
        found = idle.record(self._faults(), self.order, former)
        known = {(one.provider, one.state, one.reason) for one in former.states}
        states = tuple(
            one if (one.provider, one.state, one.reason) in known else replace(one, since=None)
            for one in found.states
        )
        return replace(found, states=states)

    def _first(self, name: str | None, ask: Callable[[OneProvider], Batch]) -> Batch:
        fault: ProviderError | None = None
        for one in self.order if name is None else (_known(name),):
            try:
                return ask(self._providers[one])
            except ProviderError as error:
                if isinstance(error, CancelledError):
                    raise
                fault = error
        raise fault if fault is not None else AssertionError("there is always one source")

    def _faults(self) -> dict[str, ProviderError | None]:
        return {name: one.unavailable() for name, one in self._providers.items()}

    def _write(self, run: Run) -> None:
        # The record only tells: where it cannot be written, bars are worth more.
        def change(former: ProvidersRecord) -> ProvidersRecord:
            return run.record(self._faults(), self.order, former)

        with contextlib.suppress(DataError):
            update_record(self.home, change)

    def _stored(self, ticker: str, error: ProviderError, only: str | None) -> BarsStored | None:
        for name in (only,) if only is not None else _ORDER:
            path = self._store.path("bars", name, ticker)
            try:
                label = read_label(path)[0]
            except (FileFaultError, FileNotFoundError):
                continue
            if label.rows and (label.provider, label.ticker) == (name, ticker):
                span = (label.start, label.end, label.fetched_at, label.rows)
                return BarsStored(ticker, name, label.base, *span, error)
        return None


def _known(name: str) -> str:
    if name in _ORDER:
        return name
    raise BadNameError(
        f"a provider must be {' or '.join(_ORDER)}, was {name!r}.{did_you_mean(name, _ORDER)}"
    )
