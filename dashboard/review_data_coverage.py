"""Numbers of the Data page's coverage map: which bars that should be there are there, by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.theme import SECTORS
from data.catalog import Catalog
from data.snapshot import Snapshot

__all__ = ["CoverageMonths", "coverage_counts", "coverage_months"]

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Expected = Literal["member", "listed"]
_NO_SECTOR: Final = "Other"


@dataclass(frozen=True, slots=True, eq=False)
class CoverageMonths:
    """Bars by name and month.

    Attributes
    ----------
    months : datetime64[M][M]
        Increasing, without holes.
    tickers : tuple of N str
        Names of which a bar is expected on any session.
    sectors : tuple of N str
        "Other" where none is known.
    expected : int[N, M]
        Sessions of the month on which a bar is expected.
    there : int[N, M]
        Those of them that have one.
    rule : {"member", "listed"}
        What is expected: a bar of every session as a member of the index; or, in a market without
        membership, of every session between a name's first and last bar.
    """

    months: npt.NDArray[np.datetime64]
    tickers: tuple[str, ...]
    sectors: tuple[str, ...]
    expected: Counts
    there: Counts
    rule: Expected

    @property
    def total(self) -> float:
        """Share of all bars expected that are there; NaN where none is expected."""
        whole = int(self.expected.sum())
        return float(self.there.sum() / whole) if whole else float("nan")

    def by_sector(self) -> pd.DataFrame:
        """Return the share by sector (in the order of GICS) and month; NaN: no bar expected."""
        sectors = np.array(self.sectors)
        names = [name for name in SECTORS if (sectors == name).any()]
        rows = [sectors == name for name in names]
        shape = (len(names), len(self.months))
        expected = np.array([self.expected[row].sum(axis=0) for row in rows]).reshape(shape)
        there = np.array([self.there[row].sum(axis=0) for row in rows]).reshape(shape)
        return self._frame(names, expected, there, "sector")

    def of_sector(self, sector: str) -> pd.DataFrame:
        """Return the share by name and month of a sector, the names that miss most bars first."""
        rows = np.flatnonzero(np.array(self.sectors) == sector)
        missed = (self.expected[rows] - self.there[rows]).sum(axis=1)
        rows = rows[np.argsort(-missed, kind="stable")]
        names = [self.tickers[row] for row in rows]
        return self._frame(names, self.expected[rows], self.there[rows], "name")

    def totals(self, by: Literal["sector", "name"]) -> pd.DataFrame:
        """Return names, expected, missing and share over all months, by sector or by name."""
        table = pd.DataFrame(
            {
                "name": self.tickers,
                "sector": self.sectors,
                "expected": self.expected.sum(axis=1),
                "there": self.there.sum(axis=1),
            }
        )
        found = table.groupby(by).agg(
            names=("name", "size"), expected=("expected", "sum"), there=("there", "sum")
        )
        found["missing"] = found["expected"] - found["there"]
        found["share"] = found["there"] / found["expected"]
        return found.drop(columns="there")

    def _frame(self, names: list[str], expected: Counts, there: Counts, by: str) -> pd.DataFrame:
        share = np.full(expected.shape, np.nan)
        np.divide(there, expected, out=share, where=expected > 0)
        columns = pd.Index([str(month) for month in self.months], name="month")
        return pd.DataFrame(share, index=pd.Index(names, name=by), columns=columns)


def coverage_months(catalog: Catalog, snapshot: Snapshot) -> CoverageMonths:
    """Count the bars of a stored market; raises StoreCorruptError, …."""
    panel = catalog.price_panel(snapshot, ("close",))
    bars = np.isfinite(panel.arrays["close"])
    securities = catalog.securities(snapshot)
    sector = dict(zip(securities["ticker"], securities["sector"].fillna(_NO_SECTOR), strict=True))
    membership = catalog.membership(snapshot)
    return coverage_counts(panel.sessions, panel.tickers, bars, sector, membership)


def coverage_counts(
    sessions: npt.NDArray[np.datetime64],
    tickers: tuple[str, ...],
    bars: Bools,
    sector: dict[str, str],
    membership: pd.DataFrame,
) -> CoverageMonths:
    """Count by name and month.

    Parameters
    ----------
    sessions : datetime64[D][T]
        Increasing.
    tickers : tuple of N str
    bars : bool[T, N]
    sector : dict of str to str
        By ticker; what is missing or no GICS sector is "Other".
    membership : DataFrame
        ticker, start_date, end_date (first day out; NaT = still in). Members that are not in
        `tickers` are expected, and have no bar. Without rows, what is listed is expected.
    """
    rule: Expected = "member" if len(membership) else "listed"
    if rule == "member":
        names, wanted = _as_members(sessions, membership)
        place = {name: column for column, name in enumerate(tickers)}
        known = [place.get(name, -1) for name in names]
        held = bars[:, known] & (np.array(known) >= 0)
    else:
        names, wanted, held = tickers, _as_listed(bars), bars
    some = np.flatnonzero(wanted.any(axis=0))
    names = tuple(names[column] for column in some)
    whole = sessions.astype("datetime64[M]")
    months = np.arange(whole[0], whole[-1] + 1) if len(whole) else whole
    counts = [_by_month(whole, months, found[:, some]) for found in (wanted, wanted & held)]
    found = tuple(_known(sector.get(name, _NO_SECTOR)) for name in names)
    return CoverageMonths(months, names, found, counts[0], counts[1], rule)


def _as_members(
    sessions: npt.NDArray[np.datetime64], membership: pd.DataFrame
) -> tuple[tuple[str, ...], Bools]:
    names = tuple(sorted(set(membership["ticker"])))
    column = {name: place for place, name in enumerate(names)}
    wanted = np.zeros((len(sessions), len(names)), dtype=bool)
    starts = np.searchsorted(sessions, membership["start_date"].to_numpy("datetime64[D]"))
    ends = membership["end_date"].to_numpy("datetime64[D]")
    stops = np.where(np.isnat(ends), len(sessions), np.searchsorted(sessions, ends))
    for name, start, stop in zip(membership["ticker"], starts, stops, strict=True):
        wanted[start:stop, column[name]] = True
    return names, wanted


def _as_listed(bars: Bools) -> Bools:
    before = np.maximum.accumulate(bars, axis=0)
    after = np.maximum.accumulate(bars[::-1], axis=0)[::-1]
    listed: Bools = before & after
    return listed


def _by_month(
    whole: npt.NDArray[np.datetime64], months: npt.NDArray[np.datetime64], found: Bools
) -> Counts:
    # A month without any session stays at 0: reduceat would repeat its neighbour.
    counts = np.zeros((found.shape[1], len(months)), dtype=np.int64)
    there, starts = np.unique(whole, return_index=True)
    if len(there):
        sums = np.add.reduceat(found.astype(np.int64), starts, axis=0)
        counts[:, np.searchsorted(months, there)] = sums.T
    return counts


def _known(sector: str) -> str:
    return sector if sector in SECTORS else _NO_SECTOR
