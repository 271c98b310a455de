"""What the store of fetched data holds, for people: series by provider, quarantine, requests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from data.acquire_recipe import recipes, saved_request
from data.acquire_types import FetchRequest
from data.fetched import FetchedStore, Quarantined

__all__ = ["FetchedStatus", "ProviderStore", "fetched_status"]


@dataclass(frozen=True, slots=True)
class ProviderStore:
    """Daily bars of one provider in the store.

    Attributes
    ----------
    provider : str
    names, rows : int
        Symbols with bars, and bars.
    empty : int
        Symbols of which the provider proved to have none.
    first_asked, last_asked : date or None
        Window over all symbols.
    fetched_at : datetime or None
        When the newest answer came, UTC.
    """

    provider: str
    names: int
    rows: int
    empty: int
    first_asked: dt.date | None
    last_asked: dt.date | None
    fetched_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class FetchedStatus:
    """Everything fetched below one home.

    Attributes
    ----------
    providers : tuple of ProviderStore
        By name; empty where nothing was fetched.
    requests : tuple of FetchRequest
        One a fetched market.
    quarantined : tuple of Quarantined
        Files that were set aside.
    refetch : tuple of (table, provider, ticker)
        Of those, what has not come again: the next fetch asks for it.
    """

    providers: tuple[ProviderStore, ...]
    requests: tuple[FetchRequest, ...]
    quarantined: tuple[Quarantined, ...]
    refetch: tuple[tuple[str, str, str], ...]


def fetched_status(home: Path) -> FetchedStatus:
    """Return what is stored below `home`, read from the footers of the files alone."""
    store = FetchedStore(home)
    providers = tuple(_of_provider(store, name) for name in store.providers("bars"))
    requests = [saved_request(home, name) for name in recipes(home)]
    bad = store.quarantined()
    refetch = dict.fromkeys((one.table, one.provider, one.ticker) for one in bad if one.refetch)
    known = tuple(request for request in requests if request is not None)
    return FetchedStatus(providers, known, bad, tuple(refetch))


def _of_provider(store: FetchedStore, provider: str) -> ProviderStore:
    labels = list(store.labels("bars", provider).values())
    return ProviderStore(
        provider=provider,
        names=sum(label.rows > 0 for label in labels),
        rows=sum(label.rows for label in labels),
        empty=sum(label.rows == 0 for label in labels),
        first_asked=min((one.start for one in labels if one.start is not None), default=None),
        last_asked=max((one.end for one in labels if one.end is not None), default=None),
        fetched_at=max((one.fetched_at for one in labels), default=None),
    )
