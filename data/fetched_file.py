"""One file of fetched data: rows, where they came from, and a hash that covers both."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import replace_file
from data.fetched_errors import FetchedReadError
from data.fetched_tables import FETCHED_VERSION, FetchedTable
from data.frames import content_fingerprint

__all__ = [
    "Days",
    "Fault",
    "FileFaultError",
    "Label",
    "Source",
    "known_label",
    "last_day",
    "read_file",
    "read_label",
    "write_file",
]

Fault = Literal["damaged", "foreign", "version"]
Days = tuple[dt.date | None, ...]
_LABEL: Final = b"plimsoll.label"
_FINGERPRINT: Final = b"plimsoll.fingerprint"
# The digest of all bytes of the file, itself read as zeros: no checksum of parquet covers the
# footer, and with this one a file is judged before anything is parsed.
_DIGEST: Final = b"plimsoll.digest"
_MARK: Final = b"blake2b-128:"
_HEX: Final = 32
# A start looks at the same thousands of footers several times.
_MOST_LABELS: Final = 50_000
_labels: dict[Path, tuple[tuple[int, int, int], Label]] = {}


@dataclass(frozen=True, slots=True)
class Label:
    """What a file says of itself, in its footer.

    Attributes
    ----------
    table, ticker : str
    provider, base : str
        Source, and basis of its prices: "raw" as traded, "split" adjusted for splits.
    start, end : date or None
        Window that was asked for, both inclusive; all answers together. None: no window.
    fetched_at : datetime
        When the newest answer came, UTC.
    rows : int
        Rows in force.
    client : str
        Library that asked, with its version; may be empty.
    schema_version : int
    unreadable : tuple of (date or None)
        Days of the answers' rows that could not be read, None where not even the day could: the
        series is whole only where each is stated by hand (`data.override_actions`).
    """

    table: str
    ticker: str
    provider: str
    base: str
    start: dt.date | None
    end: dt.date | None
    fetched_at: dt.datetime
    rows: int
    client: str = ""
    schema_version: int = FETCHED_VERSION
    unreadable: Days = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer came from.

    Attributes
    ----------
    provider : str
        Name of the source: a-z, 0-9, _ and -.
    base : str
        Basis of prices: "raw" (as traded) or "split".
    fetched_at : datetime
        When the answer came, aware.
    client : str
        Library that asked, with its version.
    unreadable : tuple of (date or None)
        Days of rows that could not be read and are stated by hand instead, as in `Label`.
    """

    provider: str
    base: str
    fetched_at: dt.datetime
    client: str = ""
    unreadable: Days = ()


class FileFaultError(Exception):
    """A file cannot be believed; `fault` says which kind it is. Never leaves the store."""

    def __init__(self, fault: Fault, about: str) -> None:
        self.fault: Fault = fault
        super().__init__(about)


def write_file(path: Path, table: pa.Table, label: Label) -> None:
    """Write a file whole or not at all: beside it, synced, renamed.

    Page checksums are written for readers other than this one; `read_file` checks every byte.
    """
    text = _label_text(label)
    metadata = {
        _LABEL: text,
        _FINGERPRINT: _fingerprint(table, text),
        _DIGEST: _MARK + b"0" * _HEX,
    }
    buffer = io.BytesIO()
    # store_schema would repeat the metadata in another writing, which cannot be patched below.
    with pq.ParquetWriter(
        buffer, table.schema, compression="snappy", write_page_checksum=True, store_schema=False
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata)
    content = buffer.getvalue()
    place = _digest_place(content)
    replace_file(path, content[:place] + _digest(content, place) + content[place + _HEX :])


def read_file(path: Path, spec: FetchedTable) -> tuple[pa.Table, Label]:
    """Return rows and label, every byte that matters checked.

    Raises
    ------
    FileNotFoundError, FetchedReadError
    FileFaultError
        The file is damaged, not one of ours, or of another schema version.
    """
    try:
        # One open handle: a file replaced meanwhile is not mixed with this one.
        with path.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    place = _digest_place(content)
    if place >= 0 and content[place : place + _HEX] != _digest(content, place):
        raise FileFaultError("damaged", "its bytes are not those that were written")
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        table, metadata = file.read(), file.metadata.metadata or {}
    # A broken footer makes the reader fail in many ways; each means the same.
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise FileFaultError("damaged", str(error).splitlines()[0][:200]) from error
    label = _label(metadata)
    if place < 0 or label.table != spec.name or not table.schema.equals(spec.stored):
        raise FileFaultError("foreign", f"it must hold {spec.name}, holds {label.table}")
    return table.replace_schema_metadata(None), label


def read_label(path: Path) -> tuple[Label, str]:
    """Return label and fingerprint from the footer alone, rows unread; errors as read_file."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        with file:
            metadata = pq.ParquetFile(file).metadata.metadata or {}
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise FileFaultError("damaged", str(error).splitlines()[0][:200]) from error
    label = _label(metadata)
    return label, metadata.get(_FINGERPRINT, b"").decode("ascii", "replace")


def last_day(path: Path, column: str) -> dt.date | None:
    """Return the latest day of a column by the footer alone, rows unread and unchecked.

    It is good for a plan, not for data. None: no rows. Errors as read_file.
    """
    try:
        with path.open("rb") as file:
            metadata = pq.ParquetFile(file).metadata
            place = metadata.schema.names.index(column)
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            days = [group.column(place).statistics.max for group in groups if group.num_rows]
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    except (pa.ArrowException, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise FileFaultError("damaged", str(error).splitlines()[0][:200]) from error
    return max((day for day in days if day is not None), default=None)


def known_label(path: Path) -> Label:
    """Return the label of a file, from memory while the file is the same; errors as read_file.

    A file is never changed, only replaced: its place on the disk, time and size tell it.
    """
    try:
        about = path.stat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    mark = (about.st_ino, about.st_mtime_ns, about.st_size)
    held = _labels.get(path)
    if held is not None and held[0] == mark:
        return held[1]
    label = read_label(path)[0]
    if len(_labels) >= _MOST_LABELS:
        _labels.clear()
    _labels[path] = (mark, label)
    return label


def _unreadable(path: Path, error: OSError) -> FetchedReadError:
    return FetchedReadError(
        f"{path.name} cannot be read: {error.strerror or error}. Check its permissions and the "
        "disk."
    )


def _label_text(label: Label) -> bytes:
    values = asdict(label)
    if not label.unreadable:
        del values["unreadable"]  # a version that does not know the word reads all other files
    return json.dumps(values, default=str, sort_keys=True).encode()


def _fingerprint(table: pa.Table, label: bytes) -> bytes:
    whole = content_fingerprint({"rows": table})
    return hashlib.blake2b(label + whole.encode(), digest_size=16).hexdigest().encode()


def _digest_place(content: bytes) -> int:
    # Where the digest stands, or -1. The mark is in the footer, after all rows.
    place = content.rfind(_MARK)
    return place + len(_MARK) if place >= 0 else -1


def _digest(content: bytes, place: int) -> bytes:
    digest = hashlib.blake2b(content[:place], digest_size=_HEX // 2)
    digest.update(b"0" * _HEX)
    digest.update(content[place + _HEX :])
    return digest.hexdigest().encode()


def _label(metadata: dict[bytes, bytes]) -> Label:
    if _LABEL not in metadata:
        raise FileFaultError("foreign", "it has no label of this program")
    try:
        values: dict[str, Any] = json.loads(metadata[_LABEL])
        version = values["schema_version"]
        if version != FETCHED_VERSION:
            raise FileFaultError("version", f"version must be {FETCHED_VERSION}, was {version}")
        for name in ("start", "end"):
            values[name] = dt.date.fromisoformat(values[name]) if values[name] else None
        values["fetched_at"] = dt.datetime.fromisoformat(values["fetched_at"])
        values["unreadable"] = tuple(
            None if day is None else dt.date.fromisoformat(day)
            for day in values.get("unreadable", ())
        )
        return Label(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileFaultError("damaged", "its label cannot be read") from error
