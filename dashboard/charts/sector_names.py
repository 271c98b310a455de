"""How sectors are called and ordered on the pages; what has no sector is never called "Other"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboard.charts.sectors import SECTOR_LETTERS, SHORT_NAMES
from dashboard.theme import SECTORS

__all__ = ["SECTOR_LETTERS", "UNMAPPED", "WITHOUT_SECTOR", "gics_order", "sector_label"]

UNMAPPED: Final = "Other"  # what the market panel calls the sector of a name without one
WITHOUT_SECTOR: Final = "Without a sector"


def sector_label(name: str, *, short: bool = False) -> str:
    """Return how a sector is called.

    Examples
    --------
    >>> sector_label("Other"), sector_label("Consumer Staples", short=True)
    ('Without a sector', 'Cons. Staples')
    """
    if name == UNMAPPED:
        return "No sector" if short else WITHOUT_SECTOR
    return SHORT_NAMES.get(name, name) if short else name


def gics_order(names: Sequence[str]) -> list[str]:
    """Return sectors in the order of the classification; unknown ones after it, unmapped last.

    Examples
    --------
    >>> gics_order(["Utilities", "Shipping", "Energy"])
    ['Energy', 'Utilities', 'Shipping', 'Other']
    """
    known = [name for name in SECTORS if name in names and name != UNMAPPED]
    own = sorted(name for name in names if name not in SECTORS)
    return [*known, *own, UNMAPPED]
