"""The overrides file of a fetched market: ``PLIMSOLL_HOME/overrides/<name>.toml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import checked_name
from data.overrides import Exclusion, Overrides, load_overrides

__all__ = ["Applied", "applied_overrides", "market_overrides", "overrides_path"]


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """Bars without the excluded ones, and what the file did.

    Attributes
    ----------
    bars : pyarrow.Table
    known : Overrides
        The file; empty where there is none.
    excluded : mapping of str to int
        Rows left out by table.
    overrides, notes : tuple of str
        Entries in force, and those that matched nothing.
    """

    bars: pa.Table
    known: Overrides
    excluded: Mapping[str, int]
    overrides: tuple[str, ...]
    notes: tuple[str, ...]


def overrides_path(home: Path, name: str) -> Path:
    """Return where the overrides of a fetched market are looked for."""
    return home / "overrides" / f"{checked_name(name, 'market')}.toml"


def market_overrides(home: Path, name: str) -> Overrides:
    """Return the overrides of a fetched market, none where it has no file; OverridesError."""
    path = overrides_path(home, name)
    return load_overrides(path) if path.exists() else Overrides()


def applied_overrides(known: Overrides, bars: pa.Table, symbols: Collection[str]) -> Applied:
    """Apply the exclusions of prices and indices to adjusted `bars`.

    Facts of securities are `known.securities`; acceptances are judged when health is checked;
    actions of `symbols`, those of the market, are in the bars already.
    """
    applied, notes = [], []
    excluded: dict[str, int] = {}
    for entry in known.exclusions:
        if entry.table not in ("prices", "indices"):
            notes.append(f"override of {entry.table} is not used for a fetched market: {entry}")
            continue
        out = _matches(entry, bars)
        number = pc.sum(out).as_py() or 0
        if not number:
            notes.append(f"override matches nothing: {entry}")
            continue
        bars = bars.filter(pc.invert(out))
        excluded[entry.table] = excluded.get(entry.table, 0) + number
        applied.append(f"{entry} ({number:,} {'row' if number == 1 else 'rows'})")
    for action in known.actions:
        if action.ticker in symbols:
            applied.append(str(action))
        else:
            notes.append(f"override matches nothing: {action}")
    applied += [str(fact) for fact in known.securities]
    applied += [str(acceptance) for acceptance in known.acceptances]
    return Applied(bars, known, excluded, tuple(applied), tuple(notes))


def _matches(entry: Exclusion, bars: pa.Table) -> pa.ChunkedArray:
    out = pc.equal(bars["ticker"], entry.ticker)
    if entry.start is not None:
        out = pc.and_(out, pc.greater_equal(bars["date"], pa.scalar(entry.start, pa.date32())))
    if entry.end is not None:
        out = pc.and_(out, pc.less_equal(bars["date"], pa.scalar(entry.end, pa.date32())))
    return out
