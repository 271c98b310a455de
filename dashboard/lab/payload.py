"""One run as one binary frame: a small header of exact numbers and arrays to draw."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.metrics import CurveMetrics
from core.scenario import scenario_hash, value_at
from dashboard.charts.exposure import binding_codes
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sectors import SHORT_NAMES
from dashboard.lab.declared import LAB_FIELDS, curves_keys, declared, kept_values
from dashboard.lab.wire import Column, packed, quantised
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.theme import Theme
from dashboard.views.cards import years_of
from dashboard.views.frames import levels

__all__ = ["DRAWN_ROWS", "drawn_rows", "idle", "metrics_of", "run_frame"]

DRAWN_ROWS: Final = 2600  # ten years of sessions; a longer period is thinned for drawing
Floats = npt.NDArray[np.float64]


def idle(number: int | None = None) -> bytes:
    """Return a frame without data: between requests, or for the request called `number`.

    A browser is not told of data that are the same as before, so the number is in them.
    """
    return packed({"kind": "idle", "answers": number}, {})


def run_frame(
    state: AppState,
    run: Run | None,
    baseline: Run | None,
    colours: Theme,
    *,
    acknowledged: float = 0.0,
    stale: bool = False,
    held: str = "",
    token: str = "",
    surface: Mapping[str, Any] | None = None,
) -> bytes:
    """Return what the lab shows: state, numbers and curves.

    Parameters
    ----------
    state : AppState
    run : Run, optional
        What is drawn; None while there is nothing to draw: the sliders stay usable.
    baseline : Run, optional
        Of the untouched preset, where the state differs from it.
    colours : Theme
    acknowledged : float
        Number of the last commit of the browser that `state` contains.
    stale : bool
        Whether `run` is the last good one rather than that of `state`.
    held : str
        Hash of the declarations that the browser says it has: those are not sent again.
    token : str
        What the browser shows after a refresh to get its history back.
    surface : mapping, optional
        Which surface another page led to, see :mod:`dashboard.views.surface_choice`.
    """
    name, parts = declared(state, colours)
    values, compared = (
        {path: value_at(scenario, path) for path in LAB_FIELDS}
        for scenario in (state.scenario, state.baseline())
    )
    header: dict[str, Any] = {
        "kind": "frame",
        "scenario": scenario_hash(state.scenario),
        "acknowledged": acknowledged,
        "stale": stale,
        "refused": state.refused,
        "baseline": state.baseline_name(),
        "ghost": state.preset_name if state.pinned is None else "Pinned",
        "window": state.window,
        "log": state.log,
        "values": values,
        "base": {path: there for path, there in compared.items() if there != values[path]},
        "on": kept_values(state),
        "keys": curves_keys(state.scenario),
        "declared": name,
        "token": token,
    }
    if surface is not None:
        header["surface"] = dict(surface)
    if name != held:
        header |= parts
    if run is None:
        return packed(header | {"run": None}, {})
    sectors = _ordered(run)
    header["run"] = _numbers(run, baseline, list(sectors))
    return packed(header, _curves(run, baseline, sectors))


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
        "short": is_short(run),
        "levels": asdict(levels(run.scenario)),
        "target": risk.target_annual_vol,
        "maximum": risk.max_allowed_drawdown,
        "floor": risk.min_position_scale,
        "binds": binds,
        "worst": float(run.result.risk_drawdown.min()),
        "sectors": [[name, SHORT_NAMES.get(name, name)] for name in order],
    }


def _curves(run: Run, baseline: Run | None, sectors: Mapping[str, Floats]) -> dict[str, Column]:
    result, risk = run.result, run.scenario.risk
    rows = drawn_rows(run)
    days = run.dates[rows].astype("datetime64[D]").astype(np.int64)
    curves = {"day": Column((days - days[0]).astype("<u2"), 1.0, float(days[0]))}
    for name, grown in _grown(run, baseline).items():
        depth = grown / np.fmax.accumulate(np.fmax(grown, 1.0)) - 1.0
        curves[f"equity_{name}"] = quantised(grown[rows])
        curves[f"drawdown_{name}"] = quantised(depth[rows])
    for name, values in (
        ("wanted", result.wanted_exposure),
        ("applied", result.applied_exposure),
        ("invested", result.invested),
        ("volatility", result.sigma),
        ("dd_scale", result.dd_scale),
        ("vol_scale", result.vol_scale),
    ):
        curves[name] = quantised(values[rows])
    codes = binding_codes(
        result.dd_scale,
        result.vol_scale,
        result.leverage,
        result.wanted_exposure,
        floor=risk.min_position_scale,
        limit=risk.max_leverage,
    )
    regime = run.regime[run.first : run.first + len(result.nav)]
    curves["binding"] = Column(codes[rows])
    curves["regime"] = Column(regime[rows].astype(np.uint8))
    for i, weights in enumerate(sectors.values()):
        curves[f"sector_{i}"] = quantised(weights[rows], "uint8")
    return curves


def _grown(run: Run, baseline: Run | None) -> dict[str, Floats]:
    """Return growth of 1 of each curve on the sessions of `run`, NaN where there is none."""
    grown = {"benchmark": run.benchmark}
    if baseline is not None:
        at = np.searchsorted(baseline.dates, run.dates).clip(0, len(baseline.dates) - 1)
        other = baseline.result.nav / baseline.result.initial_nav
        known = baseline.dates[at] == run.dates
        if known.any():
            grown["baseline"] = np.where(known, other[at], np.nan)
    return grown | {"portfolio": run.result.nav / run.result.initial_nav}


def _ordered(run: Run) -> dict[str, Floats]:
    # Each sector that was ever held, the largest on average first.
    if run.result.weights is None:
        return {}
    found = run.sector_weights
    order = sorted(found, key=lambda name: -found[name].mean())
    return {name: found[name] for name in order if found[name].any()}


def drawn_rows(run: Run, most: int = DRAWN_ROWS) -> npt.NDArray[np.intp]:
    """Return the sessions that are drawn: all, or those that tell most of a long period.

    Of a long one, in each stretch the lowest and the highest value of portfolio and benchmark, and
    the deepest drawdown.
    """
    nav = run.result.nav
    if len(nav) <= most:
        return np.arange(len(nav), dtype=np.intp)
    curves = (nav, run.benchmark)
    edges = np.linspace(0, len(nav), most // (2 * len(curves)) + 1).astype(np.intp)
    kept = [0, len(nav) - 1, int(run.result.drawdown.argmin())]
    for begin, end in itertools.pairwise(edges.tolist()):
        for curve in curves:
            kept += [begin + curve[begin:end].argmin(), begin + curve[begin:end].argmax()]
    return np.unique(np.array(kept, dtype=np.intp))
