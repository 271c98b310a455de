"""The frames of the main figure, cut to a window and thinned for drawing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["TimelineFrames"]

_DRAWN_ROWS: Final = 1000  # about one a pixel: more cannot be seen and costs bytes


@dataclass(frozen=True, slots=True, eq=False)
class TimelineFrames:
    """What is drawn, all over the same dates: see the panels for columns and units."""

    equity: pd.DataFrame
    drawdown: pd.DataFrame
    exposure: pd.DataFrame
    binding: pd.Series
    sectors: pd.DataFrame
    regimes: pd.Series

    def since(self, first: pd.Timestamp) -> TimelineFrames:
        """Return the same frames from the date `first` on."""
        return TimelineFrames(
            equity=self.equity.loc[first:],
            drawdown=self.drawdown.loc[first:],
            exposure=self.exposure.loc[first:],
            binding=self.binding.loc[first:],
            sectors=self.sectors.loc[first:],
            regimes=self.regimes.loc[first:],
        )

    def thinned(self, most: int = _DRAWN_ROWS) -> TimelineFrames:
        """Return frames to draw: curves keep what tells most, ribbons keep every session."""
        if len(self.equity) <= most:
            return self
        rows = _telling_rows(self, most)
        return replace(
            self,
            equity=self.equity.iloc[rows],
            drawdown=self.drawdown.iloc[rows],
            exposure=self.exposure.iloc[rows],
            sectors=self.sectors.iloc[rows],
        )


def _telling_rows(frames: TimelineFrames, most: int) -> npt.NDArray[np.intp]:
    """Return both ends, each curve's extremes in each stretch, and rows where exposure changes."""
    length, curves = frames.equity.shape
    edges = np.linspace(0, length, max(most // (2 * curves), 1) + 1).astype(np.intp)
    values = frames.equity.to_numpy(np.float64)
    low, high = np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)
    kept = [np.array([0, length - 1], dtype=np.intp)]
    for begin, end in itertools.pairwise(edges.tolist()):
        kept.append(begin + low[begin:end].argmin(axis=0))
        kept.append(begin + high[begin:end].argmax(axis=0))
    depth = np.nan_to_num(frames.drawdown.to_numpy(np.float64), nan=0.0)
    kept.append(depth.argmin(axis=0))
    changes = np.flatnonzero(np.diff(frames.exposure["applied"].to_numpy(np.float64)))
    if len(changes) <= most // 4:
        kept.extend((changes, changes + 1))
    return np.unique(np.concatenate(kept))
