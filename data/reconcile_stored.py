"""Two providers compared over everything of which the store has both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_tables import FETCHED_TABLES
from data.reconcile import ProviderSeries, Reconciliation, reconcile

__all__ = ["StoredReconciliation", "reconcile_stored"]

_EXCHANGE: Final = ZoneInfo("America/New_York")


class _MissingError(Exception):
    """A table that the comparison needs is not stored."""


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
        Series that could not be compared, in words.
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
    compared, faults = [], []
    for ticker in sorted(held[0] & held[1]):
        try:
            one, other = (_series(store, provider, ticker) for provider in (left, right))
        except (_MissingError, FetchedCorruptError) as error:
            faults.append(f"{ticker}: {error}")
            continue
        compared.append(reconcile(ticker, one, other, tolerance=tolerance))
    here, there = (tuple(sorted(held[at] - held[1 - at])) for at in (0, 1))
    return StoredReconciliation(left, right, tuple(compared), here, there, tuple(faults))


def _with_bars(store: FetchedStore, provider: str) -> set[str]:
    return {ticker for ticker, label in store.labels("bars", provider).items() if label.rows}


def _series(store: FetchedStore, provider: str, ticker: str) -> ProviderSeries:
    bars = store.read("bars", provider, ticker)
    if bars is None:  # set aside between the footers and now
        raise _MissingError(f"{provider} has no bars of it any more")
    splits, dividends = (_rows(store, table, provider, ticker) for table in ("splits", "dividends"))
    as_of: dt.date = bars.label.fetched_at.astimezone(_EXCHANGE).date()
    return ProviderSeries(provider, bars.label.base, bars.rows, splits, dividends, as_of)


def _rows(store: FetchedStore, table: str, provider: str, ticker: str) -> pa.Table:
    series = store.read(table, provider, ticker)
    if series is None and not ticker.startswith(("I:", "^")):
        raise _MissingError(f"its {table} from {provider} are not stored")
    return FETCHED_TABLES[table].columns.empty_table() if series is None else series.rows
