"""Beta of a portfolio from what it holds, session by session."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.checks import check_length, check_weights, check_window
from core.errors import InputsError
from core.units import SESSIONS_PER_YEAR, Bools, Floats

__all__ = ["HoldingsBeta", "holdings_beta"]


@dataclass(frozen=True, slots=True, eq=False)
class HoldingsBeta:
    """Beta of a portfolio from what it holds.

    Attributes
    ----------
    beta : float64[T]
        Σ wᵢ · βᵢ, cash at 0. NaN where no name held has a beta; 0 where nothing is held.
    known : float64[T]
        Share of the held value whose beta is known, in [0, 1]; NaN where nothing is held. The rest
        is taken at the mean beta of the known.
    """

    beta: Floats
    known: Floats


def holdings_beta(
    weights: Floats,
    returns: Floats,
    benchmark_returns: Floats,
    *,
    window: int = SESSIONS_PER_YEAR,
) -> HoldingsBeta:
    """Weigh the trailing betas of the holdings, session by session.

    Unlike the beta of past NAV this one moves on the day the book does.

    Parameters
    ----------
    weights : float64[T, N]
        Held value of each name over NAV, at least 0.
    returns : float64[S, N]
        Daily simple returns, NaN = not known. Its last T rows are the sessions of `weights`; what
        goes before is history, so that betas are known from the first session on.
    benchmark_returns : float64[S]
        Of the benchmark over the same rows, NaN = not known.
    window : int
        Rows up to and including a session, at least 2. A name has a beta where at least half of
        them (and two) are known for both and the benchmark varies over them; before the window is
        full nobody has.

    Raises
    ------
    InputsError
        When shapes differ, a weight is negative or the window is below 2.
    """
    check_window(window)
    check_weights(weights)
    sessions, names = weights.shape
    if returns.ndim != 2 or returns.shape[1] != names or len(returns) < sessions:
        raise InputsError(
            f"returns must have at least {sessions} rows and {names} columns, had shape "
            f"{returns.shape}"
        )
    check_length("benchmark_returns", benchmark_returns, len(returns))
    ever = np.flatnonzero(weights.any(axis=0))
    first = max(len(returns) - sessions - window + 1, 0)
    betas = _betas(returns[first:, ever], benchmark_returns[first:], window)[-sessions:]
    held = weights[:, ever]
    invested = held.sum(axis=1)
    has = np.isfinite(betas)
    covered = np.where(has, held, 0.0).sum(axis=1)
    beta, known = np.full(sessions, math.nan), np.full(sessions, math.nan)
    np.divide(covered, invested, out=known, where=invested > 0.0)
    total = np.einsum("tn,tn->t", held, np.where(has, betas, 0.0))
    np.divide(total, known, out=beta, where=known > 0.0)
    beta[invested == 0.0] = 0.0
    return HoldingsBeta(beta, known)


def _betas(returns: Floats, benchmark: Floats, window: int) -> Floats:
    # float64[S, N]. Names known wherever the benchmark is share its sums: most do.
    known = np.isfinite(benchmark)[:, None]
    pair = np.isfinite(returns) & known
    own = np.where(pair, returns, 0.0)
    market = np.nan_to_num(benchmark)[:, None]
    whole = (pair == known).all(axis=0)
    betas = np.empty(returns.shape)
    betas[:, whole] = _trailing_betas(own[:, whole], known, market * known, window)
    rest = pair[:, ~whole]
    betas[:, ~whole] = _trailing_betas(own[:, ~whole], rest, market * rest, window)
    return betas


def _trailing_betas(own: Floats, pair: Bools, market: Floats, window: int) -> Floats:
    # By running sums over the pairs that are known on both sides; 0 stands for the others.
    count, sum_own, sum_market, product, square = (
        _window_sums(term, window)
        for term in (pair.astype(np.float64), own, market, own * market, market * market)
    )
    counted = np.maximum(count, 1.0)
    covariance = product - sum_own * sum_market / counted
    variance = square - sum_market * sum_market / counted
    # Running sums leave rounding of about 1e-16: less variance than this is none.
    good = (count >= max(2, (window + 1) // 2)) & (variance > 1e-12 * np.maximum(square, 1e-12))
    betas = np.full(own.shape, math.nan)
    np.divide(covariance, variance, out=betas[window - 1 :], where=good)
    return betas


def _window_sums(terms: Floats, window: int) -> Floats:
    sums = np.cumsum(terms, axis=0)
    last = sums[window - 1 :].copy()
    last[1:] -= sums[: max(len(sums) - window, 0)]
    return last
