"""Two providers' series of one name, compared as traded: the days and actions that differ.

Neither is taken for right. A series on a vendor's split basis is un-split first with that vendor's
own splits, so that what is compared is what was traded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.adjustment import unsplit, unsplit_dividends
from data.adjustment_tables import checked_bars, checked_dividends, checked_splits
from data.reconcile_actions import action_findings

__all__ = [
    "FINDINGS",
    "RECONCILE_KINDS",
    "SUMMARY",
    "ProviderSeries",
    "Reconciliation",
    "reconcile",
    "summary_table",
]

# left and right are what the two say: closes as traded, ratios of splits, cash of dividends.
# difference = left / right - 1. until: last day of a stretch; null for a single day.
FINDINGS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("kind", pa.string()),
        ("date", pa.date32()),
        ("until", pa.date32()),
        ("left", pa.float64()),
        ("right", pa.float64()),
        ("difference", pa.float64()),
    ]
)
RECONCILE_KINDS: Final = {
    "close": "the closes of the day differ",
    "scale": "all closes of a stretch differ by one factor: one side lacks a split or has one more",
    "missing_left": "only the second has a bar of the day",
    "missing_right": "only the first has a bar of the day",
    "split": "the ratios of the split differ",
    "split_missing_left": "only the second has the split",
    "split_missing_right": "only the first has the split",
    "split_date": "one split on different days",
    "dividend": "the cash of the ex-date differs",
    "dividend_missing_left": "only the second has the dividend",
    "dividend_missing_right": "only the first has the dividend",
    "dividend_date": "one dividend on different ex-dates",
}
SUMMARY: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("left", pa.string()),
        ("right", pa.string()),
        ("first", pa.date32()),
        ("last", pa.date32()),
        ("days", pa.int64()),
        ("agreeing", pa.int64()),
        ("worst", pa.float64()),
        *((kind, pa.int64()) for kind in RECONCILE_KINDS),
    ]
)
# So many days in a row with one ratio are a stretch on another scale, not errors of single days.
_STRETCH: Final = 5

Dates = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ProviderSeries:
    """What one provider says of one name.

    Attributes
    ----------
    provider, base : str
        Base of prices and dividends: "raw" as traded, "split" adjusted for splits up to `as_of`.
    bars, splits, dividends : pyarrow.Table
        Of this ticker alone, as `data.adjustment` takes them; one row a day and no more.
    as_of : date
        Day of the provider's answer.
    """

    provider: str
    base: str
    bars: pa.Table
    splits: pa.Table
    dividends: pa.Table
    as_of: dt.date

    def as_traded(self) -> tuple[pa.Table, pa.Table]:
        """Return bars and dividends as they were on their day."""
        if self.base == "raw":
            return checked_bars(self.bars), checked_dividends(self.dividends)
        return (
            unsplit(self.bars, self.splits, self.as_of),
            unsplit_dividends(self.dividends, self.splits, self.as_of),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reconciliation:
    """How far two providers agree on one name.

    Attributes
    ----------
    ticker, left, right : str
        Name and the two providers.
    first, last : date or None
        Days that both cover; None where they have none in common, and nothing was compared.
    days : int
        Days in that span on which both have a bar.
    agreeing : int
        Those whose closes differ by no more than the tolerance.
    worst : float
        Greatest absolute difference of closes, a fraction; 0 without days.
    findings : pyarrow.Table
        Schema FINDINGS, by date: every difference.
    """

    ticker: str
    left: str
    right: str
    first: dt.date | None
    last: dt.date | None
    days: int
    agreeing: int
    worst: float
    findings: pa.Table

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind that occurs."""
        found = self.findings["kind"].to_pylist()
        return {kind: found.count(kind) for kind in RECONCILE_KINDS if kind in found}


def reconcile(
    ticker: str, left: ProviderSeries, right: ProviderSeries, *, tolerance: float = 2e-3
) -> Reconciliation:
    """Compare two series of one name over the days that both cover.

    Parameters
    ----------
    tolerance : float
        Differences of closes up to this fraction are none, > 0. Vendors close a day with different
        trades, and split-adjusted closes carry their rounding.

    Raises
    ------
    MissingColumnError, BadTableError
        A table is not what `data.adjustment` takes.
    """
    if not tolerance > 0:
        raise ValueError(f"tolerance must be above 0, was {tolerance}.")
    bars, dividends = zip(left.as_traded(), right.as_traded(), strict=True)
    one, other = (_closes(table) for table in bars)
    names = (ticker, left.provider, right.provider)
    ends = [days[[0, -1]] for days, _ in (one, other) if len(days)]
    if len(ends) < 2 or ends[0][1] < ends[1][0] or ends[1][1] < ends[0][0]:
        return Reconciliation(*names, None, None, 0, 0, 0.0, FINDINGS.empty_table())
    first, last = max(ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1])
    one, other = _within(one, first, last), _within(other, first, last)
    span = (first.item(), last.item())
    rows = _missing(one[0], other[0])
    days, here, there = np.intersect1d(one[0], other[0], return_indices=True)
    closes = one[1][here], other[1][there]
    off = closes[0] / closes[1] - 1.0
    rows += _differing(days, *closes, tolerance)
    splits = checked_splits(left.splits), checked_splits(right.splits)
    rows += action_findings("split", *splits, span)
    rows += action_findings("dividend", *dividends, span)
    rows = [{"ticker": ticker, **row} for row in rows]
    rows.sort(key=lambda row: (row["date"], row["kind"]))
    worst = float(np.abs(off).max()) if len(off) else 0.0
    agreeing = int((np.abs(off) <= tolerance).sum())
    findings = pa.Table.from_pylist(rows, schema=FINDINGS)
    return Reconciliation(*names, *span, len(days), agreeing, worst, findings)


def summary_table(reconciled: Iterable[Reconciliation]) -> pa.Table:
    """Return one row a name (schema SUMMARY), those that agree least first."""
    rows = [
        {name: getattr(one, name) for name in SUMMARY.names if name not in RECONCILE_KINDS}
        | {kind: one.counts().get(kind, 0) for kind in RECONCILE_KINDS}
        for one in reconciled
    ]
    rows.sort(key=lambda row: (row["agreeing"] - row["days"], row["ticker"]))
    return pa.Table.from_pylist(rows, schema=SUMMARY)


def _closes(bars: pa.Table) -> tuple[Dates, Floats]:
    days = bars["date"].to_numpy().astype("datetime64[D]")
    order = np.argsort(days, kind="stable")
    return days[order], bars["close"].to_numpy()[order].astype(np.float64)


def _within(
    series: tuple[Dates, Floats], first: np.datetime64, last: np.datetime64
) -> tuple[Dates, Floats]:
    keep = (series[0] >= first) & (series[0] <= last)
    return series[0][keep], series[1][keep]


def _missing(left: Dates, right: Dates) -> list[dict[str, Any]]:
    sides = (
        ("missing_left", np.setdiff1d(right, left)),
        ("missing_right", np.setdiff1d(left, right)),
    )
    return [{"kind": kind, "date": day.item()} for kind, days in sides for day in days]


def _differing(days: Dates, left: Floats, right: Floats, tolerance: float) -> list[dict[str, Any]]:
    # Stretches of one ratio are one finding each; other days one finding a day.
    rows = []
    off = left / right - 1.0
    place = 0
    while place < len(days):
        if abs(off[place]) <= tolerance:
            place += 1
            continue
        end = _stretch_end(off, place, tolerance)
        row: dict[str, Any] = {"kind": "close", "date": days[place].item()}
        if end - place >= _STRETCH:
            row |= {"kind": "scale", "until": days[end - 1].item()}
        else:
            end = place + 1
        said = (float(left[place]), float(right[place]), float(off[place]))
        rows.append(row | dict(zip(("left", "right", "difference"), said, strict=True)))
        place = end
    return rows


def _stretch_end(off: Sequence[float] | Floats, start: int, tolerance: float) -> int:
    ratio = 1.0 + off[start]
    end = start + 1
    while end < len(off) and abs((1.0 + off[end]) / ratio - 1.0) <= tolerance:
        if abs(off[end]) <= tolerance:
            break
        end += 1
    return end
