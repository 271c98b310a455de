"""The large falls of the US market since 1973: which of them a period of sessions has seen.

Closes of the S&P 500 price index, from the peak before a fall to its lowest close: S&P Dow Jones
Indices, as tabulated by H. Silverblatt (bear markets, and 1990) and by Yardeni Research, "S&P 500
Bull & Bear Markets & Corrections" (1976, 1998, 2011, 2018); 2025 from the published daily closes.
Falls below 18 % are left out. Dividends are no part of it: a total-return index fell a little less.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["CRISES", "Crisis", "Seen", "seen"]


class Seen(StrEnum):
    """How much of a fall lies inside a period."""

    WHOLE = "whole"
    PART = "in part"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Crisis:
    """One fall of the S&P 500.

    Attributes
    ----------
    name : str
        What it is called.
    peak, trough : date
        Sessions of the highest close before and of the lowest close.
    peak_close, trough_close : float
        Closes of the price index, points.
    """

    name: str
    peak: dt.date
    trough: dt.date
    peak_close: float
    trough_close: float

    @property
    def depth(self) -> float:
        """Lowest close over the peak − 1, a fraction < 0."""
        return self.trough_close / self.peak_close - 1.0

    @property
    def days(self) -> int:
        """Calendar days from the peak to the lowest close."""
        return (self.trough - self.peak).days

    def seen(self, first: dt.date, last: dt.date) -> Seen:
        """Say how much of the fall a period holds, both dates inclusive.

        Examples
        --------
        >>> CRISES[-1].seen(dt.date(2025, 3, 1), dt.date(2025, 12, 31)).value
        'in part'
        """
        if first <= self.peak and self.trough <= last:
            return Seen.WHOLE
        return Seen.PART if first < self.trough and self.peak < last else Seen.NEVER


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


CRISES: Final = tuple(
    Crisis(name, _day(peak), _day(trough), high, low)
    for name, peak, trough, high, low in (
        ("Oil embargo and stagflation", "1973-01-11", "1974-10-03", 120.24, 62.28),
        ("Inflation of the late 1970s", "1976-09-21", "1978-03-06", 107.83, 86.90),
        ("Volcker's interest rates", "1980-11-28", "1982-08-12", 140.52, 102.42),
        ("Black Monday", "1987-08-25", "1987-12-04", 336.77, 223.92),
        ("Gulf war", "1990-07-16", "1990-10-11", 368.95, 295.46),
        ("Russia and LTCM", "1998-07-17", "1998-08-31", 1186.75, 957.28),
        ("Dot-com", "2000-03-24", "2002-10-09", 1527.46, 776.76),
        ("Financial crisis", "2007-10-09", "2009-03-09", 1565.15, 676.53),
        ("Euro debt and US downgrade", "2011-04-29", "2011-10-03", 1363.61, 1099.23),
        ("Interest rates, autumn 2018", "2018-09-20", "2018-12-24", 2930.75, 2351.10),
        ("Covid", "2020-02-19", "2020-03-23", 3386.15, 2237.40),
        ("Inflation bear market", "2022-01-03", "2022-10-12", 4796.56, 3577.03),
        ("Tariffs", "2025-02-19", "2025-04-08", 6144.15, 4982.77),
    )
)


def seen(first: dt.date, last: dt.date, crises: Sequence[Crisis] = CRISES) -> dict[Crisis, Seen]:
    """Return how much of each fall the period `first` … `last` (inclusive) holds, in order."""
    return {crisis: crisis.seen(first, last) for crisis in crises}
