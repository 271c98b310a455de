"""Errors of the dashboard's own; nothing here loads the engine."""

from __future__ import annotations

from core.errors import InputsError

__all__ = ["SleeveFundError"]


class SleeveFundError(InputsError):
    """A sleeve is on, and the market has no prices of its fund."""
