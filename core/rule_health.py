"""Rule health: how often each rule was asked, how often it acted, and how near it came.

A rule that was never asked is an error in the scenario; one that never acted may be one too, and
how near it came says whether it is asleep or dead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from core.ledger import PORTFOLIO, EventKind
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rule_fills import RebalanceFills, rebalance_fills
from core.rule_walk import Spells, StopTests, spells, stop_tests
from core.rules import Rule
from core.simulation.inputs import SimulationInputs
from core.units import Bools, Floats, Ints

__all__ = ["RuleHealth", "Status", "rule_health"]

Status = Literal["ok", "warning", "error", "off"]

_ROUNDING: Final = 1e-12  # a NAV that is back at its peak may miss it by its last digit


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """What one rule did in one run.

    ==================  ==================  ====================  ==============  ==============
    rule                evaluations         triggers              closest         threshold
    ==================  ==================  ====================  ==============  ==============
    drawdown_scaling    sessions decided    scale below 1         lowest scale    1
    volatility_target   decided with σ      scale below 1         highest σ       target
    position_stop       names × sessions    stops                 price / entry   −limit × scale
    trailing_stop       as above, not hit   stops                 price / high    −limit × scale
    circuit_breaker     sessions held, in   trips                 risk drawdown   −limit
    turnover_cap        fills, not a first  fills cut             wanted          cap
    alpha_gate          names in fills      names left alone      smallest |α|    hurdle
    leverage            sessions decided    scale or book above   highest         limit
    ==================  ==================  ====================  ==============  ==============

    A session is decided where wanted exposure is defined: not while the breaker is out. Prices of
    stops are closes, or what the session's low brought where stops rest in the market; both rest
    there, and each is asked unless the other one sold.

    Attributes
    ----------
    rule : Rule
        All but costs, which have no trigger; leverage is the limit, which is never off.
    evaluations, triggers : int
        How often it was asked and how often it acted.
    closest, threshold : float
        The value that came nearest to triggering (or went farthest beyond), and what it was held
        against; NaN where it was never asked.
    session, security : int
        Where that was; -1 for never, and for the whole portfolio.
    details : tuple of (str, int)
        Further counts, in words.
    """

    rule: Rule
    status: Status
    evaluations: int = 0
    triggers: int = 0
    closest: float = math.nan
    threshold: float = math.nan
    session: int = -1
    security: int = PORTFOLIO
    details: tuple[tuple[str, int], ...] = ()


def rule_health(
    inputs: SimulationInputs, risk: RiskConfig, result: BacktestResult
) -> tuple[RuleHealth, ...]:
    """Look at every rule of a run.

    Parameters
    ----------
    inputs, risk
        Of the run.
    result : BacktestResult
        ``simulate(inputs, risk, weights=True)``.

    Returns
    -------
    tuple of 8 RuleHealth
        "off" for a rule that is None; else "error" without an evaluation, "warning" without a
        trigger, "ok" otherwise. The gate without expected returns is an error: it is on, and can
        never act.

    Raises
    ------
    InputsError
        When the result has no weights, or the inputs not the prices that `risk` asks for.
    """
    held = spells(inputs, risk, result)
    tests = stop_tests(inputs, risk, result, held)
    fills = rebalance_fills(inputs, risk, result, held)
    return (
        _drawdown(risk, result),
        _volatility(risk, result),
        *_stops(risk, result, tests),
        _breaker(risk, result, held),
        _cap(risk, result, fills),
        _gate(risk, fills),
        _leverage(risk, result, fills),
    )


def _judged(
    rule: Rule,
    evaluations: int,
    triggers: int,
    nearest: tuple[float, float, int, int] | None,
    *details: tuple[str, int],
) -> RuleHealth:
    status: Status = "error" if evaluations == 0 else "warning" if triggers == 0 else "ok"
    closest, threshold, session, security = nearest or (math.nan, math.nan, -1, PORTFOLIO)
    return RuleHealth(
        rule, status, evaluations, triggers, closest, threshold, session, security, details
    )


def _nearest(
    margin: Floats,
    among: Bools,
    closest: Floats,
    threshold: Floats | float,
    session: Ints,
    security: Ints | None = None,
) -> tuple[float, float, int, int] | None:
    # Of the smallest margin; the first where it is met twice.
    if not among.any():
        return None
    at = int(np.argmin(np.where(among, margin, np.inf)))
    level = threshold if isinstance(threshold, float) else float(threshold[at])
    name = PORTFOLIO if security is None else int(security[at])
    return float(closest[at]), level, int(session[at]), name


def _drawdown(risk: RiskConfig, result: BacktestResult) -> RuleHealth:
    if risk.max_allowed_drawdown is None:
        return RuleHealth(Rule.DRAWDOWN_SCALING, "off")
    active, scale = ~np.isnan(result.wanted_exposure), result.dd_scale
    floor = active & (scale * result.vol_scale * result.leverage < risk.min_position_scale)
    return _judged(
        Rule.DRAWDOWN_SCALING,
        int(active.sum()),
        int((active & (scale < 1.0 - _ROUNDING)).sum()),
        _nearest(scale, active, scale, 1.0, np.arange(result.sessions)),
        ("sessions on the exposure floor", int(floor.sum())),
    )


def _volatility(risk: RiskConfig, result: BacktestResult) -> RuleHealth:
    target = risk.target_annual_vol
    if target is None:
        return RuleHealth(Rule.VOLATILITY_TARGET, "off")
    asked = ~np.isnan(result.wanted_exposure) & ~np.isnan(result.sigma)
    sigma, scale = result.sigma, result.vol_scale
    return _judged(
        Rule.VOLATILITY_TARGET,
        int(asked.sum()),
        int((asked & (scale < 1.0)).sum()),
        _nearest(-sigma, asked, sigma, target, np.arange(result.sessions)),
        ("sessions scaled above 1", int((asked & (scale > 1.0)).sum())),
    )


def _stops(
    risk: RiskConfig, result: BacktestResult, tests: StopTests
) -> tuple[RuleHealth, RuleHealth]:
    limit, trailing = risk.position_stop_loss, risk.trailing_stop_pct
    position, trail = RuleHealth(Rule.POSITION_STOP, "off"), RuleHealth(Rule.TRAILING_STOP, "off")
    if risk.stop_fill == "intraday":
        by_entry = ~tests.led_to(result.events, EventKind.TRAILING)
    else:  # the position stop is tested first
        by_entry = np.ones(len(tests.session), dtype=np.bool_)
    by_high = ~tests.led_to(result.events, EventKind.STOP)
    if limit is not None:
        position = _stop(
            Rule.POSITION_STOP, EventKind.STOP, limit, result, tests, tests.from_entry, by_entry
        )
    if trailing is not None:
        trail = _stop(
            Rule.TRAILING_STOP,
            EventKind.TRAILING,
            trailing,
            result,
            tests,
            tests.from_high,
            by_high,
        )
    return position, trail


def _stop(
    rule: Rule,
    kind: EventKind,
    limit: float,
    result: BacktestResult,
    tests: StopTests,
    fall: Floats,
    asked: Bools,
) -> RuleHealth:
    level = -limit * tests.stop_scale
    nearest = _nearest(fall - level, asked, fall, level, tests.session, tests.security)
    return _judged(rule, int(asked.sum()), result.events.count(kind), nearest)


def _breaker(risk: RiskConfig, result: BacktestResult, held: Spells) -> RuleHealth:
    limit = risk.circuit_breaker_dd
    if limit is None:
        return RuleHealth(Rule.CIRCUIT_BREAKER, "off")
    events = result.events
    trips = events.session[events.kind == EventKind.BREAKER]
    # Where wanted exposure is undefined the breaker is out, but for the session of the trip; where
    # it re-enters, it is not tested either.
    asked = ~np.isnan(result.wanted_exposure)
    asked[trips] = True
    asked[events.session[events.kind == EventKind.REENTRY]] = False
    asked &= held.any_held_at_decision(result.sessions, risk.execution_lag_days)
    drawdown = result.risk_drawdown
    nearest = _nearest(drawdown, asked, drawdown, -limit, np.arange(result.sessions))
    return _judged(Rule.CIRCUIT_BREAKER, int(asked.sum()), len(trips), nearest)


def _cap(risk: RiskConfig, result: BacktestResult, fills: RebalanceFills) -> RuleHealth:
    cap = risk.max_turnover_per_rebal
    if cap is None:
        return RuleHealth(Rule.TURNOVER_CAP, "off")
    turnover, asked = fills.turnover, fills.may_cap
    nearest = _nearest(-turnover, asked, turnover, cap, fills.session)
    return _judged(Rule.TURNOVER_CAP, int(asked.sum()), result.events.count(EventKind.CAP), nearest)


def _gate(risk: RiskConfig, fills: RebalanceFills) -> RuleHealth:
    if risk.min_alpha_to_cost_ratio is None:
        return RuleHealth(Rule.ALPHA_GATE, "off")
    asked = fills.eligible > 0
    alpha = fills.smallest_alpha
    nearest = _nearest(
        alpha, asked, alpha, fills.hurdle, fills.session, fills.smallest_alpha_security
    )
    return _judged(
        Rule.ALPHA_GATE,
        int(fills.eligible.sum()),
        int(fills.gated.sum()),
        nearest,
        ("rebalances with a name left alone", int((fills.gated > 0).sum())),
    )


def _leverage(risk: RiskConfig, result: BacktestResult, fills: RebalanceFills) -> RuleHealth:
    active = ~np.isnan(result.wanted_exposure)
    scale = result.dd_scale * result.vol_scale * result.leverage
    clipped = active & (scale > risk.max_leverage)
    cut = result.happened(EventKind.LEVERAGE_LIMIT)
    called = result.happened(EventKind.MARGIN_CALL)
    level = np.r_[scale, fills.total]
    among = np.r_[active, np.ones(len(fills.total), dtype=np.bool_)]
    session = np.r_[np.arange(result.sessions), fills.session]
    return _judged(
        Rule.LEVERAGE,
        int(active.sum()),
        int((clipped | cut | called).sum()),
        _nearest(-level, among, level, risk.max_leverage, session),
        ("sessions with the limit on wanted exposure", int(clipped.sum())),
        ("fills with buys cut, the limit on fills", int(cut.sum())),
        *_margin_calls(risk, result),
    )


def _margin_calls(risk: RiskConfig, result: BacktestResult) -> tuple[tuple[str, int], ...]:
    if risk.maintenance_margin is None:
        return ()
    return (("margin calls, which rescale at once", result.events.count(EventKind.MARGIN_CALL)),)
