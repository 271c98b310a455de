"""Errors as people read them: what happened, what is safe, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ConfigError, CoreError, HistoryError, InputsError, RuinError
from dashboard.errors import SleeveFundError
from dashboard.handout.errors import ReportError
from data.errors import (
    BookError,
    DataError,
    StoreBusyError,
    StoreCorruptError,
    StoreFullError,
    StoreVersionError,
    StoreWriteError,
    UnknownBookError,
    UnknownSourceError,
)

__all__ = ["EXPECTED", "Problem", "explain"]

# What a run may raise on purpose, and what the disk may do; anything else is a bug and stays one.
EXPECTED = (CoreError, DataError, OSError)

_SAFE_STORE = "Everything stored before is untouched."
_SAFE_CHOICE = "Your settings are kept and nothing is lost."
# The first class that fits is taken: (error, title, what is safe, what to do).
_TEXTS: tuple[tuple[type[Exception], str, str, str], ...] = (
    (UnknownSourceError, "This market is not in the store", _SAFE_CHOICE,
     "Choose another market under “Market and period”."),
    (UnknownBookError, "This book is not in the store", _SAFE_CHOICE,
     "Choose another book under “Market and period”."),
    (BookError, "This book cannot be used", _SAFE_CHOICE,
     "Choose another book under “Market and period”."),
    (StoreVersionError, "The store is of another version", _SAFE_STORE,
     "Import the market again, or choose another one."),
    (StoreCorruptError, "The store cannot be read", "Other markets are not touched by this.",
     "Import this market again, or choose another one."),
    (StoreFullError, "The disk is full", _SAFE_STORE, "Free some space and reload the page."),
    (StoreWriteError, "The store cannot be written", _SAFE_STORE,
     "Give this user the right to write there, or set PLIMSOLL_HOME to another folder."),
    (StoreBusyError, "The store is being written", _SAFE_STORE,
     "Wait for the import to finish and reload the page."),
    (DataError, "The data cannot be used", _SAFE_STORE, "Import the market again."),
    (HistoryError, "Nothing to run in this period", _SAFE_CHOICE,
     "Choose another period under “Market and period”, or press Whole period there."),
    (RuinError, "The portfolio was ruined", _SAFE_CHOICE,
     "Lower the leverage limit, or reset to the preset."),
    (SleeveFundError, "This market does not have the fund of a sleeve", _SAFE_CHOICE,
     "Switch the sleeve off, choose another fund on Strategy, Book, or a market that has it."),
    (InputsError, "The engine refused its input", _SAFE_CHOICE,
     "Choose the market that the book was made for, another book, or reset to the preset."),
    (ConfigError, "This setting is not allowed", _SAFE_CHOICE,
     "Change it, or reset to the preset."),
    (ReportError, "The report could not be made", _SAFE_CHOICE, "Do what it says and try again."),
    (CoreError, "The run was stopped", _SAFE_CHOICE, "Reset to the preset."),
    (OSError, "The store cannot be read", _SAFE_STORE,
     "See that the folder exists and that this user may read it, then reload the page."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """An expected failure, explained."""

    title: str
    happened: str
    safe: str
    action: str


def explain(error: Exception) -> Problem:
    """Return what a reader needs to know of an expected error.

    Raises
    ------
    TypeError
        When `error` is none of ``EXPECTED``: a bug is not explained away.
    """
    for kind, title, safe, action in _TEXTS:
        if isinstance(error, kind):
            return Problem(title, str(error), safe, action)
    raise TypeError(f"{type(error).__name__} is no expected error: {error}") from error
