"""The fill of an explained day in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.explain_decision import Order
from core.explain_filled import Fill
from core.explain_state import StopSale
from core.ledger import ExitReason
from dashboard.explanation import ExplainedDay
from dashboard.format import count, money, percent, ratio
from dashboard.report.explanation_ranks import placed_words

__all__ = ["REASONS", "fill_words", "note_of"]

REASONS: Final[dict[int, str]] = {
    ExitReason.STOP: "position stop",
    ExitReason.TRAILING: "trailing stop",
    ExitReason.BREAKER: "circuit breaker",
    ExitReason.REBALANCE: "rebalance",
    ExitReason.DELISTED: "delisting",
    ExitReason.DATA_ENDED: "end of its data",
}


def fill_words(found: ExplainedDay) -> Iterator[str]:
    """Say what was traded in the session: stops that rested in the market, and the fill's steps."""
    fill, sales = found.day.fill, found.day.sales
    yield from _ended_words(found)
    yield from (_resting_words(found, sale) for sale in sales if not sale.after_fill)
    if fill is None or not fill.happened:
        yield (
            "Nothing else was ordered for this session."
            if sales
            else ("Nothing was ordered for this session: no trade.")
        )
    else:
        yield from _filled_words(found, fill)
    yield from (_resting_words(found, sale) for sale in sales if sale.after_fill)


def _ended_words(found: ExplainedDay) -> Iterator[str]:
    run, t = found.run, found.day.session
    trades, weights = run.result.trades, run.result.weights
    ended = (ExitReason.DELISTED, ExitReason.DATA_ENDED)
    for row in np.flatnonzero((trades.exit_session == t) & np.isin(trades.reason, ended)).tolist():
        i, reason = int(trades.security[row]), int(trades.reason[row])
        dollars = ""
        if weights is not None and run.inputs.delisting_return is not None:
            value = float(weights[t - 1, i]) * float(run.result.nav[t - 1])
            kept = 1.0 + float(run.inputs.delisting_return[i])
            dollars = f": {money(value * kept)} at its last close, without an order or a cost"
            if kept != 1.0:
                dollars = f": {money(value * kept)}, {percent(kept - 1.0)} from its last close"
        yield f"{run.tickers[i]} became cash at the {REASONS[reason]}{dollars}."


def _resting_words(found: ExplainedDay, sale: StopSale) -> str:
    ticker, level = found.run.tickers[sale.security], ratio(sale.level)
    reason = REASONS[int(sale.reason)]
    below = "average entry" if sale.reason is ExitReason.STOP else "highest close"
    how = (
        f"it opened at {ratio(sale.opened)}, below its level of {level}, and was sold there"
        if sale.price < sale.level
        else f"its low of {ratio(sale.low)} reached its level, and it was sold at {level}"
    )
    after = ", after the orders at the open" if sale.after_fill else ""
    ranked = _ranked_words(found, sale.security)
    return (
        f"{ticker}, {reason} in the market ({percent(1.0 - sale.level / sale.reference)} below its "
        f"{below} {ratio(sale.reference)}): {how}{after}: {money(sale.dollars)}, cost "
        f"{ratio(sale.cost)}.{ranked}"
    )


def _ranked_words(found: ExplainedDay, security: int) -> str:
    # What an order sells has its ranks in the table of trades; such a sale is in none.
    book = found.book_before(found.day.session)
    words = placed_words(found, found.placing_of(security, book)) if book >= 0 else ""
    return f" {words}" if words else ""


def _filled_words(found: ExplainedDay, fill: Fill) -> Iterator[str]:
    decided = "at this close" if fill.decided == fill.session else f"on {found.date(fill.decided)}"
    if found.record.at_open:
        decided += ", filled at the open"
    traded = int((fill.traded != 0.0).sum())
    bps = 1e4 * fill.cost / fill.nav_before
    titles = {
        Order.REBALANCE: "Rebalance", Order.RESCALE: "Rescale",
        Order.SELL_ALL: "Circuit breaker", Order.NOTHING: "Exits",
    }  # fmt: skip
    yield (
        f"{titles[fill.order]}, decided {decided}: {count(traded)} "
        f"trade{'' if traded == 1 else 's'}, turnover "
        f"{percent(fill.turnover)} of NAV, cost {money(fill.cost)} ({ratio(bps)} bp of NAV)."
    )
    steps = {Order.REBALANCE: _rebalance_words, Order.RESCALE: _rescale_words}.get(fill.order)
    if steps is not None:
        yield from steps(found, fill)
    yield from _exit_words(found, fill)


def _rescale_words(found: ExplainedDay, fill: Fill) -> Iterator[str]:
    steps = fill.steps
    yield (
        f"Every holding × {ratio(steps.risk_factor, 3)}, from applied exposure "
        f"{ratio(steps.applied)} to {ratio(steps.exposure)}{_limited(found, fill)}."
    )


def _limited(found: ExplainedDay, fill: Fill) -> str:
    steps = fill.steps
    if steps.applied == 0.0 or math.isclose(steps.risk_factor, steps.exposure / steps.applied):
        return ""
    return f"; no more than {ratio(steps.risk_factor, 3)} fits under the leverage limit"


def _rebalance_words(found: ExplainedDay, fill: Fill) -> Iterator[str]:
    steps, risk = fill.steps, found.run.scenario.risk
    if steps.applied > 0.0:
        yield (
            f"1 Risk: holdings × {ratio(steps.risk_factor, 3)}, from applied exposure "
            f"{ratio(steps.applied)} to {ratio(steps.exposure)}{_limited(found, fill)}."
        )
    else:
        yield f"1 Risk: nothing was applied before; the book is bought at {ratio(steps.exposure)}."
    yield f"2 Gate: {_gate_words(fill)}."
    cap = risk.max_turnover_per_rebal
    wanted = f"{percent(steps.turnover)} of NAV was left to trade"
    if cap is None:
        yield f"3 Turnover cap: off; {wanted}."
    elif not (fill.current > 0.0).any():
        yield f"3 Turnover cap: it does not hold back a first purchase; {wanted}."
    elif steps.cap_factor < 1.0:
        yield (
            f"3 Turnover cap: {wanted}, the cap is {percent(cap)}: {percent(steps.cap_factor)} of "
            "each trade is done, the rest is for the next rebalance to decide."
        )
    else:
        yield f"3 Turnover cap: {wanted}, within the cap of {percent(cap)}."
    if steps.buy_factor < 1.0:
        yield (
            f"4 Leverage limit: the book would have come to {percent(steps.total)} of NAV, the "
            f"limit is {percent(risk.max_leverage)}: buys × {ratio(steps.buy_factor, 3)}."
        )
    else:
        yield f"4 Leverage limit: the book comes to {percent(steps.total)} of NAV, within it."


def _gate_words(fill: Fill) -> str:
    hurdle, gated = fill.steps.hurdle, int(fill.gated.sum())
    if math.isnan(hurdle):
        return "off"
    if not gated:
        return f"every expected return is worth its costs (hurdle {percent(hurdle, 2)})"
    names = "name stays as it is" if gated == 1 else "names stay as they are"
    words = f"{count(gated)} {names}, expected return below {percent(hurdle, 2)}"
    if fill.steps.gate_factor < 1.0:
        words += f"; to make room for what they keep, buys × {ratio(fill.steps.gate_factor, 3)}"
    return words


def _exit_words(found: ExplainedDay, fill: Fill) -> Iterator[str]:
    for row in np.flatnonzero(fill.exit != ExitReason.OPEN):
        i = int(fill.security[row])
        ticker, reason = found.run.tickers[i], REASONS[int(fill.exit[row])]
        if math.isnan(fill.price[row]):
            yield (
                f"{ticker} was to be sold ({reason}) but had no bar: {percent(fill.current[row])} "
                "of NAV waits for its next one."
            )
        elif fill.exit[row] != ExitReason.BREAKER:
            yield _sold_words(found, fill, int(row), reason)


def _sold_words(found: ExplainedDay, fill: Fill, row: int, reason: str) -> str:
    i = int(fill.security[row])
    decision = found.day.filled
    test = None
    if decision is not None:
        test = next((each for each in decision.stops if each.security == i), None)
    words = (
        f"{found.run.tickers[i]} was sold at {ratio(fill.price[row])} ({reason}): "
        f"{money(-fill.traded[row])}, {percent(fill.current[row])} of NAV, cost "
        f"{ratio(fill.cost_of[row])}"
    )
    if test is None:
        return f"{words}. It had waited for a bar."
    level = test.stop_level if test.hit is ExitReason.STOP else test.trailing_level
    slip = fill.price[row] / level - 1.0
    side = "above" if slip >= 0.0 else "below"
    return f"{words}; {percent(abs(slip))} {side} its level of {ratio(level)}."


def note_of(fill: Fill, row: int) -> str:
    """Say in a word or two what was special about one name of a fill."""
    if fill.exit[row] != ExitReason.OPEN:
        waits = ", waits" if math.isnan(fill.price[row]) else ""
        return REASONS[int(fill.exit[row])] + waits
    if math.isnan(fill.price[row]):
        return "no bar"
    if fill.cooling[row]:
        return "cooling down"
    if fill.gated[row]:
        return "gated"
    if fill.final[row] == 0.0:
        return "sold out"
    return "new" if fill.current[row] == 0.0 else ""
