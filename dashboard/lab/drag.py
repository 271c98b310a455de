"""The curves of one field at the steps of its slider, computed before the hand moves."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.config import Scenario
from core.errors import CoreError
from core.metrics import Metrics, summarise
from core.result import BacktestResult
from core.scenario import specs, with_values
from core.simulation import simulate
from dashboard.charts.exposure import binding_codes
from dashboard.lab.declared import LAB_FIELDS, curves_key
from dashboard.lab.payload import metrics_of
from dashboard.lab.wire import Column, packed, quantised
from dashboard.pipeline import Pipeline
from dashboard.run import Run

__all__ = ["MOST_STEPS", "Step", "Want", "scan", "scan_frame", "wanted"]

MOST_STEPS: Final = 41  # in one answer; a finer slider is answered in parts, nearest first
_DRAWN_ROWS: Final = 1000  # about one a pixel
_BUDGET_S: Final = 0.25  # one answer takes no longer than this, but for the step it is at
_WORKERS: Final = min(4, os.cpu_count() or 1)
_POOL = ThreadPoolExecutor(_WORKERS, "lab-scan")


@dataclass(frozen=True, slots=True)
class Want:
    """What the browser asks for: a field, and the values it wants curves of."""

    path: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One value of a field, and what comes out."""

    value: float
    scenario: Scenario
    result: BacktestResult
    metrics: Metrics


def wanted(message: object) -> Want | None:
    """Read a request of the browser; None when it is not one. Nothing of it is trusted."""
    if not isinstance(message, Mapping):
        return None
    path, values = message.get("path"), message.get("values")
    if path not in LAB_FIELDS or not isinstance(values, list) or not values:
        return None
    if specs()[path].kind not in ("number", "integer"):
        return None
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return None
    return Want(str(path), tuple(float(v) for v in values[:MOST_STEPS]))


def scan(pipeline: Pipeline, run: Run, want: Want) -> tuple[list[Step], list[float]]:
    """Return steps as far as the time budget reaches, and the values that cannot be run.

    A value in neither was not reached: the browser asks again, as long as the hand is there.

    A risk field needs only the simulation, which runs beside others without the interpreter's
    lock; a field of the book needs a book a step.
    """
    until = time.monotonic() + _BUDGET_S
    whole = specs()[want.path].kind == "integer"
    risk_only = specs()[want.path].section == "risk"

    refused: list[float] = []

    def at(value: float) -> Step | None:
        if time.monotonic() > until:
            return None
        try:
            scenario = with_values(run.scenario, {want.path: round(value) if whole else value})
            if risk_only:
                result = simulate(run.inputs, scenario.risk)
                metrics = summarise(result, run.dates, run.inputs.cash_rate)
                return Step(value, scenario, result, metrics)
            other = pipeline.run(scenario)
        except CoreError:
            refused.append(value)  # not allowed, or ruined: the slider has no curve there
            return None
        return Step(value, scenario, other.result, other.metrics)

    found = list(_POOL.map(at, want.values)) if risk_only else [at(v) for v in want.values]
    return [step for step in found if step is not None], refused


def scan_frame(run: Run, want: Want, steps: Sequence[Step], refused: Sequence[float]) -> bytes:
    """Return the steps as one frame: exact metrics, and curves on whole levels to draw."""
    rows = _rows(run.result, steps)
    names = list(metrics_of(run.metrics) or {})
    header: dict[str, Any] = {
        "kind": "curves",
        "path": want.path,
        "key": curves_key(run.scenario, want.path),
        "refused": list(refused),
        "steps": [step.value for step in steps],
        "names": names,
        "metrics": [[getattr(step.metrics, name) for name in names] for step in steps],
        "worst": [float(step.result.risk_drawdown.min()) for step in steps],
        "rows": len(rows),
    }
    if not steps:
        return packed(header, {})
    day = run.dates[rows].astype("datetime64[D]").astype(np.int64)
    columns = {
        "day": Column((day - day[0]).astype("<u2"), 1.0, float(day[0])),
        "equity": quantised(_stacked([s.result.nav / s.result.initial_nav for s in steps], rows)),
        "drawdown": quantised(_stacked([s.result.drawdown for s in steps], rows)),
        "applied": quantised(_stacked([s.result.applied_exposure for s in steps], rows), "uint8"),
        "volatility": quantised(_stacked([s.result.sigma for s in steps], rows), "uint8"),
        "binding": Column(np.concatenate([_binding(step, rows) for step in steps])),
    }
    return packed(header, columns)


def _stacked(
    curves: Sequence[npt.NDArray[np.float64]], rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    return np.concatenate([curve[rows] for curve in curves])


def _rows(result: BacktestResult, steps: Sequence[Step]) -> npt.NDArray[np.intp]:
    """Return the sessions to draw: evenly spread, with the deepest of every step."""
    length = len(result.nav)
    if length <= _DRAWN_ROWS:
        return np.arange(length, dtype=np.intp)
    even = np.linspace(0, length - 1, _DRAWN_ROWS - len(steps)).astype(np.intp)
    deepest = np.array([step.result.drawdown.argmin() for step in steps], dtype=np.intp)
    return np.unique(np.concatenate([even, deepest]))


def _binding(step: Step, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    result, risk = step.result, step.scenario.risk
    return binding_codes(
        result.dd_scale[rows],
        result.vol_scale[rows],
        result.leverage[rows],
        result.wanted_exposure[rows],
        floor=risk.min_position_scale,
        limit=risk.max_leverage,
    )
