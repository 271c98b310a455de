"""Topology: the shape of the cloud that a name's recent daily returns make in delay space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.factors.topology_config import TopologyConfig
from core.factors.topology_diagrams import Diagrams, diagrams_of
from core.factors.topology_features import DEGREES, FEATURES, diagram_features
from core.units import Bools, Floats, Ints

__all__ = ["ReturnWindows", "return_windows", "topology", "topology_statistics"]

_LEAST_SPREAD = 1e-12  # of a return: below, a window has no volatility to divide by


@dataclass(frozen=True, slots=True, eq=False)
class ReturnWindows:
    """The complete windows of returns of a panel, one row a rebalance and name.

    Attributes
    ----------
    values : float64[M, L]
        Daily returns, the oldest first; finite.
    volatility : float64[M]
        Their standard deviation (ddof 1), fraction a session.
    row, column : int64[M]
        Rebalance and name of each window.
    shape : (int, int)
        Rebalances and names of the panel.
    """

    values: Floats
    volatility: Floats
    row: Ints
    column: Ints
    shape: tuple[int, int]

    def panel(self, values: Floats) -> Floats:
        """Return `values` of the windows, float64[M], as float64[R, N]; NaN where there is none."""
        table = np.full(self.shape, np.nan)
        table[self.row, self.column] = values
        return table


def return_windows(
    returns: Floats, rebalance: Ints, universe: Bools, window_days: int
) -> ReturnWindows:
    """Cut out the window that ends at each rebalance, for each name of the universe.

    Parameters
    ----------
    returns : float64[T, N]
        Daily simple returns; NaN = not known.
    rebalance : int64[R]
        Sessions; row ``rebalance[k]`` is the last that window k reads.
    universe : bool[R, N]
        Names looked at.
    window_days : int
        Returns in a window, at least 2; a window with a missing one is left out.
    """
    values: list[Floats] = []
    places: list[Ints] = []
    for number, session in enumerate(int(each) for each in rebalance):
        if session + 1 < window_days:
            continue
        window = returns[session + 1 - window_days : session + 1]
        columns = np.flatnonzero(universe[number] & np.isfinite(window).all(axis=0))
        values.append(window[:, columns].T)
        places.append(np.stack([np.full(len(columns), number), columns]))
    place = np.concatenate([np.empty((2, 0), dtype=np.int64), *places], axis=1)
    series = np.concatenate([np.empty((0, window_days)), *values])
    return ReturnWindows(
        values=series,
        volatility=series.std(axis=1, ddof=1),
        row=place[0],
        column=place[1],
        shape=(len(rebalance), returns.shape[1]),
    )


def topology_statistics(windows: ReturnWindows, diagrams: Diagrams, *, normalised: bool) -> Floats:
    """Sum up the diagram of every name.

    Parameters
    ----------
    windows : ReturnWindows
    diagrams : Diagrams
        Of these windows.
    normalised : bool
        As if the returns of each window had been divided by their volatility before. The diagram
        of a cloud grows with the cloud, so one diagram serves both.

    Returns
    -------
    float64[R, N, 8]
        In the order of ``FEATURES``; NaN where there is no window, or no volatility to divide by.
    """
    table = diagram_features(diagrams)
    if normalised:
        moving = windows.volatility > _LEAST_SPREAD
        size = np.where(moving, windows.volatility, np.nan)
        table = table / size[:, None] ** np.array([*DEGREES, *DEGREES])
        table[~moving] = np.nan  # NaN to the power 0 is 1
    return np.stack([windows.panel(column) for column in table.T], axis=2)


def topology(
    returns: Floats,
    rebalance: Ints,
    universe: Bools,
    config: TopologyConfig,
    *,
    diagrams: Callable[[Floats, int, int], Diagrams] = diagrams_of,
) -> Floats:
    """Score the topology of each name on each rebalance date, higher is better.

    Parameters
    ----------
    returns : float64[T, N]
        Daily simple returns; NaN = not known.
    rebalance : int64[R]
        Sessions at whose close the score is known; nothing later is read.
    universe : bool[R, N]
    config : TopologyConfig
    diagrams : callable, optional
        Where the diagrams of windows come from: computed, or a cache.

    Returns
    -------
    float64[R, N]
        The configured statistic, times −1 where low is preferred; NaN where the window is not
        complete or the name is outside the universe. Not yet a z-score.

    Notes
    -----
    Takens 1981 for the embedding, Gidea & Katz 2018 for landscape norms of return clouds.
    """
    windows = return_windows(returns, rebalance, universe, config.window_days)
    found = diagrams(windows.values, config.dimension, config.delay_days)
    table = topology_statistics(windows, found, normalised=config.normalised)
    values = table[:, :, FEATURES.index(f"h{config.homology}_{config.statistic}")]
    return -values if config.prefer == "low" else values
