"""Numbers of the Data page: markets in the store, providers, what an import or a fetch set aside.

No secret passes here: of a key only the name of its variable is told.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.cli_data_fetched import provider_states
from data.acquire import last_request
from data.acquire_types import LIVE, PROVIDER_CHOICES, FetchRequest, TickerOutcome
from data.catalog import Catalog
from data.errors import DataError
from data.fetched import FetchedStore
from data.fetched_tables import FETCHED_TABLES
from data.health_members import LEFT_OUT
from data.net.errors import MissingKeyError, ProviderError
from data.net.secrets import safe_url
from data.providers.hybrid_record import ProvidersRecord
from data.providers.polygon_settings import BASE_URL_VARIABLE, KEY_VARIABLES, PolygonSettings
from data.providers.yahoo_settings import BASE_URL_VARIABLE as YAHOO_BASE_URL_VARIABLE
from data.reference_universe import UNIVERSES, load_universe
from data.snapshot import Snapshot
from data.status import StatusRow, status
from data.universe_ranked import MOST_NAMES, MostTraded

__all__ = [
    "KEY_VARIABLES",
    "LIVE",
    "MOST_NAMES",
    "PROVIDER_CHOICES",
    "UNIVERSES",
    "KeyState",
    "ProviderRow",
    "Served",
    "Snapshot",
    "StatusRow",
    "fetched_with",
    "key_state",
    "markets",
    "outcomes_frame",
    "provider_rows",
    "quarantined_files",
    "quarantined_rows",
    "ranked_text",
    "reasons",
    "served",
    "symbols_in",
    "universe_size",
]

_ADDRESSES: Final = {"polygon": BASE_URL_VARIABLE, "yahoo": YAHOO_BASE_URL_VARIABLE}
#: In the order in which "auto" asks them.
_PROVIDERS: Final = ("polygon", "yahoo")


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether there is a key of Polygon: the variable that holds it, or why it cannot be used."""

    variable: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """What is known of one provider.

    Attributes
    ----------
    name : str
    state : {"active", "standby", "unavailable", "unasked"}
    reason, message : str
        Why it is unavailable: a code, and in words with the way out.
    since, asked_at : datetime or None
    names, rows : int
        Whose bars are its, of all that was ever fetched into this store, and how many bars.
    address : str
        Another address than its own where the environment says so, without secrets; else empty.
    passed_over : tuple of (str, tuple of str)
        Reasons, as codes, for which names were asked of another provider, with the names.
    """

    name: str
    state: str
    reason: str = ""
    message: str = ""
    since: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    names: int = 0
    rows: int = 0
    address: str = ""
    passed_over: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """Fetched data of one table and provider: names, rows in force, first and last day asked."""

    table: str
    provider: str
    base: str
    names: int
    rows: int
    start: dt.date | None
    end: dt.date | None
    fetched_at: dt.datetime


def markets(home: Path, now: dt.datetime | None = None) -> list[StatusRow]:
    """Return the state of every market, those with real data first; damaged ones say why."""
    rows = status(home, now)
    return sorted(rows, key=lambda row: (row.simulated, row.name))


def fetched_with(home: Path, name: str) -> FetchRequest | None:
    """Return what a market was fetched with; None where it was imported or simulated."""
    try:
        return last_request(home, name)
    except (DataError, OSError):
        return None


def key_state(environ: Mapping[str, str] | None = None) -> KeyState:
    """Say whether the environment holds a key of Polygon."""
    try:
        return KeyState(PolygonSettings().access(environ).key_variable)
    except MissingKeyError:
        return KeyState("")
    except ProviderError as error:
        return KeyState("", f"{error.thing} must {error.expected}, {error.found}. {error.way_out}")


def provider_rows(home: Path, environ: Mapping[str, str] | None = None) -> list[ProviderRow]:
    """Return every provider in the order in which it is asked: as the last fetch found it."""
    environ = os.environ if environ is None else environ
    record = provider_states(home)
    return [_row(name, record, environ) for name in _PROVIDERS]


def served(home: Path) -> list[Served]:
    """Return what is stored of each table and provider, from the labels of the files."""
    store = FetchedStore(home)
    found = []
    for table in FETCHED_TABLES:
        for provider in store.providers(table):
            labels = list(store.labels(table, provider).values())
            if labels:
                found.append(
                    Served(
                        table,
                        provider,
                        labels[0].base,
                        len(labels),
                        sum(label.rows for label in labels),
                        min((one.start for one in labels if one.start), default=None),
                        max((one.end for one in labels if one.end), default=None),
                        max(label.fetched_at for label in labels),
                    )
                )
    return found


def quarantined_files(home: Path) -> pd.DataFrame:
    """Return fetched files that were set aside: table, provider, ticker, reason, since, refetch."""
    columns = ("table", "provider", "ticker", "reason", "since", "refetch")
    rows = [[getattr(one, name) for name in columns] for one in FetchedStore(home).quarantined()]
    return pd.DataFrame(rows, columns=list(columns))


def quarantined_rows(catalog: Catalog, snapshot: Snapshot) -> pd.DataFrame:
    """Return rows an import kept out, or kept and flagged: table, fate, reason, file_row, row."""
    rows = catalog.findings(snapshot)
    return rows[rows["fate"] != LEFT_OUT].reset_index(drop=True)


def reasons(rows: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    """Return fate, table, reason and number of rows that were set aside: kept out first."""
    counts = rows.groupby(["fate", "table", "reason"]).size().reset_index(name="rows")
    counts["flagged"] = counts["fate"] != "quarantined"
    ordered = counts.sort_values(["flagged", "rows"], ascending=[True, False], kind="stable")
    columns = (ordered[name].tolist() for name in ("fate", "table", "reason", "rows"))
    return list(zip(*columns, strict=True))


def universe_size(name: str) -> tuple[int, int]:
    """Return how many companies and funds a universe that ships has."""
    universe = load_universe(name)
    return len(universe.stocks), len(universe.funds)


def outcomes_frame(outcomes: Iterable[TickerOutcome]) -> pd.DataFrame:
    """Return symbols and what became of them: ticker, state, provider, rows, detail."""
    rows = [(one.ticker, one.state, one.provider, one.rows, one.detail) for one in outcomes]
    columns = ["ticker", "state", "provider", "rows", "detail"]
    return pd.DataFrame(rows, columns=columns).set_index("ticker")


def symbols_in(text: str) -> tuple[str, ...]:
    """Return the symbols of a text, with spaces, commas, semicolons or new lines between.

    Examples
    --------
    >>> symbols_in("AAPL, MSFT  brk.b, AAPL")
    ('AAPL', 'MSFT', 'brk.b')
    """
    return tuple(dict.fromkeys(re.split(r"[\s,;]+", text.strip()))) if text.strip() else ()


def ranked_text(count: float | None, day: dt.date | None) -> str:
    """Return how a universe by dollar volume is written; 500 names where no count is given.

    Examples
    --------
    >>> ranked_text(200, None)
    'top:200'
    """
    return MostTraded(int(count or 500), day).text


def _row(name: str, record: ProvidersRecord, environ: Mapping[str, str]) -> ProviderRow:
    names, rows = record.served().get(name, (0, 0))
    url = environ.get(_ADDRESSES[name], "").strip()
    address = safe_url(url) if url else ""
    known = next((one for one in record.states if one.provider == name), None)
    if known is not None:
        facts = (known.state, known.reason, known.message, known.since, known.asked_at)
        passed = tuple((r, t) for (one, r), t in record.passed_over().items() if one == name)
        return ProviderRow(name, *facts, names, rows, address, passed)
    if name == "polygon" and not (key := key_state(environ)).variable:
        reason = "rejected_key" if key.fault else "no_key"
        return ProviderRow(name, "unavailable", reason, key.fault, address=address)
    return ProviderRow(name, "unasked", names=names, rows=rows, address=address)
