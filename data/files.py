"""Reading parquet and CSV files as they are: columns found, rows numbered, nothing interpreted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from data.errors import BadTableError, MissingColumnError
from data.schema import Column, TableSchema

__all__ = ["MalformedRow", "RawTable", "read_raw"]

_BLOCK = 1 << 25


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A CSV line that has another number of fields than the header."""

    file_row: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A file as read.

    Attributes
    ----------
    path : Path
    table : pyarrow.Table
        Rows as found, under the column names of the file; every column of a CSV is text.
    columns : dict of str to str
        Column of the schema to column of the file; optional columns may be absent.
    ignored : tuple of str
        Columns of the file that the schema does not know.
    file_row : int64[rows]
        Number of each row in the file, 1 for the first below the header.
    malformed : tuple of MalformedRow
        Lines that are no rows; they are not in ``table``.
    """

    path: Path
    table: pa.Table
    columns: dict[str, str]
    ignored: tuple[str, ...]
    file_row: npt.NDArray[np.int64]
    malformed: tuple[MalformedRow, ...] = ()


def read_raw(path: Path, schema: TableSchema) -> RawTable:
    """Read the file at `path` as the table `schema`.

    Raises
    ------
    BadTableError
        There is no such file, it is neither parquet nor CSV, it is damaged or has no rows.
    MissingColumnError
        A required column is not there under its name or an alias.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise BadTableError(
            f"{schema.name} must be a parquet or CSV file, found {found} at {path}. Check the path."
        )
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadTableError(
            f"{schema.name} cannot be read from {path}: {error.strerror}."
        ) from error
    if not head.strip():
        raise BadTableError(f"{schema.name} must have rows, but {path} is empty.")
    malformed: tuple[MalformedRow, ...] = ()
    if head.startswith(b"PAR1"):
        table = _read_parquet(path, schema)
    else:
        _must_be_text(path, schema, head)
        table, malformed = _read_csv(path, schema)
    columns = _match_columns(schema, path, table.column_names)
    if not table.num_rows and not malformed:
        raise BadTableError(f"{schema.name} must have rows, but {path} has only a header.")
    used = set(columns.values())
    return RawTable(
        path=path,
        table=table,
        columns=columns,
        ignored=tuple(name for name in table.column_names if name not in used),
        file_row=_row_numbers(table.num_rows, malformed),
        malformed=malformed,
    )


def _read_parquet(path: Path, schema: TableSchema) -> pa.Table:
    try:
        with path.open("rb") as file:  # one handle: a file replaced meanwhile is not mixed
            return pq.ParquetFile(file, page_checksum_verification=True).read()
    except (pa.ArrowException, OSError) as error:
        raise BadTableError(
            f"{schema.name} must be a readable parquet file, but {path} is damaged: "
            f"{_first_line(error)}. Get or write the file again."
        ) from error


def _must_be_text(path: Path, schema: TableSchema, head: bytes) -> None:
    binary = b"\0" in head
    if binary or path.suffix.lower() in {".parquet", ".pq"} or head.lstrip()[:1] in {b"<", b"{"}:
        raise BadTableError(
            f"{schema.name} must be a parquet file (it starts with PAR1) or a CSV file, but {path} "
            f"starts with {head[:12]!r}. Check the path, or write the table again."
        )


def _read_csv(path: Path, schema: TableSchema) -> tuple[pa.Table, tuple[MalformedRow, ...]]:
    names = _csv_header(path, schema)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadTableError(f"{schema.name}: {path} has the column {twice[0]!r} more than once.")
    malformed: list[MalformedRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        malformed.append(MalformedRow((row.number or 1) - 1, row.text))
        return "skip"

    # Everything as text: "NA" and "TRUE" are tickers, and a bad number must not stop the file.
    convert = pacsv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        strings_can_be_null=True,
        null_values=[""],
        check_utf8=True,
    )
    parse = pacsv.ParseOptions(invalid_row_handler=note, newlines_in_values=True)
    try:
        # One thread: only it knows line numbers, and those that a failed reader leaves behind abort
        # the process when they call back into an interpreter that is closing.
        single = pacsv.ReadOptions(block_size=_BLOCK, use_threads=False)
        table = pacsv.read_csv(path, single, parse, convert)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadTableError(
            f"{schema.name} must be a CSV file in UTF-8, but {path} cannot be read: "
            f"{_first_line(error)}."
        ) from error
    return table, tuple(malformed)


def _csv_header(path: Path, schema: TableSchema) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTableError(
            f"{schema.name} must be a parquet file, or a CSV file in UTF-8, but {path} cannot be "
            f"read as either: {_first_line(error)}."
        ) from error


def _match_columns(schema: TableSchema, path: Path, found: list[str]) -> dict[str, str]:
    by_plain: dict[str, str] = {}
    for name in found:
        by_plain.setdefault(_plain(name), name)
    columns: dict[str, str] = {}
    for column in schema.columns:
        for candidate in _candidates(column):
            if candidate in by_plain:
                columns[column.name] = by_plain[candidate]
                break
        else:
            if column.required:
                raise MissingColumnError(schema.name, column.name, str(path), found)
    return columns


def _candidates(column: Column) -> list[str]:
    before = [alias[1:] for alias in column.aliases if alias.startswith("!")]
    after = [alias for alias in column.aliases if not alias.startswith("!")]
    return [_plain(name) for name in (*before, column.name, *after)]


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _row_numbers(rows: int, malformed: tuple[MalformedRow, ...]) -> npt.NDArray[np.int64]:
    everything = np.arange(1, rows + len(malformed) + 1, dtype=np.int64)
    return everything[~np.isin(everything, [row.file_row for row in malformed])]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown fault"])[0].rstrip(".")
