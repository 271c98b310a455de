"""Numbers of the Data page's reconciliation: where two providers disagree."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.fetched import FetchedStore
from data.reconcile import RECONCILE_KINDS, summary_table
from data.reconcile_stored import StoredReconciliation, reconcile_stored

__all__ = [
    "StoredReconciliation",
    "differences",
    "has_two_providers",
    "kind_meaning",
    "reconcile_home",
    "state_of",
    "summary",
]


def has_two_providers(home: Path) -> bool:
    """Return whether bars of two providers are stored, and so may have names in common."""
    return len(FetchedStore(home).providers("bars")) > 1


def state_of(home: Path) -> str:
    """Return a text that differs whenever bars, splits or dividends of a provider were fetched."""
    store = FetchedStore(home)
    parts = []
    for table in ("bars", "splits", "dividends"):
        for provider in store.providers(table):
            stamps = [path.stat().st_mtime_ns for _, path in store.files(table, provider)]
            parts.append(f"{table}-{provider}-{len(stamps)}-{max(stamps, default=0)}")
    return "|".join(parts)


def reconcile_home(home: Path) -> StoredReconciliation:
    """Compare the providers over every name of which both have bars."""
    return reconcile_stored(home)


def summary(found: StoredReconciliation) -> pd.DataFrame:
    """Return one row a name, those that agree least first: share of days agreeing, counts."""
    table: pd.DataFrame = summary_table(found.compared).to_pandas()
    table["share"] = table["agreeing"] / table["days"].where(table["days"] > 0)
    kinds = [kind for kind in RECONCILE_KINDS if table[kind].any()]
    columns = ["ticker", "first", "last", "days", "agreeing", "share", "worst", *kinds]
    return table.loc[:, columns]


def differences(found: StoredReconciliation) -> pd.DataFrame:
    """Return every difference: ticker, kind, date, until, left, right, difference."""
    frames = [one.findings.to_pandas() for one in found.compared if one.findings.num_rows]
    columns = ["ticker", "kind", "date", "until", "left", "right", "difference"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def kind_meaning(kind: str) -> str:
    """Return what a kind of difference means; "second" and "first" are the two providers."""
    return RECONCILE_KINDS[kind]
