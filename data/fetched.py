"""Store for fetched data: one small file a table, provider and ticker, safe against crashes.

``fetched/v1/<table>/<provider>/<ticker>.parquet`` below PLIMSOLL_HOME; another schema version is
another folder. A file is replaced whole, a writer holds a lock, a reader needs none. A file that is
damaged or not ours is moved to ``quarantine`` and reported; it is never read as data.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import checked_name, disk_errors, write_lock
from data.fetched_continuity import joined, must_continue
from data.fetched_errors import FetchedCorruptError, FetchedRowsError
from data.fetched_file import (
    FileFaultError,
    Label,
    Source,
    known_label,
    last_day,
    read_file,
    write_file,
)
from data.fetched_merge import Changes, Window, checked_rows, in_force, merged
from data.fetched_quarantine import (
    STRAY_SECONDS,
    Quarantined,
    keep_former,
    quarantined,
    set_aside,
    sweep,
)
from data.fetched_tables import (
    FETCHED_TABLES,
    FETCHED_VERSION,
    FILE_SUFFIX,
    SUPERSEDED_AT,
    FetchedTable,
    decoded,
    encoded,
    fetched_table,
)

__all__ = ["REASK_SESSIONS", "FetchedSeries", "FetchedStore", "Quarantined", "Source"]

# The last sessions are asked for again at every refresh: providers correct them.
REASK_SESSIONS: Final = 3
_SHARDS = 64
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class FetchedSeries:
    """What is stored of one ticker: `rows` in force, `history` with what they replaced."""

    label: Label
    rows: pa.Table
    history: pa.Table


class FetchedStore:
    """Files of fetched data below `home`; safe for several threads and processes."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.root = self.home / "fetched" / f"v{FETCHED_VERSION}"

    def append(
        self, table: str, ticker: str, rows: pa.Table, source: Source, asked: Window | None = None
    ) -> Changes:
        """Join an answer to what is stored.

        Parameters
        ----------
        table : str
            bars, splits, dividends or details.
        rows : pyarrow.Table
            The whole answer for `asked`; no rows means: proved that there are none.
        asked : (date, date), optional
            Window of the question, both inclusive; not for details.

        Raises
        ------
        FetchedRowsError
            The rows are no answer to the question.
        FetchedBasisError
            The series has another basis; or its basis moves with every split and the answer does
            not repeat a stored session exactly: then the whole series must be fetched and replaced.
        FetchedGapError
            Days between the stored window and `asked` were never asked for.
        FetchedCorruptError
            The stored file was damaged; it is now in quarantine.
        StoreBusyError, StoreFullError, StoreWriteError
        """
        return self._store(table, ticker, rows, source, asked, keep=True)

    def replace(
        self, table: str, ticker: str, rows: pa.Table, source: Source, asked: Window | None = None
    ) -> Changes:
        """Store an answer instead of the whole series; the former file is kept in ``former``."""
        return self._store(table, ticker, rows, source, asked, keep=False)

    def read(self, table: str, provider: str, ticker: str) -> FetchedSeries | None:
        """Return what is stored of a ticker, checked, or None; raises FetchedCorruptError."""
        spec = fetched_table(table)
        path = self.path(table, provider, ticker)
        try:
            whole, label = _believed(path, spec, provider, ticker)
        except FileNotFoundError:
            return None
        except FileFaultError:
            with self._lock(table, provider, ticker):
                found = self._read_locked(spec, provider, ticker)
            if found is None:
                return None
            whole, label = found
        history = whole.filter(pc.is_valid(whole[SUPERSEDED_AT]))
        return FetchedSeries(label, in_force(whole), history)

    def ask_from(
        self, provider: str, ticker: str, sessions: int = REASK_SESSIONS
    ) -> dt.date | None:
        """Return the day from which bars must be asked for at a refresh; None = from the start.

        That is the day of the last stored bar but `sessions` - 1; without bars, the day after the
        window that is known to be empty.
        """
        series = self.read("bars", provider, ticker)
        if series is None:
            return None
        days = sorted(series.rows["date"].to_pylist())
        if days:
            return cast(dt.date, days[-min(sessions, len(days))])
        return series.label.end + _ONE_DAY if series.label.end else None

    def last_day(self, table: str, provider: str, ticker: str) -> dt.date | None:
        """Return the last day stored of a ticker, from the footer alone; None where not known."""
        column = fetched_table(table).date
        try:
            path = self.path(table, provider, ticker)
            return None if column is None else last_day(path, column)
        except (FileFaultError, FileNotFoundError):
            return None

    def labels(self, table: str, provider: str) -> dict[str, Label]:
        """Return the label of every file by ticker, from the footers alone; bad files are left out.

        Use `check` to find those.
        """
        found = {}
        for ticker, path in self.files(table, provider):
            try:
                found[ticker] = known_label(path)
            except (FileFaultError, FileNotFoundError):
                continue
        return found

    def providers(self, table: str) -> tuple[str, ...]:
        """Names of the providers with files of a table, sorted."""
        folder = self.root / fetched_table(table).name
        return tuple(sorted(entry.name for entry in folder.iterdir())) if folder.is_dir() else ()

    def check(self) -> tuple[Quarantined, ...]:
        """Read every file whole, set the bad ones aside and return all that wait for a refetch."""
        for table in FETCHED_TABLES:
            for provider in self.providers(table):
                self._set_strangers_aside(table, provider)
                for ticker, _ in self.files(table, provider):
                    try:
                        self.read(table, provider, ticker)
                    except FetchedCorruptError:
                        continue
        return tuple(entry for entry in self.quarantined() if entry.refetch)

    def quarantined(self) -> tuple[Quarantined, ...]:
        """Return every file set aside, oldest first for each name."""
        return quarantined(self.root)

    def sweep(self, older_than: float = STRAY_SECONDS) -> int:
        """Remove scratch files that killed writers left, older than so many seconds; count them."""
        return sweep(self.root, older_than)

    def files(self, table: str, provider: str) -> Iterator[tuple[str, Path]]:
        """Yield ticker and file of every series of a table and provider, sorted by file name."""
        folder = self.root / fetched_table(table).name / checked_name(provider, "provider")
        for path in sorted(folder.glob(f"*{FILE_SUFFIX}")):
            ticker = decoded(path.name.removesuffix(FILE_SUFFIX))
            if ticker is not None:
                yield ticker, path

    def path(self, table: str, provider: str, ticker: str) -> Path:
        """Return where a ticker is kept; raises BadNameError."""
        folder = self.root / fetched_table(table).name / checked_name(provider, "provider")
        return folder / f"{encoded(ticker)}{FILE_SUFFIX}"

    def _store(
        self,
        table: str,
        ticker: str,
        rows: pa.Table,
        source: Source,
        asked: Window | None,
        *,
        keep: bool,
    ) -> Changes:
        spec = fetched_table(table)
        if source.fetched_at.tzinfo is None:
            raise FetchedRowsError("fetched_at must have a time zone, had none. Use UTC.")
        answer = checked_rows(spec, ticker, rows, asked)
        path = self.path(table, source.provider, ticker)
        start, end = asked if asked is not None and spec.date is not None else (None, None)
        moment = source.fetched_at.astimezone(dt.UTC)
        label = Label(table, ticker, source.provider, source.base, start, end, moment, 0)
        label = replace(label, client=source.client, unreadable=source.unreadable)
        with (
            self._lock(table, source.provider, ticker),
            disk_errors(f"{table} of {ticker}", self.root),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            if keep:
                found = self._read_locked(spec, source.provider, ticker)
            else:
                found = None
                keep_former(self.root, path)
            stored = spec.stored.empty_table()
            if found is not None:
                stored, former = found
                must_continue(spec, stored, former, answer, label)
                label = joined(former, label)
            whole, changes = merged(spec, stored, answer, asked, moment)
            write_file(path, whole, replace(label, rows=in_force(whole).num_rows))
        return changes

    def _read_locked(
        self, spec: FetchedTable, provider: str, ticker: str
    ) -> tuple[pa.Table, Label] | None:
        # The caller holds the lock: what is set aside is what was read.
        path = self.path(spec.name, provider, ticker)
        try:
            return _believed(path, spec, provider, ticker)
        except FileNotFoundError:
            return None
        except FileFaultError as error:
            set_aside(self.root, path, error.fault)
            raise FetchedCorruptError(
                spec.name, provider, ticker, error.fault, str(error)
            ) from error

    def _set_strangers_aside(self, table: str, provider: str) -> None:
        for path in (self.root / table / provider).glob(f"*{FILE_SUFFIX}"):
            if decoded(path.name.removesuffix(FILE_SUFFIX)) is None:
                set_aside(self.root, path, "foreign")

    def _lock(self, table: str, provider: str, ticker: str) -> AbstractContextManager[None]:
        # A few lock files for all names: they are never removed, and one process holds one at once.
        name = f"{table}/{provider}/{ticker}".encode()
        shard = int.from_bytes(hashlib.blake2b(name, digest_size=2).digest()) % _SHARDS
        path = self.home / "fetched" / ".locks" / f"{shard:02d}.lock"
        return write_lock(path, f"{table} of {ticker}")


def _believed(path: Path, spec: FetchedTable, provider: str, ticker: str) -> tuple[pa.Table, Label]:
    whole, label = read_file(path, spec)
    if (label.provider, label.ticker) != (provider, ticker):
        raise FileFaultError("foreign", f"it holds {label.ticker} from {label.provider}")
    return whole, label
