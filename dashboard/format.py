"""How numbers and dates are written for people: one rule a kind, never "nan"."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

__all__ = [
    "DASH",
    "FORMATS",
    "MINUS",
    "NARROW",
    "bps",
    "compared",
    "count",
    "date",
    "difference",
    "money",
    "month",
    "percent",
    "percent_as_set",
    "points",
    "ratio",
    "seconds",
]

MINUS: Final = "\u2212"
NARROW: Final = "\u202f"  # a narrow space at which no line breaks
DASH: Final = "\u2013"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, int | float | np.number) and not np.isfinite(value))


def _written(value: float, digits: int, signed: bool) -> str:
    # Rounded first, so that what rounds to zero carries no sign.
    text = f"{abs(value):,.{digits}f}".replace(",", NARROW)
    if not any(c in "123456789" for c in text):
        return text
    if value < 0:
        return MINUS + text
    return "+" + text if signed else text


def percent(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Write a fraction as percent.

    Examples
    --------
    >>> percent(-0.1306)
    '−13.1\u202f%'
    """
    if value is None or _missing(value):
        return DASH
    return f"{_written(100.0 * value, digits, signed)}{NARROW}%"


def percent_as_set(value: float) -> str:
    """Write a setting with the digits it has, two at most: 22.5 % is not 22 %."""
    written = round(100.0 * value, 2)
    digits = next((d for d in (0, 1) if round(100.0 * value, d) == written), 2)
    return percent(value, digits)


def points(value: float | None, digits: int = 1) -> str:
    """Write a difference of two fractions in percentage points, always with its sign.

    Examples
    --------
    >>> points(0.008)
    '+0.8\u202fpt'
    """
    if value is None or _missing(value):
        return DASH
    return f"{_written(100.0 * value, digits, True)}{NARROW}pt"


def ratio(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Write a ratio with two decimals."""
    return DASH if value is None or _missing(value) else _written(value, digits, signed)


def bps(value: float | None, *, signed: bool = False) -> str:
    """Write basis points whole; the value is in basis points already."""
    return DASH if value is None or _missing(value) else f"{_written(value, 0, signed)}{NARROW}bp"


def count(value: float | None, *, signed: bool = False) -> str:
    """Write a whole number with thin-space groups."""
    return DASH if value is None or _missing(value) else _written(value, 0, signed)


def money(value: float | None, digits: int = 0) -> str:
    """Write an amount with thin-space groups.

    Examples
    --------
    >>> money(1234567.8)
    '1\u202f234\u202f568'
    """
    return DASH if value is None or _missing(value) else _written(value, digits, False)


def seconds(value: float | None) -> str:
    """Write a duration: milliseconds below one second, seconds above."""
    if value is None or _missing(value):
        return DASH
    if value < 0.01:
        return f"{1000.0 * value:.1f}{NARROW}ms"
    return f"{1000.0 * value:.0f}{NARROW}ms" if value < 1.0 else f"{value:.1f}{NARROW}s"


def _day(value: Any) -> dt.date | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return None if value != value else value.date()
    if isinstance(value, dt.date):
        return value
    day = np.datetime64(value, "D")
    return None if np.isnat(day) else day.astype(dt.date)


def date(value: Any) -> str:
    """Write a date as 2022-06-16; dates, timestamps and numpy dates alike."""
    day = _day(value)
    return DASH if day is None else day.isoformat()


def month(value: Any) -> str:
    """Write a date as an axis does: Jun 2022."""
    day = _day(value)
    return DASH if day is None else f"{day:%b %Y}"


FORMATS: Final[dict[str, Callable[[float | None], str]]] = {
    "percent": percent,
    "whole percent": lambda value: percent(value, 0),
    "ratio": ratio,
    "bps": bps,
    "count": count,
}


def difference(kind: str, value: float, base: float) -> str:
    """Write `value` − `base` of a metric of this kind, with its sign; "" when nothing is shown.

    A difference that rounds to zero, or of undefined values, is no difference to a reader.
    """
    change = value - base
    if not math.isfinite(change):
        return ""
    written = _change(kind, change, _DIGITS[kind])
    return written if written[0] in ("+", MINUS) else ""


def compared(kind: str, value: float | None, base: float | None) -> tuple[str, str, str]:
    """Write two values of a metric of this kind and `value` − `base`, for one table.

    Where the two are written alike and their difference is not nothing, all three get one digit
    more: 0.60, 0.60 and +0.01 would read as a mistake.

    Examples
    --------
    >>> compared("ratio", 0.604, 0.598)
    ('0.604', '0.598', '+0.006')
    >>> compared("ratio", 0.604, 0.602)
    ('0.60', '0.60', '–')
    """
    texts = (FORMATS[kind](value), FORMATS[kind](base))
    if value is None or base is None:
        return (*texts, DASH)
    change = difference(kind, value, base)
    if not change or texts[0] != texts[1]:
        return (*texts, change or DASH)
    digits = _DIGITS[kind] + 1
    return (
        _value(kind, value, digits),
        _value(kind, base, digits),
        _change(kind, value - base, digits),
    )


#: Digits behind the point, by kind.
_DIGITS: Final = {"percent": 1, "whole percent": 0, "ratio": 2, "bps": 0, "count": 0}


def _value(kind: str, value: float, digits: int) -> str:
    if kind in ("percent", "whole percent"):
        return percent(value, digits)
    return f"{_written(value, digits, False)}{_UNITS.get(kind, '')}"


def _change(kind: str, change: float, digits: int) -> str:
    if kind in ("percent", "whole percent"):
        return points(change, digits)
    return f"{_written(change, digits, True)}{_UNITS.get(kind, '')}"


_UNITS: Final = {"bps": f"{NARROW}bp"}
