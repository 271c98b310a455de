"""Splits and dividends of a fetched market as one table, for what is only seen beside them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.fetched import FetchedStore
from data.providers.raw_rows import table_of
from data.snapshot import Snapshot

__all__ = ["ACTIONS", "actions_of", "fetched_actions"]

#: dividend: cash a share on the split basis of the series' last bar; split: new shares for one old
#: share; 0 = none.
ACTIONS: Final = pa.schema(
    [
        ("date", pa.date32()),
        ("ticker", pa.string()),
        ("dividend", pa.float64()),
        ("split", pa.float64()),
    ]
)
_REGULAR: Final = "CD"


def actions_of(bars: pa.Table, splits: pa.Table, dividends: pa.Table) -> pa.Table:
    """Return the actions inside the series of `bars` (schema ACTIONS), by ticker and date.

    Parameters
    ----------
    bars : pyarrow.Table
        date, ticker.
    splits : pyarrow.Table
        ticker, execution_date, ratio.
    dividends : pyarrow.Table
        ticker, ex_date, cash_amount as it was paid, dividend_type (null = not known). Special ones
        are left out: beside regular ones they would look like amounts on another split basis.
    """
    spans = bars.group_by("ticker").aggregate([("date", "min"), ("date", "max")]).to_pylist()
    ends = {row["ticker"]: (row["date_min"], row["date_max"]) for row in spans}
    split_rows = [
        (row["execution_date"], row["ticker"], 0.0, row["ratio"])
        for row in splits.select(["execution_date", "ticker", "ratio"]).to_pylist()
        if _inside(ends, row["ticker"], row["execution_date"])
    ]
    paid_rows = [
        (row["ex_date"], row["ticker"], row["cash_amount"])
        for row in dividends.to_pylist()
        if row["dividend_type"] in (None, _REGULAR) and _inside(ends, row["ticker"], row["ex_date"])
    ]
    later: dict[str, list[tuple[dt.date, float]]] = {}
    for day, ticker, _, ratio in split_rows:
        later.setdefault(ticker, []).append((day, ratio))
    rows = split_rows + [
        (day, ticker, cash / np.prod([r for at, r in later.get(ticker, ()) if at > day]), 0.0)
        for day, ticker, cash in paid_rows
    ]
    rows.sort(key=lambda row: (row[1], row[0]))
    return table_of(ACTIONS, rows)


def fetched_actions(store: FetchedStore, snapshot: Snapshot) -> pd.DataFrame | None:
    """Return the actions that a fetched market was made with; None where nobody has them.

    They lie beside its adjusted prices: a market that was imported has none, nor has one whose
    prices were made again since.
    """
    folder = store.root / "adjusted" / snapshot.name
    try:
        market = json.loads((folder / "market.json").read_bytes())
        made = json.loads((folder / "made.json").read_bytes())
        if (market["snapshot"], market["prices"]) != (snapshot.snapshot_id, made["key"]):
            return None
        content = (folder / made["actions"]["file"]).read_bytes()
        if hashlib.blake2b(content, digest_size=16).hexdigest() != made["actions"]["digest"]:
            return None
        frame: pd.DataFrame = pq.ParquetFile(pa.BufferReader(content)).read().to_pandas()
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[s]")
    return frame


def _inside(ends: dict[str, tuple[dt.date, dt.date]], ticker: str, day: dt.date) -> bool:
    first, last = ends.get(ticker, (dt.date.max, dt.date.min))
    return first < day <= last
