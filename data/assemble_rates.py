"""The table rates of a fetched market: what cash earns, from whoever told it furthest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from data.acquire_rates import LATE, RATE_SYMBOLS
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.fetched_file import Label
from data.frames import empty_frame
from data.providers.bill_rates import DISCOUNT_BILL
from data.schema import SCHEMAS

__all__ = ["Rates", "bond_equivalent", "stored_rates"]

_DAYS: Final = 91.0  # of a 13-week bill
_NONE: Final = "no interest rates came: cash earns 0"
# Polygon tells the Federal Reserve's series, the other is made here and has a name of its own.
_SERIES: Final = {"polygon": "DGS3MO", "yahoo": "BILL13W"}
_WORDS: Final = {
    "polygon": "cash earns the 3-month Treasury yield of the day before (Polygon, from the "
    "Federal Reserve)",
    "yahoo": "cash earns the 13-week Treasury bill of the day before (Yahoo, index IRX, made a "
    "bond-equivalent yield)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Rates of one market.

    Attributes
    ----------
    frame : DataFrame
        Schema rates: one series, percent a year, bond-equivalent; empty where none came.
    note : str
        Whose they are, in words, or that there are none.
    mark : str
        Differs whenever the table may.
    served : tuple of (str, str)
        Provider and symbol of the series in the store; empty where there is none.
    """

    frame: pd.DataFrame
    note: str
    mark: str
    served: tuple[tuple[str, str], ...] = ()


def bond_equivalent(discount: np.ndarray) -> np.ndarray:
    """Return the yield, in percent a year of 365 days, of 13-week bills sold at a bank discount.

    365 d / (360 − 91 d) with d as a fraction: what the price 1 − 91 d / 360 earns to its face of 1
    in 91 days, without interest on interest (31 CFR 356, appendix B). The discount itself is less
    than what a holder earns: it is of the face, and of a year of 360 days.

    Parameters
    ----------
    discount : array
        Percent a year, below 395; NaN stays NaN.
    """
    fraction = np.asarray(discount, np.float64) / 100.0
    return 100.0 * 365.0 * fraction / (360.0 - _DAYS * fraction)


def stored_rates(
    store: FetchedStore, order: Sequence[str], window: tuple[dt.date, dt.date]
) -> Rates:
    """Return the rates of the provider in `order` that reaches furthest, up to the window's end.

    How far is told by the last quote, unless that is as late as quotes are published: then by the
    window that was asked for. Where two reach as far, of the first of `order`; days before the
    window stay in, since a session earns what was quoted before it.
    """
    held = [told for one in order if (told := _told(store, one, window)) is not None]
    if not held:
        return Rates(empty_frame(SCHEMAS["rates"]), _NONE, "none")
    best = max(held, key=lambda told: told.reach)  # the first of those that reach as far
    label = best.label
    mark = f"{label.provider} {label.fetched_at} {label.rows}"
    return Rates(best.frame, _WORDS[label.provider], mark, ((label.provider, label.ticker),))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    # What a provider told: whether from the start of the window on, and up to which day.
    label: Label
    frame: pd.DataFrame
    reach: tuple[bool, dt.date]


def _told(store: FetchedStore, provider: str, window: tuple[dt.date, dt.date]) -> _Told | None:
    symbol = RATE_SYMBOLS[provider]
    try:
        series = store.read("rates", provider, symbol)
    except FetchedCorruptError:
        return None  # in quarantine now, and asked again at the next fetch
    if series is None:
        return None
    rows = series.rows.to_pandas()
    pct = rows["pct"].to_numpy(np.float64)
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(rows["date"]).astype("datetime64[s]"),
            "series": _SERIES[provider],
            "pct": bond_equivalent(pct) if symbol == DISCOUNT_BILL else pct,
        }
    )
    frame = frame[frame["date"] <= pd.Timestamp(window[1])].reset_index(drop=True)
    if not len(frame):
        return None
    label, last = series.label, frame["date"].max().date()
    asked = min(label.end or last, window[1])
    starts = label.start is not None and label.start <= window[0]
    return _Told(label, frame, (starts, asked if asked - last <= LATE else last))
