"""Sleeves and the funds of a market: which fields act, and what switches off what cannot run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from core.config import BookConfig
from core.scenario import specs
from core.sleeves import SLEEVES, sleeve_funds

__all__ = ["idle_text", "switched_off"]


def switched_off(book: BookConfig, funds: Collection[str]) -> dict[str, bool]:
    """Return path → False for every sleeve that is on and whose fund is not among `funds`.

    Examples
    --------
    >>> from core.presets import preset
    >>> from core.scenario import with_values
    >>> book = with_values(preset("Phase 8"), {"book.eafe.enabled": True}).book
    >>> switched_off(book, ())
    {'book.eafe.enabled': False}
    """
    on = sleeve_funds(book)
    return {
        f"book.{name}.enabled": False
        for name, sector in SLEEVES.items()
        if any(own == sector and ticker not in funds for ticker, own in on.items())
    }


def idle_text(path: str, value_of: Callable[[str], Any], funds: Collection[str] | None) -> str:
    """Say why a field of a sleeve does not act as things stand, "" where it does.

    Parameters
    ----------
    path : str
        Of any field of a scenario.
    value_of : callable
        Path → the value as it would be run.
    funds : collection of str or None
        Those that the market has; None where that is not known.
    """
    part = next((f"book.{one}" for one in SLEEVES if path.startswith(f"book.{one}.")), None)
    if part is None:
        return ""
    if path == f"{part}.enabled":
        offered = specs()[f"{part}.fund"].choices
        lacks = funds is not None and not any(one in funds for one in offered)
        none = f"This market has none of its funds ({', '.join(offered)})."
        return none if lacks and not value_of(path) else ""
    if not value_of(f"{part}.enabled"):
        return "Acts only when the sleeve is on."
    way = value_of(f"{part}.set_by")
    if path.startswith(f"{part}.weights.") and way != "regime":
        return "Acts only where the weight is set by regime."
    if path == f"{part}.weight" and way != "fixed":
        return "Acts only where the weight is fixed."
    return ""
