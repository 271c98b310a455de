"""How often the setting that was best on one half of the sessions is below average on the other.

Combinatorially symmetric cross-validation: Bailey, Borwein, López de Prado & Zhu 2017, "The
probability of backtest overfitting", Journal of Computational Finance 20(4). The sessions are cut
into S blocks; every choice of S/2 of them is once where the best trial is picked, and the rest is
where it is judged. The answer is unstable on a few years of data and a few dozen trials: it comes
with the range that resampled histories give it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from core.errors import HistoryError, InputsError
from core.evidence.resampling import draw_indices
from core.units import Bools, Floats, Ints

__all__ = ["MIN_PER_BLOCK", "Overfitting", "probability_of_overfitting"]

#: Sessions a block must have: a half then has at least 8 × 10.
MIN_PER_BLOCK: Final = 10
_CHUNK: Final = 2_000_000  # cells of a table of splits × trials worked on at once
_BAND_SPLITS: Final = 400  # splits a resample is judged on: its own error is below 0.025
_NO_VARIANCE: Final = 1e-28


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Probability of backtest overfitting (PBO) and how sure it is.

    Attributes
    ----------
    probability : float
        Share of the splits in which the trial that was best in-sample ranks in the lower half, or
        exactly in the middle, out of sample: in [0, 1]. Without any skill about one half.
    low, high : float
        Between them lie 90 % of the probabilities that resampled histories give.
    median_rank : float
        Of the trial picked, out of sample, in (0, 1): 1 is best.
    loss_probability : float
        Share of the splits in which the trial picked has a negative Sharpe ratio out of sample.
    splits, trials : int
        Splits judged, and different trials among those given.
    resamples, seed : int
    """

    probability: float
    low: float
    high: float
    median_rank: float
    loss_probability: float
    splits: int
    trials: int
    resamples: int
    seed: int


def probability_of_overfitting(
    excess: Floats,
    *,
    blocks: int = 16,
    resamples: int = 100,
    mean_length: float = 10.0,
    seed: int = 0,
) -> Overfitting:
    """Estimate the PBO of a set of trials by CSCV.

    Parameters
    ----------
    excess : float64[T, N]
        Excess returns over cash, one column a trial, all over the same sessions; finite. Columns
        that repeat another one to the last digit count once. Not modified.
    blocks : int
        S, even, from 4 to 16: C(16, 8) = 12,870 splits.
    resamples : int
        Histories for the range, drawn by the stationary bootstrap within each block, at least 20.
    mean_length : float
        Expected sessions of a bootstrap block, at least 1.
    seed : int
        Equal seeds give equal answers.

    Returns
    -------
    Overfitting

    Raises
    ------
    HistoryError
        With fewer than ``MIN_PER_BLOCK`` sessions a block.
    InputsError
        With fewer than two different trials, or options out of range.
    """
    _check(excess, blocks, resamples, mean_length)
    trials = np.unique(excess, axis=1)
    if trials.shape[1] < 2:
        raise InputsError(
            f"a PBO must compare at least 2 different trials, had {trials.shape[1]} among "
            f"{excess.shape[1]}: there was nothing to choose from; try other settings first"
        )
    splits = _splits(blocks)
    ranks, losses = _judge(trials, splits, blocks)
    generator = np.random.default_rng(seed)
    drawn = [_resampled(trials, splits, blocks, mean_length, generator) for _ in range(resamples)]
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Overfitting(
        probability=_share_below(ranks),
        low=float(low),
        high=float(high),
        median_rank=float(np.median(ranks)),
        loss_probability=float(np.mean(losses)),
        splits=len(splits),
        trials=trials.shape[1],
        resamples=resamples,
        seed=seed,
    )


def _check(excess: Floats, blocks: int, resamples: int, mean_length: float) -> None:
    if excess.ndim != 2 or not np.isfinite(excess).all():
        raise InputsError(f"trials must be finite float64[T, N], had shape {excess.shape}")
    if blocks % 2 or not 4 <= blocks <= 16:
        raise InputsError(f"the number of blocks must be even and from 4 to 16, was {blocks}")
    if resamples < 20 or not (math.isfinite(mean_length) and mean_length >= 1.0):
        raise InputsError(
            "a range must come from at least 20 resamples of blocks of at least 1 session, was "
            f"{resamples} of {mean_length:g}"
        )
    if len(excess) < blocks * MIN_PER_BLOCK:
        raise HistoryError(
            f"a PBO with {blocks} blocks must have at least {blocks * MIN_PER_BLOCK} sessions, "
            f"had {len(excess)}; choose a longer period or fewer blocks"
        )


def _splits(blocks: int) -> Bools:
    # bool[C(S, S/2), S]: True where a block is in-sample.
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    splits = np.zeros((len(chosen), blocks), dtype=np.bool_)
    np.put_along_axis(splits, chosen, values=True, axis=1)
    return splits


def _resampled(
    trials: Floats,
    splits: Bools,
    blocks: int,
    mean_length: float,
    generator: np.random.Generator,
) -> float:
    # Each block from its own sessions: one session on both sides of a split would tell the judged
    # half what the picked one was picked for.
    picked: Ints = np.empty(len(trials), dtype=np.int64)
    edges = _edges(len(trials), blocks)
    for begin, end in pairwise(edges.tolist()):
        draw_indices(generator, mean_length, picked[begin:end])
        picked[begin:end] += begin
    some = generator.choice(len(splits), size=min(_BAND_SPLITS, len(splits)), replace=False)
    return _share_below(_judge(trials[picked], splits[some], blocks)[0])


def _edges(sessions: int, blocks: int) -> Ints:
    return np.linspace(0, sessions, blocks + 1).round().astype(np.int64)


def _share_below(ranks: Floats) -> float:
    return float(np.mean(ranks <= 0.5))  # a relative rank of 1/2 is a logit of 0


def _judge(trials: Floats, splits: Bools, blocks: int) -> tuple[Floats, Bools]:
    # Relative rank out of sample of the trial that is best in-sample, and whether it lost there.
    edges = _edges(len(trials), blocks)
    centred = trials - trials.mean()
    sums = np.add.reduceat(centred, edges[:-1], axis=0)
    squares = np.add.reduceat(centred**2, edges[:-1], axis=0)
    counts = np.diff(edges).astype(np.float64)
    step = max(_CHUNK // trials.shape[1], 1)
    ranks, losses = np.empty(len(splits)), np.empty(len(splits), dtype=np.bool_)
    for begin in range(0, len(splits), step):
        here = slice(begin, begin + step)
        inside = splits[here].astype(np.float64)
        shift = float(trials.mean())
        seen = _sharpe(inside @ sums, inside @ squares, inside @ counts, shift)
        outside = 1.0 - inside
        kept = _sharpe(outside @ sums, outside @ squares, outside @ counts, shift)
        best = np.argmax(seen, axis=1)[:, np.newaxis]
        judged = np.take_along_axis(kept, best, axis=1)
        # Mean rank among equals, over N + 1: never 0 or 1.
        below, equal = (kept < judged).sum(axis=1), (kept == judged).sum(axis=1)
        ranks[here] = (below + (equal + 1) / 2) / (trials.shape[1] + 1)
        losses[here] = judged[:, 0] < 0.0
    return ranks, losses


def _sharpe(sums: Floats, squares: Floats, counts: Floats, shift: float) -> Floats:
    # Sharpe ratio per session of each cell; 0 where nothing varies: cash earned no excess.
    mean = sums / counts[:, np.newaxis]
    variance = squares / counts[:, np.newaxis] - mean**2
    flat = variance <= _NO_VARIANCE
    ratio: Floats = (mean + shift) / np.sqrt(np.where(flat, 1.0, variance))
    return np.where(flat, 0.0, ratio)
