"""Splits or dividends of one name as two providers tell them: which differ, which are missing."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from typing import Any, Final

import pyarrow as pa

__all__ = ["action_findings"]

_COLUMNS: Final = {"split": ("execution_date", "ratio"), "dividend": ("ex_date", "cash_amount")}
# Ratios are told as small integers; cash is rounded to a hundredth of a cent by some.
_RATIO: Final = 1e-4
_CASH: Final = 0.01
_CENT: Final = 5e-4
# One action told for different days: the day of record or of payment instead of the ex-date.
_SHIFT: Final = dt.timedelta(days=7)


def action_findings(
    kind: str, left: pa.Table, right: pa.Table, span: tuple[dt.date, dt.date]
) -> list[dict[str, Any]]:
    """Return findings (columns of FINDINGS, without ticker) about the actions in `span`.

    Parameters
    ----------
    kind : {"split", "dividend"}
    left, right : pyarrow.Table
        As `data.adjustment` takes them. Dividends of one day add up; splits multiply.
    """
    one, other = (_by_day(kind, table, span) for table in (left, right))
    rows = [
        _row(kind, day, one[day], other[day])
        for day in sorted(one.keys() & other.keys())
        if not _same(kind, one[day], other[day])
    ]
    here = {day: one[day] for day in one.keys() - other.keys()}
    there = {day: other[day] for day in other.keys() - one.keys()}
    for day in sorted(here):
        twin = _twin(kind, day, here[day], there)
        if twin is not None:
            row = _row(f"{kind}_date", day, here[day], there.pop(twin))
            rows.append(row | {"until": twin})
        else:
            rows.append(_row(f"{kind}_missing_right", day, here[day], None))
    rows += [_row(f"{kind}_missing_left", day, None, there[day]) for day in sorted(there)]
    return rows


def _by_day(kind: str, table: pa.Table, span: tuple[dt.date, dt.date]) -> dict[dt.date, float]:
    # The day of the first bar is left out: what happened at its open changes no bar of the span.
    date, value = _COLUMNS[kind]
    days: dict[dt.date, float] = defaultdict(lambda: 1.0 if kind == "split" else 0.0)
    for day, amount in zip(table[date].to_pylist(), table[value].to_pylist(), strict=True):
        if span[0] < day <= span[1]:
            days[day] = days[day] * amount if kind == "split" else days[day] + amount
    return dict(days)


def _same(kind: str, one: float, other: float) -> bool:
    if kind == "split":
        return math.isclose(one, other, rel_tol=_RATIO)
    return math.isclose(one, other, rel_tol=_CASH, abs_tol=_CENT)


def _twin(kind: str, day: dt.date, value: float, there: dict[dt.date, float]) -> dt.date | None:
    near = [one for one in there if abs(one - day) <= _SHIFT and _same(kind, value, there[one])]
    return min(near, key=lambda one: abs(one - day), default=None)


def _row(kind: str, day: dt.date, left: float | None, right: float | None) -> dict[str, Any]:
    difference = left / right - 1.0 if left is not None and right else None
    return {"kind": kind, "date": day, "left": left, "right": right, "difference": difference}
