"""Polygon (now Massive) as a provider of raw bars, actions, identities and filings."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from data.net.budget import Budget
from data.net.errors import ProviderError
from data.providers.base import (
    BarOutcome,
    BarsComplete,
    BarsEmpty,
    Progress,
    checked_ticker,
)
from data.providers.fetching import Fetch, fetch_each
from data.providers.polygon_bars import GroupedDay, bars_table, envelope_check, grouped_table
from data.providers.polygon_gateway import Gateway
from data.providers.polygon_reference import PolygonReference
from data.providers.polygon_settings import NAME, Access, PolygonSettings

__all__ = ["PolygonProvider"]

_BARS_LIMIT: Final = 50_000  # the most base bars an answer may have: 190 years of days


class PolygonProvider(PolygonReference):
    """Raw daily bars and everything beside them, from one address with one key.

    One object may serve many threads. Key and address are read anew for every call, so a key that
    is set later counts at once.

    Parameters
    ----------
    settings : PolygonSettings
        How to ask.
    environ : mapping, optional
        Where key and address are read; None = the process's environment at each call.
    """

    name = NAME
    base = "raw"

    def __init__(
        self,
        settings: PolygonSettings | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings if settings is not None else PolygonSettings()
        self._environ = environ
        self._lock = threading.Lock()
        self._gateways: dict[Access, Gateway] = {}

    def unavailable(self) -> ProviderError | None:
        """Return why no question can be asked (no key, no library), or None; asks nobody."""
        try:
            self._gateway()
        except ProviderError as error:
            return error
        return None

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            for gateway in self._gateways.values():
                gateway.close()
            self._gateways.clear()

    def fetch_bars(
        self,
        tickers: Iterable[str],
        start: dt.date,
        end: dt.date,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[BarOutcome]:
        """Yield one outcome a ticker as they come: complete, empty with proof, or failed.

        Parameters
        ----------
        tickers : iterable of str
            Stocks, or indices as ``I:VIX``; repeated ones are asked for once.
        start, end : date
            Exchange dates, both included.
        progress : callable, optional
            Called after each outcome, in the caller's thread.
        cancelled : threading.Event, optional
            Set it to stop; what has come by then has been yielded, the rest comes as failed.

        Raises
        ------
        MissingKeyError, RejectedKeyError, BadQueryError
            Before anything is asked, where the settings cannot work.
        """
        gateway = self._gateway()

        def ask(ticker: str, budget: Budget) -> BarOutcome:
            return self._bars(gateway, ticker, start, end, budget)

        fetch = Fetch(NAME, self.settings.workers, self.settings.fetch_seconds)
        return fetch_each(tickers, ask, fetch, progress=progress, cancelled=cancelled)

    def bars(
        self,
        ticker: str,
        start: dt.date,
        end: dt.date,
        *,
        cancelled: threading.Event | None = None,
    ) -> BarsComplete | BarsEmpty:
        """Return the bars of one ticker, `start` and `end` included; raises ProviderError."""
        return self._bars(self._gateway(), ticker, start, end, self._budget(cancelled))

    def grouped_day(
        self,
        day: dt.date,
        tickers: Collection[str] | None = None,
        *,
        cancelled: threading.Event | None = None,
    ) -> GroupedDay:
        """Return the raw bars of one session: of `tickers`, or of all stocks. One request."""
        thing = f"daily bars of all stocks on {day}"
        found = self._gateway().rows(
            thing,
            lambda client: client.get_grouped_daily_aggs(
                day.isoformat(), adjusted=False, include_otc=False, raw=True
            ),
            self._budget(cancelled),
            verify=envelope_check(None, thing),
        )
        wanted = None if tickers is None else frozenset(tickers)
        table, others, refused = grouped_table(found.rows, day, wanted)
        return GroupedDay(day, table, others, found.provenance, refused)

    def _bars(
        self, gateway: Gateway, ticker: str, start: dt.date, end: dt.date, budget: Budget
    ) -> BarsComplete | BarsEmpty:
        thing = f"daily bars of {ticker}"
        checked_ticker(NAME, ticker)

        def ask(client: Any) -> Any:
            days = (start.isoformat(), end.isoformat())
            return client.get_aggs(
                ticker, 1, "day", *days, adjusted=False, sort="asc", limit=_BARS_LIMIT, raw=True
            )

        found = gateway.rows(thing, ask, budget, verify=envelope_check(ticker, thing))
        if not found.rows:
            request = found.first.get("request_id", "unnamed")
            proof = f"the service counted 0 bars from {start} to {end} (request {request})"
            return BarsEmpty(ticker, proof, found.provenance)
        table, refused = bars_table(found.rows, ticker, start, end)
        return BarsComplete(ticker, table, found.provenance, refused)

    def _gateway(self) -> Gateway:
        access = self.settings.access(self._environ)
        with self._lock:
            gateway = self._gateways.get(access)
            if gateway is None:
                gateway = self._gateways[access] = Gateway(access, self.settings)
        return gateway

    def _budget(self, cancelled: threading.Event | None) -> Budget:
        return Budget.of(NAME, self.settings.fetch_seconds, cancelled)
