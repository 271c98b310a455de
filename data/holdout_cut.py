"""What a sealed holdout leaves of each table: nothing dated from its first day on."""

from __future__ import annotations

import pandas as pd

from data.errors import BookError
from data.snapshot import Snapshot

__all__ = ["before", "living", "staying", "weights_before"]


def before(snapshot: Snapshot, column: str, word: str = " WHERE") -> str:
    """Return the condition that keeps rows of before the holdout; "" where nothing is withheld."""
    if snapshot.withheld_from is None or not column:
        return ""
    return f"{word} {column} < DATE '{snapshot.withheld_from.isoformat()}'"


def living(securities: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Return the securities without the ends that lie in the holdout: they trade on."""
    if snapshot.withheld_from is None:
        return securities
    later = (securities["last_session"] >= pd.Timestamp(snapshot.withheld_from)).fillna(False)
    known = securities.copy()
    for column in ("last_session", "delisting_return", "data_ended"):
        known[column] = known[column].mask(later)
    return known


def staying(membership: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Return the spells that began before the holdout; who leaves in it has not left yet."""
    if snapshot.withheld_from is None:
        return membership
    first = pd.Timestamp(snapshot.withheld_from)
    known = membership[membership["start_date"] < first].reset_index(drop=True)
    known["end_date"] = known["end_date"].mask((known["end_date"] >= first).fillna(False))
    return known


def weights_before(book: pd.DataFrame, name: str, snapshot: Snapshot) -> pd.DataFrame:
    """Return the weights of a book of one's own that are dated before the holdout.

    Raises
    ------
    BookError
        There are none: every date of the book is withheld.
    """
    if snapshot.withheld_from is None:
        return book
    known = book[book["date"] < pd.Timestamp(snapshot.withheld_from)].reset_index(drop=True)
    if known.empty:
        raise BookError(
            f"book {name!r} must have a date before {snapshot.withheld_from}, where the sealed "
            f"holdout of market {snapshot.name!r} begins; its dates are {book['date'].min():%F} … "
            f"{book['date'].max():%F}. Choose another book, or open the holdout."
        )
    return known
