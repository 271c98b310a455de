"""Typed errors of the store for fetched data."""

from __future__ import annotations

from data.errors import DataError, StoreCorruptError

__all__ = [
    "FetchedBasisError",
    "FetchedCorruptError",
    "FetchedGapError",
    "FetchedReadError",
    "FetchedRowsError",
]


class FetchedRowsError(DataError, ValueError):
    """Rows that are no answer to what was asked: another ticker, date, column or a key twice."""


class FetchedBasisError(DataError, ValueError):
    """Rows of one basis would be joined to a series of another."""


class FetchedGapError(DataError, ValueError):
    """Between what is stored and what was asked lie days for which nobody asked."""


class FetchedReadError(DataError):
    """The system does not let a file be read; whether it is good nobody knows, so it stays."""


class FetchedCorruptError(StoreCorruptError):
    """A file of fetched data is damaged or foreign; it has been put in quarantine where possible.

    Attributes
    ----------
    table, provider, ticker : str
        What is to be fetched again.
    reason : str
        damaged, foreign or version.
    """

    def __init__(self, table: str, provider: str, ticker: str, reason: str, fault: str) -> None:
        self.table, self.provider, self.ticker, self.reason = table, provider, ticker, reason
        super().__init__(
            f"{table} of {ticker} from {provider} cannot be read: {fault}. The file is kept in "
            "quarantine; fetch the name again from its start."
        )
