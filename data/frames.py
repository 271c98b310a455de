"""From pandas to the stored form and back: types, order, keys, content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import BadTableError, MissingColumnError, did_you_mean
from data.schema import TableSchema, arrow_type

__all__ = ["conform", "content_fingerprint", "empty_frame", "first_duplicate", "to_frame"]

_HASH_VERSION = b"plimsoll-contents-1"


def empty_frame(schema: TableSchema) -> pd.DataFrame:
    """Return a frame of no rows with every column of the table."""
    return to_frame(_arrow_schema(schema).empty_table())


def conform(schema: TableSchema, frame: pd.DataFrame) -> pa.Table:
    """Return `frame` as the stored table: all columns, stored types, sorted by the key.

    Parameters
    ----------
    schema : TableSchema
        The table that `frame` is meant to be.
    frame : DataFrame
        Must have every required column; missing optional ones become nulls. A NaN is a null.

    Raises
    ------
    MissingColumnError
        A required column is missing.
    BadTableError
        A column is unknown or of another type, a required value is empty, or a key occurs twice.
    """
    for name in frame.columns:
        if name not in schema.names:
            raise BadTableError(
                f"{schema.name} has no column {str(name)!r}; it has {', '.join(schema.names)}."
                f"{did_you_mean(str(name), schema.names)}"
            )
    columns: list[pa.ChunkedArray] = []
    for column in schema.stored:
        if column.name in frame.columns:
            values = _typed(schema, column.name, frame[column.name])
        elif column.required:
            raise MissingColumnError(
                schema.name, column.name, "the frame", [str(name) for name in frame.columns]
            )
        else:
            values = pa.chunked_array([pa.nulls(len(frame), arrow_type(column.kind))])
        if not column.nullable and values.null_count:
            raise BadTableError(
                f"{schema.name}.{column.name} must have a value in every row, "
                f"{values.null_count} of {len(values)} are empty."
            )
        columns.append(values)
    table = pa.table(columns, schema=_arrow_schema(schema))
    return _sorted(schema, table)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a stored table as a frame: datetime64[s] dates, float64 numbers, str texts."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    for field in table.schema:
        if pa.types.is_date(field.type):
            frame[field.name] = frame[field.name].astype("datetime64[s]")
        elif pa.types.is_boolean(field.type):
            frame[field.name] = pc.fill_null(table[field.name], False).to_numpy()
        elif pa.types.is_floating(field.type):
            frame[field.name] = frame[field.name].astype("float64")
    return frame


def content_fingerprint(tables: Mapping[str, pa.Table]) -> str:
    """Hash what the tables say, whatever the bytes of their files; 32 hexadecimal digits."""
    digest = hashlib.blake2b(_HASH_VERSION, digest_size=16)
    for name in sorted(tables):
        table = tables[name]
        digest.update(f"{name}:{table.num_rows}".encode())
        for field in table.schema:
            digest.update(f"|{field.name}:{field.type}".encode())
            _hash_column(digest, table[field.name].combine_chunks())
    return digest.hexdigest()


def first_duplicate(table: pa.Table, key: tuple[str, ...]) -> dict[str, object] | None:
    """Return the key of the first row, of a table sorted by `key`, that repeats its predecessor."""
    if table.num_rows < 2:
        return None
    same = np.ones(table.num_rows - 1, dtype=bool)
    for name in key:
        values = table[name].combine_chunks()
        after, before = values.slice(1), values.slice(0, len(values) - 1)
        equal = pc.equal(after, before)
        both_null = pc.and_(pc.is_null(after), pc.is_null(before))
        same &= pc.or_(pc.fill_null(equal, False), both_null).to_numpy(zero_copy_only=False)
    if not same.any():
        return None
    row = int(np.argmax(same)) + 1
    return {name: table[name][row].as_py() for name in key}


def _arrow_schema(schema: TableSchema) -> pa.Schema:
    return pa.schema([(column.name, arrow_type(column.kind)) for column in schema.stored])


def _typed(schema: TableSchema, name: str, values: pd.Series) -> pa.ChunkedArray:
    wanted = arrow_type(schema.column(name).kind)
    try:
        array = pa.Array.from_pandas(values)
        if isinstance(array, pa.Array):
            array = pa.chunked_array([array])
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if pa.types.is_null(array.type):
            array = pa.chunked_array([pa.nulls(len(values), wanted)])
        if pa.types.is_date(wanted) and not pa.types.is_temporal(array.type):
            raise pa.ArrowInvalid(f"{array.type} is no date")
        if pa.types.is_string(wanted) and not _is_text(array.type):
            raise pa.ArrowInvalid(f"{array.type} is no text")
        array = _days(array) if pa.types.is_timestamp(array.type) else array.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise BadTableError(
            f"{schema.name}.{name} must be {schema.column(name).kind}, was {values.dtype}: {error}"
        ) from error
    if pa.types.is_floating(wanted):
        array = pc.if_else(pc.is_nan(array), None, array)
    return array


def _days(array: pa.ChunkedArray) -> pa.ChunkedArray:
    # The cast drops a time of day without a word.
    if array.type.tz is not None:
        raise pa.ArrowInvalid("dates must have no time zone")
    days = array.cast(pa.date32())
    if pc.any(pc.not_equal(days.cast(array.type), array)).as_py():
        raise pa.ArrowInvalid("some have a time of day")
    return days


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _sorted(schema: TableSchema, table: pa.Table) -> pa.Table:
    if not _is_sorted(table, schema.key):
        table = table.sort_by([(name, "ascending") for name in schema.key])
    table = table.combine_chunks()
    twice = first_duplicate(table, schema.key)
    if twice is not None:
        raise BadTableError(
            f"{schema.name} must have one row for each {', '.join(schema.key)}, has two for "
            f"{', '.join(str(value) for value in twice.values())}."
        )
    return table


def _is_sorted(table: pa.Table, key: tuple[str, ...]) -> bool:
    # Lexicographic by the first two columns, which is all that large tables are keyed by.
    if table.num_rows < 2 or len(key) != 2:
        return bool(table.num_rows < 2)
    first, second = (table[name].combine_chunks() for name in key)
    later = pc.greater(first.slice(1), first.slice(0, len(first) - 1))
    equal = pc.equal(first.slice(1), first.slice(0, len(first) - 1))
    rising = pc.greater(second.slice(1), second.slice(0, len(second) - 1))
    return bool(pc.all(pc.or_(later, pc.and_(equal, rising))).as_py())


def _hash_column(digest: hashlib.blake2b, array: pa.Array) -> None:
    missing = pc.is_null(array).to_numpy(zero_copy_only=False)
    digest.update(np.packbits(missing).tobytes())
    if pa.types.is_date32(array.type):
        _hash_numbers(digest, pc.fill_null(array.cast(pa.int32()), 0))
    elif pa.types.is_timestamp(array.type):
        _hash_numbers(digest, pc.fill_null(array.cast(pa.int64()), 0))
    elif pa.types.is_floating(array.type):
        _hash_numbers(digest, pc.fill_null(array, 0.0))
    elif pa.types.is_boolean(array.type):
        digest.update(
            np.packbits(pc.fill_null(array, False).to_numpy(zero_copy_only=False)).tobytes()
        )
    else:
        # Codes in order of first appearance and the texts in that order: independent of chunking.
        coded = pc.fill_null(array, "").dictionary_encode()
        _hash_numbers(digest, coded.indices.cast(pa.int32()))
        digest.update("\x1f".join(coded.dictionary.to_pylist()).encode())


def _hash_numbers(digest: hashlib.blake2b, array: pa.Array) -> None:
    values: npt.NDArray[Any] = array.to_numpy(zero_copy_only=False)
    if values.dtype == np.float64:
        values = values + 0.0  # one zero, not two
    digest.update(np.ascontiguousarray(values).data)
