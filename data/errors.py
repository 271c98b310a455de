"""Typed errors of the data side; each names the thing, what was found and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BadNameError",
    "BadTableError",
    "BookError",
    "BooksOfRowsError",
    "DataError",
    "MissingColumnError",
    "MixedMarketError",
    "NotFetchedError",
    "OverridesError",
    "ReferenceFileError",
    "StoreBusyError",
    "StoreCorruptError",
    "StoreFullError",
    "StoreVersionError",
    "StoreWriteError",
    "UnknownBookError",
    "UnknownSourceError",
    "did_you_mean",
]


class DataError(Exception):
    """Base of every error the data side raises on purpose."""


class BadNameError(DataError, ValueError):
    """A market or book name cannot be a name in the store, or is reserved."""


class BadTableError(DataError, ValueError):
    """A file or frame cannot be read as the table it is meant to be."""


class MissingColumnError(DataError, ValueError):
    """A table lacks a column that it must have."""

    def __init__(self, table: str, column: str, where: str, found: Iterable[str]) -> None:
        self.table, self.column = table, column
        names = [str(name) for name in found]
        super().__init__(
            f"{table} must have a column {column!r}, but {where} has only "
            f"{', '.join(names) or 'no columns'}.{did_you_mean(column, names)} "
            f"Rename the column or see docs/data.md for the columns of {table}."
        )


class OverridesError(DataError, ValueError):
    """The overrides file cannot be read or has an entry that means nothing."""


class ReferenceFileError(DataError, ValueError):
    """A file of reference data (sector rules, a universe) has an entry that means nothing."""


class BookError(DataError, ValueError):
    """A book of weights breaks a rule: a weight out of range, a date that sums above 1."""


class UnknownSourceError(DataError, LookupError):
    """No market of that name is in the store."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = sorted(known)
        there = f"the store has {', '.join(names)}" if names else "the store is empty"
        way = did_you_mean(name, names) or (
            " Import it with `plimsoll import --name … --prices …`, or fetch it with `plimsoll "
            "fetch --name …`."
        )
        super().__init__(f"source must be a market in the store, was {name!r}; {there}.{way}")


class NotFetchedError(UnknownSourceError):
    """No fetch has made a market of that name: there is nothing that a refresh could ask for."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        here = (
            "it was not fetched: bring newer files in by an import."
            if name in set(known)
            else f"there is none of that name. Fetch it first: plimsoll fetch --name {name}"
        )
        words = f"a refresh must name a market that was fetched, was {name!r}; {here}"
        Exception.__init__(self, words)


class UnknownBookError(DataError, LookupError):
    """No book of that name is in the store."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = sorted(known)
        there = f"there are {', '.join(names)}" if names else "there are none yet"
        super().__init__(
            f"book must be an imported book, was {name!r}; {there}."
            f"{did_you_mean(name, names)} Import one with `plimsoll import --book weights.csv`."
        )


class StoreVersionError(DataError):
    """A snapshot was written by another version of the store's schema."""

    def __init__(self, name: str, found: object, expected: int) -> None:
        self.name, self.found, self.expected = name, found, expected
        newer = isinstance(found, int) and found > expected
        way = (
            "It was written by a newer Plimsoll: update this one, or import the files again."
            if newer
            else "Import the files again; the old snapshot stays until then."
        )
        super().__init__(
            f"market {name!r} must be stored with schema version {expected}, was {found!r}. {way}"
        )


class StoreCorruptError(DataError):
    """A stored file is damaged or missing."""


class StoreFullError(DataError):
    """The disk is full; what was stored before is untouched."""


class StoreWriteError(DataError):
    """The store's folder cannot be written; what was stored before is untouched."""


class StoreBusyError(DataError):
    """Another process is writing the same market or book."""


class MixedMarketError(DataError, ValueError):
    """Simulated and real data would end up under one name."""


class BooksOfRowsError(DataError, AssertionError):
    """The rows of a table do not add up after an import: a defect of the importer itself."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest of `known`, or an empty string.

    Examples
    --------
    >>> did_you_mean("ticer", ["date", "ticker"])
    " Did you mean 'ticker'?"
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""
