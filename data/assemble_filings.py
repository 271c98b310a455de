"""Filings of a market from the statements that were fetched: quarters with the day they were known.

Polygon has no quarterly row for most fourth quarters, only the year's. The fourth quarter's
revenue, income and cash flow are then the year less its three quarters, known from the day on which
the year's statement was; levels are the year's. Without those three quarters there is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from data.assemble_lines import Line
from data.assemble_words import PROVIDERS
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.frames import empty_frame
from data.schema import SCHEMAS

__all__ = [
    "FOURTH_QUARTER",
    "filings_frame",
    "fourth_quarters",
    "restated_shares",
    "stored_filings",
]

FOURTH_QUARTER: Final = "polygon year less three quarters"
_FLOWS: Final = ("revenue", "net_income", "operating_cf")
_LEVELS: Final = ("total_assets", "equity", "average_shares")
# Fiscal quarters of 12 to 16 weeks; years of 52 or 53 weeks.
_QUARTER: Final = (75, 120)
_YEAR: Final = (350, 380)
_KINDS: Final = ("quarterly", "annual")
Row = Mapping[str, Any]


def filings_frame(
    rows: Iterable[Row],
    provider: str,
    splits: Mapping[str, Sequence[tuple[dt.date, float]]],
    last: dt.date,
) -> tuple[pd.DataFrame, int]:
    """Return one provider's statements as the table fundamentals, and how many are derived.

    Parameters
    ----------
    rows : iterable of mappings
        Columns of the fetched table filings, under the names of the market.
    provider : str
    splits : mapping of str to (day, ratio)
        By ticker: shares are put on the split basis of `last`, that of the prices.
    last : date
        Last day of the market: what became known later is left out.
    """
    known = [row for row in rows if row["available_date"] <= last]
    quarters = [row for row in known if row["timeframe"] == "quarterly"]
    years = [row for row in known if row["timeframe"] == "annual"]
    derived = fourth_quarters(quarters, years)
    records = [_record(row, provider, splits, last) for row in quarters]
    records += [_record(row, FOURTH_QUARTER, splits, last) for row in derived]
    schema = SCHEMAS["fundamentals"]
    if not records:
        return empty_frame(schema), 0
    frame = pd.DataFrame.from_records(records)
    for name in ("period_end", "available_date"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    key = list(schema.key)
    return frame.drop_duplicates(key, keep="last", ignore_index=True), len(derived)


def fourth_quarters(quarters: Sequence[Row], years: Sequence[Row]) -> list[dict[str, Any]]:
    """Return a row for each fiscal year whose last quarter has no row of its own.

    As of the day of the year's statement: its quarters in the words known then, three of them
    within the year, none within 45 days of its end.
    """
    found = []
    by_ticker: dict[str, list[Row]] = {}
    for row in quarters:
        by_ticker.setdefault(row["ticker"], []).append(row)
    for year in years:
        start, end = year["period_start"], year["period_end"]
        if start is None or not _YEAR[0] <= (end - start).days <= _YEAR[1]:
            continue
        known = _known(by_ticker.get(year["ticker"], ()), start, end, year["available_date"])
        own = any((end - row["period_end"]).days <= 45 for row in known)
        if own or len(known) != 3 or not _gap(end, known):
            continue
        row = dict(year)
        for name in _FLOWS:
            parts = [quarter[name] for quarter in known]
            whole = year[name]
            row[name] = None if whole is None or None in parts else whole - sum(parts)
        row["period_start"] = max(quarter["period_end"] for quarter in known)
        found.append(row)
    return found


def _known(rows: Sequence[Row], start: dt.date, end: dt.date, day: dt.date) -> list[Row]:
    # Of each quarter within the year the newest word of that day.
    newest: dict[dt.date, Row] = {}
    for row in sorted(rows, key=lambda row: row["available_date"]):
        inside = start < row["period_end"] <= end and row["available_date"] <= day
        if inside and _is_quarter(row):
            newest[row["period_end"]] = row
    return [newest[period] for period in sorted(newest)]


def _is_quarter(row: Row) -> bool:
    start = row["period_start"]
    return start is None or _QUARTER[0] <= (row["period_end"] - start).days <= _QUARTER[1]


def _gap(end: dt.date, known: Sequence[Row]) -> bool:
    return bool(_QUARTER[0] <= (end - known[-1]["period_end"]).days <= _QUARTER[1])


def restated_shares(
    shares: float | None,
    filed: dt.date,
    splits: Iterable[tuple[dt.date, float]],
    last: dt.date,
) -> float | None:
    """Return shares as filed on the split basis of `last`: times the ratios of splits since."""
    if shares is None or not shares > 0:
        return None
    ratios = [ratio for day, ratio in splits if filed < day <= last]
    return float(shares * np.prod(ratios)) if ratios else shares


def _record(
    row: Row,
    dataset: str,
    splits: Mapping[str, Sequence[tuple[dt.date, float]]],
    last: dt.date,
) -> dict[str, Any]:
    assets = row["total_assets"]
    filed = row["available_date"]
    assumed = row["date_kind"] not in (None, "filing")
    return {
        "ticker": row["ticker"],
        "period_end": row["period_end"],
        "available_date": filed,
        "date_kind": "assumed_60d" if assumed else "filing",
        "suspect": False,
        "revenue": row["revenue"],
        "net_income": row["net_income"],
        "total_assets": assets if assets is not None and assets >= 0 else None,
        "equity": row["equity"],
        "shares_outstanding": restated_shares(
            row["average_shares"], filed, splits.get(row["ticker"], ()), last
        ),
        "operating_cf": row["operating_cf"],
        "dataset": dataset,
    }


def stored_filings(
    store: FetchedStore, lines: Mapping[str, Line], window: tuple[dt.date, dt.date]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table fundamentals of the securities `lines`, and what must be said of it."""
    frames: list[pd.DataFrame] = []
    notes: list[str] = []
    derived = unknown = 0
    for provider in PROVIDERS:
        rows: list[dict[str, Any]] = []
        splits: dict[str, list[tuple[dt.date, float]]] = {}
        for ticker, line in lines.items():
            if line.provider != provider:
                continue
            try:
                statements = store.read("filings", provider, ticker)
                actions = store.read("splits", provider, ticker)
            except FetchedCorruptError as error:
                notes.append(str(error))
                continue
            found = [] if statements is None else statements.rows.to_pylist()
            unknown += sum(row["timeframe"] not in _KINDS for row in found)
            rows += found
            told = [] if actions is None else actions.rows.to_pylist()
            splits[ticker] = [(row["execution_date"], row["ratio"]) for row in told]
        frame, made = filings_frame(rows, provider, splits, window[1])
        derived += made
        if len(frame):
            frames.append(frame)
    if unknown:
        notes.append(f"{unknown} statements say neither quarter nor year and are left out")
    if derived:
        notes.append(f"{derived} fourth quarters are the year's statement less its three quarters")
    if not frames:
        notes.append("no financial statements: factors that need them say nothing")
        return empty_frame(SCHEMAS["fundamentals"]), notes
    return pd.concat(frames, ignore_index=True), notes
