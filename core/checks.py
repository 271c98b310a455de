"""What the functions that read a finished run ask of their arrays, checked once at their door."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputsError
from core.units import Bools, Dates, Floats

__all__ = [
    "check_cash",
    "check_confidence",
    "check_curve",
    "check_dates",
    "check_length",
    "check_window",
]


def check_curve(name: str, curve: Floats) -> None:
    """Refuse a curve that is empty or has a value that is not finite and above 0."""
    if curve.ndim != 1 or len(curve) == 0:
        raise InputsError(
            f"{name} must be one row of at least one session, had shape {curve.shape}; "
            "choose another period"
        )
    good: Bools = np.isfinite(curve) & (curve > 0.0)
    if not good.all():
        t = int(np.argmin(good))
        raise InputsError(
            f"{name} must be finite and above 0, was {curve[t]:g} at session {t}; "
            "start where it has values, or choose another series"
        )


def check_length(name: str, column: npt.NDArray[Any], sessions: int) -> None:
    """Refuse a column that does not have one entry a session."""
    if len(column) != sessions:
        raise InputsError(f"{name} must have one entry a session ({sessions}), had {len(column)}")


def check_cash(cash_rate: Floats | None, sessions: int) -> Floats:
    """Return the cash rates, zeros for None; refuse those that are too few or not finite."""
    if cash_rate is None:
        return np.zeros(sessions)
    check_length("cash_rate", cash_rate, sessions)
    if not np.isfinite(cash_rate).all():
        t = int(np.argmin(np.isfinite(cash_rate)))
        raise InputsError(
            f"cash_rate must be finite, was {cash_rate[t]:g} at session {t}; "
            "start where it has values, or choose another series"
        )
    return cash_rate


def check_dates(dates: Dates, sessions: int) -> None:
    """Refuse dates that do not match the sessions or do not increase."""
    check_length("dates", dates, sessions)
    if not np.all(np.diff(dates.astype("datetime64[D]")) > np.timedelta64(0, "D")):
        raise InputsError("dates must increase from session to session; sort and deduplicate them")


def check_window(window: int, least: int = 2) -> None:
    """Refuse a window too short for a standard deviation."""
    if window < least:
        raise InputsError(f"window must be at least {least} sessions, was {window}; lengthen it")


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is not a fraction strictly between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise InputsError(
            f"confidence must be between 0 and 1 (a fraction: 0.95 is 95 %), was {confidence:g}"
        )


def check_weights(weights: Floats) -> None:
    """Refuse weights that are negative or not finite."""
    if not np.all(np.isfinite(weights) & (weights >= 0.0)):
        raise InputsError(
            "weights must be finite and at least 0, and one is not; take those of a run "
            "made with weights=True"
        )
