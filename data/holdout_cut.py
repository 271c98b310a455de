"""What a sealed holdout leaves of each table: nothing dated from its first day on."""

from __future__ import annotations

import pandas as pd

from data.snapshot import Snapshot

__all__ = ["before", "living", "staying"]


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
