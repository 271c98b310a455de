"""What is stored of two providers, compared name by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_tables import FETCHED_TABLES
from data.reconcile import ProviderSeries, Reconciliation, reconcile

__all__ = ["StoredReconciliation", "reconcile_stored"]

_ZONE: Final = ZoneInfo("America/New_York")


class _MissingError(Exception):
    """A table that the comparison needs is not stored."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredReconciliation:
    """Names that both providers have.

    Attributes
    ----------
    compared : tuple of Reconciliation
        By ticker.
    left_out : tuple of (str, str)
        Tickers that could not be compared, each with the reason in words.
    """

    compared: tuple[Reconciliation, ...]
    left_out: tuple[tuple[str, str], ...]


def reconcile_stored(
    store: FetchedStore,
    left: str = "polygon",
    right: str = "yahoo",
    *,
    tickers: Iterable[str] | None = None,
    tolerance: float = 2e-3,
    progress: Callable[[int, int], None] | None = None,
) -> StoredReconciliation:
    """Compare every name that both providers have in the store, or those of `tickers`.

    Parameters
    ----------
    tolerance : float
        As in `reconcile`.
    progress : callable, optional
        Called with names done and names in all.

    Raises
    ------
    BadNameError
        No name that a provider can have.
    """
    both = store.labels("bars", left).keys() & store.labels("bars", right).keys()
    wanted = sorted(both if tickers is None else both & set(tickers))
    compared, left_out = [], []
    for place, ticker in enumerate(wanted, start=1):
        try:
            series = [_series(store, provider, ticker) for provider in (left, right)]
            compared.append(reconcile(ticker, *series, tolerance=tolerance))
        except (_MissingError, FetchedCorruptError) as error:
            left_out.append((ticker, str(error)))
        if progress is not None:
            progress(place, len(wanted))
    return StoredReconciliation(tuple(compared), tuple(left_out))


def _series(store: FetchedStore, provider: str, ticker: str) -> ProviderSeries:
    bars, *actions = (store.read(t, provider, ticker) for t in ("bars", "splits", "dividends"))
    if bars is None:
        raise _MissingError(f"{provider} has no bars of {ticker} any more")
    index = ticker.startswith(("I:", "^"))
    for name, found in zip(("splits", "dividends"), actions, strict=True):
        if found is None and not index:
            raise _MissingError(f"the {name} of {ticker} from {provider} are not stored")
    tables = [
        FETCHED_TABLES[name].columns.empty_table() if one is None else one.rows
        for name, one in zip(("splits", "dividends"), actions, strict=True)
    ]
    as_of: dt.date = bars.label.fetched_at.astimezone(_ZONE).date()
    return ProviderSeries(provider, bars.label.base, bars.rows, *tables, as_of)
