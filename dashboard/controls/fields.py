"""One control a field, made from its declaration; the choice itself lives in the state."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.parameters import ParameterSpec
from core.scenario import specs, value_at
from dashboard import session
from dashboard.controls.scales import Scale, choices, scale_of, unit_text
from dashboard.state import AppState

__all__ = ["field_control", "field_key", "switch_key"]


def field_key(path: str) -> str:
    """Return the widget key of a field's slider or choice."""
    return f"field:{path}"


def switch_key(path: str) -> str:
    """Return the widget key of the toggle that switches a rule on and off."""
    return f"switch:{path}"


def field_control(path: str, state: AppState, *, changed: bool) -> None:
    """Draw the control of one field of the scenario.

    Parameters
    ----------
    path : str
        Dotted path of a number, integer, flag or choice.
    state : AppState
    changed : bool
        Whether the value differs from the preset: the label then carries a dot.
    """
    spec = specs()[path]
    if spec.kind in ("number", "integer"):
        _number(spec, state, changed)
    elif spec.kind == "choice":
        _choice(spec, state, changed)
    elif spec.kind == "flag":
        _flag(spec, state, changed)
    else:
        raise ValueError(f"{path} must be a number, a choice or a flag, was a {spec.kind}")


def _number(spec: ParameterSpec, state: AppState, changed: bool) -> None:
    value = value_at(state.scenario, spec.path)
    is_on = value is not None
    if spec.optional:
        key = switch_key(spec.path)
        _show(key, is_on)
        st.toggle(
            _label(spec, changed), key=key, help=_help(spec), on_change=_switched, args=(spec.path,)
        )
    shown = value if is_on else state.on_value(spec)
    scale = scale_of(spec, shown)
    key = field_key(spec.path)
    _show(key, scale.shown(shown))
    st.slider(
        _label(spec, changed),
        min_value=_typed(scale, scale.low),
        max_value=_typed(scale, scale.high),
        step=_typed(scale, scale.step),
        format=scale.text,
        key=key,
        help=None if spec.optional else _help(spec),
        on_change=_moved,
        args=(spec.path, scale),
        disabled=not is_on,
        label_visibility="collapsed" if spec.optional else "visible",
    )


def _choice(spec: ParameterSpec, state: AppState, changed: bool) -> None:
    value = value_at(state.scenario, spec.path)
    offered = choices(spec, value)
    key = field_key(spec.path)
    _show(key, value)
    st.segmented_control(
        _label(spec, changed),
        offered,
        required=True,
        format_func=lambda choice: str(choice).replace("_", " "),
        key=key,
        help=_help(spec),
        on_change=_chosen,
        args=(spec.path,),
        disabled=len(offered) == 1,
    )


def _flag(spec: ParameterSpec, state: AppState, changed: bool) -> None:
    key = field_key(spec.path)
    _show(key, value_at(state.scenario, spec.path))
    st.toggle(
        _label(spec, changed), key=key, help=_help(spec), on_change=_chosen, args=(spec.path,)
    )


def _show(key: str, value: Any) -> None:
    # The state is the truth: a widget follows it after a reset, a preset or a refused change.
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _typed(scale: Scale, number: float) -> float | int:
    return int(number) if scale.whole else float(number)


def _label(spec: ParameterSpec, changed: bool) -> str:
    # Plain text: screen readers are given a label as it is written, markup and all.
    unit = unit_text(spec)
    said = not unit or unit in spec.label.lower()
    text = spec.label if said else f"{spec.label}, {unit}"
    return f"{text} ●" if changed else text


def _help(spec: ParameterSpec) -> str:
    return f"{spec.help}\n\nSource: {spec.source}." if spec.source else spec.help


def _moved(path: str, scale: Scale) -> None:
    shown = st.session_state[field_key(path)]
    session.put(session.current().with_values({path: scale.stored(shown)}))


def _chosen(path: str) -> None:
    session.put(session.current().with_values({path: st.session_state[field_key(path)]}))


def _switched(path: str) -> None:
    state = session.current()
    value = state.on_value(specs()[path]) if st.session_state[switch_key(path)] else None
    session.put(state.with_values({path: value}))
