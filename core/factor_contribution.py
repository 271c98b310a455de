"""What the factors brought: the P&L of names split by a cross-sectional regression each session.

Fama & MacBeth 1973: over the names of the universe, the returns of a session are regressed on the
scores that were known the evening before. The slope of a factor is what a name with one standard
deviation more of it gained that session; a book's gain from the factor is slope times exposure.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.contribution import PORTFOLIO_LINES, Contribution
from core.errors import InputsError
from core.market import MarketPanel
from core.result import BacktestResult
from core.signals import Signals
from core.units import Floats, Ints

__all__ = ["SPECIFIC", "UNIVERSE", "by_factor"]

UNIVERSE: Final = "Universe"
SPECIFIC: Final = "Specific"


def by_factor(
    names: Contribution,
    result: BacktestResult,
    market: MarketPanel,
    signals: Signals,
    first: int,
    columns: Ints,
) -> Contribution:
    """Split the P&L of names into universe, factors and what neither explains.

    Parameters
    ----------
    names : Contribution
        From :func:`core.contribution.by_name` for the same run.
    result : BacktestResult
        With weights.
    market, signals
        What the book was built from. Not modified.
    first : int
        Index in ``market.sessions`` of the run's session 0.
    columns : int64[N]
        Column of the market of each name of the run.

    Returns
    -------
    Contribution
        Lines: ``UNIVERSE``, the gain of a holding with average scores; one line a factor;
        ``SPECIFIC``, the rest of the names' P&L; then ``PORTFOLIO_LINES``. They sum as those of
        `names` do. A name without a score counts as average in it; a factor that no name has
        brings exactly 0. Scores of session t − 1's latest rebalance explain session t.

    Raises
    ------
    InputsError
        When the result has no weights, or `names` is of another run.
    """
    sessions, securities = len(names.nav), len(names.labels) - len(PORTFOLIO_LINES)
    weights = _weights_of_one_run(result, sessions, securities, columns)
    lines = np.zeros((sessions, 2 + len(signals.panel.factors)))
    in_force = np.searchsorted(signals.rebalance, first + np.arange(sessions) - 1, "right") - 1
    known = _last_known(market.close, first, sessions)
    for row in np.unique(in_force[in_force >= 0]):
        scores = np.nan_to_num(signals.panel.values[row])
        design = np.column_stack([np.ones(len(scores)), scores])
        for t in np.flatnonzero(in_force == row):
            if t == 0:  # starts in cash
                continue
            close = market.close[first + t]
            inside = signals.universe[row] & np.isfinite(close) & np.isfinite(known[t - 1])
            held = weights[t - 1] * result.nav[t - 1]
            if held.any() and inside.sum() > design.shape[1]:
                returns = close[inside] / known[t - 1, inside] - 1.0
                lines[t, :-1] = (held @ design[columns]) * _slopes(design[inside], returns)
    lines[:, -1] = names.pnl[:, :securities].sum(axis=1) - lines[:, :-1].sum(axis=1)
    return Contribution(
        (UNIVERSE, *signals.panel.factors, SPECIFIC, *PORTFOLIO_LINES),
        np.hstack([lines, names.pnl[:, securities:]]),
        names.nav,
        names.initial_nav,
    )


def _slopes(design: Floats, returns: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(design, returns, rcond=None)[0], dtype=np.float64)


def _weights_of_one_run(
    result: BacktestResult, sessions: int, securities: int, columns: Ints
) -> Floats:
    if result.weights is None:
        raise InputsError("contributions need weights: run simulate with weights=True")
    if result.weights.shape != (sessions, securities) or len(columns) != securities:
        raise InputsError(
            f"names, result and columns must be of one run, had {(sessions, securities)}, "
            f"{result.weights.shape} and {len(columns)}"
        )
    return result.weights


def _last_known(close: Floats, first: int, sessions: int) -> Floats:
    # The last finite close up to each session of the run, NaN before a name's first within it.
    known = close[first : first + sessions].copy()
    for t in range(1, sessions):
        gone = ~np.isfinite(known[t])
        known[t, gone] = known[t - 1, gone]
    return known
