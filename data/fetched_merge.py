"""A new answer joined to what is stored of one ticker: pure, nothing lost, nothing invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from data.fetched_errors import FetchedRowsError
from data.fetched_tables import FETCHED_AT, SUPERSEDED_AT, FetchedTable

__all__ = ["Changes", "Window", "came_later", "checked_rows", "in_force", "merged"]

_CLOCK: Final = dt.timedelta(days=1)

Row = dict[str, Any]
Key = tuple[Any, ...]
Window = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an answer did to the rows of a ticker, in rows.

    Attributes
    ----------
    added, unchanged : int
        New keys; rows that say what was stored.
    revised : int
        Stored rows with another value: the old one stays as superseded.
    withdrawn : int
        Actions in the window that the answer no longer has; they stay as superseded.
    not_repeated : int
        Bars in the window that the answer no longer has; they stay in force.
    outdated : int
        Rows of an answer that is older than the stored row they differ from; left aside.
    """

    added: int = 0
    unchanged: int = 0
    revised: int = 0
    withdrawn: int = 0
    not_repeated: int = 0
    outdated: int = 0


def checked_rows(
    spec: FetchedTable, ticker: str, rows: pa.Table, window: Window | None
) -> pa.Table:
    """Return `rows` in the columns of the table, sorted by key.

    Raises
    ------
    FetchedRowsError
        A column is missing or of another kind, a row is of another ticker or outside the window,
        a key is empty or stands twice, a number is not finite.
    """
    try:
        table = pa.table(
            [rows[field.name].cast(field.type) for field in spec.columns], schema=spec.columns
        )
    except (KeyError, pa.ArrowException) as error:
        raise _bad(spec, ticker, f"columns must be those of {spec.name}: {error}") from error
    if table.num_rows and pc.unique(table["ticker"]).to_pylist() != [ticker]:
        raise _bad(spec, ticker, f"rows must be of {ticker} alone")
    for field in spec.columns:
        if pa.types.is_floating(field.type):
            finite = pc.all(pc.fill_null(pc.is_finite(table[field.name]), True)).as_py()
            if finite is False:
                raise _bad(spec, ticker, f"{field.name} must be finite or empty")
    keys = list(zip(*(table[name].to_pylist() for name in spec.key), strict=True))
    if len(set(keys)) != len(keys):
        raise _bad(spec, ticker, f"{', '.join(spec.key)} must not stand twice")
    if spec.date is not None:
        days = table[spec.date].to_pylist()
        if None in days:
            raise _bad(spec, ticker, f"{spec.date} must not be empty")
        if window is None or window[1] < window[0]:
            raise _bad(spec, ticker, f"asked must be first and last day, was {window}")
        if days and not (window[0] <= min(days) and max(days) <= window[1]):
            raise _bad(
                spec,
                ticker,
                f"{spec.date} must lie in {window[0]} to {window[1]}, was {min(days)} to "
                f"{max(days)}",
            )
    return table.sort_by([(name, "ascending") for name in spec.key])


def came_later(stored: dt.datetime, answer: dt.datetime) -> bool:
    """Whether what is stored came after an answer, of another process that was quicker.

    No two processes are a day apart: then the clock was wrong, and the answer is the newer.
    """
    return answer < stored <= answer + _CLOCK


def in_force(table: pa.Table) -> pa.Table:
    """Return the rows that no other took the place of."""
    return table.filter(pc.is_null(table[SUPERSEDED_AT]))


def merged(
    spec: FetchedTable,
    stored: pa.Table,
    answer: pa.Table,
    window: Window | None,
    fetched_at: dt.datetime,
) -> tuple[pa.Table, Changes]:
    """Join `answer` (checked) to `stored`; rows outside the window are passed through untouched.

    A row that says what is stored changes nothing, not even when it came. One that says otherwise
    takes its place, unless the stored row came later (`came_later`).
    """
    if not stored.num_rows:
        return _fresh(spec, answer, fetched_at), Changes(added=answer.num_rows)
    touched = _in_window(spec, stored, window)
    current = {_key(spec, row): row for row in in_force(stored.filter(touched)).to_pylist()}
    new = {_key(spec, row): row for row in answer.to_pylist()}
    rows: list[Row] = []
    count = dict.fromkeys(Changes.__dataclass_fields__, 0)
    for key, row in new.items():
        old = current.get(key)
        fate = _fate(spec, old, row, fetched_at)
        count[fate] += 1
        if old is not None:
            rows.append({**old, SUPERSEDED_AT: fetched_at} if fate == "revised" else old)
        if fate in ("added", "revised"):
            rows.append({**row, FETCHED_AT: fetched_at, SUPERSEDED_AT: None})
    for key, old in current.items():
        if key in new:
            continue
        gone = spec.absent == "withdrawn" and not came_later(old[FETCHED_AT], fetched_at)
        count["withdrawn" if gone else "not_repeated"] += 1
        rows.append({**old, SUPERSEDED_AT: fetched_at} if gone else old)
    history = stored.filter(pc.and_(touched, pc.is_valid(stored[SUPERSEDED_AT])))
    whole = pa.concat_tables(
        [
            stored.filter(pc.invert(touched)),
            history,
            pa.Table.from_pylist(rows, schema=spec.stored),
        ]
    )
    order = [(name, "ascending") for name in (*spec.key, FETCHED_AT)]
    return whole.sort_by(order).combine_chunks(), Changes(**count)


def _fresh(spec: FetchedTable, answer: pa.Table, fetched_at: dt.datetime) -> pa.Table:
    columns = [
        pa.repeat(pa.scalar(moment, spec.stored.field(name).type), answer.num_rows)
        for name, moment in zip((FETCHED_AT, SUPERSEDED_AT), (fetched_at, None), strict=True)
    ]
    return pa.table([*answer.combine_chunks().columns, *columns], schema=spec.stored)


def _fate(spec: FetchedTable, old: Row | None, row: Row, fetched_at: dt.datetime) -> str:
    if old is None:
        return "added"
    if all(old[name] == row[name] for name in spec.columns.names):
        return "unchanged"
    return "outdated" if came_later(old[FETCHED_AT], fetched_at) else "revised"


def _in_window(spec: FetchedTable, stored: pa.Table, window: Window | None) -> pa.ChunkedArray:
    if spec.date is None or window is None:
        return pa.chunked_array([pa.array([True] * stored.num_rows, pa.bool_())])
    days = stored[spec.date]
    first, last = (pa.scalar(day, pa.date32()) for day in window)
    return pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last))


def _key(spec: FetchedTable, row: Mapping[str, Any]) -> Key:
    return tuple(row[name] for name in spec.key)


def _bad(spec: FetchedTable, ticker: str, fault: str) -> FetchedRowsError:
    return FetchedRowsError(f"{spec.name} of {ticker[:40]}: {fault}. Nothing was stored.")
