"""Write side of the store: versioned parquet snapshots, replaced whole, one writer at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import LOCK_TIMEOUT, checked_name, disk_errors, write_lock
from data.books import write_book
from data.coverage import member_coverage
from data.errors import (
    BadTableError,
    MixedMarketError,
    StoreCorruptError,
    StoreVersionError,
)
from data.frames import conform, content_fingerprint, empty_frame
from data.publish import FINDINGS, SLOT, publish
from data.schema import BASES, SCHEMA_VERSION, SCHEMAS, TABLES
from data.snapshot import (
    Snapshot,
    current_pointer,
    current_snapshot,
    market_names,
    store_folder,
)

__all__ = [
    "DEMO",
    "ImportTrail",
    "MarketTables",
    "Snapshot",
    "check_real_name",
    "write_book",
    "write_market",
]

DEMO = "demo"


@dataclass(frozen=True, slots=True, eq=False)
class MarketTables:
    """The tables of one market as frames, columns as in :mod:`data.schema` (docs/data.md).

    Missing optional columns are stored as nulls. ``prices`` needs bars; every other table may be
    empty, but ``securities`` must then name every ticker of prices all the same.
    """

    prices: pd.DataFrame
    securities: pd.DataFrame
    membership: pd.DataFrame = field(default_factory=lambda: empty_frame(SCHEMAS["membership"]))
    fundamentals: pd.DataFrame = field(default_factory=lambda: empty_frame(SCHEMAS["fundamentals"]))
    indices: pd.DataFrame = field(default_factory=lambda: empty_frame(SCHEMAS["indices"]))
    rates: pd.DataFrame = field(default_factory=lambda: empty_frame(SCHEMAS["rates"]))


@dataclass(frozen=True, slots=True, eq=False)
class ImportTrail:
    """What an import did to the rows it was given; see :class:`data.snapshot.Snapshot`.

    ``findings`` holds quarantined and flagged rows: table, fate, reason, file_row, row (JSON).
    ``members_without_prices`` are membership rows left out of the table; coverage counts them.
    """

    quarantined: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    findings: pd.DataFrame | None = None
    members_without_prices: pd.DataFrame | None = None


def check_real_name(name: str) -> None:
    """Raise BadNameError or MixedMarketError where real data cannot be stored under `name`."""
    checked_name(name, "market")
    if name == DEMO:
        raise MixedMarketError(
            f"the name {DEMO!r} is kept for the simulated market; choose another, for example us."
        )


def write_market(
    home: Path,
    name: str,
    tables: MarketTables,
    *,
    simulated: bool,
    return_basis: str,
    origin: str,
    trail: ImportTrail | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Snapshot:
    """Store `tables` as the new current snapshot of market `name`.

    Readers see the former snapshot until the last step and keep it when anything fails; the
    former one is kept until the next write.

    Raises
    ------
    BadNameError, BadTableError, MissingColumnError
        Nothing is written.
    MixedMarketError
        `name` holds simulated data and `tables` are real, or the other way round.
    StoreBusyError, StoreFullError, StoreWriteError
        The former snapshot stays the current one.
    """
    if not simulated:
        check_real_name(name)
    checked_name(name, "market")
    stored, sessions, names = _checked_tables(tables)
    trail = trail or ImportTrail()
    slots = _slots(stored["prices"], sessions, names)
    snapshot = Snapshot(
        **_identity(store_folder(home) / name, stored),
        **_extent(tables, trail, sessions, names, slots),
        simulated=simulated,
        return_basis=return_basis,
        origin=origin,
        quarantined=trail.quarantined,
        flagged=trail.flagged,
        excluded=trail.excluded,
        overrides=trail.overrides,
        notes=trail.notes,
    )
    files = {**stored, "prices": stored["prices"].append_column(SLOT, pa.array(slots))}
    if trail.findings is not None and len(trail.findings):
        files[FINDINGS] = pa.Table.from_pandas(trail.findings, preserve_index=False)
    lock = store_folder(home) / ".locks" / f"{name}.lock"
    with (
        write_lock(lock, f"market {name!r}", lock_timeout),
        disk_errors(f"market {name!r}", snapshot.path),
    ):
        return publish(snapshot.path, snapshot, files, _former(home, name, simulated))


def _identity(folder: Path, stored: dict[str, pa.Table]) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    fingerprint = content_fingerprint(stored)
    return {
        "name": folder.name,
        "snapshot_id": f"{now:%Y%m%dT%H%M%S%f}-{fingerprint[:12]}",
        "path": folder,
        "fingerprint": fingerprint,
        "schema_version": SCHEMA_VERSION,
        "created_at": now,
        "tables": {table: stored[table].num_rows for table in TABLES},
    }


def _extent(
    tables: MarketTables,
    trail: ImportTrail,
    sessions: npt.NDArray[np.datetime64],
    names: list[str],
    slots: npt.NDArray[np.int64],
) -> dict[str, Any]:
    bars = np.zeros(len(sessions) * len(names), dtype=bool)
    bars[slots] = True
    membership = _trail_membership(tables, trail)
    coverage = member_coverage(sessions, names, bars.reshape(len(sessions), -1), membership)
    return {
        "first_date": sessions[0].item(),
        "last_date": sessions[-1].item(),
        "names": len(names),
        "sessions": len(sessions),
        "coverage": coverage.total,
        "coverage_by_year": coverage.by_year,
    }


def _checked_tables(
    tables: MarketTables,
) -> tuple[dict[str, pa.Table], npt.NDArray[np.datetime64], list[str]]:
    stored = {table: conform(SCHEMAS[table], getattr(tables, table)) for table in TABLES}
    prices = stored["prices"]
    if not prices.num_rows:
        raise BadTableError("prices must have bars, has none; nothing was stored.")
    for table in ("prices", "indices"):
        _check_bars(table, stored[table])
    sessions = np.unique(prices["date"].to_numpy()).astype("datetime64[D]")
    names = sorted(pc.unique(prices["ticker"]).to_pylist())
    nameless = sorted(set(names) - set(stored["securities"]["ticker"].to_pylist()))
    if nameless:
        raise BadTableError(
            f"securities must have a row for each ticker of prices, lacks {len(nameless)}: "
            f"{', '.join(nameless[:5])}."
        )
    return stored, sessions, names


def _check_bars(name: str, table: pa.Table) -> None:
    for column in ("open", "high", "low", "close", "adj_close"):
        values = table[column]
        bad = pc.invert(pc.and_(pc.greater(values, 0.0), pc.is_finite(values)))
        if pc.any(bad).as_py():
            raise BadTableError(f"{name}.{column} must be finite and above 0 in every row.")
    strange = set(pc.unique(table["basis"]).to_pylist()) - {*BASES, None}
    if strange:
        raise BadTableError(f"{name}.basis must be one of {BASES}, has {sorted(strange)}.")


def _trail_membership(tables: MarketTables, trail: ImportTrail) -> pd.DataFrame:
    if trail.members_without_prices is None:
        return tables.membership
    return pd.concat([tables.membership, trail.members_without_prices], ignore_index=True)


def _slots(
    prices: pa.Table, sessions: npt.NDArray[np.datetime64], names: list[str]
) -> npt.NDArray[np.int64]:
    # Place of each bar in the flat T x N panel, so that a reader scatters without looking at texts.
    dates = prices["date"].to_numpy().astype("datetime64[D]")
    coded = prices["ticker"].combine_chunks().dictionary_encode()
    column_of = {name: number for number, name in enumerate(names)}
    column = np.array([column_of[name] for name in coded.dictionary.to_pylist()], dtype=np.int64)
    slots: npt.NDArray[np.int64] = (
        np.searchsorted(sessions, dates) * len(names) + column[coded.indices.to_numpy()]
    )
    return slots


def _former(home: Path, name: str, simulated: bool) -> str | None:
    # A damaged or outdated snapshot must not stand in the way of the import that replaces it.
    if name not in market_names(home):
        return None
    try:
        former = current_snapshot(home, name)
    except (StoreCorruptError, StoreVersionError):
        named = current_pointer(home, name)
        stored = {entry.name for entry in (store_folder(home) / name).iterdir() if entry.is_dir()}
        return named if named in stored else None
    if former.simulated != simulated:
        kinds = {True: "simulated", False: "real"}
        raise MixedMarketError(
            f"market {name!r} holds {kinds[former.simulated]} data and must not be replaced by "
            f"{kinds[simulated]} data. Choose another --name."
        )
    return former.snapshot_id
