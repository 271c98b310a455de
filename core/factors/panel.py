"""The factor panel: one z-score for each rebalance, name and factor, with its coverage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.config import FactorsConfig
from core.factors.asof import FilingIndex, known_quarters
from core.factors.momentum import momentum
from core.factors.names import AVAILABLE_FACTORS
from core.factors.quality import cash_flow, quality_ingredients
from core.factors.scores import average, zscore
from core.factors.topology import topology
from core.factors.topology_diagrams import Diagrams, diagrams_of
from core.factors.trailing import simple_returns, trailing_volatility
from core.factors.value import market_caps, value_ingredients
from core.market import Bools, Floats, Ints, MarketPanel

__all__ = ["INGREDIENTS", "FactorPanel", "factor_panel"]

#: Ingredients by factor, in the order of ``FactorPanel.ingredient_coverage``; topology has none.
INGREDIENTS = (
    "momentum.return_12_1",
    "value.earnings_yield",
    "value.book_yield",
    "value.cash_flow_yield",
    "quality.profitability",
    "quality.cash_flow_to_assets",
    "quality.low_volatility",
)
_ITEMS = (
    "net_income",
    "total_assets",
    "equity",
    "shares_outstanding",
    "operating_cf",
    "free_cash_flow",
)


@dataclass(frozen=True, slots=True, eq=False)
class FactorPanel:
    """Scores of R rebalances, N names and F factors.

    Attributes
    ----------
    values : float64[R, N, F]
        Winsorised cross-sectional z-scores in the order of `factors`, higher is better; NaN =
        missing or outside the universe.
    volatility : float64[R, N]
        Trailing volatility, fraction a session; NaN = not known.
    factor_coverage : float64[R, F]
        Share of the universe that has the factor; 0 where the universe is empty.
    ingredient_coverage : float64[R, I]
        The same for each of ``INGREDIENTS``, before any is left out for too low a coverage.
    notes : tuple of str
        What was left out and why.
    factors : tuple of F str
        ``factors.scored`` of the scenario.
    """

    values: Floats
    volatility: Floats
    factor_coverage: Floats
    ingredient_coverage: Floats
    notes: tuple[str, ...] = field(default=())
    factors: tuple[str, ...] = AVAILABLE_FACTORS

    @property
    def fingerprint(self) -> str:
        """Hash of the scores themselves: equal scores, equal fingerprint."""
        digest = hashlib.sha256(repr(self.values.shape).encode())
        digest.update(np.ascontiguousarray(self.values).tobytes())
        return digest.hexdigest()[:16]

    @property
    def coverage(self) -> dict[str, Floats]:
        """Share of the universe by factor and by ``factor.ingredient``, float64[R] each."""
        factors = {name: self.factor_coverage[:, f] for f, name in enumerate(self.factors)}
        parts = {name: self.ingredient_coverage[:, i] for i, name in enumerate(INGREDIENTS)}
        return factors | parts


def factor_panel(
    market: MarketPanel,
    rebalance: Ints,
    universe: Bools,
    dollar_volume: Floats,
    config: FactorsConfig,
    *,
    diagrams: Callable[[Floats, int, int], Diagrams] = diagrams_of,
) -> FactorPanel:
    """Score every name of the universe on each rebalance date.

    Parameters
    ----------
    market : MarketPanel
    rebalance : int64[R]
        Sessions at whose close the scores are known; nothing later is read.
    universe : bool[R, N]
        The cross-section of each date.
    dollar_volume : float64[R, N]
        Trailing median of traded dollars, to tell implausible market caps.
    config : FactorsConfig
    diagrams : callable, optional
        Where persistence diagrams come from: computed, or a cache. Only asked with topology on.
    """
    shape = (len(rebalance), market.shape[1])
    values = np.full((*shape, len(config.scored)), np.nan)
    volatility = np.full(shape, np.nan)
    ingredient_coverage = np.zeros((shape[0], len(INGREDIENTS)))
    implausible = np.zeros(shape, dtype=np.bool_)
    definitions: list[str] = []
    index = FilingIndex.of(market.filings, _ITEMS)
    returns = simple_returns(market.close)
    shapes = (
        topology(returns, rebalance, universe, config.topology, diagrams=diagrams)
        if config.topology.enabled
        else np.full(shape, np.nan)
    )
    for row, session in enumerate(int(each) for each in rebalance):
        inside = universe[row]
        volatility[row] = trailing_volatility(returns, session, config.volatility_lookback_days)
        quarters = known_quarters(
            index, market.sessions[session], shape[1], config.filing_max_age_days
        )
        caps = market_caps(quarters, market.price[session], dollar_volume[row])
        implausible[row] = caps.implausible & inside
        cash, definition = cash_flow(quarters, inside)
        definitions.append(definition)
        parts = value_ingredients(quarters, caps.cap, cash)
        parts |= quality_ingredients(quarters, cash, volatility[row])
        parts["return_12_1"] = _return_12_1(market, session, config)
        own = {name: parts[name.partition(".")[2]] for name in INGREDIENTS}
        ingredient_coverage[row] = [_share(part, inside) for part in own.values()]
        values[row] = _scores(own, shapes[row], inside, config)
    return FactorPanel(
        values=values,
        volatility=volatility,
        factor_coverage=_factor_coverage(values, universe),
        ingredient_coverage=ingredient_coverage,
        notes=_cap_notes(market, universe, implausible) + _cash_notes(definitions),
        factors=config.scored,
    )


def _return_12_1(market: MarketPanel, session: int, config: FactorsConfig) -> Floats:
    past, skipped = config.momentum_lookback_days, config.momentum_skip_days
    return momentum(market.close, session, past, skipped)


def _scores(
    parts: dict[str, Floats], shape: Floats, inside: Bools, config: FactorsConfig
) -> Floats:
    columns, limit = [], config.winsor_limit
    for factor in config.scored:
        own = [
            zscore(parts[name], inside, limit)
            for name in INGREDIENTS
            if name.startswith(f"{factor}.")
        ] or [zscore(shape, inside, limit)]
        columns.append(own[0] if len(own) == 1 else average(own, inside, limit))
    return np.stack(columns, axis=1)


def _share(values: Floats, inside: Bools) -> float:
    return float(np.isfinite(values[inside]).mean()) if inside.any() else 0.0


def _factor_coverage(values: Floats, universe: Bools) -> Floats:
    known = (np.isfinite(values) & universe[:, :, None]).sum(axis=1)
    share: Floats = known / np.maximum(universe.sum(axis=1), 1)[:, None]
    return share


def _cap_notes(market: MarketPanel, universe: Bools, implausible: Bools) -> tuple[str, ...]:
    if not implausible.any():
        return ()
    times = implausible.sum(axis=0)
    names = ", ".join(f"{market.tickers[n]} ({times[n]})" for n in np.flatnonzero(times))
    return (
        f"value: {times.sum():,} of {universe.sum():,} market caps were implausible and left out "
        f"(name, rebalances): {names}",
    )


def _cash_notes(definitions: list[str]) -> tuple[str, ...]:
    free = definitions.count("free_cash_flow")
    if not free:
        return ()
    return (
        f"cash flow is free cash flow at {free} of {len(definitions)} rebalances, where more of "
        "the universe states it than operating cash flow",
    )
