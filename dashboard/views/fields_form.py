"""Fields of the scenario as a form made from their declarations, taken all at once.

What is typed is a draft of the session: it outlives a change of page or of part, is judged at once,
and nothing is run before it is applied.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.parameters import ParameterSpec
from core.scenario import preset, specs, value_at
from dashboard import session
from dashboard.controls.draft import Judged, judged, shown_value, stored_value
from dashboard.controls.scales import choices, scale_of, unit_text
from dashboard.format import count
from dashboard.report.comparison_words import field_text
from dashboard.sleeve_funds import idle_text
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.sleeve_off import funds_of

__all__ = ["FORM_CSS", "draft", "fields_form"]

FORM_CSS: Final = """<style>
.pl-field { font-size: 12px; line-height: 16px; color: var(--pl-secondary); }
.pl-field b { font-weight: 600; color: var(--pl-text); }
.pl-field.bad { color: var(--pl-worse); overflow-wrap: anywhere; }
[class*=st-key-form-cell] { gap: 4px; }
@media (min-width: 701px) {
  [class*=st-key-form-cell-tall] label[data-testid=stWidgetLabel] {
    min-height: 42px; align-items: flex-end;
  }
}
@media (min-width: 701px) and (max-width: 1399px) {
  [class*=st-key-form-cell] label[data-testid=stWidgetLabel] {
    min-height: 42px; align-items: flex-end;
  }
}
[class*=st-key-form-cell] button { min-height: 24px; padding: 0; }
</style>"""
_DRAFT: Final = "plimsoll.fields_draft"
_COLUMNS: Final = 4
_LONG: Final = 44  # characters of a label that may take two lines where four stand in a row
_SHORT: Final = 8  # fields below which the buttons above them are always near


def draft() -> dict[str, Any]:
    """Return path → value that was typed in this session and not applied."""
    found: dict[str, Any] = st.session_state.setdefault(_DRAFT, {})
    return found


def fields_form(fields: Sequence[ParameterSpec], key: str) -> None:
    """Draw controls of `fields` by group, what is wrong beside each, and what applies them all.

    Parameters
    ----------
    fields : sequence of ParameterSpec
    key : str
        Of the form on the page.
    """
    state = session.current()
    found = judged(state.scenario, draft())
    _bar(state, found, fields, key, "top")
    funds = funds_of(state.scenario.universe.source)
    groups: dict[str, list[ParameterSpec]] = {}
    for spec in fields:
        groups.setdefault(spec.group, []).append(spec)
    for group, own in groups.items():
        frame.show(frame.heading_html(group))
        for start in range(0, len(own), _COLUMNS):
            row = own[start : start + _COLUMNS]
            name = "form-cell-tall" if any(len(_label(s)) > _LONG for s in row) else "form-cell"
            for cell, spec in zip(st.columns(_COLUMNS), row, strict=False):
                with cell, st.container(key=f"{name}-{key}-{spec.url_key}"):
                    _field(spec, state, found, funds)
    if len(fields) > _SHORT:
        _bar(state, found, fields, key, "end")


def _bar(
    state: AppState, found: Judged, fields: Sequence[ParameterSpec], key: str, place: str
) -> None:
    number, wrong = len(found.values), len(found.problems)
    with st.container(
        horizontal=True, gap="small", key=f"form-{key}-{place}", vertical_alignment="center"
    ):
        st.button(
            f"Apply {count(number)} changed" if number else "Apply",
            key=f"form-apply-{key}-{place}", type="primary", disabled=not number or bool(wrong),
            on_click=_apply, help="Runs the setting once, with everything that was typed.",
        )  # fmt: skip
        st.button(
            "Discard", key=f"form-discard-{key}-{place}", disabled=not number, on_click=_discard,
            help="Back to the setting that is run.",
        )  # fmt: skip
        base = preset(state.preset_name)
        away = [s.path for s in fields if _value(state, found, s) != value_at(base, s.path)]
        st.button(
            f"Reset {f'{count(len(away))} ' if away else ''}to {state.preset_name}",
            key=f"form-reset-{key}-{place}", disabled=not away, on_click=_reset, args=(away,),
            help="Only those shown here; applied with the rest.",
        )  # fmt: skip
        st.caption(_said(number, wrong))
    if place == "top":
        shown = {spec.path for spec in fields}
        for problem in dict.fromkeys(w for path, w in found.problems.items() if path not in shown):
            frame.show(f'<div class="pl-field bad" role="alert">{escape(problem)}</div>')


def _said(number: int, wrong: int) -> str:
    if not number:
        return "This is what is run. What you change applies when you press Apply."
    if wrong:
        return f"{count(number)} typed and not applied; {count(wrong)} cannot be as typed."
    return f"{count(number)} typed and not applied."


def _value(state: AppState, found: Judged, spec: ParameterSpec) -> Any:
    return found.values.get(spec.path, value_at(state.scenario, spec.path))


def _field(
    spec: ParameterSpec, state: AppState, found: Judged, funds: Collection[str] | None
) -> None:
    run, value = value_at(state.scenario, spec.path), _value(state, found, spec)
    # Named by what is run: what the browser sends for another setting is nobody's choice.
    key = f"field:{spec.path}:{run}"
    st.session_state[key] = shown_value(spec, value)
    every = specs()
    idle = idle_text(spec.path, lambda path: _value(state, found, every[path]), funds)
    _control(spec, value, key, idle)
    if idle and spec.kind == "flag":
        frame.show(f'<div class="pl-field">{escape(idle)}</div>')
    problem = found.problems.get(spec.path)
    if problem is not None:
        frame.show(f'<div class="pl-field bad" role="alert">{escape(problem)}</div>')
    base = value_at(preset(state.preset_name), spec.path)
    told = [f"run with <b>{escape(field_text(spec, run))}</b>"] if run not in (value, base) else []
    told += [f"{escape(state.preset_name)}: {escape(field_text(spec, base))}"] * (value != base)
    if told:
        frame.show(f'<div class="pl-field">{", ".join(told)}</div>')
    if value != base:
        st.button(
            "Reset", key=f"reset:{spec.path}", type="tertiary", on_click=_reset,
            args=([spec.path],), help=f"Back to {field_text(spec, base)}, as {state.preset_name}.",
        )  # fmt: skip


def _label(spec: ParameterSpec) -> str:
    unit = unit_text(spec)
    says_more = unit and unit != "coordinates" and unit not in spec.label.casefold()
    label = f"{spec.label}, {unit}" if says_more else spec.label
    return label + (" (empty: off)" if spec.optional and spec.kind != "choice" else "")


def _control(spec: ParameterSpec, value: Any, key: str, idle: str) -> None:
    label = _label(spec)
    about = f"{idle} {spec.help}".strip() + f"\n\n`{spec.path}` · {spec.source}"
    more: dict[str, Any] = {
        "key": key, "help": about, "on_change": _typed, "args": (spec.path, key),
        "disabled": bool(idle),
    }  # fmt: skip
    if spec.kind == "flag":
        st.checkbox(label, **more)
    elif spec.kind == "choice":
        offered = [*choices(spec, value), *([None] if spec.optional and value is not None else [])]
        more["disabled"] |= len(offered) == 1
        st.selectbox(label, offered, format_func=_choice, **more)
    elif spec.kind == "date":
        st.date_input(label, None, **more)
    elif spec.kind == "text":
        st.text_input(label, placeholder="off" if spec.optional else "", **more)
    else:
        scale = scale_of(spec, spec.on_value if value is None else value)
        step = round(scale.step) if scale.whole else round(float(scale.step), 6)
        st.number_input(
            label, value=None, step=step, format="%d" if scale.whole else "%g",
            placeholder="off" if spec.optional else "", **more,
        )  # fmt: skip  # emptied, one that cannot be off is None and goes back, not to 0


def _choice(one: Any) -> str:
    return "off" if one is None else str(one).replace("_", " ")


def _typed(path: str, key: str) -> None:
    if key not in st.session_state:
        return  # of a control that is not on the page any more
    spec, state = specs()[path], session.current()
    before = draft().get(path, value_at(state.scenario, path))
    _keep({path: stored_value(spec, st.session_state[key], before)})


def _keep(values: Mapping[str, Any]) -> None:
    scenario, own = session.current().scenario, draft()
    own.update(values)
    for path in [path for path in own if value_at(scenario, path) == own[path]]:
        del own[path]


def _reset(paths: Sequence[str]) -> None:
    base = preset(session.current().preset_name)
    _keep({path: value_at(base, path) for path in paths})


def _discard() -> None:
    draft().clear()


def _apply() -> None:
    state = session.current()
    found = judged(state.scenario, draft())
    if found.values and not found.problems:
        draft().clear()
        session.put(state.with_values(found.values))
