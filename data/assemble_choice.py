"""What of the store a market is made of: for each ticker one provider, and its symbols."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.assemble_lines import Line, company_of, line_of
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_file import Label
from data.override_actions import StatedAction, whole_labels

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
    stated : tuple of StatedAction
        Splits and dividends that take the place of the providers'.
    """

    lines: Mapping[str, Line]
    missing: Mapping[str, str]
    state: str
    stated: tuple[StatedAction, ...] = ()


def choose(
    store: FetchedStore,
    tickers: Iterable[str],
    order: Sequence[str],
    window: tuple[dt.date, dt.date],
    stated: Sequence[StatedAction] = (),
) -> Choice:
    """Choose for each ticker the provider whose bars reach furthest, with splits and dividends.

    Where two reach as far, the first of `order`. Bars without their splits and dividends are no
    returns and are never chosen; indices (``I:…``) have none and need none. `stated` are the splits
    and dividends of the overrides file: an action that cannot be read must be among them.
    """
    labels: Labels = {
        (table, provider): whole_labels(store.labels(table, provider), stated)
        for table in ("bars", *_ACTIONS)
        for provider in order
    }
    lines: dict[str, Line] = {}
    missing: dict[str, str] = {}
    digest = hashlib.blake2b(repr(window).encode(), digest_size=16)
    for ticker in tickers:
        served = _provider(labels, ticker, order, window[0])
        if served is None:
            missing[ticker] = _why(labels, ticker, order)
            continue
        provider, until = served
        line = _line(store, ticker, provider, until)
        lines[ticker] = line
        digest.update(repr((ticker, provider, line.segments)).encode())
        for symbol in dict.fromkeys(part.symbol for part in line.segments):
            for table in ("bars", *_ACTIONS):
                digest.update(_mark(labels[table, provider].get(symbol)))
            digest.update(repr([one for one in stated if one.ticker == symbol]).encode())
    for ticker, line in list(lines.items()):
        now = _later_name(lines.values(), line)
        if now is not None:  # one company must not be in the market twice
            missing[ticker] = f"the company trades as {now} and is there once"
            del lines[ticker]
    return Choice(lines, missing, digest.hexdigest(), tuple(stated))


def _later_name(lines: Iterable[Line], line: Line) -> str | None:
    for other in lines:
        symbols = {part.symbol for part in other.segments}
        if other.ticker != line.ticker and line.ticker in symbols:
            return other.ticker
    return None


def _provider(
    labels: Labels, ticker: str, order: Sequence[str], start: dt.date
) -> tuple[str, dt.date] | None:
    # The provider, and the day up to which everything that makes returns is known.
    found = []
    for rank, provider in enumerate(order):
        bars = labels["bars", provider].get(ticker)
        if bars is None or not bars.rows or bars.end is None or bars.start is None:
            continue
        until = bars.end
        if not ticker.startswith("I:"):
            actions = [labels[table, provider].get(ticker) for table in _ACTIONS]
            ends = [one.end for one in actions if one is not None and _from(one, bars.start)]
            if len(ends) < len(actions):
                continue
            until = min([until, *(end for end in ends if end is not None)])
        found.append((bars.start <= start, until, -rank, provider))
    return (max(found)[-1], max(found)[1]) if found else None


def _from(label: Label, start: dt.date) -> bool:
    return label.start is not None and label.start <= start


def _why(labels: Labels, ticker: str, order: Sequence[str]) -> str:
    bars = [labels["bars", provider].get(ticker) for provider in order]
    if any(label is not None and label.rows for label in bars):
        return "bars came without their splits and dividends"
    if any(label is not None for label in bars):
        return "the provider has no bars of it"
    return "no bars came"


def _line(store: FetchedStore, ticker: str, provider: str, until: dt.date) -> Line:
    details = _rows(store, "details", provider, ticker)
    changes = {row["day"]: row["symbol"] for row in _rows(store, "changes", provider, ticker)}
    symbols = {ticker, *changes.values()}
    listings = {symbol: _rows(store, "listings", provider, symbol) for symbol in symbols}
    company = company_of(details[0] if details else None, listings[ticker])
    line = line_of(ticker, provider, company, changes, listings)
    # Bars after the last known splits and dividends are no returns yet.
    segments = [
        replace(part, last=min(part.last, until)) for part in line.segments if part.first <= until
    ]
    return replace(line, segments=tuple(segments))


def _rows(store: FetchedStore, table: str, provider: str, ticker: str) -> list[dict[str, Any]]:
    try:
        series = store.read(table, provider, ticker)
    except FetchedCorruptError:
        return []  # in quarantine now, and asked again at the next fetch
    rows: list[dict[str, Any]] = [] if series is None else series.rows.to_pylist()
    return rows


def _mark(label: Label | None) -> bytes:
    return b"none" if label is None else repr((label.fetched_at, label.rows, label.end)).encode()
