"""The fill of one session in plain Python, ENGINE §4: every weight after every step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.explain_decision import Decision, Order
from core.explain_filled import Fill, Steps
from core.explain_state import Moment, RunRecord
from core.explain_switches import Switch, rules_of, without
from core.ledger import ExitReason
from core.risk.costs import alpha_hurdle, cost_rate, gate_factor, is_gated, turnover_factor
from core.risk.leverage import buy_factor, risk_factor
from core.risk.stops import NEVER, cooling_down
from core.simulation.state import TRADE_NONE
from core.units import Floats, Ints

__all__ = ["fill"]


def fill(record: RunRecord, moment: Moment, decision: Decision, off: Switch | None = None) -> Fill:
    """Fill a decision, all or without one part of the overlay.

    Parameters
    ----------
    record : RunRecord
    moment : Moment
        Just before the fill, from :func:`core.explain_marking.before_fill`.
    decision : Decision
        Whose fill it is, made without `off` as well.
    off : Switch, optional

    Returns
    -------
    Fill
    """
    rules = rules_of(record.risk) if off is None else without(rules_of(record.risk), off)
    work = _Work(record, moment, decision, rules)
    if decision.order is Order.REBALANCE:
        work.rebalance()
    elif decision.order is Order.RESCALE:
        work.rescale()
    return work.finish()


class _Work:
    # The picks of one fill and what becomes of them, step by step.

    def __init__(self, record: RunRecord, moment: Moment, decision: Decision, rules: Any) -> None:
        self.record, self.moment, self.decision, self.rules = record, moment, decision, rules
        self.t, market = moment.session, record.inputs.market
        self.target_row = (
            market.target[decision.rebalance]
            if decision.order is Order.REBALANCE
            else np.zeros(len(moment.value))
        )
        gone = decision.leaving & ~moment.held  # left between the decision and the fill
        self.security = np.flatnonzero(moment.held | ((self.target_row != 0.0) & ~gone))
        pick = self.security
        self.price = record.paid[self.t][pick]
        self.exit = np.where(moment.held, decision.exit, ExitReason.OPEN)[pick]
        self.inside = self.exit == ExitReason.OPEN
        self.trades = self.inside & np.isfinite(self.price)
        self.current = moment.value[pick] / moment.nav
        self.target = np.full(len(pick), np.nan)
        self.alpha = self.target.copy()
        self.gated = np.zeros(len(pick), dtype=np.bool_)
        self.cooling = self.gated.copy()
        self.risk, self.wanted, self.capped, self.final = (self.current.copy() for _ in range(4))
        self.numbers: dict[str, float] = {}

    def rebalance(self) -> None:
        self._targets()
        self._risk_part()
        self._gate()
        self._cap()
        self._limit()

    def rescale(self) -> None:
        self._risk_part()
        self.wanted, self.capped = self.risk.copy(), self.risk.copy()
        self.final = np.where(self.trades, self.risk, self.current)

    def _targets(self) -> None:
        market, days = self.record.inputs.market, int(self.rules["stop_cooldown_days"])
        stopped = _stop_fills(self.record, self.moment)[self.security]
        self.cooling = np.array([cooling_down(self.t, int(f), days) for f in stopped], np.bool_)
        self.target = np.where(self.cooling, 0.0, self.target_row[self.security])
        if len(market.alpha):
            self.alpha = market.alpha[self.decision.rebalance][self.security]

    def _risk_part(self) -> None:
        exposure = self.decision.exposure
        factor = risk_factor(
            exposure.wanted, exposure.applied, _sum(self.current[self.inside]), self._limit_of()
        )
        self.risk = np.where(self.inside, self.current * factor, self.current)
        self.numbers |= {
            "exposure": exposure.wanted, "applied": exposure.applied, "risk_factor": factor,
        }  # fmt: skip

    def _gate(self) -> None:
        exposure, inside = self.decision.exposure.wanted, self.inside
        ratio, bps = self.rules["min_alpha_to_cost_ratio"], self.rules["cost_per_trade_bps"]
        hurdle = alpha_hurdle(ratio, bps)
        pairs = zip(self.alpha, self.target, strict=True)
        gated = np.array([is_gated(a, hurdle, w) for a, w in pairs], dtype=np.bool_)
        self.gated = gated & inside
        wanted = np.where(self.gated, self.risk, exposure * self.target)
        wanted = np.where(inside, wanted, self.current)
        buys = _sum(np.maximum(0.0, wanted - self.risk)[inside])
        most = max(exposure, _sum(self.risk[inside]))
        factor = gate_factor(_sum(wanted[inside]), most, buys)
        self.wanted = self._towards(wanted, 1.0, factor)
        known = len(self.record.inputs.market.alpha) > 0
        self.numbers |= {"hurdle": hurdle if known else math.nan, "gate_factor": factor}

    def _cap(self) -> None:
        turnover = _sum(np.abs(self.wanted - self.risk)[self.inside])
        self.numbers |= {"turnover": turnover, "cap_factor": 1.0}
        self.capped = self.wanted
        if self.moment.held.any():
            factor = turnover_factor(turnover, self.rules["max_turnover_per_rebal"])
            self.capped = self._towards(self.wanted, factor, factor)
            self.numbers["cap_factor"] = factor

    def _limit(self) -> None:
        # An exit that has a bar is sold already and counts nothing; what cannot trade stays.
        after = np.where(self.trades, self.capped, self.current)
        after[~self.inside & np.isfinite(self.price)] = 0.0
        buys = after - self.current >= TRADE_NONE
        total = _sum(after)
        factor = buy_factor(total, _sum((after - self.current)[buys]), self._limit_of())
        scaled = self.current + (after - self.current) * factor
        self.final = np.where(buys & (factor < 1.0), scaled, after)
        self.numbers |= {"total": total, "buy_factor": factor}

    def _towards(self, wanted: Floats, sales: float, buys: float) -> Floats:
        change = wanted - self.risk
        moved = self.risk + change * np.where(change > 0.0, buys, sales)
        return np.where(self.inside, moved, wanted) if min(sales, buys) < 1.0 else wanted

    def _limit_of(self) -> float:
        return float(self.rules["max_leverage"])

    def finish(self) -> Fill:
        moment, decision = self.moment, self.decision
        final = np.where(~self.inside & np.isfinite(self.price), 0.0, self.final)
        change = final - self.current
        none = self.inside & (~self.trades | (np.abs(change) < TRADE_NONE))
        final = np.where(none, self.current, np.where(final < TRADE_NONE, 0.0, final))
        traded = (final - self.current) * moment.nav
        rate = cost_rate(float(self.rules["cost_per_trade_bps"]))
        costs = np.abs(traded) * rate
        value = moment.value.copy()
        value[self.security] = final * moment.nav
        cost = _sum(costs)
        return Fill(
            session=self.t,
            decided=decision.session,
            order=decision.order,
            rebalance=decision.rebalance if decision.order is Order.REBALANCE else -1,
            steps=Steps(**self.numbers),
            nav_before=moment.nav,
            nav_after=moment.nav - cost,
            cash_after=moment.cash - _sum(traded) - cost,
            cost=cost,
            turnover=_sum(np.abs(traded)) / moment.nav,
            applied_after=self._applied_after(),
            security=self.security,
            price=self.price,
            exit=self.exit,
            target=self.target,
            alpha=self.alpha,
            gated=self.gated,
            cooling=self.cooling,
            current=self.current,
            risk=self.risk,
            wanted=self.wanted,
            capped=self.capped,
            final=final,
            traded=traded,
            cost_of=costs,
            value=value,
        )

    def _applied_after(self) -> float:
        exposure, order = self.decision.exposure, self.decision.order
        if order is Order.SELL_ALL:
            return 0.0
        return exposure.applied if order is Order.NOTHING else exposure.wanted


def _stop_fills(record: RunRecord, moment: Moment) -> Ints:
    # Session at which each name's last stop was filled, NEVER where none was. What a stop has sold
    # in this session counts; an exit of this fill stands outside anyway.
    trades = record.result.trades
    by_stop = (trades.reason == ExitReason.STOP) | (trades.reason == ExitReason.TRAILING)
    earlier = by_stop & (trades.exit_session < moment.session)
    last = np.full(record.weights.shape[1], NEVER, dtype=np.int64)
    np.maximum.at(last, trades.security[earlier], trades.exit_session[earlier])
    last[[sale.security for sale in moment.sales]] = moment.session
    return last


def _sum(values: Floats) -> float:
    # One after the other, as the engine adds.
    return float(sum(values.tolist()))
