"""A comparison in words, the same on the page and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.evidence.verdict import PairedDifference, Verdict
from core.parameters import ParameterSpec
from core.presets import preset
from core.scenario import changed_fields, specs, value_at
from dashboard.compared import Compared, moved_from
from dashboard.controls.scales import unit_text
from dashboard.format import DASH, FORMATS, count, date, percent, points, ratio
from dashboard.report.faces import FACES
from dashboard.review_compare import RANKED, Pairs, Side, ranking
from dashboard.review_disagreement import Disagreement
from dashboard.review_evidence import is_short
from dashboard.run import Run

__all__ = [
    "caution",
    "compared_title",
    "day_sentence",
    "difference_text",
    "field_text",
    "headline",
    "held_text",
    "interval_text",
    "listed",
    "moved_words",
    "ranking_words",
    "setting_title",
    "verdict_words",
]

_NAMED_CHANGES: Final = 2
_BINDING: Final = {
    "": "nothing bought yet",
    "full": "no rule",
    "drawdown": "drawdown scaling",
    "volatility": "volatility target",
    "leverage": "regime leverage",
    "floor": "the floor",
    "breaker": "circuit breaker",
}
_NAMED_STOPS: Final = 4
_UNITS: Final = {
    "ratio": "",
    "beta": "",
    "coordinates": "",
    "multiple of NAV": "× NAV",
    "multiple of the weight": "×",
    "multiple of the stop": "×",
    "multiple of exposure": "×",
}


def field_text(spec: ParameterSpec, value: Any) -> str:
    """Write the value of a field for people, with its unit."""
    if value is None:
        return "off"
    if spec.kind == "flag":
        return "on" if value else "off"
    if spec.kind == "date":
        return date(value)
    if spec.kind == "choice" and isinstance(value, str):
        return value.replace("_", " ")
    if spec.kind not in ("number", "integer"):
        return str(value)
    if spec.is_fraction:
        shown = 100.0 * float(value)
        digits = [digits for digits in range(6) if _is_whole(shown * 10**digits)]
        return percent(float(value), digits[0] if digits else 6)
    number = count(value) if spec.kind == "integer" else f"{float(value):g}".replace("-", "−")
    unit = _UNITS.get(spec.unit, unit_text(spec))
    return f"{number} {unit}".strip()


def setting_title(entry: Compared) -> str:
    """Return what a setting is called: its own name, or what makes it another than its preset."""
    if entry.name or entry.scenario is None:
        return entry.name or entry.preset_name
    base, scenario = preset(entry.preset_name), entry.scenario
    own = [
        path
        for path in changed_fields(base, scenario)
        if path not in ("universe.source", "period.start", "period.end", "book.own_book")
    ]
    if not own:
        return entry.preset_name
    if len(own) > _NAMED_CHANGES:
        return f"{entry.preset_name}, {len(own)} changed"
    told = [
        f"{_lower(specs()[path].label)} {field_text(specs()[path], value_at(scenario, path))}"
        for path in own
    ]
    return f"{entry.preset_name}, {', '.join(told)}"


def compared_title(entry: Compared, pinned_title: str) -> str:
    """Return what is written wherever this one appears."""
    if entry.kind == "control":
        return "Exposure-matched control"
    if entry.kind == "pinned":
        return f"Pinned: {pinned_title}"
    return entry.preset_name if entry.kind == "preset" else setting_title(entry)


def moved_words(side: Side, entry: Compared, present: Run) -> str:
    """Say that a setting had another market or period than the one it is run on; "" if not."""
    had = moved_from(entry, present.scenario)
    if not had:
        return ""
    parts = []
    if "universe.source" in had:
        parts.append(f"market {had['universe.source']}")
    if "period.start" in had or "period.end" in had:
        scenario = entry.scenario
        assert scenario is not None  # only a setting has a market and period of its own
        start, end = scenario.period.start, scenario.period.end
        first = date(start) if start else "the first date"
        parts.append(f"period {first} … {date(end) if end else 'the last date'}")
    here = f"{present.market.source}, {date(present.dates[0])} … {date(present.dates[-1])}"
    return f"{side.named} was made for {' and '.join(parts)}. It is run on {here}, as all are."


def headline(sides: Sequence[Side]) -> str:
    """Return one sentence: what each made, in the order chosen, without a ranking.

    A short run has no yearly figure: what it made in all is told.
    """
    run = sides[0].run
    short = is_short(run)
    over, parts = "in all" if short else "a year", []
    for side, verb in zip(sides, (" made", *[""] * len(sides)), strict=False):
        metrics = side.run.metrics
        made = percent(metrics.total_return if short else metrics.cagr)
        fell = percent(-metrics.max_drawdown)
        parts.append(f"{side.named}{verb} {made} {over} with a worst loss of {fell}")
    told = f"From {date(run.dates[0])} to {date(run.dates[-1])} {'; '.join(parts)}."
    return f"{told} Too short for yearly figures." if short else told


def difference_text(metric: str, value: float | None) -> str:
    """Write a difference of two values of a metric, with its sign."""
    if value is None or value != value:
        return DASH
    kind = FACES[metric].kind
    if kind in ("percent", "whole percent"):
        return points(value, 0 if kind == "whole percent" else 1)
    return ratio(value, signed=True) if kind == "ratio" else FORMATS[kind](value)


def interval_text(found: PairedDifference) -> str:
    """Write the interval of a difference; "" where there is none, 0 only where it is not beyond."""
    if found.low is None or found.high is None:
        return ""
    sure = found.verdict in (Verdict.BETTER, Verdict.WORSE)
    if FACES[found.metric].kind == "ratio":
        low, high = (
            ratio(end, _digits(end, 2, sure), signed=True) for end in (found.low, found.high)
        )
        return f"{low} … {high}"
    low, high = (points(end, _digits(100.0 * end, 1, sure)) for end in (found.low, found.high))
    return f"{low.rpartition(chr(0x202F))[0]} … {high}"


def _digits(end: float, usual: int, sure: bool) -> int:
    """Return with how many digits an end is written: beyond noise it does not read as 0."""
    more = (digits for digits in range(usual, usual + 4) if round(end, digits))
    return next(more, usual) if sure else usual


def verdict_words(sides: Sequence[Side], pairs: Pairs) -> Iterator[str]:
    """Say of each one beside the first what is more than noise, and what is not."""
    first = sides[0]
    for side in sides[1:]:
        found = pairs[side.letter, first.letter]
        if all(one.verdict is Verdict.SAME for one in found.values()):
            yield f"{side.named} returns the same as {first.named} on every session: no difference."
            continue
        beyond = [one for one in found.values() if one.verdict in (Verdict.BETTER, Verdict.WORSE)]
        noise = [one for one in found.values() if one.verdict is Verdict.NOISE]
        parts = []
        if beyond:
            told = ", ".join(f"{_name(one)} {one.verdict.value} ({_by(one)})" for one in beyond)
            parts.append(f"beyond noise: {told}")
        if noise:
            told = ", ".join(f"{_name(one)} ({_by(one)})" for one in noise)
            parts.append(f"within noise: {told}")
        undefined = [one for one in found.values() if one.verdict is Verdict.UNDEFINED]
        if undefined:
            parts.append(f"no verdict: {', '.join(map(_name, undefined))}")
        yield f"{side.named} against {first.named} – {'; '.join(parts)}."


def caution(pairs: Pairs) -> str:
    """Say what looking at so many differences does to the verdicts."""
    number = sum(len(found) for found in pairs.values())
    return (
        f"{count(number)} differences were looked at; where nothing differs at all, about one in "
        "twenty would still be called better or worse."
    )


def ranking_words(sides: Sequence[Side], pairs: Pairs) -> Iterator[tuple[str, str, str]]:
    """Yield metric, order with the best first, and which of the differences are beyond noise."""
    for metric in RANKED:
        order, beyond = ranking(sides, pairs, metric)
        face = FACES[metric]
        told = " · ".join(
            f"{side.letter}\u00a0{FORMATS[face.kind](getattr(side.run.metrics, metric))}"
            for side in order
        )
        over = ", ".join(
            f"{better.letter}\u00a0over\u00a0{worse.letter}" for better, worse in beyond
        )
        yield face.label, told or DASH, over or "none: this order may be luck"


def held_text(binding: str) -> str:
    """Say which rule held exposure."""
    return _BINDING[binding]


def day_sentence(day: Disagreement, run: Run, letters: tuple[str, str]) -> str:
    """Return one day of disagreement in words, with the parts of the gap."""
    one, other = letters
    sides = ((one, day.one), (other, day.other))
    told = ", ".join(
        f"{letter} {percent(held.net_return, 2, signed=True)}" for letter, held in sides
    )
    invested = " and ".join(
        f"{letter} {percent(held.exposure, 0)} invested (last set: {held_text(held.binding)})"
        for letter, held in sides
    )
    parts = (
        f"{points(day.by_exposure, 2)} from exposure, {points(day.by_names, 2)} from names and "
        f"weights, {points(day.by_rest, 2)} from costs, interest and overlay"
    )
    names = ", ".join(f"{name} {points(value, 2)}" for name, value in day.names)
    stops = "".join(
        f" {'A stop' if len(held.stopped) == 1 else 'Stops'} of {letter} had sold "
        f"{listed(held.stopped)}, still held by {holder}."
        for (letter, held), holder in zip(sides, (other, one), strict=True)
        if held.stopped
    )
    most = f" Most by name: {names}." if names else ""
    return (
        f"{date(run.dates[day.session])}: {told}. Into the day went {invested}. Of the gap of "
        f"{points(day.gap, 2)}: {parts}.{most}{stops}"
    )


def listed(names: Sequence[str]) -> str:
    """Name the first few, and count the rest; "" for none."""
    rest = len(names) - _NAMED_STOPS
    told = ", ".join(names[:_NAMED_STOPS])
    return f"{told} and {rest} more" if rest > 0 else told


def _name(found: PairedDifference) -> str:
    return FACES[found.metric].label


def _by(found: PairedDifference) -> str:
    return difference_text(found.metric, found.estimate)


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-7


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
