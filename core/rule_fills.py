"""What gate, turnover cap and leverage limit looked at in every rebalance's fill, ENGINE §4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from core.ledger import EventKind, ExitReason
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.risk.costs import alpha_hurdle, cost_rate, gate_factor, turnover_factor
from core.risk.leverage import risk_factor
from core.risk.stops import resting_price, stop_level
from core.rule_walk import Spells, fill_prices, held_weights
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = ["RebalanceFills", "rebalance_fills"]


@dataclass(frozen=True, slots=True, eq=False)
class RebalanceFills:
    """One value a rebalance that was filled, in order.

    Attributes
    ----------
    session : int64[F]
        Of the fill.
    eligible, gated : int64[F]
        Names whose expected return was held against the hurdle, and those left alone for it; 0
        when the gate is off.
    smallest_alpha : float64[F]
        Smallest absolute expected return among the eligible; NaN without one.
    smallest_alpha_security : int64[F]
        Its column, -1 without one.
    turnover : float64[F]
        Σ |g − b|: what the alpha part wanted to trade, over NAV before the fill.
    may_cap : bool[F]
        Whether something was held just before, so that the cap was asked.
    total : float64[F]
        Sum of all weights as they would have been without the leverage limit.
    hurdle : float
        Expected return that the gate asks for; NaN when it is off.
    """

    session: Ints
    eligible: Ints
    gated: Ints
    smallest_alpha: Floats
    smallest_alpha_security: Ints
    turnover: Floats
    may_cap: Bools
    total: Floats
    hurdle: float


def rebalance_fills(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult, held: Spells
) -> RebalanceFills:
    """Rebuild steps 1–4 of every rebalance's fill.

    Parameters
    ----------
    inputs, risk, result
        Of the run; the result with weights.
    held : Spells
        Of the same run.

    Raises
    ------
    InputsError
        When the result has no weights, or the inputs not the prices that `risk` asks for.
    """
    book = _Book(inputs, risk, result, held)
    rows = [
        book.fill(int(t), float(exposure))
        for t, exposure, kind in zip(
            result.events.session, result.events.value, result.events.kind, strict=True
        )
        if kind == EventKind.REBALANCE
    ]
    columns: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], dtype=kind)
        for name, kind in _COLUMNS.items()
    }
    return RebalanceFills(**columns, hurdle=book.hurdle)


class _Row(NamedTuple):
    # One fill of RebalanceFills.
    session: int
    eligible: int
    gated: int
    smallest_alpha: float
    smallest_alpha_security: int
    turnover: float
    may_cap: bool
    total: float


_COLUMNS: Final[dict[str, type]] = {
    "session": np.int64,
    "eligible": np.int64,
    "gated": np.int64,
    "smallest_alpha": np.float64,
    "smallest_alpha_security": np.int64,
    "turnover": np.float64,
    "may_cap": np.bool_,
    "total": np.float64,
}


class _Book:
    # The run's inputs and outputs, read one fill at a time.

    def __init__(
        self, inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult, held: Spells
    ) -> None:
        self.market, self.risk, self.result, self.held = inputs.market, risk, result, held
        self.weights = held_weights(result)
        self.prices, self.last_price = fill_prices(inputs, risk), _carried(inputs.close)
        ratio = math.nan if inputs.alpha is None else risk.min_alpha_to_cost_ratio
        self.hurdle = alpha_hurdle(_or_nan(ratio), risk.cost_per_trade_bps)
        stopped = (result.trades.reason == ExitReason.STOP) | (
            result.trades.reason == ExitReason.TRAILING
        )
        self.stop_filled = result.trades.exit_session[stopped]
        self.stop_security = result.trades.security[stopped]

    def fill(self, t: int, exposure: float) -> _Row:
        # Steps 1 to 3 of one rebalance's fill, then the sum that step 4 tests.
        decided = t - self.risk.execution_lag_days
        k = int(np.searchsorted(self.market.rebalance, decided))
        sold = self._sold_before(t)
        current, held_before = self._before(t, sold)
        leaving = self._leaving(decided)
        target = np.where(leaving | self._cooling(t, sold), 0.0, self.market.target[k])
        applied = float(self.result.applied_exposure[t - 1]) if t > 0 else 0.0
        base = np.where(leaving, 0.0, current)
        base *= risk_factor(exposure, applied, float(base.sum()), self.risk.max_leverage)
        alpha, eligible, gated = self._gate(k, target)
        wanted = np.where(gated, base, exposure * target)
        change = wanted - base
        buys = float(np.maximum(change, 0.0).sum())
        most = max(exposure, float(base.sum()))
        change[change > 0.0] *= gate_factor(float(wanted.sum()), most, buys)
        turnover = float(np.abs(change).sum())
        cap = _or_nan(self.risk.max_turnover_per_rebal)
        after = base + change * (turnover_factor(turnover, cap) if held_before else 1.0)
        # A name without a bar stays, an exit with one is sold.
        has_bar = np.isfinite(self.market.close[t])
        after = np.where(has_bar, np.where(leaving, 0.0, after), current)
        lowest = int(np.argmin(np.where(eligible, np.abs(alpha), np.inf))) if any(eligible) else -1
        return _Row(
            session=t,
            eligible=int(eligible.sum()),
            gated=int(gated.sum()),
            smallest_alpha=abs(float(alpha[lowest])) if lowest >= 0 else math.nan,
            smallest_alpha_security=lowest,
            turnover=turnover,
            may_cap=held_before,
            total=float(after.sum()),
        )

    def _before(self, t: int, sold: dict[int, float]) -> tuple[Floats, bool]:
        # Weights just before the fill, and whether something is held: not what was delisted, nor
        # what a stop has sold in this session.
        if t == 0:
            return np.zeros(self.weights.shape[1]), False
        result, market, price = self.result, self.market, self.prices[t]
        value = self.weights[t - 1] * result.nav[t - 1]
        shares = value / self.last_price[t - 1]
        gone = (market.last_session < t) & (value > 0.0)
        cash = float(result.cash[t - 1] + result.interest[t] + result.overlay[t])
        cash += float(np.sum(value[gone] * (1.0 + market.delisting_return[gone])))
        value = np.where(np.isfinite(price), shares * price, value)
        value = np.where(gone, 0.0, np.nan_to_num(value))
        rate = float(cost_rate(self.risk.cost_per_trade_bps))
        for i, at in sold.items():
            cash += float(shares[i]) * at * (1.0 - rate)
            value[i] = 0.0
        weights: Floats = value / (cash + float(value.sum()))
        return weights, bool(np.any(value > 0.0))

    def _sold_before(self, t: int) -> dict[int, float]:
        # Names that a stop sold inside session t before its fill, and the price: where fills are at
        # the open, only those that the open was already at or below.
        if self.risk.stop_fill == "close":
            return {}
        events, sold = self.result.events, {}
        stops = (events.kind == EventKind.STOP) | (events.kind == EventKind.TRAILING)
        for m in np.flatnonzero((events.session == t) & stops):
            i = int(events.security[m])
            reference = float(self.market.low[t, i]) / (1.0 + float(events.value[m]))
            level = float(stop_level(reference, -float(events.threshold[m])))
            opened = float(self.market.open[t, i])
            if self.risk.execution == "next_close" or opened <= level:
                sold[i] = float(resting_price(opened, level))
        return sold

    def _leaving(self, decided: int) -> Bools:
        # Names that had an exit ordered when the rebalance was decided stand outside it.
        out = np.zeros(self.weights.shape[1], dtype=np.bool_)
        held = self.held.held_at_decision(decided, self.risk.execution_lag_days)
        out[self.held.security[held & (self.held.ordered <= decided)]] = True
        return out

    def _cooling(self, t: int, sold: dict[int, float]) -> Bools:
        # A stop of session t itself came first only where it is among `sold`.
        out = np.zeros(self.weights.shape[1], dtype=np.bool_)
        recent = (self.stop_filled < t) & (t <= self.stop_filled + self.risk.stop_cooldown_days)
        out[self.stop_security[recent]] = True
        out[list(sold)] = True
        return out

    def _gate(self, k: int, target: Floats) -> tuple[Floats, Bools, Bools]:
        if math.isnan(self.hurdle):
            none = np.zeros(len(target), dtype=np.bool_)
            return np.full(len(target), np.nan), none, none
        alpha: Floats = self.market.alpha[k]
        eligible: Bools = (target != 0.0) & ~np.isnan(alpha)
        gated: Bools = eligible & (np.abs(alpha) < self.hurdle)
        return alpha, eligible, gated


def _carried(close: Floats) -> Floats:
    # The last bar's close of each session; NaN before the first.
    rows = np.arange(len(close))[:, None]
    bars = np.maximum.accumulate(np.where(np.isfinite(close), rows, 0), axis=0)
    carried: Floats = np.take_along_axis(close, bars, axis=0)
    return carried


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
