"""Yahoo, through yfinance, as a provider of split-adjusted bars, actions and late statements."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from data.net.budget import Budget
from data.net.errors import BadQueryError, ProviderError
from data.providers.base import (
    Actions,
    BarOutcome,
    BarsComplete,
    BarsEmpty,
    Batch,
    Progress,
    Provenance,
    checked_ticker,
)
from data.providers.bill_rates import BILL_RATES, DISCOUNT_BILL, discount_rates
from data.providers.fetching import Fetch, fetch_each
from data.providers.polygon_actions import DIVIDENDS, SPLITS
from data.providers.yahoo_bars import Chart, chart_check, parse_chart, yahoo_symbol
from data.providers.yahoo_faults import EmptyAnswerError
from data.providers.yahoo_gateway import YahooGateway, library_fault
from data.providers.yahoo_settings import NAME, YahooSettings
from data.providers.yahoo_statements import item_types, statements_table

__all__ = ["YahooProvider"]

_ZONE: Final = ZoneInfo("America/New_York")
# The question is wider than the window, so that a living symbol has bars in every answer: an
# answer without any is then known to be none.
_BEFORE: Final = dt.timedelta(days=14)
_EARLIEST: Final = dt.date(1962, 1, 2)  # nothing at Yahoo is older

Cancelled = threading.Event | None


class YahooProvider:
    """Daily bars on the split basis of the day of the answer, with splits and dividends.

    Needs no key. ``close`` is adjusted for every split up to the day it is asked, never raw;
    `data.adjustment.unsplit` makes raw bars of them with the splits of the same answer
    (`BarsComplete.actions`). One object may serve many threads.

    Parameters
    ----------
    settings : YahooSettings
        How to ask.
    environ : mapping, optional
        Where YAHOO_BASE_URL and YAHOO_SPACING are read; None = the process's environment, at each
        call.
    home : Path, optional
        PLIMSOLL_HOME: yfinance's caches (its cookie) lie below it; None = none are kept.
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
        self._caches = None if home is None else home / "fetched" / ".yfinance"
        self._clock = clock

    def unavailable(self) -> ProviderError | None:
        """Return why no question can be asked, or None; asks nobody."""
        try:
            self.settings.address(self._environ)
            self.settings.pacing(self._environ)
        except ProviderError as error:
            return error
        return library_fault()

    def close(self) -> None:
        """Do nothing: connections belong to the threads of a fetch and end with them."""

    def fetch_bars(
        self,
        tickers: Iterable[str],
        start: dt.date,
        end: dt.date,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Cancelled = None,
    ) -> Iterator[BarOutcome]:
        """Yield one outcome a ticker as they come: complete (with `actions`), empty, failed.

        Parameters and errors as in `PolygonProvider.fetch_bars`; tickers in this program's
        spelling (``BRK.B``, ``I:VIX``). A request under way ends within
        ``settings.read_seconds`` of a cancel.
        """
        gateway = self._gateway()

        def ask(ticker: str, budget: Budget) -> BarOutcome:
            return self._bars(gateway, ticker, start, end, budget)

        fetch = Fetch(NAME, self.settings.workers, self.settings.fetch_seconds)
        return fetch_each(tickers, ask, fetch, progress=progress, cancelled=cancelled)

    def bars(
        self, ticker: str, start: dt.date, end: dt.date, *, cancelled: Cancelled = None
    ) -> BarsComplete | BarsEmpty:
        """Return the bars of one ticker, `start` and `end` included; raises ProviderError."""
        return self._bars(self._gateway(), ticker, start, end, self._budget(cancelled))

    def splits(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return splits (schema SPLITS) of one ticker; Yahoo has no list of all (BadQueryError)."""
        batch = self._actions("splits", ticker, start, cancelled).splits
        return _until(batch, "execution_date", end)

    def dividends(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return dividends (schema DIVIDENDS) of one ticker, on the split basis of today."""
        batch = self._actions("dividends", ticker, start, cancelled).dividends
        return _until(batch, "ex_date", end)

    def bill_rates(self, start: dt.date, end: dt.date, *, cancelled: Cancelled = None) -> Batch:
        """Return the discount of the 13-week bill (schema BILL_RATES), both days included.

        Closes of the index IRX; days on which it stood at zero or below are refused, as prices are.
        """
        found = self.bars(DISCOUNT_BILL, start, end, cancelled=cancelled)
        if isinstance(found, BarsEmpty):
            return Batch(BILL_RATES.empty_table(), found.provenance)
        return Batch(discount_rates(found.bars), found.provenance, found.refused)

    def filings(
        self,
        ticker: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        timeframe: str = "quarterly",
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return statements (schema STATEMENTS) with `start` ≤ `available_date` ≤ `end`.

        `available_date` is assumed (`date_kind`): the end of the period and 60 days, 90 for
        `timeframe` annual. Yahoo shows the latest figures of the last four or five periods, also
        where they were restated later: not point in time.
        """
        checked_ticker(NAME, ticker)
        lags = {"quarterly": self.settings.quarterly_lag, "annual": self.settings.annual_lag}
        if timeframe not in lags:
            expected, found = "be quarterly or annual", f"was {timeframe!r}"
            raise BadQueryError(NAME, "timeframe", expected, found, "Choose one of them.")
        symbol, gateway, moment = yahoo_symbol(ticker), self._gateway(), self._clock()
        today = moment.astimezone(_ZONE).date()
        thing, budget = f"{timeframe} statements of {ticker}", self._budget(cancelled)
        types = item_types(timeframe)
        answer, requests = gateway.series(thing, symbol, types, today, budget)
        table, refused = statements_table(answer, ticker, symbol, timeframe, lags[timeframe])
        batch = Batch(table, gateway.provenance(requests, moment), refused)
        return _until(batch, "available_date", end, start)

    def _bars(
        self, gateway: YahooGateway, ticker: str, start: dt.date, end: dt.date, budget: Budget
    ) -> BarsComplete | BarsEmpty:
        thing = f"daily bars of {ticker}"
        chart, provenance, proof = self._chart(gateway, thing, ticker, (start, end), budget)
        if chart is None:
            return BarsEmpty(ticker, proof, provenance)
        if not chart.bars.num_rows and not chart.refused:
            first, last = chart.others
            proof = f"the service has bars from {first} to {last}, and none from {start} to {end}"
            return BarsEmpty(ticker, proof, provenance)
        actions = _told(chart, provenance, start)
        return BarsComplete(ticker, chart.bars, provenance, chart.refused, actions)

    def _actions(
        self, what: str, ticker: str | None, start: dt.date | None, cancelled: Cancelled
    ) -> Actions:
        if ticker is None:
            way_out = "Ask ticker by ticker, or take them from the answers with the bars."
            expected, found = "be asked for one ticker", "were asked for all"
            raise BadQueryError(NAME, what, expected, found, way_out)
        gateway, first = self._gateway(), start or _EARLIEST
        window, budget = (first, dt.date.max), self._budget(cancelled)
        thing = f"{what} of {ticker}"
        chart, provenance, _ = self._chart(gateway, thing, ticker, window, budget)
        return _told(chart, provenance, first)

    def _chart(
        self,
        gateway: YahooGateway,
        thing: str,
        ticker: str,
        window: tuple[dt.date, dt.date],
        budget: Budget,
    ) -> tuple[Chart | None, Provenance, str]:
        # Always up to now: bars of any time are adjusted for the splits of yesterday.
        checked_ticker(NAME, ticker)
        symbol, moment = yahoo_symbol(ticker), self._clock()
        today = moment.astimezone(_ZONE).date()
        begin = max(_EARLIEST, min(window[0], today) - _BEFORE)
        check = chart_check(symbol, thing)
        try:
            answer, requests = gateway.chart(thing, symbol, begin, today, budget, check)
        except EmptyAnswerError as nothing:
            return None, gateway.provenance(nothing.requests, moment), nothing.found
        chart = parse_chart(answer, ticker, *window, moment)
        return chart, gateway.provenance(requests, moment), ""

    def _gateway(self) -> YahooGateway:
        address = self.settings.address(self._environ)
        pace = self.settings.pacing(self._environ)
        return YahooGateway(self.settings, address, pace, self._caches)

    def _budget(self, cancelled: Cancelled) -> Budget:
        return Budget.of(NAME, self.settings.fetch_seconds, cancelled)


def _told(chart: Chart | None, provenance: Provenance, start: dt.date) -> Actions:
    today = provenance.fetched_at.astimezone(_ZONE).date()
    if chart is None:
        none = (Batch(SPLITS.empty_table(), provenance), Batch(DIVIDENDS.empty_table(), provenance))
        return Actions(*none, start, today)
    splits = Batch(chart.splits, provenance, chart.refused_splits)
    return Actions(
        splits, Batch(chart.dividends, provenance, chart.refused_dividends), start, today
    )


def _until(batch: Batch, column: str, end: dt.date | None, start: dt.date | None = None) -> Batch:
    days = batch.table[column]
    keep = pa.array([True] * batch.table.num_rows, pa.bool_())
    if end is not None:
        keep = pc.and_(keep, pc.less_equal(days, pa.scalar(end, pa.date32())))
    if start is not None:
        keep = pc.and_(keep, pc.greater_equal(days, pa.scalar(start, pa.date32())))
    return Batch(batch.table.filter(keep), batch.provenance, batch.refused)
