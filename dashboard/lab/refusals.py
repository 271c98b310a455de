"""Why a value that was typed is not taken: in the words and units in which it was typed."""

from __future__ import annotations

from typing import Any

from core.parameters import ParameterSpec
from core.scenario import specs

__all__ = ["refusal"]


def refusal(path: str, value: Any) -> str:
    """Return why `value` lies outside what the field at `path` takes, "" where it does not.

    Parameters
    ----------
    path : str
        Of a field of the scenario.
    value : object
        As stored: a fraction, where percent is shown.
    """
    spec = specs()[path]
    if spec.kind not in ("number", "integer") or isinstance(value, bool):
        return ""
    if not isinstance(value, int | float) or _is_inside(spec, value):
        return ""
    text = f"{spec.label} must be {_range(spec)}, was {_shown(spec, value)}."
    return f"{text} Type off to switch it off." if spec.optional else text


def _is_inside(spec: ParameterSpec, value: float) -> bool:
    low, high = spec.minimum, spec.maximum
    above = low is None or (value > low if spec.open_minimum else value >= low)
    return above and (high is None or value <= high)


def _range(spec: ParameterSpec) -> str:
    parts = []
    if spec.minimum is not None:
        edge = "above" if spec.open_minimum else "at least"
        parts.append(f"{edge} {_shown(spec, spec.minimum)}")
    if spec.maximum is not None:
        parts.append(f"at most {_shown(spec, spec.maximum)}")
    return " and ".join(parts)


def _shown(spec: ParameterSpec, value: float) -> str:
    if spec.is_fraction:
        return f"{100.0 * value:.10g}\u202f%"
    unit = {"bps": "\u202fbp", "sessions": " sessions"}.get(spec.unit, "")
    return f"{value:.10g}{unit}"
