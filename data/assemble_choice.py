"""What of the store a market is made of: for each ticker one provider, and its symbols."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.assemble_lines import Line, company_of, line_of
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_file import Label

__all__ = ["Choice", "choose"]

_ACTIONS = ("splits", "dividends")
Labels = Mapping[tuple[str, str], Mapping[str, Label]]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Series of one market.

    Attributes
    ----------
    lines : mapping of str to Line
        By ticker, in the order asked for.
    missing : mapping of str to str
        Tickers that cannot be in the market, with the reason in words.
    state : str
        Hash of the files that the adjusted prices are made of.
    """

    lines: Mapping[str, Line]
    missing: Mapping[str, str]
    state: str
    bases: Mapping[str, str] = field(default_factory=dict)


def choose(
    store: FetchedStore,
    tickers: Iterable[str],
    order: Sequence[str],
    window: tuple[dt.date, dt.date],
) -> Choice:
    """Choose for each ticker the provider whose bars reach furthest, with splits and dividends.

    Where two reach as far, the first of `order`. Bars without their splits and dividends are no
    returns and are never chosen; indices (``I:…``) have none and need none.
    """
    labels: Labels = {
        (table, provider): store.labels(table, provider)
        for table in ("bars", *_ACTIONS)
        for provider in order
    }
    lines: dict[str, Line] = {}
    missing: dict[str, str] = {}
    digest = hashlib.blake2b(repr(window).encode(), digest_size=16)
    for ticker in tickers:
        provider = _provider(labels, ticker, order, window[0])
        if provider is None:
            missing[ticker] = _why(labels, ticker, order)
            continue
        line = _line(store, ticker, provider)
        lines[ticker] = line
        digest.update(repr((ticker, provider, line.segments)).encode())
        for symbol in dict.fromkeys(part.symbol for part in line.segments):
            for table in ("bars", *_ACTIONS):
                digest.update(_mark(labels[table, provider].get(symbol)))
    for ticker, line in list(lines.items()):
        now = _later_name(lines.values(), line)
        if now is not None:  # one company must not be in the market twice
            missing[ticker] = f"the company trades as {now} and is there once"
            del lines[ticker]
    return Choice(lines, missing, digest.hexdigest())


def _later_name(lines: Iterable[Line], line: Line) -> str | None:
    for other in lines:
        symbols = {part.symbol for part in other.segments}
        if other.ticker != line.ticker and line.ticker in symbols:
            return other.ticker
    return None


def _provider(labels: Labels, ticker: str, order: Sequence[str], start: dt.date) -> str | None:
    found = []
    for rank, provider in enumerate(order):
        bars = labels["bars", provider].get(ticker)
        if bars is None or not bars.rows or bars.end is None or bars.start is None:
            continue
        actions = [labels[table, provider].get(ticker) for table in _ACTIONS]
        if not ticker.startswith("I:") and None in actions:
            continue
        found.append((bars.start <= start, bars.end, -rank, provider))
    return max(found)[-1] if found else None


def _why(labels: Labels, ticker: str, order: Sequence[str]) -> str:
    bars = [labels["bars", provider].get(ticker) for provider in order]
    if any(label is not None and label.rows for label in bars):
        return "bars came without their splits and dividends"
    if any(label is not None for label in bars):
        return "the provider has no bars of it"
    return "no bars came"


def _line(store: FetchedStore, ticker: str, provider: str) -> Line:
    details = _rows(store, "details", provider, ticker)
    changes = {row["day"]: row["symbol"] for row in _rows(store, "changes", provider, ticker)}
    symbols = {ticker, *changes.values()}
    listings = {symbol: _rows(store, "listings", provider, symbol) for symbol in symbols}
    company = company_of(details[0] if details else None, listings[ticker])
    return line_of(ticker, provider, company, changes, listings)


def _rows(store: FetchedStore, table: str, provider: str, ticker: str) -> list[dict[str, Any]]:
    try:
        series = store.read(table, provider, ticker)
    except FetchedCorruptError:
        return []  # in quarantine now, and asked again at the next fetch
    rows: list[dict[str, Any]] = [] if series is None else series.rows.to_pylist()
    return rows


def _mark(label: Label | None) -> bytes:
    return b"none" if label is None else repr((label.fetched_at, label.rows, label.end)).encode()
