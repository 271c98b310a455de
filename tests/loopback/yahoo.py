"""The Yahoo protocol over the little market: cookie, crumb, consent, chart, statements."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from tests.loopback.faults import Reply
from tests.loopback.market import FIRST, LAST, Bar, Filing, Security
from tests.loopback.server import Limited, Request

Json = dict[str, Any]
CRUMB = "qTestCrumb01"
COOKIE = "A3=d=TestCookie&S=loopback"
CHART, SERIES, CRUMBS = "/v8/finance/chart/", "/ws/fundamentals-timeseries/", "/v1/test/getcrumb"
#: What yfinance asks for before the question itself: cookie and consent of four hosts.
COOKIES = ("/", "/consent", "/v2/collectConsent", "/copyConsent")
_ZONE = ZoneInfo("America/New_York")
_SPELLED = {"BRK-B": "BRK.B", "KMP-PL": "KMPpL", "^VIX": "I:VIX", "^IRX": "I:IRX"}
_FUNDS = {"SPY"}
_ITEMS = {
    "TotalRevenue": "revenue",
    "NetIncome": "net_income",
    "TotalAssets": "assets",
    "StockholdersEquity": "equity",
    "BasicAverageShares": "shares",
    "OperatingCashFlow": "operating_cf",
}


@dataclass
class YahooProtocol(Limited):
    """Answers as the service does.

    Attributes
    ----------
    needs_crumb : bool
        401 for charts and statements without the crumb; the service itself asks for it now and
        then only.
    crumb : str
        The one that holds now; another one makes former crumbs invalid.
    quote : Bar or None
        Latest price, told after the bars with the moment of `quoted_at` as on a trading day.
    """

    needs_crumb: bool = False
    crumb: str = CRUMB
    quote: Bar | None = None
    quoted_at: dt.datetime | None = None

    def speaks(self, request: Request) -> bool:
        return request.path in (*COOKIES, CRUMBS) or request.path.startswith((CHART, SERIES))

    def reply(self, request: Request) -> Reply:
        if self.too_many(request.moment):
            return Reply(429, b"Too Many Requests\r\n", content_type="text/html")
        if request.path == "/":
            return Reply(404, b"", {"Set-Cookie": f"{COOKIE}; Path=/"}, "text/html")
        if request.path in COOKIES:
            return Reply(404, b"<html></html>", content_type="text/html")
        if request.path == CRUMBS:
            return Reply(body=self.crumb.encode(), content_type="text/plain")
        if self.needs_crumb and request.query.get("crumb") != self.crumb:
            return _error("finance", 401, "Unauthorized", "Invalid Crumb")
        if request.path.startswith(CHART):
            return self._chart(unquote(request.path.removeprefix(CHART)), request.query)
        return self._series(request.query)

    def _chart(self, symbol: str, query: dict[str, str]) -> Reply:
        one = self._listed(symbol)
        if one is None:
            return _error("chart", 404, "Not Found", "No data found, symbol may be delisted")
        start, end = FIRST, LAST
        if "period1" in query:
            start = _day(int(query["period1"]))
            end = _day(int(query["period2"]) - 1)
        names = [one.ticker, *(name for _, name in one.former)]
        bars = {bar.day: bar for name in names for bar in self.market.bars(name, start, end)}
        listed = one.first if not one.former else FIRST
        shown = [bar for day, bar in sorted(bars.items()) if day >= listed]
        if not shown:
            words = f"Data doesn't exist for startDate = {start}, endDate = {end}"
            return _error("chart", 400, "Bad Request", words)
        result = {"meta": self._meta(symbol, one), **self._bars(one, shown)}
        result["events"] = self._events(one.ticker, start, end)
        return Reply(body=json.dumps({"chart": {"result": [result], "error": None}}).encode())

    def _listed(self, symbol: str) -> Security | None:
        """The company behind a symbol now: Yahoo forgets the delisted and keeps one of a name."""
        ticker = _SPELLED.get(symbol, symbol.replace("-", "."))
        found = self.market.listings(ticker)
        alive = [one for one in found if one.last is None or one.last >= self.market.today]
        alive = [one for one in alive if one.first <= self.market.today]
        return alive[-1] if alive else None

    def _meta(self, symbol: str, one: Security) -> Json:
        kind = "INDEX" if one.is_index else "ETF" if one.ticker in _FUNDS else "EQUITY"
        moment = self.quoted_at or _at(self.market.today, 16)
        return {
            "currency": "USD",
            "symbol": symbol,
            "exchangeName": "NYQ",
            "instrumentType": kind,
            "regularMarketTime": int(moment.timestamp()),
            "gmtoffset": -18000,
            "timezone": "EST",
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
            "range": "",
            "priceHint": 2,
            "validRanges": ["1d", "5d", "1mo", "max"],
        }

    def _bars(self, one: Security, bars: list[Bar]) -> Json:
        factors = [self.market.split_factor(one.ticker, bar.day) for bar in bars]
        stamps = [int(_at(bar.day, 9, 30).timestamp()) for bar in bars]
        if self.quote is not None and self.quoted_at is not None:
            bars, factors = [*bars, self.quote], [*factors, 1.0]
            stamps.append(int(self.quoted_at.timestamp()))
        pairs = list(zip(bars, factors, strict=True))
        quote: Json = {
            name: [round(getattr(bar, name) * factor, 6) for bar, factor in pairs]
            for name in ("open", "high", "low", "close")
        }
        volumes = [0 if one.is_index else int(bar.volume / factor) for bar, factor in pairs]
        quote["volume"] = volumes
        adjusted = {"adjclose": quote["close"]}
        return {"timestamp": stamps, "indicators": {"quote": [quote], "adjclose": [adjusted]}}

    def _events(self, ticker: str, start: dt.date, end: dt.date) -> Json:
        events: Json = {}
        for split in self.market.happened_splits(ticker):
            if start <= split.day <= end:
                stamp = int(_at(split.day, 9, 30).timestamp())
                row = {"date": stamp, "numerator": split.after, "denominator": split.before}
                row["splitRatio"] = f"{split.after}:{split.before}"
                events.setdefault("splits", {})[str(stamp)] = row
        for one in self.market.dividends:
            if one.ticker == ticker and start <= one.ex_date <= min(end, self.market.today):
                stamp = int(_at(one.ex_date, 9, 30).timestamp())
                cash = round(one.cash * self.market.split_factor(ticker, one.ex_date), 6)
                events.setdefault("dividends", {})[str(stamp)] = {"amount": cash, "date": stamp}
        return events

    def _series(self, query: dict[str, str]) -> Reply:
        symbol = query["symbol"]
        ticker = _SPELLED.get(symbol, symbol.replace("-", "."))
        filings = [one for one in self.market.filings if one.ticker == ticker]
        results = [self._item(symbol, kind, filings) for kind in query["type"].split(",")]
        answer = {"timeseries": {"result": results, "error": None}}
        return Reply(body=json.dumps(answer).encode())

    def _item(self, symbol: str, kind: str, filings: list[Filing]) -> Json:
        meta: Json = {"meta": {"symbol": [symbol], "type": [kind]}}
        name = _ITEMS.get(kind.removeprefix("quarterly"))
        if name is None or not filings:
            return meta
        quarters = [one for one in filings if one.fiscal_period in ("Q1", "Q2", "Q3")]
        rows: list[Json | None] = [
            {
                "asOfDate": one.period_end.isoformat(),
                "periodType": "3M",
                "currencyCode": "USD",
                "reportedValue": {"raw": getattr(one, name), "fmt": "…"},
            }
            for one in quarters
        ]
        stamps = [int(_at(one.period_end, 0).timestamp()) for one in quarters]
        return {**meta, "timestamp": [*stamps, 0], kind: [*rows, None]}


def _error(part: str, status: int, code: str, words: str) -> Reply:
    body = {part: {"result": None, "error": {"code": code, "description": words}}}
    return Reply(status, json.dumps(body).encode())


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=_ZONE)


def _day(stamp: int) -> dt.date:
    return dt.datetime.fromtimestamp(stamp, _ZONE).date()
