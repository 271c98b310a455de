"""How concentrated a book is: names, sectors, the risk that each carries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.checks import check_weights, check_window
from core.errors import InputsError
from core.units import SESSIONS_PER_YEAR, Floats

__all__ = [
    "Concentration",
    "RiskContributions",
    "concentration",
    "risk_contributions",
    "sector_sums",
]

_NO_DISPERSION: Final = 1e-14  # as in core.metrics


@dataclass(frozen=True, slots=True, eq=False)
class Concentration:
    """Concentration after each session; NaN where nothing is held, but `top_weight` is 0 there.

    Attributes
    ----------
    hhi : float64[T]
        Herfindahl–Hirschman index: Σ of squared shares of the invested value, in (0, 1].
    effective_names : float64[T]
        1 / hhi: as many equal holdings are as concentrated.
    top_share : float64[T]
        Share of the `top` largest holdings in the invested value.
    top_weight : float64[T]
        The same as a fraction of NAV.
    top : int
    """

    hhi: Floats
    effective_names: Floats
    top_share: Floats
    top_weight: Floats
    top: int


@dataclass(frozen=True, slots=True, eq=False)
class RiskContributions:
    """The volatility of a book, split over its names.

    Attributes
    ----------
    volatility : float
        Of the holdings over the window, a fraction a year; NaN where the window is not full.
    contribution : float64[N]
        xᵢ · (Σx)ᵢ / σ, annualised; they sum to `volatility`. 0 for a name not held, negative for a
        holding that lowered the volatility; NaN with `volatility`.
    known : float
        Share of the held value times sessions for which a return is known, in [0, 1]; NaN where
        nothing is held. Below 1 the volatility is understated.
    """

    volatility: float
    contribution: Floats
    known: float


def concentration(weights: Floats, *, top: int = 10) -> Concentration:
    """Measure concentration session by session.

    Parameters
    ----------
    weights : float64[T, N]
        Held value of each name over NAV, at least 0: ``BacktestResult.weights``.
    top : int
        Largest holdings counted together, at least 1.

    Raises
    ------
    InputsError
        When a weight is negative or not finite, or `top` is below 1.

    Examples
    --------
    >>> found = concentration(np.array([[0.4, 0.2, 0.2], [0.0, 0.0, 0.0]]), top=1)
    >>> found.hhi.tolist(), found.top_share.tolist(), found.top_weight.tolist()
    ([0.375, nan], [0.5, nan], [0.4, 0.0])
    """
    check_weights(weights)
    if top < 1:
        raise InputsError(f"top must be at least 1, was {top}")
    held = weights[:, weights.any(axis=0)]
    sessions, names = held.shape
    invested = held.sum(axis=1)
    largest = invested
    if top < names:
        largest = np.partition(held, names - top, axis=1)[:, names - top :].sum(axis=1)
    hhi, share = np.full(sessions, math.nan), np.full(sessions, math.nan)
    anything = invested > 0.0
    np.divide(np.einsum("tn,tn->t", held, held), invested**2, out=hhi, where=anything)
    np.divide(largest, invested, out=share, where=anything)
    return Concentration(hhi, 1.0 / hhi, share, largest, top)


def sector_sums(values: Floats, sectors: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Add up names by sector: weights, risk contributions or any other additive figure.

    Parameters
    ----------
    values : float64[…, N]
        Names on the last axis.
    sectors : sequence of N str

    Returns
    -------
    tuple of S str
        Sectors in alphabetical order, also those that sum to 0.
    float64[…, S]

    Raises
    ------
    InputsError
        When `sectors` does not have one entry a name.
    """
    if values.shape[-1] != len(sectors):
        raise InputsError(
            f"sectors must have one entry a name ({values.shape[-1]}), had {len(sectors)}"
        )
    labels, code = np.unique(np.array(sectors, dtype=np.str_), return_inverse=True)
    if len(labels) == 0:
        return (), np.zeros(values.shape)
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], np.arange(len(labels)))
    # Not a matrix product: on a busy machine its threads wait for each other.
    summed: Floats = np.add.reduceat(values[..., order], starts, axis=-1)
    return tuple(labels.tolist()), summed


def risk_contributions(
    weights: Floats, returns: Floats, session: int, *, window: int = SESSIONS_PER_YEAR
) -> RiskContributions:
    """Split the trailing volatility of the holdings of one date over the names.

    What today's holdings would have done over the window, by the Euler decomposition of the sample
    covariance (ddof 1); cash carries no risk.

    Parameters
    ----------
    weights : float64[N]
        Held value of each name over NAV after the fills of `session`, at least 0.
    returns : float64[S, N]
        Daily simple returns; may begin before the run. NaN counts as 0: a name without a bar keeps
        its value, and a move over a gap that `returns` does not hold is left out.
    session : int
        Row of `returns` at the date; rows after it are not read.
    window : int
        Rows up to and including `session`, at least 2.

    Raises
    ------
    InputsError
        When shapes differ, `session` is no row, a weight is negative or the window is below 2.
    """
    check_window(window)
    check_weights(weights)
    if returns.shape[1:] != weights.shape:
        raise InputsError(
            f"returns must have one column a name ({len(weights)}), had shape {returns.shape}"
        )
    if not 0 <= session < len(returns):
        raise InputsError(
            f"session must be a row of returns (0 to {len(returns) - 1}), was {session}"
        )
    first = session - window + 1
    if first < 0:
        return RiskContributions(math.nan, np.full(len(weights), math.nan), math.nan)
    held = np.flatnonzero(weights)
    moves = returns[first : session + 1, held]
    known = np.isfinite(moves)
    moves = np.where(known, moves, 0.0) * weights[held]
    moves -= moves.mean(axis=0)
    whole = moves.sum(axis=1)
    deviation = math.sqrt(float(whole @ whole) / (window - 1))
    contribution = np.zeros(len(weights))
    if deviation >= _NO_DISPERSION:
        yearly = math.sqrt(SESSIONS_PER_YEAR) / ((window - 1) * deviation)
        contribution[held] = (whole @ moves) * yearly
    invested = float(weights.sum())
    return RiskContributions(
        volatility=deviation * math.sqrt(SESSIONS_PER_YEAR),
        contribution=contribution,
        known=float(known.mean(axis=0) @ weights[held]) / invested if len(held) else math.nan,
    )
