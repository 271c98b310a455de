"""How many trials a row of the journal amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["trials_in"]


def trials_in(metrics: Mapping[str, Any]) -> int:
    """Return the trials behind the metrics of a row: 1 of a setting, of many its different results.

    Sweeps of before their different results were counted have the number of their runs.
    """
    return max(int(metrics.get("different", metrics.get("runs", 1)) or 1), 1)
