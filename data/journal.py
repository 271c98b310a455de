"""What people did: named scenarios and every committed setting, in an append-only SQLite file.

Rows are only ever added: triggers refuse to change, delete or replace one, and each row carries a
hash over itself and the row before it. Several processes may write at once (write-ahead log).
The journal knows nothing of the engine: strings, dicts and returns go in, dicts and returns come
out.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from data.errors import DataError, did_you_mean
from data.journal_chain import append, verify
from data.journal_file import (
    JournalBusyError,
    JournalCorruptError,
    JournalError,
    JournalFile,
    JournalFullError,
    JournalVersionError,
    one_look,
    transaction,
)
from data.journal_returns import TrialReturns, digest_of
from data.journal_rows import as_json, now, plain

__all__ = [
    "ORIGINS",
    "Journal",
    "JournalBusyError",
    "JournalCorruptError",
    "JournalError",
    "JournalFullError",
    "JournalVersionError",
    "TrialReturns",
    "UnknownScenarioError",
    "now",
]

ORIGINS: Final = ("page", "cli", "sweep")
_LONGEST_NAME: Final = 80
_HIGHEST_ROW: Final = 2**63 - 1  # of any SQLite table; a larger number cannot even be asked for


class UnknownScenarioError(DataError, LookupError):
    """No scenario of that name was saved."""


class Journal:
    """The file ``journal.sqlite`` below `home`; safe to share between threads.

    Nothing is opened or made before the first call.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME.
    timeout : float
        Seconds to wait for another process that is writing.
    """

    def __init__(self, home: Path, timeout: float = 5.0) -> None:
        self.path = home / "journal.sqlite"
        self.unwritten: list[dict[str, Any]] = []  # see data.journal_pending
        self._file = JournalFile(self.path, timeout)

    def record_trial(
        self,
        *,
        scenario_hash: str,
        fingerprint: str,
        values: Mapping[str, Any],
        preset: str,
        origin: str,
        metrics: Mapping[str, Any],
        returns: Sequence[TrialReturns] = (),
        at: str | None = None,
    ) -> int:
        """Append one committed setting and what came of it; return its number.

        Parameters
        ----------
        scenario_hash, fingerprint : str
            Hash of the setting and fingerprint of the market: together they name a trial.
        values, metrics : mapping
            Made JSON; a number that is not finite becomes null.
        preset : str
        origin : str
            "page", "cli" or "sweep".
        returns : sequence of TrialReturns
            Of the setting, or of some of a sweep's; those of a trial that has some are kept.
        at : str, optional
            When it was tried, as :func:`now` has it; now when not given.
        """
        if origin not in ORIGINS:
            raise ValueError(f"origin must be one of {', '.join(ORIGINS)}, was {origin!r}")
        row = (
            at or now(),
            scenario_hash,
            fingerprint,
            preset,
            origin,
            as_json(values),
            as_json(metrics),
        )
        packed = [(one.hash, one.pack()) for one in returns]
        with self._file.connection() as connection, transaction(connection):
            number = append(connection, "trials", row)
            there = connection.execute(
                "SELECT 1 FROM returns WHERE trial = ? AND fingerprint = ? LIMIT 1",
                (scenario_hash, fingerprint),
            )
            if there.fetchone() is None:
                for setting, data in packed:
                    kept = (row[0], setting, fingerprint, scenario_hash, digest_of(data))
                    append(connection, "returns", kept, data)
            return number

    def trials(
        self, fingerprint: str | None = None, *, distinct: bool = True, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return trials, oldest first.

        Parameters
        ----------
        fingerprint : str, optional
            Only those on this market.
        distinct : bool
            One for each setting and market, as first recorded; False returns every record.
        limit : int, optional
            Only the latest so many.
        """
        first = 'AND id IN (SELECT MIN(id) FROM trials GROUP BY fingerprint, "hash")'
        rows = self._rows(
            f"SELECT * FROM trials WHERE (?1 IS NULL OR fingerprint = ?1) "
            f"{first if distinct else ''} ORDER BY id DESC LIMIT ?2",
            (fingerprint, -1 if limit is None else limit),
        )
        return rows[::-1]

    def count(self, fingerprint: str) -> int:
        """Return how many different settings were tried on the market of `fingerprint`."""
        sql = 'SELECT COUNT(DISTINCT "hash") AS n FROM trials WHERE fingerprint = ?'
        return int(self._rows(sql, (fingerprint,))[0]["n"])

    def tried(self, market: str) -> list[dict[str, Any]]:
        """Return the different settings tried on the market called `market`, oldest first.

        Whatever its data were: who tries again after a refresh has not forgotten the tries before.
        One row a setting, as first recorded.
        """
        of = """json_extract("values", '$."universe.source"') = ?"""
        first = f'SELECT MIN(id) FROM trials WHERE {of} GROUP BY "hash"'
        return self._rows(f"SELECT * FROM trials WHERE id IN ({first}) ORDER BY id", (market,))

    def tried_mark(self, market: str) -> tuple[int, int]:
        """Return number and last row of :meth:`tried`, which change when a setting is added."""
        of = """json_extract("values", '$."universe.source"') = ?"""
        first = f'SELECT MIN(id) AS id FROM trials WHERE {of} GROUP BY "hash"'
        row = self._rows(f"SELECT COUNT(*) AS n, MAX(id) AS last FROM ({first})", (market,))[0]
        return int(row["n"]), int(row["last"] or 0)

    def returns(self, market: str, most: int = 400) -> list[TrialReturns]:
        """Return what settings tried on `market` earned, one each, the latest `most`, newest first.

        Raises
        ------
        JournalCorruptError
            Something else than what was recorded is stored.
        """
        of = """SELECT "hash", fingerprint FROM trials
            WHERE json_extract("values", '$."universe.source"') = ?"""
        latest = f"""SELECT MAX(id) FROM returns WHERE (trial, fingerprint) IN ({of})
            GROUP BY "hash" """
        sql = f"SELECT * FROM returns WHERE id IN ({latest}) ORDER BY id DESC LIMIT ?"
        with self._file.connection() as connection:
            rows = connection.execute(sql, (market, most)).fetchall()
        found = []
        for row in rows:
            try:
                if digest_of(row["data"]) != row["digest"]:
                    raise ValueError("another digest")
                kept = TrialReturns.unpack(row["hash"], row["data"])
                found.append(replace(kept, trial=row["trial"]))
            except (ValueError, zlib.error) as error:
                raise JournalCorruptError(
                    f"the returns in row {row['id']} of {self.path} are not those that were "
                    "recorded. Restore the file from a copy."
                ) from error
        return found

    def record_event(self, kind: str, subject: str, detail: Mapping[str, Any]) -> int:
        """Append something that was done and stays done; return its number."""
        with self._file.connection() as connection, transaction(connection):
            return append(connection, "events", (now(), kind, subject, as_json(detail)))

    def events(self, kind: str | None = None, subject: str | None = None) -> list[dict[str, Any]]:
        """Return events, oldest first, all of them or those of a kind or subject."""
        return self._rows(
            "SELECT * FROM events WHERE (?1 IS NULL OR kind = ?1) "
            "AND (?2 IS NULL OR subject = ?2) ORDER BY id",
            (kind, subject),
        )

    def link(self, number: int | None = None) -> tuple[int, str]:
        """Return number and hash of trial `number`, of the latest when not given.

        The hash depends on every row up to that one. (0, "") where there is no such row.
        """
        sql = "SELECT id, chain FROM trials WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC LIMIT 1"
        if number is not None and abs(number) > _HIGHEST_ROW:
            return 0, ""
        with self._file.connection() as connection:
            found = connection.execute(sql, (number,)).fetchone()
        return (0, "") if found is None else (int(found["id"]), str(found["chain"]))

    def save_scenario(
        self, name: str, *, scenario_hash: str, values: Mapping[str, Any], preset: str
    ) -> int:
        """Append a named scenario; saving under a name again leaves the earlier one in place."""
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise ValueError(
                f"the name of a scenario must be 1 to {_LONGEST_NAME} printable characters, "
                f"was {name[:_LONGEST_NAME]!r}"
            )
        with self._file.connection() as connection, transaction(connection):
            row = (now(), name, scenario_hash, preset, as_json(values))
            return append(connection, "scenarios", row)

    def scenarios(self) -> list[dict[str, Any]]:
        """Return the latest scenario of every name, by name."""
        latest = "SELECT MAX(id) FROM scenarios GROUP BY name"
        return self._rows(f"SELECT * FROM scenarios WHERE id IN ({latest}) ORDER BY name")

    def scenario(self, name: str) -> dict[str, Any]:
        """Return the latest scenario saved as `name`.

        Raises
        ------
        UnknownScenarioError
        """
        sql = "SELECT * FROM scenarios WHERE name = ? ORDER BY id DESC LIMIT 1"
        found = self._rows(sql, (name,))
        if not found:
            known = [row["name"] for row in self.scenarios()]
            raise UnknownScenarioError(
                f"scenario must be a saved one, was {name!r}.{did_you_mean(name, known)}"
            )
        return found[0]

    def verify(self) -> None:
        """Check every row against its hash; raises JournalCorruptError naming the first bad one."""
        with self._file.connection() as connection, one_look(connection):
            verify(connection, self.path)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection for a block; SQLite's errors come out of it as typed ones."""
        with self._file.connection() as connection:
            yield connection

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        with self._file.connection() as connection:
            return [plain(row) for row in connection.execute(sql, values)]
