"""The book: target weights of every rebalance, from scores or from a person's own list."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.book_weights import Builder, Decision
from core.config import RegimeWeights, Scenario
from core.errors import HistoryError
from core.factors.names import AVAILABLE_FACTORS, FACTORS, REGIMES, WITHOUT_TOPOLOGY
from core.factors.scores import combine, standardise
from core.factors.timing import Multipliers, multipliers
from core.factors.trailing import simple_returns
from core.fallbacks import Fallback, score_fallbacks
from core.market import Bools, Dates, Floats, Ints, MarketPanel
from core.own_book import checked_rows
from core.regimes import market_returns, market_volatility
from core.signals import Signals
from core.universe import by_ticker

Strings = npt.NDArray[np.str_]
#: As MSCI's indices of cyclical and defensive sectors divide them.
DEFENSIVE_SECTORS = ("Consumer Staples", "Energy", "Health Care", "Utilities")

__all__ = ["DEFENSIVE_SECTORS", "Book", "build_book", "factor_weights", "imported_book"]


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """What the portfolio should hold at full exposure, decided at each rebalance.

    Attributes
    ----------
    rebalance : int64[R]
        Sessions, counted in ``market.sessions``, at whose close the book is decided.
    target : float64[R, N]
        Weights: at least 0, rows sum to at most 1; the rest is cash.
    alpha : float64[R, N] or None
        Expected return until the next rebalance; NaN = not known, None = the book has no view.
    composite : float64[R, N]
        Mixed score, mean 0 and standard deviation 1 over the universe; NaN = none.
    regime : int64[R]
        Regime code in force.
    infeasible : tuple of (int, str)
        Row of a rebalance whose limits could not all be met, and why; its targets keep every cap.
    notes : tuple of str
        For people.
    fallbacks : tuple of Fallback
        What was decided from something else than asked, in words and numbers.
    leverage, stop_scale : float64[R] or None
        What multiplies wanted exposure and stop levels, see :mod:`core.book_effects`; None = 1.
    """

    rebalance: Ints
    target: Floats
    alpha: Floats | None
    composite: Floats
    regime: Ints
    infeasible: tuple[tuple[int, str], ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    fallbacks: tuple[Fallback, ...] = field(default=())
    leverage: Floats | None = None
    stop_scale: Floats | None = None


def factor_weights(weights: RegimeWeights, factors: tuple[str, ...] = AVAILABLE_FACTORS) -> Floats:
    """Weights of `factors`, float64[regimes, factors]; they are not rescaled here.

    Rows follow ``REGIMES``. What is missing to 1 belongs to factors that are not scored;
    :func:`core.factors.scores.combine` spreads it pro rata.
    """
    rows = [getattr(weights, regime) for regime in REGIMES]
    return np.array([[getattr(row, factor) for factor in factors] for row in rows])


def build_book(market: MarketPanel, signals: Signals, scenario: Scenario) -> Book:
    """Mix the scores by regime and hold the best names, weighted as ``book.weighting`` says.

    Parameters
    ----------
    market : MarketPanel
    signals : Signals
        Of the same market and scenario.
    scenario : Scenario
        Its factor weights, information coefficient and book.

    Returns
    -------
    Book
        Ties go to the ticker that is first in the alphabet. A name without a score, or that does
        not trade after the rebalance, is not chosen. ``alpha`` is information coefficient ·
        volatility to the next rebalance · composite (Grinold 1994).
    """
    table = factor_weights(scenario.factors.weights, signals.panel.factors)
    regime = signals.regime[signals.rebalance]
    timed = _timed(market, signals, scenario, regime)
    composite = np.full(signals.universe.shape, np.nan)
    target = np.zeros(signals.universe.shape)
    infeasible: list[tuple[int, str]] = []
    names, sector = np.unique(np.array(market.sector, dtype=np.str_), return_inverse=True)
    order, builder = by_ticker(market.tickers), _builder(market, scenario, sector)
    for row, session in enumerate(signals.rebalance):
        inside = signals.universe[row]
        mixed = combine(signals.panel.values[row], table[regime[row]] * timed.values[row])
        composite[row] = standardise(np.where(inside, mixed, np.nan))
        eligible = np.isfinite(composite[row]) & (market.last_session > session)
        ranked = np.lexsort((order, -np.where(eligible, composite[row], -np.inf)))
        ranking = ranked[: int(eligible.sum())]
        last = target[row - 1] if row else np.zeros(len(sector))
        target[row], reason = builder.targets(
            Decision(int(session), ranking, composite[row], inside, last)
        )
        if reason:
            infeasible.append((row, reason))
    alpha = scenario.factors.information_coefficient * signals.horizon_vol * composite
    fallbacks = score_fallbacks(market, signals, scenario, composite, target, infeasible)
    return Book(
        rebalance=signals.rebalance,
        target=target,
        alpha=alpha,
        composite=composite,
        regime=regime,
        infeasible=tuple(infeasible),
        fallbacks=fallbacks,
        notes=(
            *_topology_note(scenario, signals),
            *timed.notes,
            *_other_note(target, sector, names),
            *_infeasible_note(market, signals.rebalance, infeasible),
        ),
    )


def imported_book(
    market: MarketPanel,
    frame: pd.DataFrame,
    start: int,
    end: int,
    regime: Ints | None = None,
) -> Book:
    """Read a person's own dated weights as a book.

    Parameters
    ----------
    market : MarketPanel
    frame : DataFrame
        Columns date, ticker, weight (fraction). A date's rows are the whole book of that date; a
        name that is not listed has weight 0.
    start, end : int
        First and last simulated session, both inclusive. A date decides at its close or, where it
        is no session, at that of the next one; dates outside are left out and counted.
    regime : int64[T], optional
        Regime code of each session, for display only; "default" when not given.

    Returns
    -------
    Book
        ``alpha`` is None: nobody knows the expected returns behind the weights, so nothing is
        gated. Position and sector cap do not apply to an own book. Both are said in the notes.

    Raises
    ------
    InputsError
        As :func:`core.own_book.checked_rows` says.
    HistoryError
        No date lies within the period.
    """
    dates, column, weight = checked_rows(market, frame)
    session = np.searchsorted(market.sessions, dates, side="left")
    inside = (session >= start) & (session <= end)
    if not inside.any():
        raise HistoryError(
            f"the own book must have a date within {market.sessions[start]} … "
            f"{market.sessions[end]}, its dates are {dates.min()} … {dates.max()}. Choose "
            "period.start and period.end to cover it."
        )
    # Two dates before the same session, a weekend's: the later one is the newer decision.
    newest = np.zeros(len(market.sessions) + 1, dtype=dates.dtype)
    np.maximum.at(newest, session, dates)
    current = inside & (dates == newest[session])
    rebalance = np.unique(session[current]).astype(np.int64)
    target = np.zeros((len(rebalance), market.shape[1]))
    place = (np.searchsorted(rebalance, session[current]), column[current])
    np.add.at(target, place, weight[current])
    target /= np.maximum(target.sum(axis=1), 1.0)[:, None]
    codes = np.full(len(rebalance), REGIMES.index("default"), dtype=np.int64)
    return Book(
        rebalance=rebalance,
        target=target,
        alpha=None,
        composite=np.full(target.shape, np.nan),
        regime=codes if regime is None else regime[rebalance],
        notes=_own_notes(dates, inside, current),
    )


def _timed(market: MarketPanel, signals: Signals, scenario: Scenario, regime: Ints) -> Multipliers:
    factors = signals.panel.factors
    if not scenario.factors.timing.enabled:
        return Multipliers(np.ones((len(regime), len(factors))))
    volatility = market_volatility(
        market_returns(market.close, market.member), scenario.regimes.lookback_days
    )[signals.rebalance]
    return multipliers(market, signals.rebalance, regime, factors, scenario.factors, volatility)


def _builder(market: MarketPanel, scenario: Scenario, sector: Ints) -> Builder:
    # Returns of all names are made only for who reads them.
    config = scenario.book
    plain = config.weighting in ("equal", "score") and not config.has_beta_range
    returns = np.empty((0, len(sector))) if plain else simple_returns(market.close)
    moves = np.empty(0) if plain else market_returns(market.close, market.member)
    defensive = np.isin(np.array(market.sector, dtype=np.str_), DEFENSIVE_SECTORS)
    return Builder(config, sector, returns, moves, defensive)


def _topology_note(scenario: Scenario, signals: Signals) -> tuple[str, ...]:
    used = any(getattr(scenario.factors.weights, name).topology > 0.0 for name in REGIMES)
    missing = set(FACTORS) - set(signals.panel.factors)
    return (WITHOUT_TOPOLOGY,) if used and missing else ()


def _other_note(target: Floats, sector: Ints, names: Strings) -> tuple[str, ...]:
    share = target[:, names[sector] == "Other"].sum(axis=1)
    if not (share > 0.0).any():
        return ()
    return (
        f"“Other” (no sector known) holds {share.mean():.1%} of the book on average, "
        f"{share.max():.1%} at most",
    )


def _infeasible_note(
    market: MarketPanel, rebalance: Ints, infeasible: list[tuple[int, str]]
) -> tuple[str, ...]:
    if not infeasible:
        return ()
    row, reason = infeasible[0]
    return (
        f"{len(infeasible)} of {len(rebalance)} books are not as asked, first on "
        f"{market.sessions[rebalance[row]]}: {reason}",
    )


def _own_notes(dates: Dates, inside: Bools, current: Bools) -> tuple[str, ...]:
    notes = [
        "own book: alpha-to-cost gate off, since its expected returns are not known",
        "own book: position and sector cap do not apply to it",
    ]
    outside = len(np.unique(dates[~inside]))
    if outside:
        notes.append(f"own book: {outside} of {len(np.unique(dates))} dates lie outside the period")
    replaced = len(np.unique(dates[inside & ~current]))
    if replaced:
        notes.append(
            f"own book: {replaced} dates are replaced by a later one before the next session"
        )
    return tuple(notes)
