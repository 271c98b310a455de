"""Where NAV may go: a fan of resampled futures with the drawdowns on the way.

The stationary bootstrap of the daily returns (Politis & Romano 1994). It supposes that the future
is made of sessions like those that were: a crisis that is not in them is not in the fan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import HistoryError, InputsError
from core.evidence.resampling import draw_indices
from core.evidence.sample import MIN_RETURNS, block_length
from core.units import Floats, Ints

__all__ = ["LEVELS", "Fan", "fan"]

#: Quantiles of a fan.
LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_CELLS: Final = 50_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """Quantiles over the paths, session by session.

    Attributes
    ----------
    nav : float64[5, H + 1]
        Growth of 1 at each of ``LEVELS``; the first column is 1.
    drawdown : float64[5, H + 1]
        NAV over the path's own peak − 1, in (−1, 0], at each of ``LEVELS``: 0.05 is the deep side.
    deepest : float64[5]
        Largest drawdown of a path, ≤ 0, at each of ``LEVELS``.
    loss : float
        Share of the paths that end below 1.
    block : float
        Expected sessions of a block.
    paths, seed : int
    """

    nav: Floats
    drawdown: Floats
    deepest: Floats
    loss: float
    block: float
    paths: int
    seed: int


def fan(
    returns: Floats,
    *,
    sessions: int = 252,
    paths: int = 2000,
    block: float | None = None,
    seed: int = 0,
) -> Fan:
    """Draw futures of `sessions` sessions from daily returns.

    Parameters
    ----------
    returns : float64[n]
        Simple returns, above −1; at least ``MIN_RETURNS``. Not modified.
    sessions : int
        H, at least 1.
    paths : int
        At least 100.
    block : float, optional
        Expected sessions of a block, at least 1; when not given the longer of what the returns and
        their squares ask for, so that calm and wild weeks stay together.
    seed : int
        Equal seeds give equal fans.

    Raises
    ------
    HistoryError, InputsError
        Too few returns; options out of range.
    """
    if len(returns) < MIN_RETURNS:
        raise HistoryError(
            f"a fan must have at least {MIN_RETURNS} returns to draw from, had {len(returns)}; "
            "choose a longer period"
        )
    if not (np.isfinite(returns).all() and (returns > -1.0).all()):
        raise InputsError("returns must be finite and above -1, some were not")
    if sessions < 1 or paths < 100 or sessions * paths > _MOST_CELLS or seed < 0:
        raise InputsError(
            f"sessions must be at least 1, paths at least 100, their product at most "
            f"{_MOST_CELLS:,} and seed at least 0, were {sessions}, {paths} and {seed}"
        )
    if block is None:
        block = max(block_length(returns), block_length((returns - returns.mean()) ** 2))
    if not (math.isfinite(block) and block >= 1.0):
        raise InputsError(f"block must be a number of sessions of at least 1, was {block:g}")
    nav = np.ones((paths, sessions + 1))
    np.cumprod(1.0 + returns[_drawn(len(returns), sessions, paths, block, seed)], axis=1,
               out=nav[:, 1:])  # fmt: skip
    drawdown = nav / np.maximum.accumulate(nav, axis=1) - 1.0
    return Fan(
        nav=np.quantile(nav, LEVELS, axis=0),
        drawdown=np.quantile(drawdown, LEVELS, axis=0),
        deepest=np.quantile(drawdown.min(axis=1), LEVELS),
        loss=float((nav[:, -1] < 1.0).mean()),
        block=block,
        paths=paths,
        seed=seed,
    )


def _drawn(n: int, sessions: int, paths: int, block: float, seed: int) -> Ints:
    generator = np.random.default_rng(seed)
    rows = -(-sessions // n)
    drawn = np.empty((paths, rows * n), dtype=np.int64)
    for path in range(paths):
        for row in range(rows):
            draw_indices(generator, block, drawn[path, row * n : (row + 1) * n])
    return drawn[:, :sessions]
