"""One name on one rebalance date: what it reported and traded, its scores, its weight, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.book import factor_weights
from core.explain_selection import Placing, placing
from core.factors.asof import FilingIndex, known_quarters
from core.factors.momentum import momentum
from core.factors.panel import INGREDIENTS
from core.factors.quality import cash_flow, quality_ingredients
from core.factors.scores import combine, zscore
from core.factors.timing import multipliers
from core.factors.trailing import median_dollar_volume, simple_returns, trailing_volatility
from core.factors.value import market_caps, value_ingredients
from core.regimes import market_returns, market_volatility
from core.signals import Signals
from core.units import Floats
from dashboard.explanation import selection_of
from dashboard.memo import Memo, keep, kept
from dashboard.run import Run

__all__ = ["FactorPart", "NameOn", "RawPart", "name_on", "ranking_on", "raw_ingredients"]

_ITEMS: Final = (
    "net_income",
    "total_assets",
    "equity",
    "shares_outstanding",
    "operating_cf",
    "free_cash_flow",
)
_DATES_KEPT: Final = 4  # of one run, whose raw values are remembered


@dataclass(frozen=True, slots=True)
class RawPart:
    """One ingredient of a name.

    Attributes
    ----------
    name : str
        As in ``core.factors.panel.INGREDIENTS``.
    raw : float
        In its own unit, a fraction; NaN = not known.
    score : float
        Winsorised z-score over the universe, higher is better; NaN = none.
    rank, ranked : int
        Place by `raw` in the universe, 1 = highest, of how many; 0 without a place.
    """

    name: str
    raw: float
    score: float
    rank: int
    ranked: int


@dataclass(frozen=True, slots=True)
class FactorPart:
    """One factor of a name.

    Attributes
    ----------
    name : str
    score : float
        Z-score; NaN = missing.
    rank, ranked : int
        Place by it, 1 = best; 0 without a place.
    weight : float
        Of the regime's row, after timing, as a share of the factors that are scored.
    used : float
        The same once the weights of factors this name lacks are spread; they sum to 1.
    part : float
        ``used · score``: the parts sum to the mixed score.
    """

    name: str
    score: float
    rank: int
    ranked: int
    weight: float
    used: float
    part: float


@dataclass(frozen=True, slots=True, eq=False)
class NameOn:
    """A name on a rebalance date.

    Attributes
    ----------
    column, row : int
        In the market, and of the book.
    factors : tuple of FactorPart
    ingredients : tuple of RawPart
        Of momentum, value and quality; topology has none.
    mixed : float
        Weighted mean of its scores; NaN = none.
    placing : Placing
        Composite, rank, target and the reason.
    regime : int
        Code that was in force.
    """

    column: int
    row: int
    factors: tuple[FactorPart, ...]
    ingredients: tuple[RawPart, ...]
    mixed: float
    placing: Placing
    regime: int


def name_on(run: Run, signals: Signals, row: int, column: int) -> NameOn:
    """Say everything about one name of the market at the `row`-th rebalance."""
    inside = signals.universe[row]
    place = placing(selection_of(run), row, column)
    weights = weights_on(run, signals)[row]
    scores = signals.panel.values[row, column]
    has = np.isfinite(scores)
    used = np.where(has, weights, 0.0)
    used = used / used.sum() if used.sum() > 0.0 else np.full(len(used), np.nan)
    factors = tuple(
        FactorPart(name, score, rank, ranked, float(weights[f] / weights.sum()), share, part)
        for f, ((name, score, rank, ranked), share, part) in enumerate(
            zip(place.scores, used.tolist(), (used * np.nan_to_num(scores)).tolist(), strict=True)
        )
    )
    limit = run.scenario.factors.winsor_limit
    ingredients = tuple(
        _raw_part(name, values, inside, column, limit)
        for name, values in raw_ingredients(run, signals, row).items()
    )
    mixed = float(combine(scores[None, :], weights)[0])
    return NameOn(column, row, factors, ingredients, mixed, place, int(run.book.regime[row]))


def _raw_part(
    name: str, values: Floats, inside: npt.NDArray[np.bool_], column: int, limit: float
) -> RawPart:
    own = float(values[column])
    peers = values[inside & np.isfinite(values)]
    is_ranked = bool(inside[column]) and np.isfinite(own)
    rank = 1 + int((peers > own).sum()) if is_ranked else 0
    score = float(zscore(values, inside, limit)[column])
    return RawPart(name, own if np.isfinite(own) else np.nan, score, rank, len(peers))


def weights_on(run: Run, signals: Signals) -> Floats:
    """Return the weight of each factor at each rebalance, float64[R, F], timing included.

    Only the proportions of a row matter.
    """
    return keep(run, "factor weights", lambda: _weights(run, signals))


def _weights(run: Run, signals: Signals) -> Floats:
    config, factors = run.scenario.factors, signals.panel.factors
    regime = signals.regime[signals.rebalance]
    table: Floats = factor_weights(config.weights, factors)[regime]
    if not config.timing.enabled:
        return table
    moves = market_returns(run.market.close, run.market.member)
    volatility = market_volatility(moves, run.scenario.regimes.lookback_days)[signals.rebalance]
    timed = multipliers(run.market, signals.rebalance, regime, factors, config, volatility)
    return table * timed.values


def raw_ingredients(run: Run, signals: Signals, row: int) -> dict[str, Floats]:
    """Return ingredient → raw values of every name, float64[N], at the `row`-th rebalance.

    As :func:`core.factors.panel.factor_panel` has them before they are scored (a test holds them
    to its scores): fractions, volatility with its sign turned; NaN = not known.
    """
    days: Memo[int, dict[str, Floats]] = keep(run, "raw ingredients", lambda: Memo(_DATES_KEPT))
    return days.get(row, lambda: _raw(run, signals, row))


@kept
def _filings(run: Run) -> FilingIndex:
    return FilingIndex.of(run.market.filings, _ITEMS)


@kept
def _returns(run: Run) -> Floats:
    return simple_returns(run.market.close)


def _raw(run: Run, signals: Signals, row: int) -> dict[str, Floats]:
    market, scenario = run.market, run.scenario
    config, session, inside = scenario.factors, int(signals.rebalance[row]), signals.universe[row]
    quarters = known_quarters(
        _filings(run), market.sessions[session], market.shape[1], config.filing_max_age_days
    )
    traded = median_dollar_volume(
        market.dollar_volume, session, scenario.universe.liquidity_lookback_days
    )
    caps = market_caps(quarters, market.price[session], traded)
    cash, _ = cash_flow(quarters, inside)
    volatility = trailing_volatility(_returns(run), session, config.volatility_lookback_days)
    parts = value_ingredients(quarters, caps.cap, cash)
    parts |= quality_ingredients(quarters, cash, volatility)
    past, skipped = config.momentum_lookback_days, config.momentum_skip_days
    parts["return_12_1"] = momentum(market.close, session, past, skipped)
    return {name: parts[name.partition(".")[2]] for name in INGREDIENTS}


def ranking_on(run: Run, signals: Signals, row: int) -> pd.DataFrame:
    """Return the universe of a rebalance, best first: scores, composite, rank and target.

    Index of tickers; columns rank, sector, composite, a column a factor, target (a fraction). Rank
    is NaN for a name that was not ranked.
    """
    market, book = run.market, run.book
    columns = np.flatnonzero(signals.universe[row])
    selection = selection_of(run)
    tradable = np.isfinite(book.composite[row]) & selection.tradable[row]
    order = np.lexsort((selection.order, -np.where(tradable, book.composite[row], -np.inf)))
    rank = np.full(len(tradable), np.nan)
    best = order[: int(tradable.sum())]
    rank[best] = np.arange(1.0, len(best) + 1.0)
    scores = signals.panel.values[row, columns]
    frame = pd.DataFrame(
        {
            "rank": rank[columns],
            "sector": [market.sector[c] for c in columns],
            "composite": book.composite[row, columns],
            **{name: scores[:, f] for f, name in enumerate(signals.panel.factors)},
            "target": book.target[row, columns],
        },
        index=pd.Index([market.tickers[c] for c in columns], name="ticker"),
    )
    return frame.sort_values(["rank", "composite"], na_position="last", kind="stable")
