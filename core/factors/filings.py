"""From a frame of fundamentals to the filings of a market, without look-ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.errors import InputsError
from core.market import FILING_ITEMS, Bools, Dates, Filings, Floats

__all__ = ["PRIMARY_DATASET", "filings_from_frame"]

#: Where two datasets state one quarter on the same date, the one read from the filings wins.
PRIMARY_DATASET = "sec_fundamentals"
_REQUIRED = ("ticker", "period_end", "available_date")


def filings_from_frame(
    frame: pd.DataFrame, tickers: tuple[str, ...]
) -> tuple[Filings, tuple[str, ...]]:
    """Turn rows of quarterly fundamentals into `Filings`.

    Every row that is kept stays one filing, also where two datasets report the same quarter: an
    item becomes known at its own row's date, and which rows are one quarter is settled as of each
    date by :func:`core.factors.asof.known_quarters`. Merging them here would give an item the date
    of another row.

    Parameters
    ----------
    frame : DataFrame
        Columns ticker, period_end, available_date, the items of ``FILING_ITEMS`` (a missing column
        is an item nobody states) and, where known, date_kind and dataset. An import has judged
        each row; what is held here again is the one thing that would be look-ahead, a filing
        known before its period ended.
    tickers : tuple of str
        Columns of the market; rows of other tickers are not of this market and are left out.

    Returns
    -------
    Filings
        Sorted by security, availability, period; the primary dataset last within a tie.
    tuple of str
        What was left out and why, counted, for people.

    Raises
    ------
    InputsError
        A required column is missing.
    """
    missing = [name for name in _REQUIRED if name not in frame.columns]
    if missing:
        raise InputsError(
            f"fundamentals must have the columns {', '.join(_REQUIRED)}; missing: "
            f"{', '.join(missing)}. Import the market again with a complete file."
        )
    security = pd.Index(tickers).get_indexer(pd.Index(frame["ticker"].astype(str)))
    period_end, available = _dates(frame, "period_end"), _dates(frame, "available_date")
    keep, notes = _usable(frame, security >= 0, period_end, available)
    primary = _flag(frame, "dataset", PRIMARY_DATASET)
    rows = np.flatnonzero(keep)
    order = rows[np.lexsort((primary[rows], period_end[rows], available[rows], security[rows]))]
    items = {name: _numbers(frame, name)[order] for name in FILING_ITEMS}
    filings = Filings(
        security=security[order].astype(np.int64),
        available=available[order],
        period_end=period_end[order],
        items=items,
    )
    return filings, notes


def _usable(
    frame: pd.DataFrame, ours: Bools, period_end: Dates, available: Dates
) -> tuple[Bools, tuple[str, ...]]:
    undated = ours & (np.isnat(period_end) | np.isnat(available))
    early = ours & ~undated & (available <= period_end)
    keep = ours & ~undated & ~early
    assumed = keep & _flag(frame, "date_kind", "assumed_60d")
    counted = (
        (undated, "left out: no period end or no availability date"),
        (early, "left out: available on or before the end of the period it reports"),
        (assumed, "used with an assumed filing date, 60 days after the period"),
    )
    notes = tuple(
        f"fundamentals: {rows.sum():,} of {ours.sum():,} rows {text}"
        for rows, text in counted
        if rows.any()
    )
    return keep, notes


def _dates(frame: pd.DataFrame, column: str) -> Dates:
    return pd.to_datetime(frame[column]).to_numpy(dtype="datetime64[D]")


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _flag(frame: pd.DataFrame, column: str, value: str) -> Bools:
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=np.bool_)
    return (frame[column] == value).fillna(False).to_numpy(dtype=np.bool_)
