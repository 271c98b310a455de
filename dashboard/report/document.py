"""A finished run as one JSON document: complete, stable, without NaN."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import pandas as pd

from core.factors.names import REGIMES
from core.metrics import Metrics
from core.scenario import scenario_hash, specs, value_at
from dashboard.report.breaches import breach_rows
from dashboard.report.coverage import coverage_of
from dashboard.report.targets import TARGETS
from dashboard.review_fallbacks import fallbacks_frame
from dashboard.run import Run

__all__ = ["SCHEMA", "plain_values", "run_document"]

SCHEMA: Final = 1


def run_document(run: Run) -> dict[str, Any]:
    """Return everything a program may want to know of `run`.

    Undefined numbers (a ratio over nothing) are None. Fractions are fractions; dates are ISO text.
    """
    coverage, shares = coverage_of(run), run.sector_shares()
    document = {
        "schema": SCHEMA,
        "plimsoll": version("plimsoll"),
        "scenario": _scenario(run),
        "data": _data(run),
        "metrics": run.metrics.as_dict(),
        "benchmark": _benchmark(run),
        "targets": _targets(run.metrics),
        "sectors": dict(shares),
        "other_share": shares.get("Other", 0.0),
        "regimes": _regimes(run),
        "coverage": dict(coverage.factors),
        "ingredient_coverage": dict(coverage.ingredients),
        "events": _events(run),
        "fallbacks": _fallbacks(run),
        "cap_breaches": breach_rows(run),
        "series": _series(run),
        "trades": run.result.trades.frame(run.dates, run.tickers).to_dict("records"),
        "checks": {"books_balance": run.result.books_residual},
        "timing": run.timing.as_dict(),
        "notes": list(run.notes),
    }
    plain: dict[str, Any] = plain_values(document)
    return plain


def _series(run: Run) -> dict[str, Any]:
    """Return column → one value a session; money in dollars, everything else fractions."""
    result = run.result
    columns = {
        "date": run.dates,
        "nav": result.nav,
        "benchmark": run.benchmark,
        "net_return": result.net_return,
        "drawdown": result.drawdown,
        "wanted_exposure": result.wanted_exposure,
        "applied_exposure": result.applied_exposure,
        "invested": result.invested,
        "turnover": result.turnover,
        "cost": result.cost,
        "regime": run.regime_series().to_numpy(),
    }
    return {name: list(values) for name, values in columns.items()}


def _scenario(run: Run) -> dict[str, Any]:
    values = {path: value_at(run.scenario, path) for path in specs()}
    return {"name": run.scenario.name, "hash": scenario_hash(run.scenario), "values": values}


def _data(run: Run) -> dict[str, Any]:
    sizes = [] if run.signals is None else run.signals.universe.sum(axis=1)
    return {
        "source": run.market.source,
        "simulated": run.market.simulated,
        "fingerprint": run.market.fingerprint,
        "return_basis": run.market.return_basis,
        "start": run.dates[0],
        "end": run.dates[-1],
        "sessions": len(run.dates),
        "securities_in_store": len(run.market.tickers),
        "securities_held": len(run.columns),
        "universe_smallest": int(min(sizes)) if len(sizes) else None,
        "universe_largest": int(max(sizes)) if len(sizes) else None,
        "book": run.scenario.book.own_book or "ensemble",
    }


def _benchmark(run: Run) -> dict[str, Any]:
    return {"name": run.benchmark_name, "metrics": run.benchmark_metrics.as_dict()}


def _targets(metrics: Metrics) -> dict[str, Any]:
    values = metrics.as_dict()
    return {
        name: {"bound": target.bound, "met": target.met(values[name])}
        for name, target in TARGETS.items()
    }


def _regimes(run: Run) -> dict[str, Any]:
    sessions = Counter(run.regime_series())
    decided = Counter(REGIMES[code] for code in run.book.regime)
    return {
        name: {"rebalances": decided.get(name, 0), "sessions": sessions.get(name, 0)}
        for name in REGIMES
    }


def _events(run: Run) -> dict[str, int]:
    frame = run.result.events.frame(run.dates, run.tickers, run.inputs.data_ended)
    return {str(kind): int(count) for kind, count in frame["event"].value_counts().items()}


def _fallbacks(run: Run) -> list[dict[str, Any]]:
    found = fallbacks_frame(run).reset_index()
    return [dict(zip(found.columns, row, strict=True)) for row in found.itertuples(index=False)]


def plain_values(value: Any) -> Any:
    """Return `value` as JSON takes it: no NaN, no numpy, dates as ISO text."""
    if isinstance(value, dict):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    if value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        return str(value.date())
    if isinstance(value, np.datetime64 | dt.date):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
