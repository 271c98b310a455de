"""The rules a row must keep, and the duplicates among rows that keep them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from data.convert import Parsed
from data.schema import BASES, DATE_KINDS, REASONS, SECTORS, TICKER_PATTERN, TableSchema

__all__ = ["REASON_NAMES", "flag_rows", "judge_duplicates", "judge_rows", "key_ids", "unordered"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int16]
Columns = Mapping[str, Parsed]
Verdicts = Iterator[tuple[str, Bools]]

# Place of each reason in the array of verdicts; 0 is a good row.
REASON_NAMES = ("", *REASONS)

_EPOCH = dt.date(1970, 1, 1)
_EARLIEST = (dt.date(1900, 1, 1) - _EPOCH).days
_LATEST = (dt.date(2200, 12, 31) - _EPOCH).days
# A date of the past must not lie after the day of the import; the end of a membership or of a
# listing may be announced.
_ANNOUNCED = ("end_date", "last_session")
# Prices that were rounded to 32 bits, or adjusted bar by bar, miss the order by a hair.
OHLC_TOLERANCE = 5e-4
SHORTEST_LAG, LONGEST_LAG = 5, 200
_TICKER = re.compile(TICKER_PATTERN)
_OHLC = ("open", "high", "low", "close", "adj_close")


def judge_rows(schema: TableSchema, columns: Columns, today: dt.date) -> Codes:
    """Find the first rule that each row breaks.

    Parameters
    ----------
    schema : TableSchema
    columns : mapping of str to Parsed
        Every column of the schema.
    today : date
        Dates of the past must not lie after it.

    Returns
    -------
    int16[rows]
        Place in ``REASON_NAMES``; 0 = the row keeps every rule.
    """
    rows = len(next(iter(columns.values())).missing)
    verdict: Codes = np.zeros(rows, dtype=np.int16)
    for reason, broken in _verdicts(schema, columns, (today - _EPOCH).days):
        verdict[broken & (verdict == 0)] = REASON_NAMES.index(reason)
    return verdict


def judge_duplicates(schema: TableSchema, columns: Columns, rows: npt.NDArray[np.int64]) -> Codes:
    """Judge rows that share a key.

    Parameters
    ----------
    rows : int64[n]
        Rows to compare, those that are good so far.

    Returns
    -------
    int16[n]
        Verdict for each of `rows`: when all rows of a key say the same, all but the first are
        ``duplicate_identical``; when they differ, every one is ``duplicate_conflicting``.
    """
    verdict: Codes = np.zeros(len(rows), dtype=np.int16)
    identifiers = key_ids([columns[name] for name in schema.key], rows)
    order = np.argsort(identifiers, kind="stable")
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = np.diff(identifiers[order]) != 0
    if fresh.all():
        return verdict
    group = np.cumsum(fresh) - 1
    first = order[fresh][group]
    differs = np.zeros(len(rows), dtype=bool)
    for column in schema.stored:
        differs |= _differs(columns[column.name], rows[order], rows[first])
    conflict = np.bincount(group, weights=differs) > 0
    repeated = np.bincount(group) > 1
    verdict[order[conflict[group]]] = REASON_NAMES.index("duplicate_conflicting")
    again = repeated[group] & ~conflict[group] & ~fresh
    verdict[order[again]] = REASON_NAMES.index("duplicate_identical")
    return verdict


def flag_rows(schema: TableSchema, columns: Columns) -> dict[str, Bools]:
    """Return what is remarkable about rows that are stored all the same, by flag."""
    if "close" in schema.names:
        return _bar_flags(columns)
    if schema.name == "membership":
        return {"overlapping_membership": _overlaps(columns)}
    return {}


def unordered(schema: TableSchema, columns: Columns) -> bool:
    """Whether the dates of any one symbol do not rise in the order of the file."""
    if "date" not in schema.names:
        return False
    symbol = columns["series" if schema.name == "rates" else "ticker"].values
    order = np.argsort(symbol, kind="stable")
    days = columns["date"].values[order]
    return bool(((np.diff(days) < 0) & (np.diff(symbol[order]) == 0)).any())


def key_ids(columns: list[Parsed], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one number for each row, equal exactly where all the `columns` are equal."""
    whole = np.zeros(len(rows), dtype=np.int64)
    for column in columns:
        part = np.where(column.missing[rows], -1, column.values[rows].astype(np.int64))
        part -= part.min(initial=0)
        whole = whole * (int(part.max(initial=0)) + 1) + part
    return whole


def _verdicts(schema: TableSchema, columns: Columns, today: int) -> Verdicts:
    for column in schema.columns:
        parsed = columns[column.name]
        if column.kind != "text":
            yield f"unparsable_{column.kind}", parsed.bad
        if not column.nullable:
            yield "missing_value", parsed.missing
        if column.kind == "date":
            days, there = parsed.values, ~parsed.missing & ~parsed.bad
            yield "absurd_date", there & ((days < _EARLIEST) | (days > _LATEST))
            if column.name not in _ANNOUNCED:
                yield "future_date", there & (days > today)
        if column.kind == "number":
            yield "not_finite", np.isinf(parsed.values)
        if column.name == "ticker":
            yield "bad_ticker", _text_mask(parsed, lambda text: not _TICKER.fullmatch(text))
    rules: dict[str, Callable[[Columns], Verdicts]] = {
        "prices": _bar_rules,
        "indices": _bar_rules,
        "securities": _security_rules,
        "membership": _membership_rules,
        "fundamentals": _filing_rules,
    }
    if schema.name in rules:
        yield from rules[schema.name](columns)


def _bar_rules(columns: Columns) -> Verdicts:
    for name in _OHLC:
        yield "non_positive_price", columns[name].values <= 0.0
    yield "negative_volume", columns["volume"].values < 0.0
    yield "unknown_basis", _text_mask(columns["basis"], lambda text: text not in BASES)


def _security_rules(columns: Columns) -> Verdicts:
    yield "unknown_sector", _text_mask(columns["sector"], lambda text: text not in SECTORS)
    yield "impossible_return", columns["delisting_return"].values < -1.0


def _membership_rules(columns: Columns) -> Verdicts:
    start, end = columns["start_date"], columns["end_date"]
    yield "end_before_start", ~end.missing & (end.values <= start.values)


def _filing_rules(columns: Columns) -> Verdicts:
    lag = columns["available_date"].values - columns["period_end"].values
    marked = (columns["suspect"].values == 1) & ~columns["suspect"].missing
    yield "available_before_period_end", lag < 0
    yield "suspect_lag", marked | (lag < SHORTEST_LAG) | (lag > LONGEST_LAG)
    yield "unknown_date_kind", _text_mask(columns["date_kind"], lambda text: text not in DATE_KINDS)
    yield "negative_amount", columns["total_assets"].values < 0.0
    yield "negative_amount", columns["shares_outstanding"].values <= 0.0


def _bar_flags(columns: Columns) -> dict[str, Bools]:
    prices = np.stack([columns[name].values for name in ("open", "high", "low", "close")])
    top = np.fmax(np.fmax(prices[0], prices[3]), prices[2])
    bottom = np.fmin(np.fmin(prices[0], prices[3]), prices[1])
    # Comparisons with NaN are false: a bar is judged by the prices that it has.
    disorder = (prices[1] < top * (1.0 - OHLC_TOLERANCE)) | (
        prices[2] > bottom * (1.0 + OHLC_TOLERANCE)
    )
    return {
        "ohlc_disorder": disorder,
        "zero_volume": columns["volume"].values == 0.0,
        "missing_ohl": np.isnan(prices[:3]).any(axis=0),
        "missing_volume": columns["volume"].missing,
    }


def _overlaps(columns: Columns) -> Bools:
    start = columns["start_date"].values
    end = np.where(columns["end_date"].missing, _LATEST, columns["end_date"].values)
    symbol = columns["ticker"].values
    order = np.lexsort((start, symbol))
    same = np.diff(symbol[order]) == 0
    overlapping = np.zeros(len(order), dtype=bool)
    overlapping[order[1:]] = same & (start[order][1:] < end[order][:-1])
    return overlapping


def _text_mask(column: Parsed, broken: Callable[[str], bool]) -> Bools:
    # Asks each distinct text once.
    table = np.array([broken(text) for text in column.texts] or [False], dtype=bool)
    mask: Bools = table[column.values] & ~column.missing
    return mask


def _differs(column: Parsed, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Bools:
    missing = column.missing[rows], column.missing[others]
    unequal = column.values[rows] != column.values[others]
    different: Bools = (missing[0] != missing[1]) | (unequal & ~missing[0] & ~missing[1])
    return different
