"""What is wrong with a value that was typed, in the words and the unit of its control."""

from __future__ import annotations

import re
from typing import Any, Final

from core.parameters import ParameterSpec
from core.scenario import specs
from dashboard.format import percent
from dashboard.report.comparison_words import field_text

__all__ = ["between_text", "bound_text"]

_LINE: Final = re.compile(r"(?P<part>[a-z_.0-9]+): (?P<told>.+)")
_NAME: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")
_NUMBER: Final = re.compile(r"(?<=\()[\d.e+]+(?=\))|(?<=was )[\d.e+]*\d")
_SUM: Final = re.compile(r"their sum was (?P<sum>[-\d.e+]*\d)\.")


def bound_text(spec: ParameterSpec, value: Any) -> str | None:
    """Say which bound of its field a number is beyond; None where it keeps them.

    Bounds and value are in the unit of the control, fractions in percent. Nothing is guessed: what
    was meant for a control in percent is not known from a fraction.

    Examples
    --------
    >>> bound_text(specs()["regimes.vix_level"], 200.0)
    'VIX level must be between 5 index points and 150 index points, was 200 index points.'
    """
    low, high = spec.minimum, spec.maximum
    if spec.kind not in ("number", "integer") or value is None or low is None or high is None:
        return None
    if (low < value if spec.open_minimum else low <= value) and value <= high:
        return None
    ends = "above {} and at most {}" if spec.open_minimum else "between {} and {}"
    allowed = ends.format(field_text(spec, low), field_text(spec, high))
    kind = "a whole number " if spec.kind == "integer" else ""
    off = " Empty switches it off." if spec.optional else ""
    return f"{spec.label} must be {kind}{allowed}, was {field_text(spec, value)}.{off}"


def between_text(line: str) -> str:
    """Write what the engine says of several fields with their labels and units.

    `line` is returned as it is where it begins with no part of a scenario.

    Examples
    --------
    >>> between_text("regimes: vix_release_level must be at most vix_level (30), was 40.")
    'VIX release must be at most VIX level (30 index points), was 40 index points.'
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return line
    part, told = found["part"], found["told"]
    total = _SUM.search(told)
    if part.startswith("factors.weights.") and total is not None:
        regime = part.rpartition(".")[2]
        return (
            f"The four weights in {regime} must sum to {percent(1.0, 0)}, their sum was "
            f"{percent(float(total['sum']), 1)}. Change the others too."
        )
    first = specs().get(f"{part}.{told.split(' ', 1)[0]}")
    if first is None or first.kind not in ("number", "integer"):
        return line
    told = _NUMBER.sub(lambda number: field_text(first, float(number[0])), told)
    return _NAME.sub(lambda name: _label(f"{part}.{name[0]}", name[0]), told)


def _label(path: str, name: str) -> str:
    spec = specs().get(path)
    return name if spec is None else spec.label
