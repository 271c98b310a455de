"""What every page and file shares when it asks what is luck: draws, seed, and how much is enough.

The same pair of runs has the same interval wherever it is shown.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from core.evidence import bootstrap
from core.evidence.bootstrap import MIN_RETURNS
from dashboard.run import Run

__all__ = ["LEVEL", "RESAMPLES", "SEED", "compare", "intervals", "is_short"]

SEED: Final = 20240601  # that of docs/results.md
LEVEL: Final = 0.95  # share of the resamples inside an interval
RESAMPLES: Final = 2000

#: As in ``core.evidence.bootstrap``, with the draws that all pages and files share.
intervals: Final = partial(bootstrap.intervals, level=LEVEL, resamples=RESAMPLES, seed=SEED)
compare: Final = partial(bootstrap.compare, level=LEVEL, resamples=RESAMPLES, seed=SEED)


def is_short(run: Run) -> bool:
    """Return whether a run has fewer than ``MIN_RETURNS`` returns, about a quarter of a year.

    Such a run has no yearly figure, meets no yearly target, and cannot be resampled.
    """
    return len(run.dates) <= MIN_RETURNS
