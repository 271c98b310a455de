"""Adjusted prices of one market, made once and kept under the state of their files."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.adjustment import (
    ADJUSTED_BARS,
    UNUSED_ACTIONS,
    Adjusted,
    adjust,
    unsplit,
    unsplit_dividends,
)
from data.assemble_actions import ACTIONS, actions_of
from data.assemble_choice import Choice
from data.assemble_lines import Line
from data.atomic import checked_name, disk_errors, replace_file, temporary, write_lock
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_tables import FETCHED_TABLES
from data.override_actions import StatedAction, with_stated
from data.publish import write_parquet

__all__ = ["MarketPrices", "adjusted_prices"]

_VERSION = 2  # of how prices are made; another one makes them again
_PARTS = ("bars", "unused", "actions")
_EXCHANGE = ZoneInfo("America/New_York")
Window = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True, eq=False)
class MarketPrices:
    """Adjusted bars of a market, with the splits and dividends in them.

    Attributes
    ----------
    done : Adjusted
    actions : pyarrow.Table
        Schema `data.assemble_actions.ACTIONS`.
    key : str
        Differs where what they are made of does.
    lost : tuple of str
        What could not be read, in words.
    """

    done: Adjusted
    actions: pa.Table
    key: str
    lost: tuple[str, ...] = ()


def adjusted_prices(
    store: FetchedStore,
    name: str,
    choice: Choice,
    window: Window,
    progress: Callable[[str, float], None],
) -> MarketPrices:
    """Return the adjusted bars of a market.

    They are kept in ``fetched/v1/adjusted/<name>`` under the state of the files they are made of:
    as long as none has changed, nothing is adjusted again.
    """
    folder = store.root / "adjusted" / checked_name(name, "market")
    key = f"{_VERSION}-{choice.state}"
    lock = store.home / "fetched" / ".locks" / f"adjusted-{name}.lock"
    with write_lock(lock, f"the adjusted prices of {name}"), disk_errors("prices", folder):
        kept = _kept(folder, key)
        if kept is not None:
            return kept
        made = _made(store, choice, window, progress, key)
        if not made.lost:  # what is missing a series today must be made again tomorrow
            _keep(folder, made)
        return made


def _made(
    store: FetchedStore,
    choice: Choice,
    window: Window,
    progress: Callable[[str, float], None],
    key: str,
) -> MarketPrices:
    lines = list(choice.lines.values())
    parts: dict[str, list[pa.Table]] = {"bars": [], "splits": [], "dividends": []}
    lost = []
    for number, line in enumerate(lines):
        try:
            for table, rows in _raw(store, line, window, choice.stated).items():
                parts[table].append(rows)
        except FetchedCorruptError as error:
            lost.append(str(error))
        if number % 20 == 0:
            progress("Reading what was fetched", 0.4 * number / len(lines))
    progress("Adjusting for splits and dividends", 0.4)
    whole = {table: pa.concat_tables(rows) for table, rows in parts.items() if rows}
    if not whole:
        none = Adjusted(ADJUSTED_BARS.empty_table(), UNUSED_ACTIONS.empty_table())
        return MarketPrices(none, ACTIONS.empty_table(), key, tuple(lost))
    done = adjust(whole["bars"], whole["splits"], whole["dividends"])
    actions = actions_of(done.bars, whole["splits"], whole["dividends"])
    return MarketPrices(done, actions, key, tuple(lost))


def _raw(
    store: FetchedStore, line: Line, window: Window, stated: Sequence[StatedAction]
) -> dict[str, pa.Table]:
    # Bars, splits and dividends of one security as they were traded, under its name in the market.
    found: dict[str, list[pa.Table]] = {"bars": [], "splits": [], "dividends": []}
    for symbol in dict.fromkeys(part.symbol for part in line.segments):
        for table, rows in _of_symbol(store, line.provider, symbol, stated).items():
            days = rows[FETCHED_TABLES[table].date]
            mine = _owned(line, symbol, days, actions=table != "bars")
            if table == "bars":
                inside = pc.and_(
                    pc.greater_equal(days, pa.scalar(window[0], pa.date32())),
                    pc.less_equal(days, pa.scalar(window[1], pa.date32())),
                )
                mine = pc.and_(mine, inside)
            found[table].append(rows.filter(mine))
    return {table: _named(table, parts, line) for table, parts in found.items()}


def _of_symbol(
    store: FetchedStore, provider: str, symbol: str, stated: Sequence[StatedAction]
) -> dict[str, pa.Table]:
    tables = _as_traded(store, provider, symbol, stated)
    for table in ("splits", "dividends"):
        tables[table] = with_stated(table, tables[table], symbol, stated, only_new=False)
    return tables


def _as_traded(
    store: FetchedStore, provider: str, symbol: str, stated: Sequence[StatedAction]
) -> dict[str, pa.Table]:
    series = {
        table: store.read(table, provider, symbol) for table in ("bars", "splits", "dividends")
    }
    tables = {
        table: FETCHED_TABLES[table].stored.empty_table() if one is None else one.rows
        for table, one in series.items()
    }
    bars, paid = series["bars"], series["dividends"]
    if bars is None or bars.label.base == "raw":
        return tables
    # The source adjusted for what it tells, right or wrong, and for what it told unreadably.
    splits = with_stated("splits", tables["splits"], symbol, stated, only_new=True)
    tables["bars"] = unsplit(tables["bars"], splits, _day(bars.label.fetched_at))
    if paid is not None and paid.label.base != "raw":
        rows = unsplit_dividends(paid.rows, splits, _day(paid.label.fetched_at))
        # Such a source does not tell special dividends from regular ones.
        kinds = pa.nulls(rows.num_rows, pa.string())
        tables["dividends"] = rows.append_column("dividend_type", kinds)
    return tables


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(_EXCHANGE).date()


def _owned(line: Line, symbol: str, days: pa.ChunkedArray, *, actions: bool) -> pa.Array:
    # Actions of a former time may be told under the present symbol: only where a namesake had it
    # then are they not the security's.
    spans = [part for part in line.segments if part.symbol == symbol]
    owned = pa.array([False] * len(days), pa.bool_())
    if actions and symbol == line.ticker and not line.left_out:
        return pa.array([True] * len(days), pa.bool_())
    for span in spans:
        first, last = (pa.scalar(day, pa.date32()) for day in (span.first, span.last))
        within = pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last))
        owned = pc.or_(owned, within)
    return owned


_KEPT = {
    "bars": ("date", "open", "high", "low", "close", "volume"),
    "splits": ("execution_date", "ratio"),
    "dividends": ("ex_date", "cash_amount", "currency", "dividend_type"),
}
_KEYS = {"bars": ["date"], "splits": ["execution_date"], "dividends": None}


def _named(table: str, parts: Sequence[pa.Table], line: Line) -> pa.Table:
    rows = pa.concat_tables([part.select(_KEPT[table]) for part in parts])
    if len(parts) > 1:
        rows = _once(rows, _KEYS[table] or list(_KEPT[table]))
    texts = {"ticker": line.ticker}
    if table == "bars":
        texts["source"] = line.provider
    for name, value in texts.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
    return rows


def _once(rows: pa.Table, key: list[str]) -> pa.Table:
    # The same split told under the old and the new symbol happened once.
    numbered = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    first = numbered.group_by(key).aggregate([("row", "min")])["row_min"]
    return rows.take(first.combine_chunks().sort())


def _kept(folder: Path, key: str) -> MarketPrices | None:
    # Whatever is wrong with what is kept, it can be made again from the small files.
    try:
        said = json.loads((folder / "made.json").read_bytes())
        if said["key"] != key:
            return None
        tables = []
        for part in _PARTS:
            content = (folder / said[part]["file"]).read_bytes()
            if hashlib.blake2b(content, digest_size=16).hexdigest() != said[part]["digest"]:
                return None
            tables.append(pq.ParquetFile(pa.BufferReader(content)).read())
        bars, unused, actions = tables
        return MarketPrices(Adjusted(bars, unused), actions, key)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def _keep(folder: Path, made: MarketPrices) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, object] = {"key": made.key}
    kept = set()
    for part, table in zip(_PARTS, (made.done.bars, made.done.unused, made.actions), strict=True):
        scratch = temporary(folder / f"{part}.parquet")
        try:
            digest = write_parquet(scratch, table)
            path = folder / f"{part}-{digest}.parquet"
            os.replace(scratch, path)
        finally:
            scratch.unlink(missing_ok=True)
        said[part] = {"file": path.name, "digest": digest}
        kept.add(path)
    replace_file(folder / "made.json", json.dumps(said, indent=1).encode())
    for part in _PARTS:
        for other in folder.glob(f"{part}-*.parquet"):
            if other not in kept:
                other.unlink(missing_ok=True)
