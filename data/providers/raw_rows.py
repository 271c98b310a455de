"""Rows of JSON into columns: numbers stay numbers, and every row has exactly one fate."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.providers.base import Refused

__all__ = [
    "Sieve",
    "exchange_dates",
    "iso_date",
    "iso_dates",
    "number",
    "row_text",
    "table_of",
    "text",
]

_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
_MS_PER_DAY: Final = 86_400_000
_FIRST_MS: Final = (_FIRST - dt.date(1970, 1, 1)).days * _MS_PER_DAY
_LAST_MS: Final = (_LAST - dt.date(1970, 1, 1)).days * _MS_PER_DAY
_TEXT_LIMIT: Final = 1000


def number(value: object) -> float | None:
    """Return a JSON number as float, NaN for null; None for anything else (also true, "1").

    Infinity, which a literal such as 1e999 makes, is returned as it is: the caller refuses it.
    """
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


def text(value: object) -> str | None:
    """Return a JSON text, None for null, an empty text and anything else."""
    return value.strip() or None if isinstance(value, str) else None


def iso_date(value: object) -> dt.date | None:
    """Return the date of an ISO text (2024-06-03, or a moment that starts with it), else None."""
    if not isinstance(value, str):
        return None
    try:
        day = dt.date.fromisoformat(value[:10])
    except ValueError:
        return None
    return day if _FIRST <= day < _LAST else None


def table_of(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return rows of values as a table; None and NaN become null."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(column, item.type, from_pandas=True)
        for column, item in zip(columns, schema, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def iso_dates(rows: Sequence[dict[str, Any]], name: str) -> pa.Array:
    """Return one date32 a row; null where the text is no date."""
    return pa.array([iso_date(row.get(name)) for row in rows], pa.date32())


def exchange_dates(stamps: Sequence[Any]) -> pa.Array:
    """Return the New York date of each stamp (milliseconds since 1970 UTC); null = no stamp.

    A daily bar may be stamped with the start of its day or with its close: the date is the same,
    the stamp is not, so nothing is ever keyed by the stamp. Right until the end of 2037, where
    Arrow's table of summer times stops.
    """
    if set(map(type, stamps)) == {int} and _FIRST_MS <= min(stamps) <= max(stamps) < _LAST_MS:
        known = pa.array(stamps, pa.timestamp("ms", "America/New_York"))
    else:
        good = [type(stamp) is int and _FIRST_MS <= stamp < _LAST_MS for stamp in stamps]
        known = pa.array(
            [stamp if fine else None for stamp, fine in zip(stamps, good, strict=True)],
            pa.timestamp("ms", "America/New_York"),
        )
    return pc.local_timestamp(known).cast(pa.date32(), safe=False)


def row_text(row: object) -> str:
    """Return a refused row as JSON for the reader, cut after 1000 signs."""
    return json.dumps(row, sort_keys=True)[:_TEXT_LIMIT]


@dataclass(slots=True)
class Sieve:
    """Sorts rows into kept and refused, duplicates by the rule of docs/data.md.

    Rows with one key that say the same: the first is kept. Rows with one key that differ: none is
    kept, for nobody can know which is right.
    """

    refused: list[Refused] = field(default_factory=list)
    _kept: dict[Hashable, list[tuple[Any, Any, dict[str, Any], str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def refuse(self, reason: str, ticker: str, row: object) -> None:
        """Refuse one row."""
        self.refused.append(Refused(reason, ticker, row_text(row)))

    def keep(
        self, key: Hashable, values: Any, ticker: str, row: dict[str, Any], says: Any = None
    ) -> None:
        """Keep one row under its key, unless another contradicts it.

        `says` is what has to be equal in rows of one key; None = all values.
        """
        self._kept[key].append((values, values if says is None else says, row, ticker))

    def result(self, order: Callable[[Any], Any]) -> list[Any]:
        """Return the values of the kept rows, ordered by `order` of the values."""
        kept = []
        for same in self._kept.values():
            alike = all(_same(other[1], same[0][1]) for other in same[1:])
            if alike:
                kept.append(same[0][0])
            reason = "duplicate_identical" if alike else "duplicate_conflicting"
            for _, _, row, ticker in same[1:] if alike else same:
                self.refuse(reason, ticker, row)
        return sorted(kept, key=order)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(
        a == b or (isinstance(a, float) and isinstance(b, float) and np.isnan(a) and np.isnan(b))
        for a, b in zip(one, other, strict=True)
    )
