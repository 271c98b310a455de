"""The Today strip in words: where the last close of the data stands, and what triggers what."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from html import escape
from typing import Final

from core.rules import Rule
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import labelled_html
from dashboard.format import DASH, count, date, percent, points, ratio
from dashboard.review_today import NearStop, Today, age
from dashboard.views.tables import html_table

__all__ = ["Card", "cards", "cards_html", "near_html", "rules_sentence", "today_sentence"]

_BINDING: Final = {
    "full": "nothing holds it back",
    "drawdown": "held by drawdown scaling",
    "volatility": "held by the volatility target",
    "leverage": "held by the regime's leverage",
    "floor": "held up by the floor",
    "breaker": "the breaker holds it in cash",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One card: what, the number that matters, and how to read it."""

    label: str
    number: str
    said: str
    warn: bool = False


def today_sentence(today: Today) -> str:
    """Say which session this is, and what it has to do with the period above."""
    if today.date == today.period_end:
        return f"{date(today.date)}, the last session of the data and of this period."
    return (
        f"{date(today.date)}, the last session of the data. The period of this page ends on "
        f"{date(today.period_end)}: here the same scenario is run on to the end of the data."
    )


def cards(today: Today, now: dt.date) -> tuple[Card, ...]:
    """Return the cards of the strip; `now` is the date of the clock."""
    return (
        _exposure(today),
        _breaker(today),
        _scaling(today),
        _volatility(today),
        _nearest(today),
        _data(today, now),
    )


def _exposure(today: Today) -> Card:
    if today.rebalance is None and not today.held and today.binding != "breaker":
        return Card("Exposure", percent(today.applied, 0), "nothing bought yet: no order is filled")
    wanted = "out" if math.isnan(today.wanted) else percent(today.wanted, 0)
    asked, held = today.trigger(Rule.LEVERAGE), _BINDING[today.binding]
    if today.binding == "full" and asked is not None and asked.room < 0.0:
        held = f"at its limit: the scales ask for {percent(asked.value, 0)}"
    return Card(
        "Exposure",
        percent(today.applied, 0),
        f"{held}; wanted {wanted}, invested {percent(today.invested, 0)}",
        warn=today.binding == "breaker",
    )


def _breaker(today: Today) -> Card:
    found = today.trigger(Rule.CIRCUIT_BREAKER)
    if found is None:
        return Card("To the breaker", DASH, "the circuit breaker is off")
    if found.acts:
        return Card("To the breaker", "out", "it sold everything and waits to re-enter", warn=True)
    fall = 1.0 - (1.0 + found.threshold) / (1.0 + found.value)
    return Card(
        "To the breaker",
        _points(found.room),
        f"drawdown {percent(found.value)}, trips at {percent(found.threshold, 0)}: if NAV falls "
        f"{percent(fall)} from here",
        warn=found.room < 0.03,
    )


def _scaling(today: Today) -> Card:
    found = today.trigger(Rule.DRAWDOWN_SCALING)
    if found is None:
        return Card("Drawdown scale", DASH, "drawdown scaling is off")
    depth = percent(found.threshold)
    if found.threshold == 0.0:
        said = "at the present volatility the floor leaves it no room to act"
    elif found.room > 0.0:
        said = (
            f"{_points(found.room)} of drawdown until exposure is at its floor, at {depth} with "
            f"the volatility scale of {ratio(today.vol_scale)}"
        )
    else:
        said = f"exposure is at its floor since {depth}, {_points(-found.room)} ago"
    return Card("Drawdown scale", ratio(today.dd_scale), said)


def _volatility(today: Today) -> Card:
    found = today.trigger(Rule.VOLATILITY_TARGET)
    if found is None:
        return Card("To the volatility target", DASH, "the volatility target is off")
    if math.isnan(found.value):
        return Card("To the volatility target", DASH, "its window is not full yet")
    side = "below: it lifts" if found.room > 0.0 else "above: it cuts"
    return Card(
        "To the volatility target",
        _points(abs(found.room)),
        f"{side}; volatility {percent(found.value)} against {percent(found.threshold, 0)}, scale "
        f"{ratio(today.vol_scale)}",
    )


def _nearest(today: Today) -> Card:
    leaving = f"; {count(today.leaving)} ordered to leave" if today.leaving else ""
    if not today.near:
        why = "nothing is held" if not today.held else "no stop is on, or all leave"
        return Card("Nearest stop", DASH, why + leaving)
    first, *others = today.near[:3]
    which, distance = _nearer(first)
    then = ", ".join(f"{one.ticker} {percent(_nearer(one)[1])}" for one in others)
    next_ = f"; then {then}" if then else ""
    return Card(
        "Nearest stop",
        percent(distance),
        f"{first.ticker}, {which} stop{next_}; of {count(today.held)} names{leaving}",
    )


def _data(today: Today, now: dt.date) -> Card:
    if today.simulated:
        return Card("Data end", date(today.date), "simulated: they do not grow old")
    days, weekdays = age(today.date, now)
    if days <= 0:
        return Card("Data end", date(today.date), "today")
    return Card(
        "Data end",
        date(today.date),
        f"{count(days)} days ago, about {count(weekdays)} sessions (weekdays)",
        warn=weekdays > 3,
    )


def rules_sentence(today: Today) -> str:
    """Say how far the rules are that have no card: rescale, leverage limit, cap and gate."""
    said = []
    if today.rescale is not None and today.applied > 0.0 and not math.isnan(today.wanted):
        strayed = today.wanted / today.applied - 1.0
        said.append(
            f"wanted exposure strays {percent(strayed, signed=True)} from the applied one, a "
            f"rescale comes beyond ±{percent(today.rescale, 0)}"
        )
    limit = today.trigger(Rule.LEVERAGE)
    if limit is not None:
        at = "at" if limit.room <= 0.0 else f"{_points(limit.room)} below"
        said.append(f"the scales ask for {percent(limit.value, 0)}, {at} the leverage limit")
    last = today.rebalance
    if last is not None:
        gate = f", the gate left {count(last.left_alone)} of {count(last.asked)} names alone"
        said.append(
            f"the last rebalance on {date(last.date)} wanted to trade {percent(last.wanted, 0)} of "
            f"NAV and traded {percent(last.traded, 0)}{gate if last.asked else ''}"
        )
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def cards_html(found: tuple[Card, ...]) -> str:
    """Return the strip."""
    return '<div class="pl-today">' + "".join(map(_card, found)) + "</div>"


def _card(card: Card) -> str:
    tone = " warn" if card.warn else ""
    return (
        f'<div class="pl-tile{tone}"><span>{labelled_html(card.label)}</span>'
        f"<b>{escape(card.number)}</b><p>{escape(card.said)}</p></div>"
    )


def near_html(today: Today) -> str:
    """Return the names nearest to their stops."""
    rows = [
        (
            escape(one.ticker),
            escape(sector_label(one.sector)),
            percent(one.weight),
            _distance(one.to_stop, one.from_entry),
            _distance(one.to_trailing, one.from_high),
        )
        for one in today.near
    ]
    head = ("Name", "Sector", "Weight", "To position stop (now, from entry)",
            "To trailing stop (now, from high)")  # fmt: skip
    return html_table(head, rows)


def _distance(to_stop: float, now: float) -> str:
    return "off" if math.isnan(to_stop) else f"{percent(to_stop)} ({percent(now, signed=True)})"


def _nearer(one: NearStop) -> tuple[str, float]:
    both = {"position": one.to_stop, "trailing": one.to_trailing}
    known = {name: value for name, value in both.items() if not math.isnan(value)}
    name = max(known, key=lambda which: known[which])
    return name, known[name]


def _points(value: float) -> str:
    return points(value).lstrip("+")
