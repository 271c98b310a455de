"""The curves of one field at the steps of its slider, computed before the hand moves."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.config import Scenario
from core.errors import CoreError
from core.metrics import Metrics, summarise
from core.result import BacktestResult
from core.scenario import specs, value_at, with_values
from core.simulation import simulate
from dashboard.charts.exposure import binding_codes
from dashboard.controls.scales import scale_of
from dashboard.lab.declared import LAB_FIELDS, curves_key
from dashboard.lab.payload import metrics_of
from dashboard.lab.wire import Column, packed, quantised
from dashboard.pipeline import Pipeline
from dashboard.run import Run, weights_by_sector

__all__ = ["MOST_STEPS", "Step", "Want", "scan", "scan_frame", "wanted"]

MOST_STEPS: Final = 41  # in one answer; a finer slider is answered in parts, nearest first
_DRAWN_ROWS: Final = 1000  # about one a pixel
_SECTOR_STRIDE: Final = 5  # sectors along the drag: weekly, half as many for fine sliders
_SECTOR_ROWS: Final = 200
_FINE: Final = 60  # steps
_BUDGET_S: Final = 0.25  # one answer takes no longer than this, but for the step it is at
_WORKERS: Final = min(4, os.cpu_count() or 1)
_POOL = ThreadPoolExecutor(_WORKERS, "lab-scan")


@dataclass(frozen=True, slots=True)
class Want:
    """What the browser asks for: a field, the values it wants curves of, and under which number."""

    path: str
    values: tuple[float, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One value of a field, and what comes out; sectors at the sessions of `sector_rows`."""

    value: float
    scenario: Scenario
    result: BacktestResult
    metrics: Metrics
    sectors: Mapping[str, npt.NDArray[np.float64]]


def wanted(message: object) -> Want | None:
    """Read a request of the browser; None when it is not one. Nothing of it is trusted."""
    if not isinstance(message, Mapping):
        return None
    path, values = message.get("path"), message.get("values")
    if path not in LAB_FIELDS or not isinstance(values, list) or not values:
        return None
    if specs()[path].kind not in ("number", "integer"):
        return None
    if not all(_is_finite(value) for value in values):
        return None
    number = message.get("n")
    known = number if isinstance(number, int) else None
    return Want(str(path), tuple(float(v) for v in values[:MOST_STEPS]), known)


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def scan(
    pipeline: Pipeline, run: Run, want: Want, cancelled: Callable[[], bool] = lambda: False
) -> tuple[list[Step], list[float]]:
    """Return steps as far as the time budget reaches, and the values that cannot be run.

    A value in neither was not reached: the browser asks again, as long as the hand is there.

    A risk field needs only the simulation, which runs beside others without the interpreter's
    lock; a field of the book needs a book a step.
    """
    until = time.monotonic() + _BUDGET_S
    whole = specs()[want.path].kind == "integer"
    risk_only = specs()[want.path].section == "risk"
    rows = _weekly(run, want.path)
    refused: list[float] = []

    def at(value: float) -> Step | None:
        if time.monotonic() > until or cancelled():
            return None
        try:
            scenario = with_values(run.scenario, {want.path: round(value) if whole else value})
            if risk_only:
                result = simulate(run.inputs, scenario.risk, weights=True)
                metrics = summarise(result, run.dates, run.inputs.cash_rate)
                return _step(value, scenario, result, metrics, run.sectors, rows)
            other = pipeline.run(scenario)
        except CoreError:
            refused.append(value)  # not allowed, or ruined: the slider has no curve there
            return None
        return _step(value, scenario, other.result, other.metrics, other.sectors, rows)

    found = list(_POOL.map(at, want.values)) if risk_only else [at(v) for v in want.values]
    return [step for step in found if step is not None], refused


def _step(
    value: float,
    scenario: Scenario,
    result: BacktestResult,
    metrics: Metrics,
    sectors: Sequence[str],
    rows: npt.NDArray[np.intp],
) -> Step:
    # The weights of every step at once would be large: only the sectors' are kept.
    weights = result.weights
    table = {} if weights is None else weights_by_sector(weights[rows], sectors)
    return Step(value, scenario, replace(result, weights=None), metrics, table)


def sector_rows(length: int, steps: int = 0) -> npt.NDArray[np.intp]:
    """Return the sessions at which sectors are sent along a drag, first and last too.

    Parameters
    ----------
    length : int
        Sessions of the run.
    steps : int
        Of the whole slider: many of them have sectors on fewer sessions.
    """
    stride = _SECTOR_STRIDE if steps <= _FINE else 2 * _SECTOR_STRIDE
    rows = min(_SECTOR_ROWS, -(-length // stride) + 1)
    return np.unique(np.linspace(0, length - 1, rows).round().astype(np.intp))


def _weekly(run: Run, path: str) -> npt.NDArray[np.intp]:
    spec, value = specs()[path], value_at(run.scenario, path)
    scale = scale_of(spec, spec.on_value if value is None else value)
    return sector_rows(len(run.result.nav), round((scale.high - scale.low) / scale.step) + 1)


def scan_frame(run: Run, want: Want, steps: Sequence[Step], refused: Sequence[float]) -> bytes:
    """Return the steps as one frame: exact metrics, and curves on whole levels to draw."""
    rows, weekly = _rows(run.result, steps), _weekly(run, want.path)
    names = list(metrics_of(run.metrics) or {})
    kept, at = _distinct(steps)
    header: dict[str, Any] = {
        "kind": "curves",
        "answers": want.number,
        "path": want.path,
        "key": curves_key(run.scenario, want.path),
        "refused": list(refused),
        "steps": [step.value for step in steps],
        "at": at,
        "names": names,
        "metrics": [[getattr(step.metrics, name) for name in names] for step in steps],
        "worst": [float(step.result.risk_drawdown.min()) for step in steps],
        "rows": len(rows),
        "sectors": _sectors(kept),
        "sector_rows": len(weekly),
    }
    if not steps:
        return packed(header, {})
    return packed(header, _columns(run, kept, rows, weekly, header["sectors"]))


def _columns(
    run: Run,
    steps: Sequence[Step],
    rows: npt.NDArray[np.intp],
    weekly: npt.NDArray[np.intp],
    sectors: Sequence[str],
) -> dict[str, Column]:
    columns = {
        "day": _days(run, rows),
        "equity": quantised(_stacked([s.result.nav / s.result.initial_nav for s in steps], rows)),
        "wanted": quantised(_stacked([s.result.wanted_exposure for s in steps], rows), "uint8"),
        "applied": quantised(_stacked([s.result.applied_exposure for s in steps], rows), "uint8"),
        "invested": quantised(_stacked([s.result.invested for s in steps], rows), "uint8"),
        "volatility": quantised(_stacked([s.result.sigma for s in steps], rows), "uint8"),
        "binding": Column(np.concatenate([_binding(step, rows) for step in steps])),
        "sector_day": _days(run, weekly),
    }
    if len(rows) < len(run.result.nav):  # every session tells the drawdown; some of them do not
        columns["drawdown"] = quantised(_stacked([s.result.drawdown for s in steps], rows))
    nothing = np.zeros(len(weekly))
    for k, name in enumerate(sectors):
        weights = np.concatenate([step.sectors.get(name, nothing) for step in steps])
        columns[f"sector_{k}"] = quantised(weights, "uint8")
    return columns


def _distinct(steps: Sequence[Step]) -> tuple[list[Step], list[int]]:
    """Return the steps that differ in what is drawn, and for each step which of them it is."""
    kept: dict[bytes, int] = {}
    found: list[Step] = []
    at = []
    for step in steps:
        drawn = _drawn(step)
        if drawn not in kept:
            kept[drawn] = len(found)
            found.append(step)
        at.append(kept[drawn])
    return found, at


def _drawn(step: Step) -> bytes:
    result, risk = step.result, step.scenario.risk
    digest = hashlib.sha256(repr((risk.min_position_scale, risk.max_leverage)).encode())
    for curve in (
        result.nav, result.wanted_exposure, result.applied_exposure, result.invested,
        result.sigma, result.dd_scale, result.vol_scale, result.leverage,
    ):  # fmt: skip
        digest.update(np.ascontiguousarray(curve).tobytes())
    return digest.digest()


def _days(run: Run, rows: npt.NDArray[np.intp]) -> Column:
    day = run.dates[rows].astype("datetime64[D]").astype(np.int64)
    return Column((day - day[0]).astype("<u2"), 1.0, float(day[0]))


def _sectors(steps: Sequence[Step]) -> list[str]:
    # Every sector that any step holds.
    return sorted({name for s in steps for name, weight in s.sectors.items() if weight.any()})


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
