"""The same simulation as people write it: a loop over pandas objects, and bt.

The loop follows docs/engine.md with fills at the close, a session after the decision, and names
that always have bars; there is no interest on cash.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from core.risk.config import RiskConfig
from core.simulation import SimulationInputs

__all__ = ["PandasLoop", "bt_orders", "pandas_orders"]


def bt_orders(inputs: SimulationInputs, cost_bps: float) -> Any:
    """Return the run backtest of the books alone by bt."""
    import bt

    close, target = _frames(inputs)
    algorithms = [bt.algos.RunOnDate(*target.index), bt.algos.WeighTarget(target)]
    strategy = bt.Strategy("book", [*algorithms, bt.algos.Rebalance()])
    backtest = bt.Backtest(
        strategy, close, initial_capital=1e6, integer_positions=False, progress_bar=False,
        commissions=lambda quantity, price: abs(quantity) * price * cost_bps / 1e4,
    )  # fmt: skip
    backtest.run()
    return backtest


def _frames(inputs: SimulationInputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Closes by date, and targets on the dates of their fills.
    names = [f"N{i}" for i in range(inputs.shape[1])]
    dates = pd.bdate_range("2021-01-01", periods=inputs.shape[0])
    filled = inputs.rebalance + 1 < len(dates)
    when = dates[inputs.rebalance[filled] + 1]
    close = pd.DataFrame(inputs.close, index=dates, columns=names)
    return close, pd.DataFrame(inputs.target[filled], index=when, columns=names)


def pandas_orders(inputs: SimulationInputs, cost_bps: float) -> pd.Series:
    """Return NAV of the books alone by a loop over the rows of a frame."""
    close, target = _frames(inputs)
    shares = pd.Series(0.0, index=close.columns)
    cash, nav = 1e6, {}
    for date, prices in close.iterrows():
        worth = cash + (shares * prices).sum()
        if date in target.index:
            wanted = target.loc[date] * worth / prices
            dollars = (wanted - shares) * prices
            cost = dollars.abs().sum() * cost_bps / 1e4
            cash -= dollars.sum() + cost
            worth -= cost
            shares = wanted
        nav[date] = worth
    return pd.Series(nav)


class PandasLoop:
    """Every rule, session by session, over Series by name; None in `risk` switches a rule off."""

    def __init__(self, inputs: SimulationInputs, risk: RiskConfig) -> None:
        self.inputs, self.risk = inputs, risk
        self.close = _frames(inputs)[0]
        nothing = pd.Series(0.0, index=self.close.columns)
        self.shares, self.entry, self.high = nothing, nothing.copy(), nothing.copy()
        self.stopped = nothing - math.inf
        self.leaves = nothing > 0.0
        self.cash = self.peak = 1e6
        self.applied, self.leverage, self.k = 0.0, 1.0, 0
        self.order: tuple[str, float] | None = None
        self.out, self.breaker_filled = False, 0
        self.sleeve: list[float] = []

    def run(self) -> pd.Series:
        """Return NAV by date."""
        nav = {}
        worth = 0.0
        for t, (date, prices) in enumerate(self.close.iterrows()):
            before, worth = worth, float((self.shares * prices).sum())
            if before > 0.0:
                self.sleeve.append(worth / before - 1.0)
            self._fill(t, prices, self.cash + worth)
            worth = float((self.shares * prices).sum())
            nav[date] = self.cash + worth
            self._decide(t, prices, nav[date])
        return pd.Series(nav)

    def _fill(self, t: int, prices: pd.Series, nav: float) -> None:
        if self.order is None and not self.leaves.any():
            return
        wanted = self.shares.where(~self.leaves, 0.0)
        kind, exposure = self.order or ("", 0.0)
        current = (wanted * prices) / nav
        if kind == "rebalance":
            wanted = self._rebalanced(t, current, exposure) * nav / prices
        elif kind == "rescale":
            wanted = wanted * self._risk_factor(current, exposure)
        if kind:
            self.applied = exposure
        dollars = (wanted - self.shares) * prices
        self.cash -= dollars.sum() + dollars.abs().sum() * self.risk.cost_per_trade_bps / 1e4
        bought = (wanted - self.shares).clip(lower=0.0)
        paid = self.entry * self.shares + prices * bought
        self.entry = (paid / (self.shares + bought)).where(bought > 0.0, self.entry)
        self.high = self.high.where(self.shares > 0.0, 0.0)
        self.shares, self.order = wanted, None

    def _risk_factor(self, current: pd.Series, exposure: float) -> float:
        if self.applied == 0.0:
            return 1.0
        held, factor = current.sum(), exposure / self.applied
        return min(factor, self.risk.max_leverage / held) if held > 0.0 else factor

    def _rebalanced(self, t: int, current: pd.Series, exposure: float) -> pd.Series:
        risk, k = self.risk, self.k - 1
        target = pd.Series(self.inputs.target[k], index=current.index)
        target[self.leaves | (self.stopped + risk.stop_cooldown_days >= t)] = 0.0
        base = current * self._risk_factor(current, exposure)
        wanted = exposure * target
        if self.inputs.alpha is not None and risk.min_alpha_to_cost_ratio is not None:
            hurdle = risk.min_alpha_to_cost_ratio * 2.0 * risk.cost_per_trade_bps / 1e4
            small = pd.Series(self.inputs.alpha[k], index=current.index).abs() < hurdle
            wanted = wanted.mask((target != 0.0) & small, base)
        move = wanted - base
        excess, buys = wanted.sum() - max(exposure, base.sum()), move.clip(lower=0.0).sum()
        if excess > 1e-12 and buys > 0.0:
            move = move.where(move <= 0.0, move * max(0.0, 1.0 - excess / buys))
        cap, turnover = risk.max_turnover_per_rebal, move.abs().sum()
        if cap is not None and turnover > cap and (self.shares > 0.0).any():
            move = move * cap / turnover
        weights = base + move
        return weights.where(weights >= 1e-12, 0.0)

    def _decide(self, t: int, prices: pd.Series, nav: float) -> None:
        risk, held = self.risk, self.shares > 0.0
        self.high = self.high.where(~held, np.maximum(self.high, prices))
        self.leaves = ~held & held
        self.peak = max(self.peak, nav)
        rebalances = t in self.inputs.rebalance
        if rebalances:
            if self.inputs.leverage is not None:
                self.leverage = self.inputs.leverage[self.k]
            self.k += 1
        if self.out:
            if not rebalances or t - self.breaker_filled <= risk.breaker_cooldown_days:
                return
            self.out, self.peak = False, nav
        elif held.any() and nav / self.peak - 1.0 <= -(risk.circuit_breaker_dd or math.inf):
            self.leaves, self.order = held, ("breaker", 0.0)
            self.out, self.breaker_filled = True, t + 1
            return
        if risk.position_stop_loss is not None:
            self.leaves |= held & (prices / self.entry - 1.0 <= -risk.position_stop_loss)
        if risk.trailing_stop_pct is not None:
            self.leaves |= held & (prices / self.high - 1.0 <= -risk.trailing_stop_pct)
        self.stopped = self.stopped.mask(self.leaves, float(t + 1))
        exposure, band = self._exposure(nav), risk.vol_rebalance_threshold
        if rebalances:
            self.order = ("rebalance", exposure)
        elif band is not None and self.applied > 0.0 and (held & ~self.leaves).any():
            if abs(exposure / self.applied - 1.0) > band:
                self.order = ("rescale", exposure)

    def _exposure(self, nav: float) -> float:
        risk, scale = self.risk, self.leverage
        if risk.max_allowed_drawdown is not None:
            scale *= max(0.0, 1.0 + (nav / self.peak - 1.0) / risk.max_allowed_drawdown) ** 2
        if risk.target_annual_vol is not None and len(self.sleeve) >= risk.vol_lookback_days:
            sigma = pd.Series(self.sleeve[-risk.vol_lookback_days :]).std() * math.sqrt(252.0)
            scale *= risk.target_annual_vol / sigma if sigma > 0.0 else 1.0
        return min(max(scale, risk.min_position_scale), risk.max_leverage)
