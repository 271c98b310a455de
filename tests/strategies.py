"""Random markets and risk limits, for Hypothesis and for seeded sweeps.

A market is drawn in two layers: its shape (sizes, rates, which optional inputs there are) is a
:class:`Recipe`, which Hypothesis can shrink; its numbers come from a seeded generator, so that
prices have all their digits and no threshold is met by a round number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from core.risk.config import RiskConfig
from core.simulation import SimulationInputs

__all__ = [
    "EXECUTIONS",
    "QUIET",
    "Recipe",
    "hostile_recipe",
    "hostile_risk",
    "make_inputs",
    "markets",
    "random_recipe",
    "random_risk",
    "risks",
]

# Every rule off, no costs, fills at the deciding close: what is left is the book itself.
QUIET = RiskConfig(
    max_allowed_drawdown=None,
    min_position_scale=0.0,
    target_annual_vol=None,
    vol_rebalance_threshold=None,
    cost_per_trade_bps=0.0,
    min_alpha_to_cost_ratio=None,
    max_turnover_per_rebal=None,
    position_stop_loss=None,
    trailing_stop_pct=None,
    circuit_breaker_dd=None,
    execution_lag_days=0,
)


# Every way of execution there is: next_open needs a lag.
EXECUTIONS: tuple[dict[str, Any], ...] = tuple(
    {"execution_lag_days": lag, "execution": execution, "stop_fill": stop_fill}
    for lag, execution in ((1, "next_close"), (1, "next_open"), (0, "next_close"))
    for stop_fill in ("close", "intraday")
)


@dataclass(frozen=True)
class Recipe:
    """Shape of a random market; rates are probabilities per session, name or decision."""

    sessions: int = 40
    names: int = 5
    seed: int = 0
    volatility: float = 0.03
    drift: float = 0.0
    jump_rate: float = 0.0
    missing_rate: float = 0.0
    delisted_rate: float = 0.0
    rebalance_rate: float = 0.2
    empty_rate: float = 0.0
    invested: float = 1.0
    alpha: bool = False
    leverage: bool = False
    stop_scale: bool = False
    cash_rate: bool = False
    overlay: bool = False


def _prices(recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    shape = (recipe.sessions, recipe.names)
    common = rng.normal(recipe.drift, 0.6 * recipe.volatility, (recipe.sessions, 1))
    moves = np.exp(common + rng.normal(0.0, 0.8 * recipe.volatility, shape))
    jumps = rng.random(shape) < recipe.jump_rate
    moves = np.where(jumps, rng.uniform(0.4, 1.6, shape), moves)
    close = rng.uniform(5.0, 500.0, recipe.names) * np.cumprod(moves, axis=0)
    # Gaps of one to four sessions, so that exits wait and names come late.
    for _ in range(rng.binomial(close.size, recipe.missing_rate)):
        t, i = rng.integers(recipe.sessions), rng.integers(recipe.names)
        close[t : t + rng.integers(1, 5), i] = np.nan
    return close


def _targets(recipe: Recipe, rng: np.random.Generator, decisions: int) -> np.ndarray:
    raw = rng.exponential(size=(decisions, recipe.names))
    raw[rng.random(raw.shape) < 0.4] = 0.0
    sums = raw.sum(axis=1, keepdims=True)
    target = np.divide(raw, sums, out=np.zeros_like(raw), where=sums > 0.0) * recipe.invested
    target[rng.random(decisions) < recipe.empty_rate] = 0.0
    return target


def _delistings(recipe: Recipe, rng: np.random.Generator) -> dict[str, Any]:
    count = recipe.names
    dies = rng.random(count) < recipe.delisted_rate
    last = np.where(dies, rng.integers(0, recipe.sessions, count), recipe.sessions + 3)
    outcome = rng.choice([0.0, -0.95, -0.31, 0.24, -1.0], size=count)
    return {
        "last_session": last.astype(np.int64),
        "delisting_return": outcome,
        "data_ended": rng.random(count) < 0.3,
    }


def _inside(recipe: Recipe, close: np.ndarray) -> dict[str, np.ndarray]:
    # Opens and lows around the closes, with gaps and errors of their own: some are missing on a
    # bar, some stand where there is no bar, some lows are above the open or the close.
    rng = np.random.default_rng((recipe.seed, 1))
    noise = rng.normal(0.0, recipe.volatility, close.shape)
    known = np.where(np.isnan(close), 50.0, close)
    before = np.vstack([known[:1], known[:-1]])
    opened = before * np.exp(0.6 * noise)
    low = np.minimum(opened, known) * np.exp(-0.5 * np.abs(noise[::-1]))
    odd = rng.random(close.shape) < recipe.missing_rate / 4.0
    low[odd] = np.maximum(opened, known)[odd] * 1.01
    opened[rng.random(close.shape) < recipe.missing_rate] = np.nan
    low[rng.random(close.shape) < recipe.missing_rate] = np.nan
    return {"open": opened, "low": low}


def make_inputs(recipe: Recipe) -> SimulationInputs:
    """Make the market of a recipe; equal recipes give equal markets."""
    rng = np.random.default_rng(recipe.seed)
    close = _prices(recipe, rng)
    rebalance = np.flatnonzero(rng.random(recipe.sessions) < recipe.rebalance_rate)
    decisions = len(rebalance)
    alpha = rng.normal(0.0, 0.003, (decisions, recipe.names))
    alpha[rng.random(alpha.shape) < 0.1] = np.nan
    alpha[rng.random(alpha.shape) < 0.05] = 0.0
    leverage = rng.uniform(0.5, 1.8, decisions)
    stop_scale = rng.uniform(0.4, 1.6, decisions)
    cash_rate = rng.uniform(0.0, 4e-4, recipe.sessions)
    overlay = rng.normal(0.0, 1e-3, recipe.sessions)
    return SimulationInputs(
        close=close,
        **_inside(recipe, close),
        rebalance=rebalance.astype(np.int64),
        target=_targets(recipe, rng, decisions),
        alpha=alpha if recipe.alpha else None,
        leverage=leverage if recipe.leverage else None,
        stop_scale=stop_scale if recipe.stop_scale else None,
        cash_rate=cash_rate if recipe.cash_rate else None,
        overlay=overlay if recipe.overlay else None,
        **(_delistings(recipe, rng) if recipe.delisted_rate > 0.0 else {}),
    )


def random_recipe(rng: np.random.Generator, seed: int, sessions: int, names: int) -> Recipe:
    """Draw a market with a bit of everything, for seeded sweeps."""
    return Recipe(
        sessions=sessions,
        names=names,
        seed=seed,
        volatility=float(rng.uniform(0.005, 0.04)),
        drift=float(rng.normal(0.0, 0.003)),
        jump_rate=float(rng.choice([0.0, 0.002, 0.01])),
        missing_rate=float(rng.choice([0.0, 0.01, 0.06])),
        delisted_rate=float(rng.choice([0.0, 0.2, 0.5])),
        rebalance_rate=float(rng.choice([0.05, 0.15, 0.5])),
        empty_rate=float(rng.choice([0.0, 0.1])),
        invested=float(rng.choice([1.0, 1.0, 0.7])),
        alpha=bool(rng.random() < 0.6),
        leverage=bool(rng.random() < 0.5),
        stop_scale=bool(rng.random() < 0.5),
        cash_rate=bool(rng.random() < 0.7),
        overlay=bool(rng.random() < 0.3),
    )


def random_risk(rng: np.random.Generator, execution: dict[str, Any] | None = None) -> RiskConfig:
    """Draw limits that bind often, each rule off now and then, for seeded sweeps.

    `execution` fixes lag, execution and stop fill, of ``EXECUTIONS`` for example.
    """

    def maybe(low: float, high: float, off: float = 0.2) -> float | None:
        return None if rng.random() < off else float(rng.uniform(low, high))

    max_leverage = float(rng.choice([1.0, 1.0, 0.8, 1.3, 1.7]))
    limits = RiskConfig(
        max_allowed_drawdown=maybe(0.05, 0.5),
        min_position_scale=max_leverage * float(rng.choice([0.0, 0.3, 0.6, 0.9, 1.0])),
        target_annual_vol=maybe(0.05, 0.5),
        vol_lookback_days=int(rng.integers(2, 25)),
        vol_rebalance_threshold=maybe(0.0, 0.5),
        cost_per_trade_bps=float(rng.choice([0.0, 10.0, 50.0])),
        min_alpha_to_cost_ratio=maybe(0.0, 3.0),
        max_turnover_per_rebal=maybe(0.0, 1.5),
        position_stop_loss=maybe(0.01, 0.3),
        trailing_stop_pct=maybe(0.01, 0.3),
        stop_cooldown_days=int(rng.choice([0, 0, 1, 5, 30])),
        circuit_breaker_dd=maybe(0.03, 0.4),
        breaker_cooldown_days=int(rng.choice([0, 1, 5, 21])),
        max_leverage=max_leverage,
        borrow_spread=float(rng.choice([0.0, 0.02])),
        execution_lag_days=int(rng.integers(0, 2)),
    )
    limits = limits.model_copy(update=_margin(limits))
    return limits if execution is None else limits.model_copy(update=execution)


def _margin(limits: RiskConfig) -> dict[str, Any]:
    # Drawn from a generator of its own, so that seeds give the other limits they always gave. Calls
    # need a book that stays at a limit above 1, and a margin that little drift breaks.
    rng = np.random.default_rng([limits.vol_lookback_days, limits.breaker_cooldown_days])
    if limits.max_leverage <= 1.0 or rng.random() < 0.15:
        return {}
    margin = float(rng.uniform(0.97, 0.999)) / limits.max_leverage
    held_back = dict.fromkeys(("max_turnover_per_rebal", "min_alpha_to_cost_ratio"))
    return held_back | {
        "maintenance_margin": margin,
        "min_position_scale": limits.max_leverage,
        "stop_cooldown_days": 0,
    }


def hostile_recipe(rng: np.random.Generator, seed: int) -> Recipe:
    """Draw a small market full of gaps, where exits wait and limits meet."""
    return Recipe(
        sessions=60,
        names=5,
        seed=seed,
        volatility=float(rng.choice([0.02, 0.05])),
        drift=float(rng.choice([-0.005, 0.0, 0.01])),
        jump_rate=0.01,
        missing_rate=float(rng.choice([0.05, 0.15])),
        delisted_rate=float(rng.choice([0.0, 0.4])),
        rebalance_rate=float(rng.choice([0.15, 0.4])),
        empty_rate=0.05,
        alpha=bool(rng.random() < 0.7),
        leverage=bool(rng.random() < 0.7),
        stop_scale=bool(rng.random() < 0.3),
    )


def hostile_risk(rng: np.random.Generator, execution: dict[str, Any] | None = None) -> RiskConfig:
    """Draw limits so tight that every rule acts within weeks; `execution` as above."""

    def maybe(low: float, high: float, off: float) -> float | None:
        return None if rng.random() < off else float(rng.uniform(low, high))

    max_leverage = float(rng.choice([1.0, 1.4]))
    limits = RiskConfig(
        max_allowed_drawdown=maybe(0.02, 0.10, 0.3),
        min_position_scale=max_leverage * float(rng.choice([0.0, 0.3, 0.8, 1.0])),
        target_annual_vol=maybe(0.1, 1.0, 0.2),
        vol_lookback_days=int(rng.integers(2, 5)),
        vol_rebalance_threshold=maybe(0.01, 0.1, 0.3),
        min_alpha_to_cost_ratio=maybe(0.5, 4.0, 0.2),
        max_turnover_per_rebal=maybe(0.1, 0.9, 0.5),
        position_stop_loss=maybe(0.01, 0.06, 0.3),
        trailing_stop_pct=maybe(0.01, 0.06, 0.3),
        stop_cooldown_days=int(rng.choice([0, 3])),
        circuit_breaker_dd=maybe(0.02, 0.10, 0.4),
        breaker_cooldown_days=int(rng.integers(0, 4)),
        max_leverage=max_leverage,
        execution_lag_days=int(rng.integers(0, 2)),
    )
    limits = limits.model_copy(update=_margin(limits))
    return limits if execution is None else limits.model_copy(update=execution)


def _number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


_SHAPES: dict[str, st.SearchStrategy[Any]] = {
    "sessions": st.integers(2, 60),
    "names": st.integers(1, 8),
    "seed": st.integers(0, 2**32 - 1),
    "volatility": st.sampled_from([0.02, 0.005, 0.06]),
    "drift": st.sampled_from([0.0, -0.01, 0.01]),
    "jump_rate": st.sampled_from([0.0, 0.01, 0.05]),
    "missing_rate": st.sampled_from([0.0, 0.02, 0.1]),
    "delisted_rate": st.sampled_from([0.0, 0.3, 0.9]),
    "rebalance_rate": st.sampled_from([0.2, 0.05, 0.6, 1.0]),
    "empty_rate": st.sampled_from([0.0, 0.2]),
    "invested": st.sampled_from([1.0, 0.6]),
}


@st.composite
def markets(draw: st.DrawFn, **fixed: Any) -> SimulationInputs:
    """Draw small markets with missing bars, delistings, jumps and every optional input.

    Keyword arguments fix fields of the :class:`Recipe`.
    """
    drawn = {}
    for field in fields(Recipe):
        if field.name in fixed:
            drawn[field.name] = fixed[field.name]
        else:
            drawn[field.name] = draw(_SHAPES.get(field.name, st.booleans()))
    return make_inputs(Recipe(**drawn))


@st.composite
def risks(draw: st.DrawFn, **fixed: Any) -> RiskConfig:
    """Draw limits, each optional one None now and then; keyword arguments fix fields."""

    def maybe(low: float, high: float) -> Any:
        return draw(st.none() | _number(low, high))

    max_leverage = draw(st.sampled_from([1.0, 0.7, 1.4, 2.0]))
    drawn = {
        "max_allowed_drawdown": maybe(0.02, 0.6),
        "min_position_scale": draw(_number(0.0, max_leverage)),
        "target_annual_vol": maybe(0.02, 1.0),
        "vol_lookback_days": draw(st.integers(2, 15)),
        "vol_rebalance_threshold": maybe(0.0, 1.0),
        "cost_per_trade_bps": draw(st.sampled_from([10.0, 0.0, 100.0])),
        "min_alpha_to_cost_ratio": maybe(0.0, 4.0),
        "max_turnover_per_rebal": maybe(0.0, 2.0),
        "position_stop_loss": maybe(0.005, 0.4),
        "trailing_stop_pct": maybe(0.005, 0.4),
        "stop_cooldown_days": draw(st.integers(0, 12)),
        "circuit_breaker_dd": maybe(0.01, 0.4),
        "breaker_cooldown_days": draw(st.integers(0, 12)),
        "max_leverage": max_leverage,
        "borrow_spread": draw(st.sampled_from([0.01, 0.0])),
        **draw(st.sampled_from(EXECUTIONS)),
    }
    return RiskConfig(**{**drawn, **fixed})
