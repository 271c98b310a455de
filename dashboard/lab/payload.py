"""One run as one binary frame: a small header of exact numbers and arrays to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.factors.names import REGIMES
from core.metrics import CurveMetrics
from core.scenario import scenario_hash, value_at
from dashboard.charts.exposure import BINDING
from dashboard.charts.frames import TimelineFrames
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sectors import SHORT_NAMES, stack_order
from dashboard.lab.declared import (
    LAB_FIELDS,
    colours_json,
    curves_keys,
    fields_json,
    metrics_json,
)
from dashboard.lab.wire import Column, packed, quantised
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.theme import Theme
from dashboard.views.cards import years_of
from dashboard.views.frames import levels

__all__ = ["DRAWN_ROWS", "drawn_rows", "idle", "metrics_of", "run_frame"]

DRAWN_ROWS: Final = 2600  # ten years of sessions; a longer period is thinned for drawing
_DAY_ZERO = np.datetime64("1970-01-01", "D")


def idle() -> bytes:
    """Return a frame that says nothing: what the mount of the curves is fed between requests."""
    return packed({"kind": "idle"}, {})


def run_frame(
    state: AppState,
    run: Run | None,
    frames: TimelineFrames | None,
    baseline: Run | None,
    colours: Theme,
    *,
    acknowledged: float = 0.0,
    stale: bool = False,
) -> bytes:
    """Return what the lab shows: state, numbers and curves.

    Parameters
    ----------
    state : AppState
    run, frames : Run, TimelineFrames, optional
        What is drawn; None while there is nothing to draw: the sliders stay usable.
    baseline : Run, optional
        Of the untouched preset, where the state differs from it.
    colours : Theme
    acknowledged : float
        Number of the last commit of the browser that `state` contains.
    stale : bool
        Whether `run` is the last good one rather than that of `state`.
    """
    order = [] if frames is None else stack_order(frames.sectors)
    header: dict[str, Any] = {
        "kind": "frame",
        "scenario": scenario_hash(state.scenario),
        "acknowledged": acknowledged,
        "stale": stale,
        "preset": state.preset_name,
        "window": state.window,
        "log": state.log,
        "values": {path: value_at(state.scenario, path) for path in LAB_FIELDS},
        "base": {path: value_at(state.baseline(), path) for path in LAB_FIELDS},
        "keys": curves_keys(state.scenario),
        "fields": fields_json(state),
        "cards": metrics_json(),
        "colours": colours_json(colours, tuple(order)),
    }
    if run is None or frames is None:
        return packed(header | {"run": None}, {})
    return packed(header | {"run": _numbers(run, baseline, order)}, _curves(run, frames, order))


def metrics_of(metrics: CurveMetrics | None) -> dict[str, Any] | None:
    """Return every metric by name, exact; None where it is undefined."""
    return None if metrics is None else asdict(metrics)


def _numbers(run: Run, baseline: Run | None, order: list[str]) -> Mapping[str, Any]:
    risk = run.scenario.risk
    binds = None
    if risk.max_allowed_drawdown is not None and 0.0 < risk.min_position_scale < 1.0:
        binds = floor_binds_at(risk.max_allowed_drawdown, risk.min_position_scale)
    return {
        "metrics": metrics_of(run.metrics),
        "benchmark": metrics_of(run.benchmark_metrics),
        "baseline": metrics_of(None if baseline is None else baseline.metrics),
        "benchmark_name": run.benchmark_name,
        "years": years_of(run),
        "levels": asdict(levels(run.scenario)),
        "target": risk.target_annual_vol,
        "maximum": risk.max_allowed_drawdown,
        "floor": risk.min_position_scale,
        "binds": binds,
        "worst": float(run.result.risk_drawdown.min()),
        "sectors": [[name, SHORT_NAMES.get(name, name)] for name in order],
    }


def _curves(run: Run, frames: TimelineFrames, order: list[str]) -> dict[str, Column]:
    rows = drawn_rows(frames)
    index = frames.equity.index[rows]
    curves = {"day": _days(index)}
    for name in frames.equity.columns:
        curves[f"equity_{name}"] = _float32(frames.equity[name], rows)
        curves[f"drawdown_{name}"] = quantised(_numbers_of(frames.drawdown[name], rows))
    for name in ("wanted", "applied", "invested"):
        curves[name] = quantised(_numbers_of(frames.exposure[name], rows))
    curves["binding"] = _coded(frames.binding, rows, BINDING)
    curves["regime"] = _coded(frames.regimes, rows, REGIMES)
    curves["volatility"] = quantised(run.result.sigma[rows])
    for i, name in enumerate(order):
        curves[f"sector_{i}"] = quantised(_numbers_of(frames.sectors[name], rows), "uint8")
    return curves


def drawn_rows(frames: TimelineFrames, most: int = DRAWN_ROWS) -> npt.NDArray[np.intp]:
    """Return the sessions that are drawn: all, or those that tell most of a long period."""
    index = frames.equity.index
    kept = index.get_indexer(frames.thinned(most).equity.index)
    return kept.astype(np.intp)


def _days(index: pd.Index) -> Column:
    days = index.to_numpy("datetime64[D]").astype(np.int64)
    first = int(days[0])
    return Column((days - first).astype("<u2"), 1.0, float(first))


def _numbers_of(values: pd.Series, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    return values.to_numpy(np.float64)[rows]


def _float32(values: pd.Series, rows: npt.NDArray[np.intp]) -> Column:
    return Column(_numbers_of(values, rows).astype("<f4"))


def _coded(labels: pd.Series, rows: npt.NDArray[np.intp], names: tuple[str, ...]) -> Column:
    number = {name: i for i, name in enumerate(names)}
    return Column(labels.map(number).to_numpy(np.uint8)[rows])
