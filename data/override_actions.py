"""Splits and dividends that a person states: they take the place of a provider's of that day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import OverridesError
from data.fetched_file import Days, Label
from data.override_entries import day_of, known_keys, number_of, text_of

__all__ = [
    "StatedAction",
    "answers",
    "days_told",
    "stated_actions",
    "whole_labels",
    "with_stated",
]

_KEYS: Final = ("ticker", "kind", "date", "ratio", "amount", "reason")
_TABLES: Final = {"split": "splits", "dividend": "dividends"}
_DAYS: Final = {"splits": "execution_date", "dividends": "ex_date"}
# What providers call the day of a row that they told.
_TOLD_DAYS: Final = {"splits": "execution_date", "dividends": "ex_dividend_date"}


@dataclass(frozen=True, slots=True)
class StatedAction:
    """A split or dividend of one security on one day, as a person states it.

    Attributes
    ----------
    ticker : str
        The symbol under which the provider tells it.
    kind : {"split", "dividend"}
    day : date
        Execution date or ex-date.
    value : float
        Of a split, new shares for one old, > 0; 1 = there was none. Of a dividend, dollars a share
        as it was paid, ≥ 0; 0 = there was none.
    reason : str
    """

    ticker: str
    kind: Literal["split", "dividend"]
    day: dt.date
    value: float
    reason: str

    @property
    def table(self) -> str:
        """Table of fetched data that the action belongs to."""
        return _TABLES[self.kind]

    @property
    def happened(self) -> bool:
        """Whether it says that there was an action, not that there was none."""
        return self.value != (1.0 if self.kind == "split" else 0.0)

    def __str__(self) -> str:
        """Say what is stated and why."""
        what = f"ratio {self.value:g}" if self.kind == "split" else f"amount {self.value:g}"
        return f"action {self.kind} {self.ticker} {self.day} {what}: {self.reason}"


def stated_actions(entries: Sequence[Any], name: str) -> tuple[StatedAction, ...]:
    """Return the [[action]] entries of the overrides file `name`; raises OverridesError."""
    found = [
        _action(entry, f"{name}: [[action]] number {number}")
        for number, entry in enumerate(entries, 1)
    ]
    keys = [(one.ticker, one.kind, one.day) for one in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        ticker, kind, day = twice[0]
        raise OverridesError(
            f"{name}: [[action]] must state each day once, the {kind} of {ticker} on {day} is "
            "stated twice. Several dividends of one day are one amount."
        )
    return tuple(found)


def days_told(table: str, rows: Iterable[str]) -> Days:
    """Return the days of rows that could not be read, as they came (JSON), each once.

    None stands for a row of which nobody can read the day either.
    """
    return tuple(dict.fromkeys(_day(table, row) for row in rows))


def answers(stated: Iterable[StatedAction], table: str, ticker: str, told: Days) -> bool:
    """Whether every row that could not be read, by its day, is stated by hand.

    An entry of the row's day states it; where the day cannot be read either, any entry does.
    """
    days = {one.day for one in stated if (one.table, one.ticker) == (table, ticker)}
    return bool(days) and all(day is None or day in days for day in told)


def whole_labels(labels: Mapping[str, Label], stated: Sequence[StatedAction]) -> dict[str, Label]:
    """Return the labels by ticker without those of series with rows that nobody can read.

    Where each of these is stated *now*, see :func:`answers`, the series is whole: an entry that was
    there when the answer came and has been moved since states nothing any more.
    """
    return {
        ticker: label
        for ticker, label in labels.items()
        if not label.unreadable or answers(stated, label.table, ticker, label.unreadable)
    }


def with_stated(
    table: str, rows: pa.Table, ticker: str, stated: Iterable[StatedAction], *, only_new: bool
) -> pa.Table:
    """Return splits or dividends of a ticker with what is stated in their place.

    Parameters
    ----------
    rows : pyarrow.Table
        Of one ticker, with the columns of the fetched table.
    only_new : bool
        Keep what the provider said of a day, add only days of which it said nothing.
    """
    column = _DAYS[table]
    for one in stated:
        if (one.table, one.ticker) != (table, ticker):
            continue
        same = pc.equal(rows[column], pa.scalar(one.day, pa.date32()))
        if only_new and pc.any(same).as_py():
            continue
        rows = rows.filter(pc.invert(pc.fill_null(same, fill_value=False)))
        if one.happened:
            rows = pa.concat_tables([rows, _row(one, rows.schema)])
    return rows


def _row(one: StatedAction, schema: pa.Schema) -> pa.Table:
    values: Mapping[str, object] = (
        {"execution_date": one.day, "split_from": 1.0, "split_to": one.value, "ratio": one.value}
        if one.kind == "split"
        else {"ex_date": one.day, "cash_amount": one.value, "currency": "USD"}
    )
    return pa.Table.from_pylist([{"ticker": one.ticker, **values}], schema=schema)


def _day(table: str, row: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(json.loads(row)[_TOLD_DAYS[table]])
    except (ValueError, KeyError, TypeError):
        return None


def _action(entry: Mapping[str, Any], where: str) -> StatedAction:
    known_keys(entry, _KEYS, where)
    kind = text_of(entry, "kind", where)
    day = day_of(entry, "date", where)
    if day is None:
        raise OverridesError(f"{where}: date must be the day of the action, there was none.")
    given = [name for name in ("ratio", "amount") if name in entry]
    if kind == "split" and given == ["ratio"]:
        value = number_of(entry, "ratio", where, 1e-9, "new shares for one old one, above 0")
    elif kind == "dividend" and given == ["amount"]:
        value = number_of(entry, "amount", where, 0.0, "dollars a share as it was paid, 0 or more")
    else:
        raise OverridesError(
            f"{where}: an action must be a split with its ratio, or a dividend with its amount; "
            f"was kind {kind!r} with {' and '.join(given) or 'neither'}."
        )
    ticker, reason = text_of(entry, "ticker", where), text_of(entry, "reason", where)
    # The two branches above leave these two kinds.
    return StatedAction(ticker, "split" if kind == "split" else "dividend", day, value, reason)
