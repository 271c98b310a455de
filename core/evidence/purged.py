"""Combinatorial purged cross-validation: many histories out of sample instead of one.

López de Prado 2018, "Advances in Financial Machine Learning", ch. 12 with the purging and embargo
of ch. 7. The sessions are cut into N groups; every choice of k of them is once the test, the
setting that was best on the rest is judged there, and the C(N, k) splits string together into
C(N, k) · k / N paths that each cover the whole period. Unlike a walk-forward it trains on what came
after the test as well: it says how choosing fares on such data, not what one could have earned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from core.errors import ConfigError, HistoryError, InputsError
from core.metrics import NO_DISPERSION
from core.units import SESSIONS_PER_YEAR, Bools, Floats, Ints

__all__ = ["MIN_PER_GROUP", "PurgedPaths", "purged_paths", "training_sessions"]

#: Sessions a group must have.
MIN_PER_GROUP: Final = 10
_MOST_SPLITS: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class PurgedPaths:
    """What choosing by Sharpe ratio gave out of sample, on every path.

    Attributes
    ----------
    excess : float64[P, T]
        Excess returns of each path, session by session.
    sharpe : float64[P]
        Annual Sharpe ratio of each path; NaN where it does not vary.
    in_sample : float64[S]
        Annual Sharpe ratio of the chosen setting over the training sessions of each split.
    chosen : int64[S]
        Setting chosen at each split.
    splits : tuple of S tuples
        Groups that were the test.
    """

    excess: Floats
    sharpe: Floats
    in_sample: Floats
    chosen: Ints
    splits: tuple[tuple[int, ...], ...]

    @property
    def efficiency(self) -> float:
        """Mean Sharpe ratio of the paths over that in-sample; NaN where the latter is not > 0."""
        promised = float(np.mean(self.in_sample))
        return float(np.mean(self.sharpe)) / promised if promised > 0.0 else math.nan


def training_sessions(
    sessions: int, groups: int, tested: tuple[int, ...], *, purge: int, embargo: int
) -> Bools:
    """Return bool[T]: what the choice may look at when the groups `tested` are the test.

    Left out are the tested groups, `purge` sessions before each of them, whose outcome reaches into
    it, and `embargo` sessions after each, which still feel it.
    """
    edges = _edges(sessions, groups)
    allowed = np.ones(sessions, dtype=np.bool_)
    for group in tested:
        begins, ends = edges[group], edges[group + 1]
        allowed[max(begins - purge, 0) : min(ends + embargo, sessions)] = False
    return allowed


def purged_paths(
    excess: Floats, *, groups: int = 6, tests: int = 2, purge: int = 1, embargo: int = 21
) -> PurgedPaths:
    """Choose the setting with the best Sharpe ratio at every split, and string the tests together.

    Parameters
    ----------
    excess : float64[T, K]
        Excess returns over cash of each setting, all over the same sessions; finite. Not modified.
    groups, tests : int
        N of at least 2, and k from 1 to N − 1.
    purge, embargo : int
        Sessions left out of training before and after each tested group, at least 0. A portfolio
        carries drawdowns and positions on: take an embargo of at least a rebalance.

    Raises
    ------
    ConfigError
        Numbers are out of range.
    HistoryError
        A group has fewer than ``MIN_PER_GROUP`` sessions, or a split nothing to train on.
    InputsError
        `excess` is not finite, or has fewer than 2 settings.
    """
    _check(excess, groups, tests, purge, embargo)
    sessions = len(excess)
    splits = tuple(combinations(range(groups), tests))
    edges = _edges(sessions, groups)
    paths = np.full((math.comb(groups, tests) * tests // groups, sessions), np.nan)
    filled = [0] * groups
    chosen = np.empty(len(splits), dtype=np.int64)
    in_sample = np.empty(len(splits))
    for number, tested in enumerate(splits):
        allowed = training_sessions(sessions, groups, tested, purge=purge, embargo=embargo)
        if np.count_nonzero(allowed) < MIN_PER_GROUP:
            raise HistoryError(
                f"purge ({purge}) and embargo ({embargo}) must leave at least {MIN_PER_GROUP} "
                "sessions to train on; choose smaller ones or fewer tested groups"
            )
        sharpe = _sharpe(excess[allowed])
        if not np.isfinite(sharpe).any():
            raise InputsError("some setting must vary over every training set, none did")
        chosen[number] = np.nanargmax(sharpe)
        in_sample[number] = sharpe[chosen[number]]
        for group in tested:
            rows = slice(edges[group], edges[group + 1])
            paths[filled[group], rows] = excess[rows, chosen[number]]
            filled[group] += 1
    return PurgedPaths(paths, _sharpe(paths.T), in_sample, chosen, splits)


def _edges(sessions: int, groups: int) -> Ints:
    return np.linspace(0, sessions, groups + 1).astype(np.int64)


def _sharpe(excess: Floats) -> Floats:
    deviation = excess.std(axis=0, ddof=1)
    still = deviation < NO_DISPERSION
    ratio = excess.mean(axis=0) / np.where(still, 1.0, deviation) * math.sqrt(SESSIONS_PER_YEAR)
    found: Floats = np.where(still, np.nan, ratio)
    return found


def _check(excess: Floats, groups: int, tests: int, purge: int, embargo: int) -> None:
    if groups < 2 or not 1 <= tests < groups or math.comb(groups, tests) > _MOST_SPLITS:
        raise ConfigError(
            f"groups must be at least 2, tests from 1 to groups − 1 and splits at most "
            f"{_MOST_SPLITS:,}, were {groups} groups and {tests} tests"
        )
    if min(purge, embargo) < 0:
        raise ConfigError(f"purge and embargo must be at least 0, were {purge} and {embargo}")
    if excess.ndim != 2 or excess.shape[1] < 2 or not np.isfinite(excess).all():
        raise InputsError(
            f"excess must be finite float64[T, K] of at least 2 settings, had shape {excess.shape}"
        )
    if len(excess) < MIN_PER_GROUP * groups:
        raise HistoryError(
            f"{groups} groups must have at least {MIN_PER_GROUP} sessions each, the period has "
            f"{len(excess)} in all; choose a longer one or fewer groups"
        )
