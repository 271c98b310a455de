"""Axes of many runs: one scenario field each, and the values it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.scenario import parse_assignment, specs, value_at

__all__ = ["Axis", "axis_around", "control_values", "parse_axes", "parse_axis"]

_FORM: Final = "path=low:high:count or path=a,b,c, for example risk.target_annual_vol=0.10:0.30:41"
_MOST_LEVELS: Final = 100_000
_DIGITS: Final = 12  # of a value made by division: 0.1 + 2 · 0.1 is to be 0.3


@dataclass(frozen=True, slots=True)
class Axis:
    """One field and its levels, or the range that a random design draws from.

    Attributes
    ----------
    path : str
        Dotted path of the field.
    levels : tuple
        Values in order; None = off. Empty where only a range was given.
    bounds : (float, float) or None
        Lowest and highest value of a range without a count.
    """

    path: str
    levels: tuple[Any, ...]
    bounds: tuple[float, float] | None = None

    @property
    def spec(self) -> ParameterSpec:
        """Declaration of the field."""
        return specs()[self.path]

    def __str__(self) -> str:
        if self.bounds is not None:
            return f"{self.path}={self.bounds[0]:g}:{self.bounds[1]:g}"
        return f"{self.path}=" + ",".join("off" if v is None else str(v) for v in self.levels)


def parse_axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """Read every axis of a sweep; each field at most once.

    Raises
    ------
    ConfigError
        There is none, one is named twice, or :func:`parse_axis` refuses one.
    """
    if not texts:
        raise ConfigError(f"a sweep must have at least one --axis, had none. Write {_FORM}")
    axes = tuple(parse_axis(text) for text in texts)
    for n, axis in enumerate(axes):
        if axis.path in {other.path for other in axes[:n]}:
            raise ConfigError(
                f"every axis must be another field, {axis.path} was given twice. "
                "Put all its values into one: path=a,b,c"
            )
    return axes


def parse_axis(text: str) -> Axis:
    """Read ``path=low:high:count``, ``path=a,b,c``, or ``path=low:high`` for a random design.

    Raises
    ------
    ConfigError
        The path is unknown, there are no values, or one is out of bounds.

    Examples
    --------
    >>> parse_axis("risk.vol_lookback_days=10:30:3").levels
    (10, 20, 30)
    >>> parse_axis("risk.position_stop_loss=0.1,0.2,off").levels
    (0.1, 0.2, None)
    """
    path, equals, raw = (part.strip() for part in text.partition("="))
    if not equals or not path:
        raise ConfigError(f"--axis must be {_FORM}; was {text!r}")
    parse_assignment(f"{path}=0")  # an unknown field is told before what is wrong with its values
    if not raw.strip(" ,:"):
        raise ConfigError(f"axis {path} must have at least one value, had none. {_way_out(path)}")
    if ":" not in raw:
        return Axis(path, _listed(path, raw))
    parts = [part.strip() for part in raw.split(":")]
    if len(parts) not in (2, 3) or not all(parts):
        raise ConfigError(f"--axis must be {_FORM}; was {text!r}")
    low, high = (_value(path, part) for part in parts[:2])
    spec = specs()[path]
    if not _is_number(low) or not _is_number(high):
        raise ConfigError(
            f"a range needs a numeric field and two numbers, {path}={raw} has none. "
            "List the values instead: path=a,b,c"
        )
    if not low < high:
        raise ConfigError(f"the range of {path} must go up, was {low:g}:{high:g}")
    if len(parts) == 2:
        return Axis(path, (), (float(low), float(high)))
    return Axis(path, _spread(spec, low, high, parts[2]))


def _way_out(path: str) -> str:
    spec = specs()[path]
    if spec.kind in ("choice", "flag"):
        values = spec.choices if spec.kind == "choice" else ("true", "false")
        return f"List its values: {path}={','.join(str(value) for value in values)}"
    if spec.control is None:
        return f"List its values: {path}=a,b,c"
    low, high = spec.control
    return f"Give a range and a count, or list values: {path}={low:g}:{high:g}:5"


def _listed(path: str, raw: str) -> tuple[Any, ...]:
    parts = [part.strip() for part in raw.split(",")]
    if not all(parts):
        raise ConfigError(f"every value of an axis must be written out, {path}={raw} has a gap")
    levels = tuple(_value(path, part) for part in parts)
    for n, level in enumerate(levels):
        if level in levels[:n]:
            raise ConfigError(f"every value of an axis must be another, {path} has {level} twice")
    return levels


def _spread(spec: ParameterSpec, low: float, high: float, count: str) -> tuple[Any, ...]:
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 9 else 0
    if not 2 <= number <= _MOST_LEVELS:
        raise ConfigError(
            f"the count of {spec.path} must be a whole number from 2 to {_MOST_LEVELS:,}, "
            f"was {count}"
        )
    if spec.kind == "integer" and number > high - low + 1:
        raise ConfigError(
            f"{spec.path} takes whole numbers: {low:g}:{high:g} must have a count of at most "
            f"{int(high - low) + 1}, was {number}"
        )
    return tuple(_rounded(spec, value) for value in np.linspace(low, high, number))


def _value(path: str, raw: str) -> Any:
    _, value = parse_assignment(f"{path}={raw}")  # says "did you mean" where the path is unknown
    spec = specs()[path]
    if value is None or _allowed(spec, value):
        return value
    raise ConfigError(f"axis {path} must stay {_bounds_text(spec)}, had {raw}")


def _allowed(spec: ParameterSpec, value: Any) -> bool:
    if spec.kind == "choice":
        return value in spec.choices
    if spec.kind == "flag":
        return isinstance(value, bool)
    if spec.kind not in ("number", "integer"):
        return True  # text and dates are judged with the scenario
    if not _is_number(value) or (spec.kind == "integer" and not isinstance(value, int)):
        return False
    if spec.minimum is not None and (
        value <= spec.minimum if spec.open_minimum else value < spec.minimum
    ):
        return False
    return spec.maximum is None or value <= spec.maximum


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _bounds_text(spec: ParameterSpec) -> str:
    if spec.kind == "choice":
        return "with one of " + ", ".join(str(choice) for choice in spec.choices)
    if spec.kind == "flag":
        return "with true and false"
    what = "on whole numbers " if spec.kind == "integer" else ""
    edge = "above" if spec.open_minimum else "from"
    fraction = "; fractions: 0.30 is 30 %" if spec.is_fraction else ""
    off = ", or be off" if spec.optional else ""
    return f"{what}{edge} {spec.minimum:g} to {spec.maximum:g}{off}{fraction}"


def axis_around(scenario: Scenario, path: str, count: int) -> Axis:
    """Return an even axis over the usual range of a numeric field, its present value among it.

    The usual range is the declared one of controls, widened to hold the present value; the level
    nearest to the present value is replaced by it. A whole-number field may have fewer levels.

    Raises
    ------
    ConfigError
        The field is unknown or no number, or `count` is below 2.
    """
    parse_assignment(f"{path}=0")
    spec = specs()[path]
    if spec.kind not in ("number", "integer") or spec.control is None:
        raise ConfigError(f"an axis over a range needs a number, {path} is none. List its values.")
    if count < 2:
        raise ConfigError(f"an axis must have at least 2 levels, was {count}")
    value = value_at(scenario, path)
    low, high = _usual_range(spec, value)
    even = (_rounded(spec, level) for level in np.linspace(low, high, count))
    return Axis(path, _with_present(even, value))


def control_values(spec: ParameterSpec, value: float | None, count: int) -> tuple[Any, ...]:
    """Return at most `count` positions of the field's slider, the present value among them.

    They lie on whole steps of the declaration where there are more steps than `count`, so that
    each of them can be chosen by hand; evenly otherwise. None (off) is not among them.
    """
    low, high = _usual_range(spec, value)
    even = np.linspace(low, high, count)
    step = spec.step
    if step is not None and round((high - low) / step) + 1 >= count:
        even = np.clip(low + np.round((even - low) / step) * step, low, high)
    return _with_present((_rounded(spec, level) for level in even), value)


def _usual_range(spec: ParameterSpec, value: float | None) -> tuple[float, float]:
    if spec.control is None:
        raise ConfigError(f"{spec.path} has no range of values")
    low, high = spec.control
    return (low, high) if value is None else (min(low, value), max(high, value))


def _rounded(spec: ParameterSpec, value: float) -> float | int:
    return round(value) if spec.kind == "integer" else round(float(value), _DIGITS)


def _with_present(levels: Iterable[float], value: float | None) -> tuple[float, ...]:
    found = sorted(set(levels))
    if value is None or value in found:
        return tuple(found)
    nearest = min(range(len(found)), key=lambda i: abs(found[i] - value))
    return tuple(sorted({*found[:nearest], value, *found[nearest + 1 :]}))
