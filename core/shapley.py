"""Shapley value and interaction of a set function, for many outcomes at once.

A set function of n players is a table of 2^n rows: row s holds the outcomes of the subset whose
member i is present where bit i of s is set. Row 0 is nobody, the last row is everybody.
"""

from __future__ import annotations

import math

import numpy as np

from core.errors import InputsError
from core.units import Floats, Ints

__all__ = ["MOST_PLAYERS", "interaction", "shapley"]

#: More players than this make more subsets than anybody can run.
MOST_PLAYERS = 20


def shapley(values: Floats) -> Floats:
    """Share of every player in what everybody together changed.

    The mean, over all orders in which players can arrive, of what a player changes on arrival:
    ``Σ_S |S|! (n − |S| − 1)! / n! · (v(S + i) − v(S))``. Shapley 1953; for rules of a portfolio
    Moehle, Boyd & Ang 2021, arXiv 2102.05799.

    Parameters
    ----------
    values : float64[2^n, M]
        A column an outcome. Not modified.

    Returns
    -------
    float64[n, M]
        Rows sum to ``values[-1] - values[0]``; a player that never changes an outcome has exactly
        0. NaN where some subset has no finite outcome.

    Raises
    ------
    InputsError
        When the number of rows is no power of 2, or there are more than ``MOST_PLAYERS``.

    Examples
    --------
    >>> shapley(np.array([[0.0], [1.0], [2.0], [5.0]])).ravel().tolist()
    [2.0, 3.0]
    """
    players = _players(values)
    out = np.empty((players, values.shape[1]))
    for i in range(players):
        without = _subsets_without(players, i)
        weight = _weights(players, 1)[np.bitwise_count(without)]
        with np.errstate(invalid="ignore"):  # inf − inf and NaN are answers here
            out[i] = weight @ (values[without | 1 << i] - values[without])
    return out


def interaction(values: Floats) -> Floats:
    """How much the effect of one player depends on another being present.

    The Shapley interaction index of Grabisch & Roubens 1999: the weighted mean over subsets S of
    ``v(S + i + j) − v(S + i) − v(S + j) + v(S)``; its sign says whether two players help (above 0)
    or replace (below 0) each other.

    Parameters
    ----------
    values : float64[2^n, M]
        As for :func:`shapley`, which also says what raises InputsError.

    Returns
    -------
    float64[n, n, M]
        Symmetric; NaN on the diagonal, which has no meaning.

    Examples
    --------
    >>> interaction(np.array([[0.0], [1.0], [2.0], [5.0]]))[0, 1].tolist()
    [2.0]
    """
    players = _players(values)
    out = np.full((players, players, values.shape[1]), np.nan)
    for i in range(players):
        for j in range(i):
            without = _subsets_without(players, i, j)
            weight = _weights(players, 2)[np.bitwise_count(without)]
            a, b = 1 << i, 1 << j
            with np.errstate(invalid="ignore"):
                joint = values[without | a | b] - values[without | a]
                alone = values[without | b] - values[without]
                out[i, j] = out[j, i] = weight @ (joint - alone)
    return out


def _players(values: Floats) -> int:
    if values.ndim != 2 or len(values) == 0 or len(values) & (len(values) - 1):
        raise InputsError(f"values must have shape (2^n, M), had shape {values.shape}")
    players = len(values).bit_length() - 1
    if players > MOST_PLAYERS:
        raise InputsError(f"there must be at most {MOST_PLAYERS} players, were {players}")
    return players


def _subsets_without(players: int, *absent: int) -> Ints:
    subsets = np.arange(1 << players, dtype=np.int64)
    mask = sum(1 << i for i in absent)
    kept: Ints = subsets[subsets & mask == 0]
    return kept


def _weights(players: int, together: int) -> Floats:
    # By size of S: each size counts alike, and within it each subset.
    rest = players - together
    return np.array([1.0 / ((rest + 1) * math.comb(rest, size)) for size in range(rest + 1)])
