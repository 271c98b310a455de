"""The risk fields and the book, in groups as declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.scenario import specs

__all__ = ["BOOK_FIELDS", "OPEN_GROUPS", "grouped", "risk_fields"]

BOOK_FIELDS: Final = ("book.names_held", "book.position_cap", "book.sector_cap")
OPEN_GROUPS: Final = ("Drawdown", "Volatility", "Stops")
_ORDER: Final = (
    "Drawdown", "Volatility", "Stops", "Breaker", "Costs", "Leverage", "Execution", "Book",
)  # fmt: skip


def risk_fields() -> tuple[str, ...]:
    """Return the paths of every field of the risk section, in order of declaration."""
    return tuple(path for path, spec in specs().items() if spec.section == "risk")


def grouped(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return group → paths; known groups in their order, a new one at the end."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(specs()[path].group, []).append(path)
    known = [name for name in _ORDER if name in groups]
    return {name: groups[name] for name in (*known, *(g for g in groups if g not in _ORDER))}
