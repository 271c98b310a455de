"""The parts of a report that can be chosen; what identifies it and how to read it is always in."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from core.errors import ConfigError

__all__ = ["PARTS", "chosen_parts"]

#: Key → title, in the order of the report.
PARTS: Final = MappingProxyType(
    {
        "evidence": "How sure it is",
        "rules": "What each rule did",
        "drawdowns": "Drawdowns",
        "exposure": "Sectors through time",
        "returns": "Returns",
        "book": "Regimes and coverage",
    }
)


def chosen_parts(wanted: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the parts of `wanted` in the order of the report, all of them for None.

    Raises
    ------
    core.errors.ConfigError
        One of them is unknown.
    """
    names = set(PARTS) if wanted is None else set(wanted)
    unknown = sorted(names - set(PARTS))
    if unknown:
        raise ConfigError(
            f"a part of a report must be one of {', '.join(PARTS)}, was {', '.join(unknown)}"
        )
    return tuple(name for name in PARTS if name in names)
