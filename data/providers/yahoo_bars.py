"""Yahoo's chart answers: bars, splits and dividends, every row kept or refused with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Never
from zoneinfo import ZoneInfo

import pyarrow as pa

from data.calendar import last_complete_session
from data.net.errors import BadAnswerError, BadQueryError
from data.providers.base import Refused
from data.providers.polygon_actions import dividends_table, splits_table
from data.providers.polygon_bars import bars_table
from data.providers.raw_rows import exchange_dates, row_text
from data.providers.yahoo_settings import NAME

__all__ = ["Chart", "chart_check", "parse_chart", "plimsoll_ticker", "yahoo_symbol"]

_FIELDS: Final = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
_ZONE: Final = ZoneInfo("America/New_York")
_LATER: Final = "Try again later; if it stays, report it."
_MS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """What an answer holds of the dates asked for.

    Attributes
    ----------
    bars, splits, dividends : pyarrow.Table
        Schemas RAW_BARS, SPLITS, DIVIDENDS; prices and cash on the split basis of the answer.
    others : tuple of date
        First and last day of bars outside the dates asked for; empty where there are none.
    """

    bars: pa.Table
    refused: tuple[Refused, ...]
    splits: pa.Table
    refused_splits: tuple[Refused, ...]
    dividends: pa.Table
    refused_dividends: tuple[Refused, ...]
    others: tuple[dt.date, ...]


def yahoo_symbol(ticker: str) -> str:
    """Return Yahoo's spelling of a ticker.

    Classes and preferred shares have a hyphen, indices a caret.

    Raises
    ------
    BadQueryError
        Small letters other than the p of a preferred share: yfinance would make capitals of them,
        and that is another company's symbol.

    Examples
    --------
    >>> [yahoo_symbol(one) for one in ("BRK.B", "KMPpL", "I:VIX", "SPY", "^VIX", "BRK-B")]
    ['BRK-B', 'KMP-PL', '^VIX', 'SPY', '^VIX', 'BRK-B']
    """
    if ticker.startswith("I:"):
        return f"^{ticker[2:]}"
    head, lower, tail = ticker.partition("p")
    if lower and head and (tail.isupper() or not tail):
        return f"{head}-P{tail}"
    if ticker != ticker.upper():
        way_out = "Take it from another source, or out of the universe."
        expected, found = "have a spelling at Yahoo", "has small letters that nobody spells there"
        raise BadQueryError(NAME, f"the symbol {ticker}", expected, found, way_out)
    return ticker.replace(".", "-")


def plimsoll_ticker(symbol: str) -> str:
    """Return this program's spelling of Yahoo's symbol; undoes `yahoo_symbol` for new names.

    A class of one letter gets its dot back, a preferred share its small p.

    Examples
    --------
    >>> [plimsoll_ticker(one) for one in ("BRK-B", "KMP-PL", "^VIX", "SPY")]
    ['BRK.B', 'KMPpL', 'I:VIX', 'SPY']
    """
    if symbol.startswith("^"):
        return f"I:{symbol[1:]}"
    head, hyphen, tail = symbol.partition("-")
    if hyphen and len(tail) > 1 and tail.startswith("P"):
        return f"{head}p{tail[1:]}"
    return f"{head}.{tail}" if hyphen else symbol


def chart_check(symbol: str, thing: str) -> Callable[[dict[str, Any]], None]:
    """Return a check of one answer: of the right symbol, daily, in dollars, columns of one length.

    An answer without any bar is none: it was seen where there were bars.
    """

    def check(answer: dict[str, Any]) -> None:
        result = _result(answer, thing)
        meta = result.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        named = meta.get("symbol")
        if named != symbol:
            _bad(thing, f"be of {symbol}", f"were of {str(named)[:30]!r}")
        if meta.get("dataGranularity", "1d") != "1d":
            _bad(thing, "be daily", f"were {str(meta['dataGranularity'])[:10]!r}")
        currency = meta.get("currency", "USD")
        if currency != "USD":
            found = f"were in {str(currency)[:10]!r}"
            way_out = "The symbol is another exchange's: correct it in the universe."
            raise BadQueryError(NAME, thing, "be in dollars", found, way_out)
        stamps, columns = _columns(result, thing)
        if not stamps:
            _bad(thing, "have a bar somewhere", "had none, and no proof that there is none")
        short = [name for name, column in columns.items() if len(column) != len(stamps)]
        if short:
            _bad(thing, f"have {len(stamps)} values a column", f"had others in {short[0]}")
        for name in ("splits", "dividends", "capitalGains"):
            _events(result, name, dt.date.min, dt.date.max, thing)

    return check


def parse_chart(
    answer: dict[str, Any], ticker: str, start: dt.date, end: dt.date, moment: dt.datetime
) -> Chart:
    """Return what a checked answer holds of `start` to `end`; actions up to `moment`.

    Bars of a session that was not over at `moment` are refused: they still change.
    """
    thing = f"daily bars of {ticker}"
    result = _result(answer, thing)
    stamps, columns = _columns(result, thing)
    known = [stamp * _MS if type(stamp) is int else stamp for stamp in stamps]
    days = exchange_dates(known).to_pylist()
    index = ticker.startswith(("I:", "^"))
    rows, others = [], []
    for place, (stamp, day) in enumerate(zip(known, days, strict=True)):
        if day is not None and not start <= day <= end:
            others.append(day)
            continue
        row = {key: columns[name][place] for key, name in _FIELDS.items()}
        rows.append({**row, "v": None if index else row["v"], "t": stamp})
    refused = _unfinished(rows, result, ticker, moment)
    bars, more = bars_table(rows, ticker, start, end)
    today = moment.astimezone(_ZONE).date()
    splits, refused_splits = splits_table(_splits(result, ticker, start, today, thing))
    dividends, refused_dividends = dividends_table(_dividends(result, ticker, start, today, thing))
    span = (min(others), max(others)) if others else ()
    return Chart(bars, refused + more, splits, refused_splits, dividends, refused_dividends, span)


def _unfinished(
    rows: list[dict[str, Any]], result: dict[str, Any], ticker: str, moment: dt.datetime
) -> tuple[Refused, ...]:
    # Takes the rows that are still moving out of `rows`. While the market is open, and for some
    # hours after it, the last row is the latest quote: a session too many, or one told twice.
    refused = []
    today = moment.astimezone(_ZONE).date()
    final = None
    while rows:
        day = exchange_dates([rows[-1]["t"]])[0].as_py()
        before = exchange_dates([rows[-2]["t"]])[0].as_py() if len(rows) > 1 else None
        quoted = result["meta"].get("regularMarketTime")
        if day is not None and day == before and rows[-1]["t"] == _times(quoted):
            refused.append(Refused("live_quote", ticker, row_text(rows.pop())))
            continue
        if day is None or day < today:
            break
        final = last_complete_session(moment) if final is None else final
        if day <= final:
            break
        refused.append(Refused("unfinished_session", ticker, row_text(rows.pop())))
    return tuple(refused)


def _times(stamp: object) -> int | None:
    return stamp * _MS if type(stamp) is int else None


def _result(answer: dict[str, Any], thing: str) -> dict[str, Any]:
    chart = answer.get("chart") if isinstance(answer, dict) else None
    results = chart.get("result") if isinstance(chart, dict) else None
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        _bad(thing, "have one result", f"had {type(results).__name__}")
    result: dict[str, Any] = results[0]
    return result


def _columns(result: dict[str, Any], thing: str) -> tuple[list[Any], dict[str, list[Any]]]:
    stamps = result.get("timestamp")
    if stamps is None:
        return [], {}
    indicators = result.get("indicators")
    quotes = indicators.get("quote") if isinstance(indicators, dict) else None
    quote = quotes[0] if isinstance(quotes, list) and quotes else None
    columns = {
        name: quote.get(name) if isinstance(quote, dict) else None for name in _FIELDS.values()
    }
    if not isinstance(stamps, list) or not all(isinstance(one, list) for one in columns.values()):
        _bad(thing, "come in columns", "had something else")
    return stamps, {name: column or [] for name, column in columns.items()}


def _splits(
    result: dict[str, Any], ticker: str, start: dt.date, end: dt.date, thing: str
) -> list[dict[str, Any]]:
    return [
        {
            "ticker": ticker,
            "execution_date": day,
            "split_from": row.get("denominator"),
            "split_to": row.get("numerator"),
        }
        for day, row in _events(result, "splits", start, end, thing)
    ]


def _dividends(
    result: dict[str, Any], ticker: str, start: dt.date, end: dt.date, thing: str
) -> list[dict[str, Any]]:
    # A fund's distribution of gains is cash for its holder like a dividend.
    return [
        {
            "ticker": ticker,
            "ex_dividend_date": day,
            "cash_amount": row.get("amount"),
            "currency": row.get("currency") or "USD",
            "dividend_type": kind,
        }
        for name, kind in (("dividends", "CD"), ("capitalGains", "CG"))
        for day, row in _events(result, name, start, end, thing)
    ]


def _events(
    result: dict[str, Any], name: str, start: dt.date, end: dt.date, thing: str
) -> list[tuple[str | None, dict[str, Any]]]:
    events = result.get("events") or {}
    found = events.get(name) if isinstance(events, dict) else None
    if found is None:
        return []
    told = list(found.values()) if isinstance(found, dict) else [None]
    rows: list[dict[str, Any]] = [row for row in told if isinstance(row, dict)]
    if len(rows) < len(told):
        _bad(thing, f"have {name} as objects", "had something else")
    stamps = [_times(row.get("date")) for row in rows]
    days = exchange_dates(stamps).to_pylist()
    return [
        (None if day is None else day.isoformat(), row)
        for day, row in zip(days, rows, strict=True)
        if day is None or start <= day <= end
    ]


def _bad(thing: str, expected: str, found: str) -> Never:
    raise BadAnswerError(NAME, thing, expected, found, _LATER)
