"""What a finished sweep says in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.axes import Axis
from core.surface import Surface, surface_of
from core.sweep import SweepTable
from core.units import Bools, Floats
from dashboard.format import FORMATS, count, percent
from dashboard.report.faces import FACES

__all__ = ["sweep_lines"]

_SHOWN: Final = ("sharpe_ratio", "cagr", "max_drawdown")


def sweep_lines(table: SweepTable) -> tuple[str, ...]:
    """Return how many runs there are, which axes do nothing, and where the best settings stand."""
    return tuple(_lines(table))


def _lines(table: SweepTable) -> Iterator[str]:
    total = len(table.plan)
    refused = sum(map(bool, table.refused))
    ruined = int((table.runs.ruined >= 0).sum())
    yield f"{count(total)} rows: {count(total - refused - ruined)} runs finished with a result"
    if refused:
        first = next(text for text in table.refused if text).splitlines()[0]
        yield f"{count(refused)} not allowed, for example: {first}"
    if ruined:
        yield f"{count(ruined)} ruined: NAV reached zero; their metrics are empty"
    good = _good(table)
    if not good.any():
        yield "No run has a result, so there is nothing to compare."
        return
    values = table.runs.values[good]
    if len(values) > 1 and _alike(values, values[:1]):
        yield (
            f"Every one of the {count(len(values))} runs gave the same result: over these values "
            "the axes change nothing. Widen them, or choose other fields."
        )
        return
    yield from (_idle(axis) for n, axis in enumerate(table.plan.axes) if _is_idle(table, n))
    if len(values) > 1:
        yield (
            "The best of so many settings is partly the luckiest: each of them is a trial, and "
            "`plimsoll evidence` says what they leave of a result."
        )
    if table.plan.design == "grid" and len(table.plan.axes) == 2:
        surface = surface_of(table)
        yield from (_standing(surface, name) for name in _SHOWN)
        return
    for name in _SHOWN:
        metric = table.runs.metric(name)
        if np.isfinite(metric).any():
            row = int(np.nanargmax(metric))
            yield f"{FACES[name].label}: best {_value(name, metric[row])} at {_at(table, row)}"


def _good(table: SweepTable) -> Bools:
    ran = np.array([not text for text in table.refused], dtype=np.bool_)
    good: Bools = ran & (table.runs.ruined < 0)
    return good


def _alike(values: Floats, other: Floats) -> bool:
    return bool(np.isclose(values, other, rtol=1e-12, atol=0.0, equal_nan=True).all())


def _is_idle(table: SweepTable, axis: int) -> bool:
    # Whether nothing depends on one axis of a grid, at any setting of the others.
    plan = table.plan
    if plan.design != "grid" or len(plan.levels[axis]) < 2 or not _good(table).all():
        return False
    shape = (*(len(levels) for levels in plan.levels), -1)
    cube = np.moveaxis(table.runs.values.reshape(shape), axis, 0)
    return _alike(cube, cube[:1])


def _idle(axis: Axis) -> str:
    return (
        f"{axis.path} changes nothing over {_text(axis.levels[0])} … {_text(axis.levels[-1])}: "
        "at every setting of the other axes the results are the same."
    )


def _standing(surface: Surface, name: str) -> str:
    label, values, scores = FACES[name].label, surface.metric(name), surface.plateau(name)
    best = surface.best(name)
    if best is None:
        return f"{label}: undefined in every cell"
    width = surface.shape[1]
    here = surface.current
    what = "the present setting" if surface.exact else "the cell nearest to the present setting"
    return (
        f"{label}: best {_value(name, values[best])} at "
        f"{_at(surface.table, best[0] * width + best[1])}, kept by {_share(scores[best])} of its "
        f"neighbours; {what} has {_value(name, values[here])}, kept by {_share(scores[here])}"
    )


def _share(score: float) -> str:
    return percent(score, 0)


def _value(name: str, value: float) -> str:
    return FORMATS[FACES[name].kind](float(value))


def _at(table: SweepTable, row: int) -> str:
    return ", ".join(f"{path}={_text(value)}" for path, value in table.plan.values(row).items())


def _text(value: object) -> str:
    return "off" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
