"""The parts of the Ladder page: what each step added, phases and yardsticks, targets, growth."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core.evidence.verdict import PairedDifference
from dashboard import session
from dashboard.charts.ladder import added_figure, growth_alt, growth_figure, growth_styles
from dashboard.definitions import term_html
from dashboard.format import DASH, FORMATS, date
from dashboard.ladder import CONTROL, JUDGED, Ladder, Step
from dashboard.record import Recorded
from dashboard.report.comparison_words import difference_text
from dashboard.report.faces import FACES
from dashboard.report.ladder import (
    SHOWN,
    against_frame,
    caution_words,
    curves_frame,
    judged_text,
    ladder_headline,
    steps_frame,
    targets_frame,
    targets_words,
)
from dashboard.report.targets import TARGETS
from dashboard.theme import Theme
from dashboard.views import frame
from dashboard.views.chart import chart, heading
from dashboard.views.compare_words import stroke_html
from dashboard.views.page import is_phone, nothing
from dashboard.views.tables import bullets, html_table

__all__ = ["LADDER_CSS", "climbed", "climbed_and_recorded"]

LADDER_CSS: Final = """<style>
.pl-wait { border-radius: var(--pl-radius); background: var(--pl-raised); display: flex;
  justify-content: center; align-items: center; font-size: 14px; color: var(--pl-secondary);
  padding: 0 12px; text-align: center; }
.pl-table .pl-range { color: var(--pl-secondary); font-size: 12px; }
.pl-table tr.pl-phase td { font-weight: 600; }
.pl-table tr.pl-phase .pl-range { font-weight: 400; }
.pl-ladder td:first-child { white-space: normal; min-width: 210px; }
.pl-against td:nth-child(2), .pl-against th:nth-child(2) { text-align: left; }
@media (max-width: 700px) {
  .pl-table { font-size: 12px; }
  .pl-ladder td:first-child { min-width: 150px; }
  .pl-against :is(th, td):first-child { min-width: 56px; }
  .pl-against td:nth-child(2) { white-space: normal; }
}
</style>"""
_METRIC: Final = "plimsoll.ladder.metric"
_FIRST_METRIC: Final = "sharpe_ratio"
_OTHER_SHARES: Final = (
    "Overview shares the cost of the rules over all orders, so a rule may cost more or less there "
    "than here, and the dearest may be another."
)
_YARDSTICKS_WORDS: Final = (
    "The benchmark and the equal-weighted members (rebalanced every day, free of costs) are "
    f"indices. “{CONTROL}” is the phase's own book at the phase's own average exposure, always, "
    "with its costs and without a rule: what does no better only held less."
)


def climbed_and_recorded(worked: Recorded[Ladder]) -> None:
    """Draw a ladder; where its settings are not in the journal, say so and offer to write them."""
    if worked.unrecorded:
        nothing("The settings of this ladder are not in the journal", worked.unrecorded)
        st.button("Record them now", key="ladder-record", on_click=worked.try_again)
    climbed(worked.found)


def climbed(found: Ladder) -> None:
    """Draw everything of one ladder."""
    frame.show(frame.words_html(ladder_headline(found)))
    notes = [*found.notes]
    notes += [f"{s.rung.title} was not run: {s.problem}" for s in found.steps if s.problem]
    if notes:
        frame.show(bullets(notes))
    _added(found)
    _steps(found)
    _against(found)
    _targets(found)
    _growth(found)


def _content(found: Ladder, *more: Hashable) -> Hashable:
    curves = b"".join(step.nav.tobytes() for step in found.steps if step.nav is not None)
    told = hashlib.sha256(curves).hexdigest()[:16]
    return (found.fingerprint, str(found.dates[0]), told, session.colours(), is_phone(), *more)


@st.fragment
def _added(found: Ladder) -> None:
    if not any(step.added for step in found.steps):
        return
    chosen = str(st.session_state.get(_METRIC, _FIRST_METRIC))
    table, colours, phone = steps_frame(found), session.colours(), is_phone()
    labels = {metric: FACES[metric].label for metric in JUDGED}

    def take() -> None:
        st.session_state[_METRIC] = st.session_state["ladder-metric"]

    st.segmented_control(
        "Metric", list(labels), default=chosen, key="ladder-metric", required=True,
        format_func=lambda metric: labels[metric], on_change=take, label_visibility="collapsed",
    )  # fmt: skip
    chart(
        lambda: added_figure(table, chosen, colours, compact=phone),
        table,
        key="ladder-added",
        title="What each change added to the step above it",
        alt=_added_alt(found, chosen),
        content=_content(found, chosen),
    )
    frame.show(frame.words_html("", f"{caution_words(found)} {_OTHER_SHARES}"))


def _added_alt(found: Ladder, metric: str) -> str:
    told = "; ".join(
        f"{step.rung.label} {difference_text(metric, one.estimate)} ({one.verdict.value})"
        for step in found.steps
        for one in [step.added.get(metric)]
        if one is not None
    )
    return f"{FACES[metric].label}, added by each step: {told}."


def _steps(found: Ladder) -> None:
    heading("Every step, with all those before it", steps_frame(found), "ladder-steps")
    head = ["Step", *(term_html(name, FACES[name].label) for name in SHOWN)]
    head += [f"{FACES[name].label}, added" for name in ("cagr", "sharpe_ratio")]
    rows = "".join(_row(step) for step in found.steps)
    top = "".join(f"<th>{cell}</th>" for cell in head)
    frame.show(
        f'<div class="pl-scroll pl-ladder"><table class="pl-table"><thead><tr>{top}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(step: Step) -> str:
    detail = f'<br><span class="pl-range">{escape(step.rung.detail)}</span>'
    cells = [escape(step.rung.label) + (detail if step.rung.fields else "")]
    cells += [_value(step, name) for name in SHOWN]
    cells += [_judged(step.added.get(name)) for name in ("cagr", "sharpe_ratio")]
    kind = ' class="pl-phase"' if step.rung.is_phase else ""
    return f"<tr{kind}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _value(step: Step, name: str) -> str:
    if step.metrics is None:
        return DASH
    return FORMATS[FACES[name].kind](step.metrics.as_dict()[name])


def _judged(one: PairedDifference | None) -> str:
    number, span, verdict = judged_text(one)
    if verdict in ("better", "worse"):
        number = f'<span class="pl-{verdict}">{number}</span>'
    small = ", ".join(part for part in (span, verdict) if part)
    return f'{number}<br><span class="pl-range">{small}</span>' if number else small


def _against(found: Ladder) -> None:
    if not any(step.against for step in found.phases):
        return
    heading("Each phase minus its yardsticks", against_frame(found), "ladder-against")
    table = html_table(("Phase", "Minus", *_judged_heads()), _against_rows(found))
    frame.show(f'<div class="pl-against">{table}</div>')
    frame.show(frame.words_html("", _YARDSTICKS_WORDS))


def _judged_heads() -> Iterator[str]:
    yield from (term_html(name, FACES[name].label) for name in JUDGED)


def _against_rows(found: Ladder) -> Iterator[tuple[str, ...]]:
    for step in found.phases:
        for name, differences in step.against.items():
            told = escape(name)
            if name == CONTROL and step.exposure is not None:
                told += f' <span class="pl-range">at {FORMATS["percent"](step.exposure)}</span>'
            own = (_judged(differences.get(metric)) for metric in JUDGED)
            yield (escape(step.rung.toward), told, *own)


def _targets(found: Ladder) -> None:
    heading("Beside the origin report's targets", targets_frame(found), "ladder-targets")
    names = [escape(one.name) for one in found.yardsticks]
    head = ("", "Target", *map(escape, found.presets), *names)
    frame.show(html_table(head, _target_rows(found)))
    frame.show(frame.words_html(targets_words(found)))


def _target_rows(found: Ladder) -> Iterator[tuple[str, ...]]:
    for metric, target in TARGETS.items():
        write = FORMATS[FACES[metric].kind]
        cells = []
        for step in found.phases:
            value = None if step.metrics is None else step.metrics.as_dict()[metric]
            met = target.met(value)
            text = DASH if value is None else write(value)
            cells.append(f"<b>{text} ✓</b>" if met else text)
        curves = (getattr(one.metrics, metric, None) for one in found.yardsticks)
        cells += ["" if value is None else write(value) for value in curves]
        yield (term_html(metric, FACES[metric].label), escape(target.text), *cells)


def _growth(found: Ladder) -> None:
    table, colours, phone = curves_frame(found), session.colours(), is_phone()
    phases = sum(step.nav is not None for step in found.phases)
    chart(
        lambda: growth_figure(table, phases, colours, compact=phone),
        table,
        key="ladder-growth",
        title=f"Growth from {date(found.dates[0])} to {date(found.dates[-1])}",
        alt=growth_alt(table),
        content=_content(found),
    )
    if phone:  # beside the curves there is room for their numbers alone
        frame.show(_growth_legend(table, phases, colours))


def _growth_legend(table: pd.DataFrame, phases: int, colours: Theme) -> str:
    parts = [
        f"<span>{stroke_html(colour, dash)}{escape(name)}</span>"
        for name, colour, dash in growth_styles(table, phases, colours)
    ]
    return f'<div class="pl-legend">{"".join(parts)}</div>'
