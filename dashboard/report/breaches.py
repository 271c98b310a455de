"""Weights above a cap as text: what drift, the gate or leverage did to the targets' limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.format import count, date, percent
from dashboard.run import Run

__all__ = ["apart", "breach_rows", "largest_breaches"]


def breach_rows(run: Run) -> list[dict[str, Any]]:
    """Return every spell above a cap: kind, name, first and last date, peak weight, cap."""
    found = run.cap_breaches
    columns = (
        found.kind,
        found.name,
        run.dates[found.first_session],
        run.dates[found.last_session],
        found.peak_weight,
        found.cap,
    )
    keys = ("kind", "name", "first_date", "last_date", "peak_weight", "cap")
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def apart(peak: float, cap: float) -> tuple[str, str]:
    """Return a weight and the cap that it passed with as many digits as tell them apart.

    Examples
    --------
    >>> apart(0.387, 0.25), apart(0.25004, 0.25)
    (('38.7\u202f%', '25.0\u202f%'), ('25.004\u202f%', '25.000\u202f%'))
    """
    for digits in range(1, 5):
        told = percent(peak, digits), percent(cap, digits)
        if told[0] != told[1]:
            break
    return told


def largest_breaches(run: Run, most: int = 3, *, sector_name: Callable[[str], str] = str) -> str:
    """Return the spells that went furthest above their cap and how many there are; "" for none.

    `sector_name` says how a sector is called.
    """
    rows, found = breach_rows(run), run.cap_breaches
    if not rows:
        return ""
    furthest = np.argsort(found.cap - found.peak_weight, kind="stable")[:most]
    told = [
        f"{sector_name(row['name']) if row['kind'] == 'sector' else row['name']} "
        f"{' against '.join(apart(row['peak_weight'], row['cap']))} "
        f"({date(row['first_date'])} … {date(row['last_date'])})"
        for row in (rows[i] for i in furthest)
    ]
    spells = "1 spell" if len(rows) == 1 else f"{count(len(rows))} spells"
    return f"{', '.join(told)}, {spells} in all"
