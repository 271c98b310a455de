"""Books of weights that a manager brings along: validated, stored, read back."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import LOCK_TIMEOUT, checked_name, disk_errors, replace_file, write_lock
from data.convert import Parsed, parse_column
from data.errors import BookError, StoreCorruptError, StoreVersionError, UnknownBookError
from data.files import read_raw
from data.frames import conform, content_fingerprint, to_frame
from data.schema import BOOK, SCHEMA_VERSION, TICKER_PATTERN

__all__ = ["BookInfo", "book_names", "import_book", "read_book", "read_book_info", "write_book"]

# How far the weights of one date may sum past 1: a millionth, or half a unit of the sixth digit for
# each name, since sixty times 1/60 printed with six digits are 1.00002.
SUM_TOLERANCE, NAME_TOLERANCE = 1e-6, 5e-7
_META = b"plimsoll"


@dataclass(frozen=True, slots=True)
class BookInfo:
    """What a stored book says of itself.

    Attributes
    ----------
    name, origin, fingerprint : str
        The fingerprint hashes the contents, not the bytes of the file.
    rows, dates, tickers : int
    first_date, last_date : date
    largest_sum : float
        Largest sum of weights of a date, a fraction of NAV.
    created_at : datetime
        Aware, UTC.
    notes : tuple of str
        What was done to the rows, in words.
    """

    name: str
    origin: str
    fingerprint: str
    rows: int
    dates: int
    tickers: int
    first_date: dt.date
    last_date: dt.date
    largest_sum: float
    created_at: dt.datetime
    notes: tuple[str, ...] = ()


def import_book(home: Path, name: str, path: Path) -> BookInfo:
    """Read date, ticker, weight from a CSV or parquet file and store them as book `name`.

    Raises
    ------
    BookError
        A row breaks a rule; the message names the row or the date. Nothing is stored.
    BadTableError, MissingColumnError, BadNameError
        The file cannot be read as a book, or the name cannot be one.
    """
    checked_name(name, "book")
    raw = read_raw(path, BOOK)
    if raw.malformed:
        line = raw.malformed[0]
        raise BookError(
            f"{path.name}: row {line.file_row} must have the fields of the header, was "
            f"{line.text!r}. Correct the file and import it again."
        )
    parsed = {
        column.name: parse_column(
            raw.table[raw.columns[column.name]], column.kind, f"book.{column.name} of {path.name}"
        )
        for column in BOOK.columns
    }
    for column in BOOK.columns:
        unusable = parsed[column.name].missing | parsed[column.name].bad
        if unusable.any():
            row = int(raw.file_row[int(np.argmax(unusable))])
            raise BookError(
                f"{path.name}: row {row} must have a {column.name} ({column.rule}), but it is "
                "empty or unreadable. Correct the file and import it again."
            )
    every = np.arange(raw.table.num_rows)
    frame = to_frame(pa.table({name_: parsed[name_].take(every) for name_ in BOOK.names}))
    notes = _notes(parsed["date"], raw.ignored)
    return write_book(home, name, frame, origin=path.name, notes=notes)


def write_book(
    home: Path,
    name: str,
    frame: pd.DataFrame,
    *,
    origin: str,
    notes: tuple[str, ...] = (),
    lock_timeout: float = LOCK_TIMEOUT,
) -> BookInfo:
    """Store a book, replacing one of the same name whole.

    Parameters
    ----------
    frame : DataFrame
        date, ticker, weight (a fraction of NAV); any order.

    Raises
    ------
    BookError
        A weight or a sum is out of range, or a row occurs twice; nothing is stored.
    StoreFullError, StoreWriteError, StoreBusyError
        A former book of that name stays.
    """
    checked_name(name, "book")
    frame = frame.reset_index(drop=True)
    largest = _check(frame)
    table = conform(BOOK, frame)
    dates = frame["date"].to_numpy("datetime64[D]")
    info = BookInfo(
        name=name,
        origin=origin,
        fingerprint=content_fingerprint({"book": table}),
        rows=len(frame),
        dates=len(np.unique(dates)),
        tickers=int(frame["ticker"].nunique()),
        first_date=dates.min().item(),
        last_date=dates.max().item(),
        largest_sum=largest,
        created_at=dt.datetime.now(dt.UTC),
        notes=notes,
    )
    folder = _folder(home)
    lock = folder / ".locks" / f"{name}.lock"
    with write_lock(lock, f"book {name!r}", lock_timeout), disk_errors(f"book {name!r}", folder):
        for stray in folder.glob(f".{name}.parquet.*.tmp"):
            stray.unlink(missing_ok=True)
        replace_file(folder / f"{name}.parquet", _content(table, info))
    return info


def book_names(home: Path) -> tuple[str, ...]:
    """Names of the stored books, sorted."""
    return tuple(sorted(path.stem for path in _folder(home).glob("[a-z]*.parquet")))


def read_book(home: Path, name: str) -> pd.DataFrame:
    """Return date, ticker, weight of a stored book, sorted by date and ticker.

    Raises
    ------
    UnknownBookError, StoreVersionError, StoreCorruptError
    """
    return to_frame(_read(home, name)[0])


def read_book_info(home: Path, name: str) -> BookInfo:
    """Return what a stored book says of itself; raises like :func:`read_book`."""
    return _read(home, name)[1]


def _folder(home: Path) -> Path:
    return home / "books"


def _check(frame: pd.DataFrame) -> float:
    # Returns the largest sum of a date.
    if frame.empty:
        raise BookError("a book must have rows, has none.")
    weight = frame["weight"].to_numpy(np.float64)
    _first(frame, ~np.isfinite(weight), "must be a number")
    _first(frame, weight < 0.0, "must be at least 0 (a book holds no short positions)")
    if (weight > 1.0).any():
        row = int(np.argmax(weight > 1.0))
        raise BookError(
            f"{_place(frame, row)} must be at most 1 (a fraction of NAV: 0.25 is 25 %), was "
            f"{weight[row]:g}. Did you mean {weight[row] / 100:g}?"
        )
    strange = ~frame["ticker"].astype("str").str.match(TICKER_PATTERN).to_numpy(bool)
    _first(frame, strange, "must have a symbol of letters, digits and . - : ^")
    twice = frame.duplicated(["date", "ticker"]).to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        raise BookError(
            f"a book must have one weight for each date and ticker, has two for "
            f"{_day(frame, row)} {frame['ticker'][row]}. Remove one of them."
        )
    by_date = frame.groupby("date")["weight"]
    sums = by_date.sum()
    over = sums[sums > 1.0 + np.maximum(SUM_TOLERANCE, NAME_TOLERANCE * by_date.size())]
    if len(over):
        raise BookError(
            f"the weights of {over.index[0]:%Y-%m-%d} must sum to at most 1, sum to "
            f"{over.iloc[0]:.9g} ({len(over)} of {len(sums)} dates are above 1). Scale them down; "
            "what is left of NAV stays in cash."
        )
    return float(sums.max())


def _first(frame: pd.DataFrame, broken: npt.NDArray[np.bool_], rule: str) -> None:
    if broken.any():
        row = int(np.argmax(broken))
        raise BookError(f"{_place(frame, row)} {rule}, was {frame['weight'][row]:g}.")


def _place(frame: pd.DataFrame, row: int) -> str:
    return f"the weight of {frame['ticker'][row]} on {_day(frame, row)}"


def _day(frame: pd.DataFrame, row: int) -> str:
    return f"{pd.Timestamp(frame['date'][row]):%Y-%m-%d}"


def _notes(dates: Parsed, ignored: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if (np.diff(dates.values) < 0).any():
        notes.append("the dates came unordered and were sorted")
    if ignored:
        notes.append(f"columns left aside: {', '.join(ignored)}")
    return tuple(notes)


def _content(table: pa.Table, info: BookInfo) -> bytes:
    values = {
        "schema_version": SCHEMA_VERSION,
        "origin": info.origin,
        "fingerprint": info.fingerprint,
        "created_at": info.created_at.isoformat(),
        "notes": list(info.notes),
    }
    buffer = io.BytesIO()
    marked = table.replace_schema_metadata({_META: json.dumps(values).encode()})
    pq.write_table(marked, buffer, write_page_checksum=True)
    return buffer.getvalue()


def _read(home: Path, name: str) -> tuple[pa.Table, BookInfo]:
    if name not in book_names(home):
        raise UnknownBookError(name, book_names(home))
    path = _folder(home) / f"{name}.parquet"
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(file, page_checksum_verification=True).read()
        values = json.loads((table.schema.metadata or {})[_META])
        if values["schema_version"] != SCHEMA_VERSION:
            raise StoreVersionError(name, values["schema_version"], SCHEMA_VERSION)
        table = table.replace_schema_metadata(None).select(BOOK.names)
        if content_fingerprint({"book": table}) != values["fingerprint"]:
            raise ValueError("its contents are not what was written")
        return table, _info(name, table, values)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise StoreCorruptError(
            f"book {name!r} is damaged ({error}). Import it again with `plimsoll import --book …`."
        ) from error


def _info(name: str, table: pa.Table, values: dict[str, str]) -> BookInfo:
    frame = to_frame(table)
    return BookInfo(
        name=name,
        origin=values["origin"],
        fingerprint=values["fingerprint"],
        rows=len(frame),
        dates=int(frame["date"].nunique()),
        tickers=int(frame["ticker"].nunique()),
        first_date=frame["date"].min().date(),
        last_date=frame["date"].max().date(),
        largest_sum=float(frame.groupby("date")["weight"].sum().max()),
        created_at=dt.datetime.fromisoformat(values["created_at"]),
        notes=tuple(values["notes"]),
    )
