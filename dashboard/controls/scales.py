"""Between a stored value and what a control shows: fractions are percent to the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.parameters import ParameterSpec

__all__ = ["Scale", "choices", "scale_of", "unit_text"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Range, step and text of a slider, in shown units."""

    low: float
    high: float
    step: float
    factor: float
    whole: bool
    text: str

    def shown(self, value: float) -> float | int:
        """Return a stored value as the slider shows it."""
        return round(value) if self.whole else round(value * self.factor, 6)

    def stored(self, shown: float) -> float | int:
        """Return what the scenario stores for a position of the slider."""
        return round(shown) if self.whole else round(shown / self.factor, 10)


def scale_of(spec: ParameterSpec, value: float) -> Scale:
    """Return the slider of a number; a value outside the usual range widens it.

    Parameters
    ----------
    spec : ParameterSpec
        Of kind "number" or "integer", with a control range.
    value : float
        What is stored now, or would be when switched on.
    """
    low, high = spec.control if spec.control is not None else (0.0, max(2.0 * value, 1.0))
    low, high = min(low, value), max(high, value)
    whole = spec.kind == "integer"
    factor = 100.0 if spec.is_fraction else 1.0
    step = spec.step if spec.step is not None else (1.0 if whole else (high - low) / 100.0)
    if whole:
        return Scale(round(low), round(high), max(round(step), 1), 1.0, True, "%d")
    shown_step = round(step * factor, 6)
    decimals = len(f"{shown_step:.6f}".rstrip("0").partition(".")[2])
    suffix = " %%" if spec.is_fraction else {"bps": " bp"}.get(spec.unit, "")
    return Scale(
        round(low * factor, 6), round(high * factor, 6), shown_step, factor, False,
        f"%.{decimals}f{suffix}",
    )  # fmt: skip


def unit_text(spec: ParameterSpec) -> str:
    """Return the unit as shown beside a label.

    Examples
    --------
    >>> from core.scenario import specs
    >>> unit_text(specs()["risk.position_stop_loss"])
    '% of entry price'
    """
    return "%" + spec.unit.removeprefix("fraction") if spec.is_fraction else spec.unit


def choices(spec: ParameterSpec, value: Any) -> tuple[Any, ...]:
    """Return what can be chosen, the present value always among it."""
    offered = spec.choices
    return offered if value in offered else (*offered, value)
