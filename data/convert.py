"""Turning a raw column into numbers and codes, with a mask of what is missing or cannot be read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import BadTableError
from data.schema import Kind

__all__ = ["Parsed", "absent", "parse_column"]

Bools = npt.NDArray[np.bool_]

_EPOCH = dt.date(1970, 1, 1)
# A day, or a midnight with or without a zero offset; anything else is not read as a date.
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_TRUE, _FALSE = {"true", "1", "yes", "t"}, {"false", "0", "no", "f"}


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A column as numpy.

    Attributes
    ----------
    kind : Kind
    values : array[rows]
        date: int64 days since 1970; number: float64; flag: int8; text: int32 codes into `texts`.
        What stands where a value is missing or bad means nothing, except NaN for numbers.
    missing, bad : bool[rows]
        Empty (or not a number), and present but unreadable.
    texts : tuple of str
    """

    kind: Kind
    values: npt.NDArray[Any]
    missing: Bools
    bad: Bools
    texts: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.int64]) -> pa.Array:
        """Return those rows as a stored arrow column; missing values are null."""
        missing = self.missing[rows]
        values = self.values[rows]
        if self.kind == "date":
            return pa.array(values.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())
        if self.kind == "number":
            return pa.array(values, pa.float64(), mask=missing)
        if self.kind == "flag":
            return pa.array(values.astype(bool), pa.bool_(), mask=missing)
        codes = pa.array(values, pa.int32(), mask=missing)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.texts, pa.string())).cast(
            pa.string()
        )


def absent(kind: Kind, rows: int) -> Parsed:
    """Return a column in which every value is missing."""
    dtypes = {"date": np.int64, "number": np.float64, "flag": np.int8, "text": np.int32}
    values: npt.NDArray[Any] = np.zeros(rows, dtype=dtypes[kind])
    if kind == "number":
        values.fill(np.nan)
    return Parsed(kind, values, np.ones(rows, dtype=bool), np.zeros(rows, dtype=bool))


def parse_column(values: pa.ChunkedArray, kind: Kind, where: str) -> Parsed:
    """Read a raw column as `kind`.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        As found in the file.
    kind : Kind
    where : str
        Table, column and file, for the message.

    Raises
    ------
    BadTableError
        The column's type can hold no value of that kind.
    """
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):  # more text than one chunk can hold
        array = array.cast(pa.large_string()).combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        return absent(kind, len(array))
    readers: dict[Kind, Callable[[pa.Array], Parsed | None]] = {
        "date": _dates,
        "number": _numbers,
        "flag": _flags,
        "text": _texts,
    }
    parsed = readers[kind](array)
    if parsed is None:
        wanted = {
            "date": "dates, timestamps at midnight or ISO texts such as 2024-06-03",
            "number": "numbers",
            "flag": "true or false",
            "text": "texts",
        }
        raise BadTableError(f"{where} must hold {wanted[kind]}, was {array.type}.")
    return parsed


def _dates(array: pa.Array) -> Parsed | None:
    kind = array.type
    missing = _mask(pc.is_null(array))
    if pa.types.is_date32(kind):
        days = pc.fill_null(array.cast(pa.int32()), 0).to_numpy().astype(np.int64)
        return Parsed("date", days, missing, np.zeros(len(array), dtype=bool))
    if pa.types.is_date64(kind) or pa.types.is_timestamp(kind):
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            array = pc.local_timestamp(array)  # the day on the wall, not the day in Greenwich
        seconds = array.cast(pa.timestamp("ns"), safe=False).to_numpy(zero_copy_only=False)
        whole = seconds.astype("datetime64[D]")
        bad = (whole.astype(seconds.dtype) != seconds) & ~missing
        return Parsed("date", np.where(missing, 0, whole.astype(np.int64)), missing, bad)
    return _by_text(array, "date", _day) if _is_text(kind) else None


def _numbers(array: pa.Array) -> Parsed | None:
    kind = array.type
    if _is_text(kind):
        try:
            array = array.cast(pa.float64())
        except pa.ArrowInvalid:
            return _by_text(array, "number", _number)
    elif not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        return None
    values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return Parsed("number", values, np.isnan(values), np.zeros(len(values), dtype=bool))


def _flags(array: pa.Array) -> Parsed | None:
    if pa.types.is_boolean(array.type):
        values = _mask(pc.fill_null(array, False)).astype(np.int8)
        return Parsed("flag", values, _mask(pc.is_null(array)), np.zeros(len(array), dtype=bool))
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    return _by_text(array, "flag", _flag) if _is_text(array.type) else None


def _texts(array: pa.Array) -> Parsed | None:
    if not _is_text(array.type):
        return None
    coded = array.dictionary_encode()
    missing = _mask(pc.is_null(coded.indices))
    codes = pc.fill_null(coded.indices, 0).to_numpy().astype(np.int32)
    texts = tuple(coded.dictionary.to_pylist())
    empty = np.array([text.strip() == "" for text in texts], dtype=bool)
    if empty.any():
        missing = missing | (empty[codes] & ~missing)
    return Parsed("text", codes, missing, np.zeros(len(array), dtype=bool), texts)


def _by_text(array: pa.Array, kind: Kind, read: Callable[[str], float | None]) -> Parsed:
    # Each distinct text once: a column of a million dates has a few thousand of them.
    coded = _texts(array)
    assert coded is not None
    found = [read(text.strip()) for text in coded.texts]
    readable = np.array([value is not None for value in found] or [False], dtype=bool)
    table = np.array([0.0 if value is None else value for value in found] or [0.0])
    bad = ~readable[coded.values] & ~coded.missing
    values = table[coded.values]
    if kind == "number":
        missing = coded.missing | np.isnan(values)
        return Parsed(kind, np.where(missing | bad, np.nan, values), missing, bad)
    whole = values.astype(np.int64 if kind == "date" else np.int8)
    return Parsed(kind, whole, coded.missing, bad)


def _day(text: str) -> float | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    try:
        return (dt.date.fromisoformat(match[1]) - _EPOCH).days
    except ValueError:
        return None


def _number(text: str) -> float | None:
    if "_" in text:  # float() would read 1_000
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _flag(text: str) -> float | None:
    folded = text.casefold()
    return 1.0 if folded in _TRUE else 0.0 if folded in _FALSE else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _mask(array: pa.Array) -> Bools:
    mask: Bools = array.to_numpy(zero_copy_only=False).astype(bool)
    return mask
