"""An explained day in sentences: the decision at its close, and what else could have been."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from core.explain import Alternative
from core.explain_decision import Decision, Order, StopTest
from core.explain_exposure import Exposure
from core.explain_switches import Switch
from core.ledger import ExitReason
from dashboard.explanation import ExplainedDay
from dashboard.format import count, money, percent, ratio

__all__ = ["alternative_words", "day_words", "decision_words", "exposure_words", "stop_words"]

# Half a digit of what is printed.
_HELD: Final = 5e-4  # of NAV
_EXPOSURE: Final = 5e-3
_DOLLAR: Final = 0.5


def day_words(found: ExplainedDay) -> Iterator[str]:
    """Say which day it is and how the portfolio came out of it."""
    day = found.day
    if found.session_date != found.asked:
        yield (
            f"{found.asked} is no session of this market: {found.session_date} is the last one "
            "before it."
        )
    fall = "at its high" if day.drawdown == 0.0 else f"{percent(-day.drawdown)} below its high"
    held = int(found.run.result.holdings[day.session])
    holding = f"{percent(day.invested)} of it in {_names(held)}" if held else "all of it in cash"
    yield (
        f"NAV {money(day.nav)}, {percent(day.net_return, 2, signed=True)} on the session, {fall}; "
        f"{holding}. The market's regime: {found.regime}."
    )


def decision_words(found: ExplainedDay) -> Iterator[str]:
    """Say what was decided at the close, from which numbers, and which rule bound."""
    decision, day = found.day.decision, found.day
    if decision.tripped:
        yield _trip_words(found, decision)
        return
    if decision.out and not decision.reentered:
        yield _out_words(found, decision)
        return
    if decision.reentered:
        yield (
            f"The circuit breaker tripped on {found.date(decision.out_since)}; its cooldown is "
            "over, so this rebalance enters again, and drawdown is measured from here on."
        )
    yield from exposure_words(found, decision.exposure)
    yield from _binding_words(decision.exposure, day.alternatives)
    yield _order_words(found, decision)
    yield from _fallback_words(found)
    yield from stop_words(found, decision)


def exposure_words(found: ExplainedDay, exposure: Exposure) -> Iterator[str]:
    """Write the formula of wanted exposure with its numbers put in."""
    yield f"Exposure {ratio(exposure.wanted)} is wanted."
    yield f"Drawdown: {_drawdown_words(exposure)}."
    yield f"Volatility: {_volatility_words(exposure, found.run.scenario.risk.vol_lookback_days)}."
    if exposure.leverage != 1.0:
        yield f"Regime: it asks for leverage {ratio(exposure.leverage)}."
    product = " × ".join(
        ratio(x) for x in (exposure.dd_scale, exposure.vol_scale, exposure.leverage)
    )
    floor, limit = ratio(exposure.floor), ratio(exposure.limit)
    held = f"between the floor {floor} and the leverage limit {limit}"
    if exposure.scale > exposure.limit:
        held = f"above the leverage limit, which holds it at {limit}"
    elif exposure.scale < exposure.floor:
        held = f"below the floor, which holds it at {floor}"
    elif exposure.scale == exposure.limit:
        held = f"the leverage limit {limit} itself"
    yield f"Drawdown × volatility × leverage: {product} = {ratio(exposure.scale)}, {held}."


def _drawdown_words(exposure: Exposure) -> str:
    scale = ratio(exposure.dd_scale)
    fall, most = abs(exposure.risk_drawdown), exposure.max_drawdown
    if math.isnan(most):
        return "scaling is off"
    if fall == 0.0:
        return f"NAV is at its peak of {money(exposure.risk_peak)}, so the scale is {scale}"
    below = (
        f"NAV {money(exposure.nav)} is {percent(fall)} below its peak of "
        f"{money(exposure.risk_peak)}"
    )
    if fall >= most:
        return f"{below}, beyond {percent(most, 0)}, so the scale is {scale}"
    return f"{below}; scale {scale} = (1 − {ratio(fall, 3)}/{ratio(most)})²"


def _volatility_words(exposure: Exposure, window: int) -> str:
    scale = ratio(exposure.vol_scale)
    if math.isnan(exposure.target):
        return "targeting is off"
    if math.isnan(exposure.sigma):
        return f"there are not {window} sessions of returns yet, so the scale is {scale}"
    if exposure.sigma == 0.0:
        return f"the holdings did not move, so the scale is {scale}"
    side = "below" if exposure.sigma < exposure.target else "above"
    return (
        f"the holdings moved {percent(exposure.sigma)} a year over {window} sessions, {side} the "
        f"target {percent(exposure.target)}; scale {scale} = {ratio(exposure.target, 3)}/"
        f"{ratio(exposure.sigma, 3)}"
    )


def _binding_words(exposure: Exposure, others: tuple[Alternative, ...]) -> Iterator[str]:
    binding = exposure.binding
    if binding is Switch.LEVERAGE_LIMIT and exposure.limit == exposure.scale:
        yield "No rule holds the book back: it is wanted at its full exposure."
        return
    without = next((each for each in others if each.off is binding), None)
    if without is None or ratio(without.decision.exposure.wanted) == ratio(exposure.wanted):
        return  # a difference that rounds to nothing binds nobody
    yield (
        f"{binding.label} bound: without it {ratio(without.decision.exposure.wanted)} would have "
        "been wanted."
    )


def _fallback_words(found: ExplainedDay) -> Iterator[str]:
    session = found.run.first + found.day.session
    for one in found.run.book.fallbacks:
        if one.session == session:
            missing, _, instead = one.text.rpartition(": ")
            yield f"Not as asked: {missing or one.text}; {instead}."


def _order_words(found: ExplainedDay, decision: Decision) -> str:
    exposure, when = decision.exposure, _when(found, decision)
    applied, wanted = ratio(exposure.applied), ratio(exposure.wanted)
    if decision.order is Order.REBALANCE:
        return f"It is a rebalance date: the book is decided anew at exposure {wanted}, {when}."
    if decision.order is Order.RESCALE and not math.isnan(decision.margin):
        return (
            f"Margin call: NAV is {percent(decision.margin)} of what is held, below the "
            f"maintenance margin of {percent(found.run.scenario.risk.maintenance_margin)}: every "
            f"holding is rescaled to at most the leverage limit, {when}."
        )
    change, band = percent(decision.rescale_change, signed=True), decision.rescale_threshold
    if decision.order is Order.RESCALE:
        return (
            f"Wanted over applied exposure, {wanted}/{applied}, is off by {change}, beyond the "
            f"threshold of {percent(band)}: every holding is rescaled to {wanted}, {when}."
        )
    if exposure.applied == 0.0:
        return "Nothing has been bought yet, and only a rebalance buys: no trade."
    if math.isnan(band):
        return f"Rescaling is off: applied exposure stays {applied} until the next rebalance."
    if abs(decision.rescale_change) > band:
        return "Nothing is held that could be rescaled: no trade."
    return (
        f"Applied exposure stays {applied}: wanted over applied is off by {change}, within the "
        f"threshold of {percent(band)}. No rescale."
    )


def _trip_words(found: ExplainedDay, decision: Decision) -> str:
    exposure, limit = decision.exposure, found.run.scenario.risk.circuit_breaker_dd
    return (
        f"The circuit breaker trips: NAV {money(exposure.nav)} is "
        f"{percent(-exposure.risk_drawdown)} below its peak of {money(exposure.risk_peak)}, at or "
        f"beyond {percent(limit)}. Everything is sold, {_when(found, decision)}, and nothing else "
        "is decided."
    )


def _out_words(found: ExplainedDay, decision: Decision) -> str:
    after = decision.reentry_after
    when = (
        f"after {found.date(after)}" if after < len(found.run.dates) else "after the last session"
    )
    return (
        f"The circuit breaker tripped on {found.date(decision.out_since)} and keeps the book out: "
        f"the first rebalance decided {when} may enter again. No exposure is wanted until then."
    )


def stop_words(found: ExplainedDay, decision: Decision) -> Iterator[str]:
    """Say which stops were hit, or which name was nearest to one."""
    hits = [test for test in decision.stops if test.hit != ExitReason.OPEN]
    for test in hits:
        yield f"{_hit_words(found, test)}; it is sold, {_when(found, decision)}."
    if decision.stops and not hits:
        yield from _nearest_words(found, decision.stops[0], len(decision.stops))


def _hit_words(found: ExplainedDay, test: StopTest) -> str:
    ticker = found.run.tickers[test.security]
    if test.hit is ExitReason.STOP:
        return (
            f"{ticker} closed at {ratio(test.close)}, {percent(-test.from_entry)} below its "
            f"average entry {ratio(test.average)}, at or under its position stop of "
            f"{ratio(test.stop_level)}"
        )
    return (
        f"{ticker} closed at {ratio(test.close)}, {percent(-test.from_high)} below its highest "
        f"close {ratio(test.highest)}, at or under its trailing stop of "
        f"{ratio(test.trailing_level)}"
    )


def _nearest_words(found: ExplainedDay, test: StopTest, tested: int) -> Iterator[str]:
    levels = {"position": test.stop_level, "trailing": test.trailing_level}
    known = {kind: level for kind, level in levels.items() if not math.isnan(level)}
    if known:
        kind = max(known, key=lambda each: known[each])
        ticker, room = found.run.tickers[test.security], 1.0 - known[kind] / test.close
        said = (
            f"Stops rest in the market for {_names(tested)} over the next session"
            if found.record.rests
            else f"No stop was hit among {_names(tested)}"
        )
        if room < 0.0:
            yield (
                f"{said}. {ticker} closed {percent(-room)} below its {kind} stop of "
                f"{ratio(known[kind])}: it is sold at the next open."
            )
            return
        yield (
            f"{said}. Nearest: {ticker}, which may fall {percent(room)} to its {kind} stop of "
            f"{ratio(known[kind])}."
        )


def _when(found: ExplainedDay, decision: Decision) -> str:
    price = "open" if found.record.at_open else "close"
    if decision.fills_at >= len(found.run.dates):
        return f"at {'an' if found.record.at_open else 'a'} {price} after the period"
    if decision.fills_at == decision.session:
        return "at this close"
    return f"at the {price} of {found.date(decision.fills_at)}"


def notable(other: Alternative) -> bool:
    """Whether the difference shows in what is printed."""
    decided = math.isnan(other.wanted_change) or abs(other.wanted_change) >= _EXPOSURE
    if other.off is Switch.COSTS:
        return other.cost_change <= -_DOLLAR
    return decided or other.moved >= _HELD or abs(other.nav_change) >= _DOLLAR


def alternative_words(found: ExplainedDay, other: Alternative) -> str:
    """Say what one decision and its fill would have been without one part of the overlay."""
    decision, parts = other.decision, []
    if abs(other.wanted_change) >= _EXPOSURE:
        was = decision.exposure.wanted - other.wanted_change
        parts.append(f"exposure {ratio(decision.exposure.wanted)} instead of {ratio(was)}")
    elif math.isnan(other.wanted_change) and not math.isnan(decision.exposure.wanted):
        parts.append(f"exposure {ratio(decision.exposure.wanted)} instead of selling everything")
    same = other.moved < _HELD and abs(other.cost_change) < _DOLLAR
    later = other.next_session >= 0 and abs(other.nav_change) >= _DOLLAR
    if same and later:
        parts.append("the same orders, but other sales by stops in the market")
    elif same:
        parts.append("but the same trades")
    elif other.fill is not None:
        parts.append(_fill_change(found, other))
    if later or (other.next_session >= 0 and not same):
        share = other.nav_change / found.run.result.nav[other.next_session]
        side = "higher" if other.nav_change > 0.0 else "lower"
        parts.append(
            f"NAV {money(abs(other.nav_change))} {side} ({percent(share, 2, signed=True)}) by the "
            f"close of {found.date(other.next_session)}"
        )
    return f"Without {_lower(other.off)}: {'; '.join(parts)}."


def _fill_change(found: ExplainedDay, other: Alternative) -> str:
    assert other.fill is not None
    turnover = percent(other.turnover)
    if other.moved < _HELD:
        return f"the same holdings, costs {money(abs(other.cost_change))} lower"
    was = percent(found.run.result.turnover[other.fill.session])
    more = "more" if other.cost_change > 0.0 else "less"
    return (
        f"{percent(other.moved)} of NAV held otherwise after the fill, turnover {turnover} "
        f"instead of {was}, {money(abs(other.cost_change))} {more} in costs"
    )


def _lower(switch: Switch) -> str:
    article = "" if switch is Switch.COSTS or switch.value.endswith("scaling") else "the "
    return article + switch.label.lower()


def _names(number: int) -> str:
    return f"{count(number)} name" + ("" if number == 1 else "s")
