"""Weights that minimise a quadratic under caps: the one convex problem of the book.

Solved by Clarabel (Goulart & Chen 2024), an interior-point solver: the same answer on every
machine to about eight digits, and a certificate where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.market import Floats, Ints

__all__ = ["Limits", "minimised"]

_SOLVED = ("Solved", "AlmostSolved")


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What the weights of K names must keep.

    Attributes
    ----------
    total : float
        Their sum.
    name, by_sector : float
        Largest weight of a name and of a sector.
    sector : int64[K]
        Sector code of each name.
    beta : float64[K]
        Of each name to the market.
    beta_low, beta_high : float or None
        Range of the weights' beta, cash counting as 0; None = no limit.
    """

    total: float
    name: float
    by_sector: float
    sector: Ints
    beta: Floats
    beta_low: float | None = None
    beta_high: float | None = None


def minimised(quadratic: Floats, linear: Floats, limits: Limits) -> Floats | None:
    """Weights w at least 0 with the least w'Qw / 2 + c'w under `limits`.

    Parameters
    ----------
    quadratic : float64[K, K]
        Q, symmetric and positive semidefinite.
    linear : float64[K]
        c.
    limits : Limits

    Returns
    -------
    float64[K] or None
        Within about 1e-8 of the limits; None where no weights keep them all.
    """
    # Imported when first used: most books never ask for it.
    import clarabel
    from scipy import sparse

    names = len(linear)
    scale = float(np.trace(quadratic)) / names or 1.0  # neither cents nor percent change the answer
    rows, bounds = _inequalities(names, limits)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(quadratic / scale)),
        linear / scale,
        sparse.csc_matrix(np.vstack([np.ones((1, names)), rows])),
        np.append(limits.total, bounds),
        [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(len(bounds))],
        settings,
    )
    found = solver.solve()
    if str(found.status) not in _SOLVED:
        return None
    weights: Floats = np.asarray(found.x, dtype=np.float64)
    return weights


def _inequalities(names: int, limits: Limits) -> tuple[Floats, Floats]:
    # Rows and bounds of: at least 0, at most the name's cap, each sector's, both ends of beta.
    used = np.unique(limits.sector)
    rows = [-np.eye(names), np.eye(names), (limits.sector == used[:, None]).astype(np.float64)]
    bounds = [np.zeros(names), np.full(names, limits.name), np.full(len(used), limits.by_sector)]
    for end, sign in ((limits.beta_high, 1.0), (limits.beta_low, -1.0)):
        if end is not None:
            rows.append(sign * limits.beta[None, :])
            bounds.append(np.array([sign * end]))
    return np.vstack(rows), np.concatenate(bounds)
