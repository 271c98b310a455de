"""Tables of the page Compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import pandas as pd

from core.attribution import ACCOUNT_METRICS, NO_RULES, SCENARIO
from core.evidence.bootstrap import PairedDifference
from core.evidence.verdict import Verdict
from core.rules import Rule
from core.scenario import specs
from dashboard.charts.compare import DASHES
from dashboard.definitions import term_html
from dashboard.format import DASH, FORMATS, date, difference, percent
from dashboard.report.comparison_words import (
    difference_text,
    field_text,
    interval_text,
    ranking_words,
)
from dashboard.report.faces import FACES, MetricFace
from dashboard.review_compare import JUDGED, LETTERS, OwnAccount, Pairs, Side
from dashboard.theme import Theme
from dashboard.views.metrics import shown, value_of
from dashboard.views.tables import html_table

__all__ = [
    "accounts_html",
    "compare_alt",
    "disagreement_alt",
    "fields_html",
    "legend_html",
    "metrics_frame",
    "metrics_html",
    "ranking_html",
]

_RULES: Final = tuple(rule.label for rule in Rule)
# Of each dash, where a stroke begins and ends, and how long it is until it repeats, in pixels.
_STROKES: Final = {
    "solid": (((0, 34),), 34),
    "dash": (((0, 7),), 11),
    "dot": (((0, 2),), 5),
    "dashdot": (((0, 7), (10, 12)), 15),
}


def legend_html(sides: Sequence[Side], colours: Theme) -> str:
    """Return what each letter is, with the line it is drawn as."""
    parts = []
    for side in sides:
        number = LETTERS.index(side.letter)
        line = stroke_html(colours.compared(number), DASHES[number])
        parts.append(f"<span>{line}<b>{side.letter}</b> {escape(side.label)}</span>")
    return f'<div class="pl-legend">{"".join(parts)}</div>'


def stroke_html(colour: str, dash: str) -> str:
    """Return a piece of a line as charts draw it, for a legend; `dash` is Plotly's word."""
    strokes, every = _STROKES[dash]
    stops = []
    for begin, end in strokes:
        stops += [f"transparent 0 {begin}px"] if begin else []
        stops.append(f"{colour} 0 {end}px")
    fill = f"repeating-linear-gradient(90deg, {', '.join(stops)}, transparent 0 {every}px)"
    return f'<i class="pl-stroke" style="background: {fill}"></i>'


def compare_alt(sides: Sequence[Side]) -> str:
    """Describe the figure by its ends."""
    texts = [
        f"{side.named}: grew by {percent(side.run.metrics.total_return)}, worst drawdown "
        f"{percent(side.run.metrics.max_drawdown)}, "
        f"{percent(side.run.metrics.average_exposure)} invested on average"
        for side in sides
    ]
    return f"Growth, drawdown and exposure over the same sessions. {'; '.join(texts)}."


def metrics_html(sides: Sequence[Side], pairs: Pairs | None, *, waiting: bool = False) -> str:
    """Return every metric, a column a side; what stands beside the first with interval and verdict.

    Parameters
    ----------
    sides : sequence of Side
    pairs : mapping, optional
        None while it is being worked out, or where it cannot be: differences then have no verdict.
    waiting : bool
        Whether it is being worked out.
    """
    head = ["Metric", *(f"{side.letter} {escape(_short(side.label))}" for side in sides)]
    rows = []
    for face in FACES.values():
        first = value_of(sides[0].run.metrics, face)
        label = term_html(face.name)
        cells = [shown(face, first)]
        for side in sides[1:]:
            value = value_of(side.run.metrics, face)
            found = None if pairs is None else pairs[side.letter, sides[0].letter].get(face.name)
            beside = "…" if waiting and face.name in JUDGED else _beside(face, value, first, found)
            cells.append(f'{shown(face, value)}<div class="pl-sub">{beside}</div>')
        rows.append((label, *cells))
    return html_table(head, rows)


def _beside(face: MetricFace, value: float, first: float, found: PairedDifference | None) -> str:
    if face.name not in JUDGED:
        return difference(face.kind, value, first) or "the same"
    if found is None or found.verdict is Verdict.UNDEFINED:
        return f"{difference_text(face.name, value - first)}, no verdict"
    if found.verdict is Verdict.SAME:
        return "no difference"
    tones = {Verdict.BETTER: "pl-better", Verdict.WORSE: "pl-worse"}
    said = found.verdict.value
    if found.verdict in tones:
        said = f'<span class="{tones[found.verdict]}"><b>{said}</b></span>'
    told = f"{difference_text(face.name, found.estimate)} ({interval_text(found)})<br>{said}"
    return f'<span title="{escape(found.sentence)}">{told}</span>'


def metrics_frame(sides: Sequence[Side], pairs: Pairs | None) -> pd.DataFrame:
    """Return the same numbers as a file: a row a metric and side."""
    rows = []
    for face in FACES.values():
        for side in sides:
            key = (side.letter, sides[0].letter)
            found = None if pairs is None or side is sides[0] else pairs[key].get(face.name)
            value, first = (value_of(one.run.metrics, face) for one in (side, sides[0]))
            rows.append(
                {
                    "metric": face.name,
                    "letter": side.letter,
                    "setting": side.label,
                    "value": value,
                    "difference": value - first,
                    "low": None if found is None else found.low,
                    "high": None if found is None else found.high,
                    "p_value": None if found is None else found.p_value,
                    "verdict": "" if found is None else found.verdict.value,
                }
            )
    return pd.DataFrame(rows)


def fields_html(table: pd.DataFrame, sides: Sequence[Side]) -> str:
    """Return the fields that differ, a column a side; what differs from the first is marked."""
    labels = {side.letter: _short(side.label) for side in sides}
    head = ["Field", *(f"{letter} {escape(labels[letter])}" for letter in table.columns)]
    rows = []
    for path, values in zip(table.index, table.to_numpy(dtype=object), strict=True):
        spec = specs()[str(path)]
        cells = [escape(field_text(spec, value)) for value in values]
        marked = [cells[0], *(c if c == cells[0] else f"<b>{c}</b>" for c in cells[1:])]
        label = f'<span title="{escape(spec.help)}">{escape(spec.label)}</span>'
        rows.append((label, *marked))
    return html_table(head, rows)


def ranking_html(sides: Sequence[Side], pairs: Pairs) -> str:
    """Return who is ahead by which metric, and which of it is more than noise."""
    rows = [tuple(map(escape, row)) for row in ranking_words(sides, pairs)]
    table = html_table(("Metric", "Order, best first", "Beyond noise"), rows)
    return f'<div class="pl-wraps">{table}</div>'


def accounts_html(
    sides: Sequence[Side], accounts: Mapping[str, OwnAccount | None], metric: str
) -> str:
    """Return what each rule did in each side, beside each other.

    Parameters
    ----------
    sides : sequence of Side
        But the control, which has no rules.
    accounts : mapping of letter to OwnAccount or None
        None where there is none; "…" stands for one that is being worked out.
    metric : str
        Among ``ACCOUNT_METRICS``.
    """
    column = ACCOUNT_METRICS.index(metric)
    write = FORMATS[FACES[metric].kind]
    rows: dict[str, list[str]] = {name: [] for name in (NO_RULES, *_RULES, SCENARIO)}
    for side in sides:
        account = accounts.get(side.letter)
        if account is None:
            for cells in rows.values():
                cells.append(DASH if side.letter in accounts else "…")
            continue
        shares = account.shares
        rows[NO_RULES].append(write(float(shares.without[column])))
        for rule in Rule:
            value = float(shares.of(rule)[column])
            rows[rule.label].append(_share(metric, value, rule in account.rules))
        rows[SCENARIO].append(f"<b>{write(float(shares.scenario[column]))}</b>")
    head = ("Rule", *(f"{side.letter} {escape(_short(side.label))}" for side in sides))
    return html_table(head, [(escape(name), *cells) for name, cells in rows.items()])


def _share(metric: str, value: float, is_on: bool) -> str:
    if not is_on:
        return "off"
    if value == 0.0:
        return DASH
    text = difference_text(metric, value)
    if metric == "volatility" or text[0].isdigit():
        return text
    return f'<span class="{"pl-better" if text[0] == "+" else "pl-worse"}">{text}</span>'


def disagreement_alt(gap: pd.Series, one: Side, other: Side) -> str:
    """Describe the calendar by its ends and how often who did better."""
    ahead = int((gap > 0.0).sum()), int((gap < 0.0).sum())
    return (
        f"Daily return of {other.named} minus {one.named}, a cell a session. {other.letter} did "
        f"better on {ahead[0]} sessions, {one.letter} on {ahead[1]}. Largest gaps: "
        f"{percent(float(gap.min()), 2)} on {date(gap.idxmin())} and "
        f"{percent(float(gap.max()), 2, signed=True)} on {date(gap.idxmax())}."
    )


def _short(label: str) -> str:
    return label if len(label) <= 26 else f"{label[:25]}…"
