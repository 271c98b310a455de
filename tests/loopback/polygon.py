"""The Polygon protocol over the little market."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode
from zoneinfo import ZoneInfo

from tests.loopback.faults import Reply
from tests.loopback.market import Bar
from tests.loopback.polygon_rows import LISTS, Json, listing
from tests.loopback.server import Limited, Request

KEY = "pk_TestKey0123456789"
_ZONE = ZoneInfo("America/New_York")
_AGGS = re.compile(r"/v2/aggs/ticker/([^/]+)/range/1/day/([0-9-]+)/([0-9-]+)")
_GROUPED = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([0-9-]+)")
_DETAILS = re.compile(r"/v3/reference/tickers/([^/]+)")
_EVENTS = re.compile(r"/vX/reference/tickers/([^/]+)/events")
_PREFIXES = (
    "/v1/marketstatus",
    "/v2/aggs",
    "/v2/snapshot",
    "/v3/reference",
    "/vX/reference",
    "/fed/v1",
)


@dataclass
class PolygonProtocol(Limited):
    """Answers as the service does, for one key.

    Attributes
    ----------
    page_size : int
        Rows on one page at most, whatever the client asks for; 0 = as asked.
    link_host : str
        Where links to further pages lead; the service names itself there, not a proxy.
    outside_plan : tuple of str
        Parts of paths that are answered with 403.
    """

    key: str = KEY
    page_size: int = 0
    link_host: str = "https://api.massive.com"
    outside_plan: tuple[str, ...] = ()
    _cache: dict[tuple[str, dt.date, int], bytes] = field(default_factory=dict)

    def forget(self) -> None:
        """Make every answer anew: what the market tells was changed behind it."""
        self._cache.clear()

    def speaks(self, request: Request) -> bool:
        return request.path.startswith(_PREFIXES)

    def reply(self, request: Request) -> Reply:
        said = request.headers.get("authorization")
        if said != f"Bearer {self.key}":
            return _error(401, {"status": "ERROR", "error": "Unknown API Key"})
        if self.too_many(request.moment):
            return _error(429, {"status": "ERROR", "error": "You've exceeded the maximum requests"})
        if any(part in request.path for part in self.outside_plan):
            message = "You are not entitled to this data. Please upgrade your plan."
            return _error(403, {"status": "NOT_AUTHORIZED", "message": message})
        cached = (request.target, self.market.today, len(self.market.revised))
        content = self._cache.get(cached)
        if content is None:
            answer = self._answer(request)
            if answer is None:
                message = "Ticker not found."
                return _error(404, {"status": "NOT_FOUND", "message": message})
            content = self._cache[cached] = json.dumps(answer).encode()
        return Reply(body=content)

    def _answer(self, request: Request) -> Json | list[Json] | None:
        path, query = unquote(request.path), request.query
        if match := _AGGS.fullmatch(path):
            return self._aggs(match[1], _day(match[2]), _day(match[3]), query)
        if match := _GROUPED.fullmatch(path):
            return self._grouped(_day(match[1]), query)
        if match := _EVENTS.fullmatch(path):
            return self._events(match[1])
        if path in LISTS:
            rows = LISTS[path](self.market, query)
            return self._page(path, query, rows, int(query.get("limit", 10)))
        if match := _DETAILS.fullmatch(path):
            return self._details(match[1], query)
        if path == "/v1/marketstatus/now":
            exchanges = {"nyse": "closed", "nasdaq": "closed", "otc": "closed"}
            moment = f"{self.market.today}T20:15:00-05:00"
            return {"market": "closed", "serverTime": moment, "exchanges": exchanges}
        if path == "/v1/marketstatus/upcoming":
            day = {"date": "2026-11-26", "exchange": "NYSE", "name": "Thanksgiving"}
            early = day | {"date": "2026-11-27", "status": "early-close"}
            early["close"] = "2026-11-27T18:00:00.000Z"
            return [early, day | {"status": "closed"}]
        if path == "/v2/snapshot/locale/us/markets/stocks/tickers":
            return self._snapshot(query)
        return None

    def _aggs(self, ticker: str, start: dt.date, end: dt.date, query: dict[str, str]) -> Json:
        adjusted = query.get("adjusted", "true") == "true"
        bars = self.market.bars(ticker, start, end)
        index = any(one.is_index for one in self.market.listings(ticker))
        rows = [
            self._bar(bar, self._factor(ticker, bar, adjusted), _at(bar.day, 0), index)
            for bar in bars
        ]
        path = f"/v2/aggs/ticker/{ticker}/range/1/day/{start}/{end}"
        page = self._page(path, query, rows, int(query.get("limit", 5000)), count=True)
        return page | {"ticker": ticker, "adjusted": adjusted, "queryCount": len(rows)}

    def _grouped(self, day: dt.date, query: dict[str, str]) -> Json:
        adjusted = query.get("adjusted", "true") == "true"
        rows = []
        for ticker in self.market.tickers():
            for bar in self.market.bars(ticker, day, day):
                factor = self._factor(ticker, bar, adjusted)
                rows.append(self._bar(bar, factor, _at(day, 16), False) | {"T": ticker})
        answer: Json = {"adjusted": adjusted, "queryCount": len(rows), "resultsCount": len(rows)}
        return answer | {"status": "OK", "request_id": "g1"} | ({"results": rows} if rows else {})

    def _factor(self, ticker: str, bar: Bar, adjusted: bool) -> float:
        return self.market.split_factor(ticker, bar.day) if adjusted else 1.0

    def _bar(self, bar: Bar, factor: float, stamp: int, index: bool) -> Json:
        names = ("o", "h", "l", "c")
        prices = (bar.open, bar.high, bar.low, bar.close)
        row: Json = {n: round(p * factor, 4) for n, p in zip(names, prices, strict=True)}
        row["t"] = stamp
        if not index:
            row |= {"v": bar.volume / factor, "vw": round(bar.vwap * factor, 4), "n": bar.trades}
        return row

    def _details(self, ticker: str, query: dict[str, str]) -> Json | None:
        day = _day(query["date"]) if "date" in query else self.market.today
        for one in self.market.listings(ticker):
            if one.first <= day <= (one.last or self.market.today):
                row = listing(one, self.market) | {
                    "sic_code": "3571",
                    "sic_description": "ELECTRONIC COMPUTERS",
                    "market_cap": 1e9,
                    "list_date": one.first.isoformat(),
                    "weighted_shares_outstanding": 100_000_000,
                }
                return {"status": "OK", "request_id": "d1", "results": row}
        return None

    def _events(self, ticker: str) -> Json | None:
        for one in self.market.listings(ticker):
            changes = [
                {
                    "type": "ticker_change",
                    "date": day.isoformat(),
                    "ticker_change": {"ticker": name},
                }
                for day, name in reversed(one.former)
            ]
            results = {"name": one.name, "composite_figi": one.figi, "events": changes}
            return {"status": "OK", "results": results}
        return None

    def _snapshot(self, query: dict[str, str]) -> Json:
        wanted = set(query.get("tickers", "").split(",")) - {""}
        rows = []
        for ticker in self.market.tickers():
            bars = self.market.bars(ticker)
            if bars and (not wanted or ticker in wanted):
                day = {"o": 0, "h": 0, "l": 0, "c": 0, "v": 0, "vw": 0}
                previous = {"c": bars[-1].close, "v": bars[-1].volume}
                rows.append({"ticker": ticker, "updated": 0, "day": day, "prevDay": previous})
        return {"status": "OK", "count": len(rows), "tickers": rows}

    def _page(
        self, path: str, query: dict[str, str], rows: list[Json], limit: int, count: bool = False
    ) -> Json:
        size = min(limit, self.page_size) if self.page_size else limit
        at = int(query.get("cursor", 0))
        some = rows[at : at + size]
        answer: Json = {"status": "OK", "request_id": f"r{at}"}
        if count:
            answer |= {"resultsCount": len(some), "count": len(some)}
        if some or not count:
            answer["results"] = some
        if at + size < len(rows):
            kept = {name: value for name, value in query.items() if name != "cursor"}
            link = f"{self.link_host}{path}?{urlencode(kept | {'cursor': at + size})}"
            answer["next_url"] = link
        return answer


def _error(status: int, answer: Json) -> Reply:
    return Reply(status, json.dumps(answer | {"request_id": "e1"}).encode())


def _at(day: dt.date, hour: int) -> int:
    return int(dt.datetime(day.year, day.month, day.day, hour, tzinfo=_ZONE).timestamp() * 1000)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
