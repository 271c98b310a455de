"""What Polygon has beside bars: actions, lists, details, filings, status, last prices."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from data.net.budget import Budget
from data.net.errors import BadAnswerError, NotFoundError
from data.providers.base import Batch, Refused, checked_ticker
from data.providers.bill_rates import treasury_rates
from data.providers.polygon_actions import dividends_table, splits_table
from data.providers.polygon_filings import filings_table
from data.providers.polygon_gateway import Ask, Gateway, Rows
from data.providers.polygon_listings import (
    SymbolChange,
    TickerDetails,
    listings_table,
    parse_details,
    parse_events,
)
from data.providers.polygon_market import (
    Holiday,
    MarketStatus,
    parse_holidays,
    parse_status,
    snapshots_table,
)
from data.providers.polygon_settings import NAME

__all__ = ["PolygonReference"]

_PAGE: Final = 1000
_FILINGS_PAGE: Final = 100
_RATES_PAGE: Final = 50_000  # all days there are, in one request
_SNAPSHOT_TICKERS: Final = 250  # a longer list would not fit into an address

Cancelled = threading.Event | None
Parse = Callable[[Sequence[dict[str, Any]]], tuple[pa.Table, tuple[Refused, ...]]]


class PolygonReference:
    """Questions other than bars; PolygonProvider adds settings, connections and bars.

    Every method takes ``cancelled`` (an event that breaks the request off) and raises
    ProviderError.
    """

    def _gateway(self) -> Gateway:
        raise NotImplementedError

    def _budget(self, cancelled: Cancelled) -> Budget:
        raise NotImplementedError

    def splits(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return splits (schema SPLITS) with `start` ≤ execution date ≤ `end`, of all stocks."""
        day = _between("execution_date", start, end)

        def ask(client: Any) -> Any:
            only = self._ticker(ticker)
            return client.list_splits(**only, **day, **_paged("execution_date"), raw=True)

        return self._batch("splits", ask, splits_table, cancelled)

    def dividends(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        ticker: str | None = None,
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return dividends (schema DIVIDENDS) with `start` ≤ ex-date ≤ `end`, of all stocks."""
        day = _between("ex_dividend_date", start, end)

        def ask(client: Any) -> Any:
            only = self._ticker(ticker)
            return client.list_dividends(**only, **day, **_paged("ex_dividend_date"), raw=True)

        return self._batch("dividends", ask, dividends_table, cancelled)

    def bill_rates(self, start: dt.date, end: dt.date, *, cancelled: Cancelled = None) -> Batch:
        """Return yields of the 3-month bill (schema BILL_RATES), both days included."""
        days = {"date_gte": start.isoformat(), "date_lte": end.isoformat()}

        def ask(client: Any) -> Any:
            page = {**_paged("date"), "limit": _RATES_PAGE}
            return client.list_treasury_yields(**days, **page, raw=True)

        return self._batch("Treasury yields", ask, treasury_rates, cancelled)

    def listings(
        self,
        *,
        active: bool | None = None,
        ticker: str | None = None,
        as_of: dt.date | None = None,
        market: str = "stocks",
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return tickers (schema LISTINGS): active, delisted (`active` False), or both (None).

        `as_of` asks for the lists as they were on that day.
        """
        parts = []
        for wanted in (True, False) if active is None else (active,):
            thing = f"the list of {'active' if wanted else 'delisted'} {market}"
            ask = self._list_ask(wanted, ticker, as_of, market)
            parts.append(self._gateway().rows(thing, ask, self._budget(cancelled)))
        table, refused = listings_table([row for part in parts for row in part.rows])
        requests = sum(part.provenance.requests for part in parts)
        status = parts[-1].provenance.status
        return Batch(table, self._gateway().provenance(requests, status), refused)

    def ticker_details(
        self, ticker: str, as_of: dt.date | None = None, *, cancelled: Cancelled = None
    ) -> TickerDetails | None:
        """Return what is known of a ticker as of a day; None where the service knows none.

        A delisted or renamed ticker is known only as of a day on which it traded.
        """
        checked_ticker(NAME, ticker)
        thing = f"details of {ticker}"
        date = None if as_of is None else as_of.isoformat()
        try:
            row, requests = self._result(
                thing, lambda client: client.get_ticker_details(ticker, date, raw=True), cancelled
            )
        except NotFoundError:
            return None
        if row.get("ticker") != ticker:
            found = f"were of {str(row.get('ticker'))[:30]!r}"
            raise BadAnswerError(NAME, thing, f"be of {ticker}", found, "Try again later.")
        return parse_details(row, self._gateway().provenance(requests))

    def symbol_changes(
        self, ticker: str, *, cancelled: Cancelled = None
    ) -> tuple[SymbolChange, ...]:
        """Return the symbols that a security has had, the earliest first; () where unknown."""
        checked_ticker(NAME, ticker)
        try:
            row, _ = self._result(
                f"symbol changes of {ticker}",
                lambda client: client.get_ticker_events(ticker, raw=True),
                cancelled,
            )
        except NotFoundError:
            return ()
        return parse_events(row)

    def filings(
        self,
        ticker: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        timeframe: str = "quarterly",
        cancelled: Cancelled = None,
    ) -> Batch:
        """Return statements (schema FILINGS) of a ticker with `start` ≤ filing date ≤ `end`.

        `timeframe` is quarterly, annual or ttm. The fourth quarter usually has no quarterly row.
        Statements without a filing date are refused and counted.
        """
        checked_ticker(NAME, ticker)
        day = _between("filing_date", start, end)

        def ask(client: Any) -> Any:
            return client.vx.list_stock_financials(
                ticker,
                **day,
                timeframe=timeframe,
                limit=_FILINGS_PAGE,
                sort="filing_date",
                order="asc",
                raw=True,
            )

        return self._batch(
            f"{timeframe} statements of {ticker}",
            ask,
            lambda rows: filings_table(rows, ticker),
            cancelled,
        )

    def market_status(self, *, cancelled: Cancelled = None) -> MarketStatus:
        """Return whether the market is open; the cheapest question that proves key and network."""
        answer, requests = self._gateway().answer(
            "the market status",
            lambda client: client.get_market_status(raw=True),
            self._budget(cancelled),
        )
        return parse_status(answer, self._gateway().provenance(requests))

    def holidays(self, *, cancelled: Cancelled = None) -> tuple[Holiday, ...]:
        """Return the coming holidays and early closes, in order."""
        answer, _ = self._gateway().answer(
            "the coming holidays",
            lambda client: client.get_market_holidays(raw=True),
            self._budget(cancelled),
        )
        return parse_holidays(answer)

    def snapshots(self, tickers: Iterable[str], *, cancelled: Cancelled = None) -> Batch:
        """Return the latest price of each ticker (schema SNAPSHOTS); unknown ones have no row."""
        names = [checked_ticker(NAME, ticker) for ticker in dict.fromkeys(tickers)]
        budget = self._budget(cancelled)
        parts: list[Rows] = []
        for at in range(0, len(names), _SNAPSHOT_TICKERS):
            some = names[at : at + _SNAPSHOT_TICKERS]
            parts.append(
                self._gateway().rows("last prices", _snapshot_ask(some), budget, key="tickers")
            )
        table, refused = snapshots_table([row for part in parts for row in part.rows])
        requests = sum(part.provenance.requests for part in parts)
        status = parts[-1].provenance.status if parts else ""
        return Batch(table, self._gateway().provenance(requests, status), refused)

    def _batch(self, thing: str, ask: Ask, parse: Parse, cancelled: Cancelled) -> Batch:
        found = self._gateway().rows(thing, ask, self._budget(cancelled))
        table, refused = parse(found.rows)
        return Batch(table, found.provenance, refused)

    def _result(self, thing: str, ask: Ask, cancelled: Cancelled) -> tuple[dict[str, Any], int]:
        answer, requests = self._gateway().answer(thing, ask, self._budget(cancelled))
        row = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(row, dict):
            found = f"had {type(row).__name__} as results"
            raise BadAnswerError(NAME, thing, "have an object", found, "Try again later.")
        return row, requests

    def _list_ask(
        self, active: bool, ticker: str | None, as_of: dt.date | None, market: str
    ) -> Ask:
        date = None if as_of is None else as_of.isoformat()
        only = self._ticker(ticker)

        def ask(client: Any) -> Any:
            chosen = {**only, "market": market, "date": date, "active": active}
            return client.list_tickers(**chosen, **_paged("ticker"), raw=True)

        return ask

    @staticmethod
    def _ticker(ticker: str | None) -> dict[str, str]:
        return {} if ticker is None else {"ticker": checked_ticker(NAME, ticker)}


def _between(name: str, start: dt.date | None, end: dt.date | None) -> dict[str, str]:
    ends = {f"{name}_gte": start, f"{name}_lte": end}
    return {key: day.isoformat() for key, day in ends.items() if day is not None}


def _paged(sort: str) -> dict[str, Any]:
    return {"limit": _PAGE, "sort": sort, "order": "asc"}


def _snapshot_ask(tickers: list[str]) -> Ask:
    return lambda client: client.get_snapshot_all("stocks", tickers=tickers, raw=True)
