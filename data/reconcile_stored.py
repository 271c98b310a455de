"""Two providers compared over everything of a home, with what only one of them has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.fetched import FetchedStore
from data.reconcile import Reconciliation
from data.reconcile_store import reconcile_stored as compare

__all__ = ["StoredReconciliation", "reconcile_stored"]


@dataclass(frozen=True, slots=True, eq=False)
class StoredReconciliation:
    """What two providers say of the names of which the store has both.

    Attributes
    ----------
    left, right : str
        Providers.
    compared : tuple of Reconciliation
        By ticker.
    only_left, only_right : tuple of str
        Names of which only one has bars: nothing to compare.
    faults : tuple of str
        Series that could not be read, in words.
    """

    left: str
    right: str
    compared: tuple[Reconciliation, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    faults: tuple[str, ...] = ()


def reconcile_stored(
    home: Path,
    left: str = "polygon",
    right: str = "yahoo",
    *,
    tickers: Iterable[str] | None = None,
    tolerance: float = 2e-3,
) -> StoredReconciliation:
    """Compare the series of `left` and `right` over all names of which the store has both.

    Parameters
    ----------
    tickers : iterable of str, optional
        Only these.
    tolerance : float
        Of closes as traded, a fraction; see `data.reconcile.reconcile`.

    Raises
    ------
    BadNameError, FetchedReadError
    """
    store = FetchedStore(home)
    held = [_with_bars(store, provider) for provider in (left, right)]
    if tickers is not None:
        held = [names & set(tickers) for names in held]
    both = sorted(held[0] & held[1])
    found = compare(store, left, right, tickers=both, tolerance=tolerance)
    here, there = (tuple(sorted(held[at] - held[1 - at])) for at in (0, 1))
    faults = tuple(f"{ticker}: {why}" for ticker, why in found.left_out)
    return StoredReconciliation(left, right, found.compared, here, there, faults)


def _with_bars(store: FetchedStore, provider: str) -> set[str]:
    return {ticker for ticker, label in store.labels("bars", provider).items() if label.rows}
