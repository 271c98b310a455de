"""Prices laid out for runs that look only where something can happen, made once per inputs.

Between two decisions of a book nothing is bought and, unless a stop or the state of NAV says
otherwise, nothing is sold: a name's shares, average entry and stop levels stand still. One block
of sessions from a rebalance to the next then needs, per name, its prices side by side in time,
which one multiplication values, and three numbers that tell whether a stop can be hit in it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled, compiled_part
from core.vectors import EIGHT

__all__ = ["Blocks", "make_blocks", "width_of"]


class Blocks(NamedTuple):
    """What :func:`make_blocks` returns; B = R + 1 blocks, read only.

    Block 0 starts at session 0, block k + 1 at the session ``rebalance[k]``; each reaches to the
    session at which the next starts, both included, or to T - 1.

    Attributes
    ----------
    start : int64[B + 1]
        First session of each block, then T.
    offset : int64[B + 1]
        Where each block starts in `prices`.
    prices : float64[...]
        Closes by block, name and session; the last bar's where there is none, 0 before the first.
        ``EIGHT`` zeros at the end.
    highest : float64[T, N]
        Highest close of the block up to a session, its first session excluded; 0 where no bar was.
    lowest : float64[B, N]
        Lowest close of the block, first and last session excluded; infinite without a bar.
    deepest : float64[B, N]
        Lowest close over `highest` of the same sessions; infinite without a bar.
    """

    start: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    prices: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]
    lowest: npt.NDArray[np.float64]
    deepest: npt.NDArray[np.float64]


@compiled
def make_blocks(close: npt.NDArray[np.float64], rebalance: npt.NDArray[np.int64]) -> Blocks:
    """Lay closes out by block.

    Parameters
    ----------
    close : float64[T, N]
        Positive; NaN = no bar that session.
    rebalance : int64[R]
        Sessions, strictly increasing.

    Returns
    -------
    Blocks
        About three times the size of `close`.
    """
    sessions, securities = close.shape
    start = _starts(rebalance, sessions)
    blocks = len(start) - 1
    offset = np.zeros(blocks + 1, np.int64)
    for b in range(blocks):
        offset[b + 1] = offset[b] + width_of(start, b) * securities
    made = Blocks(
        start, offset, np.empty(offset[blocks] + EIGHT), np.zeros((sessions, securities)),
        np.full((blocks, securities), math.inf), np.full((blocks, securities), math.inf),
    )  # fmt: skip
    made.prices[offset[blocks] :] = 0.0
    last = np.zeros(securities)
    for b in range(blocks):
        _lay_out(close, b, last, made)
        _extremes(close, b, made)
    return made


@compiled_part
def width_of(start: npt.NDArray[np.int64], b: int) -> int:
    """Return the number of sessions that `Blocks.prices` has of block `b`."""
    reaches_over = b < len(start) - 2
    width: int = start[b + 1] - start[b] + reaches_over
    return width


@compiled_part
def _starts(rebalance: npt.NDArray[np.int64], sessions: int) -> npt.NDArray[np.int64]:
    start = np.zeros(len(rebalance) + 2, np.int64)
    for b in range(len(rebalance)):  # a slice would bring the text of numpy's error along
        start[b + 1] = rebalance[b]
    start[len(rebalance) + 1] = sessions
    return start


@compiled_part
def _lay_out(
    close: npt.NDArray[np.float64], b: int, last: npt.NDArray[np.float64], made: Blocks
) -> None:
    # `last` is the last bar before the block's first session on entry, before its end on return:
    # the end is laid out again as the start of the next block.
    first, width = made.start[b], width_of(made.start, b)
    for t in range(first, first + width):
        for i in range(len(last)):
            price = close[t, i]
            price = last[i] if math.isnan(price) else price
            made.prices[made.offset[b] + i * width + t - first] = price
            last[i] = price


@compiled_part
def _extremes(close: npt.NDArray[np.float64], b: int, made: Blocks) -> None:
    highest, lowest, deepest = made.highest, made.lowest[b], made.deepest[b]
    first, end = made.start[b], made.start[b + 1]
    for t in range(first + 1, min(end + 1, len(close))):
        for i in range(len(lowest)):
            price = close[t, i]
            before = highest[t - 1, i] if t > first + 1 else 0.0
            high = price if price > before else before  # NaN is above nothing
            highest[t, i] = high
            if t < end and not math.isnan(price):
                lowest[i] = min(lowest[i], price)
                deepest[i] = min(deepest[i], price / high)
