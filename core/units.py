"""Constants of the calendar and names of array types; imports nothing of the project."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "CALENDAR_DAYS_PER_YEAR",
    "SESSIONS_PER_YEAR",
    "Bools",
    "Dates",
    "Floats",
    "Ints",
]

#: Exchange convention: what annualises daily figures, and how far a one-year window reaches.
SESSIONS_PER_YEAR: Final = 252
#: Mean length of a year with its leap days: the clock of the calendar-time CAGR.
CALENDAR_DAYS_PER_YEAR: Final = 365.25

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]
