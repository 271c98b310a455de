"""Names of factors and regimes, in the order every array uses."""

from __future__ import annotations

from typing import Final

__all__ = ["AVAILABLE_FACTORS", "FACTORS", "REGIMES", "WITHOUT_TOPOLOGY"]

FACTORS: Final = ("momentum", "topology", "value", "quality")
#: Those that are scored also while ``factors.topology.enabled`` is off.
AVAILABLE_FACTORS: Final = ("momentum", "value", "quality")
REGIMES: Final = ("bull", "bear", "sideways", "volatile", "recovery", "default")
WITHOUT_TOPOLOGY: Final = (
    "without topology: its weight is spread pro rata over momentum, value and quality"
)
