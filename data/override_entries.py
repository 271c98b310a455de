"""Reading one entry of an overrides file: keys, texts, numbers, days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from data.errors import OverridesError, did_you_mean

__all__ = ["day_of", "known_keys", "number_of", "text_of"]


def known_keys(entry: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """Raise OverridesError where `entry` has another key than `keys`."""
    if not isinstance(entry, dict):
        raise OverridesError(f"{where} must be a table of keys, was {entry!r}.")
    for key in entry:
        if key not in keys:
            raise OverridesError(
                f"{where}: the keys are {', '.join(keys)}, found {key!r}.{did_you_mean(key, keys)}"
            )


def text_of(entry: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    """Return a text that is not empty; raises OverridesError."""
    value = entry.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise OverridesError(f"{where}: {key} must be a text, was {value!r}.")
    return value.strip()


def day_of(entry: Mapping[str, Any], key: str, where: str) -> dt.date | None:
    """Return a day, None where the entry has none; raises OverridesError."""
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise OverridesError(f"{where}: {key} must be a date such as 2023-03-09, was {value!r}.")
    return value


def number_of(entry: Mapping[str, Any], key: str, where: str, least: float, rule: str) -> float:
    """Return a finite number above or at `least`, which `rule` says in words."""
    value = entry.get(key)
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not least <= float(value or 0.0) < float("inf"):
        raise OverridesError(f"{where}: {key} must be {rule}, was {value!r}.")
    return float(value or 0.0)
