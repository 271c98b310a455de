"""What the books of a run were decided from instead of what was asked for, as tables."""

from __future__ import annotations

import re

import pandas as pd

from dashboard.run import Run

__all__ = ["fallbacks_frame", "fallbacks_summary"]

_NUMBERS = re.compile(r"[-−]?\d[\d.,]*")
_SUMMARY = ("event", "missing", "instead", "times", "first", "last")


def fallbacks_frame(run: Run) -> pd.DataFrame:
    """Return one row a fallback of the run's sessions: event, value, threshold, text, by date."""
    inside = [
        one for one in run.book.fallbacks if 0 <= one.session - run.first < run.result.sessions
    ]
    dates = run.index[[one.session - run.first for one in inside]]
    rows = [(one.kind.label, one.value, one.threshold, one.text) for one in inside]
    columns = ["event", "value", "threshold", "text"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(dates, name="date"))


def fallbacks_summary(run: Run) -> pd.DataFrame:
    """Return one row a cause, the oldest first: what was missing, what was done, when.

    Texts that differ in numbers alone are one cause; the first stands for all.
    """
    frame = fallbacks_frame(run)
    cause = frame["event"] + frame["text"].map(lambda text: _NUMBERS.sub("#", text))
    rows = []
    for _, group in frame.groupby(cause.to_numpy(), sort=False):
        missing, _, instead = str(group["text"].iloc[0]).rpartition(": ")
        span = (len(group), group.index[0], group.index[-1])
        rows.append((group["event"].iloc[0], missing or instead, instead, *span))
    return pd.DataFrame(rows, columns=list(_SUMMARY))
