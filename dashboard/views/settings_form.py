"""Fields of the scenario as a form, made from their declarations and taken all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.parameters import ParameterSpec
from core.scenario import scenario_hash, specs, value_at
from dashboard import session
from dashboard.controls.scales import choices, scale_of, unit_text
from dashboard.state import AppState
from dashboard.views import frame

__all__ = ["BOOK_GROUPS", "fields_of", "settings_form"]

#: What decides a book before any rule of risk acts on it, apart from the weights of factors.
BOOK_GROUPS: Final = (
    "Regimes", "Markov switching", "Turbulence", "Factor timing", "Regime leverage",
    "Regime stops", "Universe", "Book", "Sleeves",
)  # fmt: skip
_KINDS: Final = ("number", "integer", "flag", "choice")
_COLUMNS: Final = 3
_WHEN: Final = "What you change here applies when you press Run, here or below the last field."


def fields_of(group: str) -> tuple[ParameterSpec, ...]:
    """Return the fields of a group that a form can hold; one that has no other value is left out.

    Texts and dates have pickers of their own.
    """
    return tuple(
        spec
        for spec in specs().values()
        if spec.group == group and spec.kind in _KINDS and len(spec.choices) != 1
    )


def settings_form(title: str, groups: Sequence[str], key: str) -> None:
    """Draw the form, closed; nothing is run until its button is pressed.

    Parameters
    ----------
    title : str
    groups : sequence of str
        Of declarations, in order.
    key : str
        Of the form on the page.
    """
    state = session.current()
    # Named by the setting: a value that the browser sent for another setting is nobody's choice.
    named = f"{key}:{scenario_hash(state.scenario)}"
    paths = [spec.path for group in groups for spec in fields_of(group)]
    with st.expander(title), st.form(named, border=False):
        # The form is several screens high: its button stands above the first field as well.
        _run_button(named, paths, "top")
        frame.show(frame.words_html("", _WHEN))
        for group in groups:
            st.markdown(f"**{group}**")
            columns = st.columns(_COLUMNS)
            for place, spec in enumerate(fields_of(group)):
                _field(columns[place % _COLUMNS], spec, state, f"{named}:{spec.path}")
        _run_button(named, paths, "end")


def _run_button(named: str, paths: Sequence[str], place: str) -> None:
    st.form_submit_button(
        "Run with these settings",
        type="primary",
        key=f"{named}:run-{place}",
        on_click=_take,
        args=(named, paths),
    )


def _field(column: Any, spec: ParameterSpec, state: AppState, key: str) -> None:
    value, unit = value_at(state.scenario, spec.path), unit_text(spec)
    label = f"{spec.label}, {unit}" if unit else spec.label
    if spec.kind == "flag":
        column.checkbox(label, value, key=key, help=spec.help)
        return
    if spec.kind == "choice":
        offered = choices(spec, value)
        column.selectbox(label, offered, offered.index(value), key=key, help=spec.help,
                         format_func=lambda one: str(one).replace("_", " "))  # fmt: skip
        return
    scale = scale_of(spec, spec.on_value if value is None else value)
    ends = [None if end is None else _typed(spec, end * scale.factor)
            for end in (spec.minimum, spec.maximum)]  # fmt: skip
    column.number_input(
        f"{label} (empty: off)" if spec.optional else label,
        min_value=ends[0],
        max_value=ends[1],
        value=None if value is None else scale.shown(value),
        step=_typed(spec, scale.step),
        format="%d" if scale.whole else "%g",
        placeholder="off",
        key=key,
        help=spec.help,
    )


def _typed(spec: ParameterSpec, number: float) -> float | int:
    # Streamlit wants the value, its ends and its step to be all whole or all not.
    return round(number) if spec.kind == "integer" else round(float(number), 6)


def _take(named: str, paths: Sequence[str]) -> None:
    state = session.current()
    values = {}
    for path in paths:
        spec, before = specs()[path], value_at(state.scenario, path)
        shown = st.session_state.get(f"{named}:{path}", before)
        if spec.kind in ("flag", "choice"):
            value = shown
        elif shown is None:
            value = None if spec.optional else before
        else:
            value = scale_of(spec, spec.on_value if before is None else before).stored(shown)
        if value != before:
            values[path] = value
    if values:
        session.put(state.with_values(values))
