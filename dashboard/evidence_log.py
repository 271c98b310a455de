"""The trial log as a table: every setting that was tried, what it changed and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from core.errors import ConfigError
from core.scenario import PRESETS, specs, value_at

__all__ = ["COLUMNS", "log_table"]

COLUMNS: Final = ("tried", "by", "from", "changed", "runs", "sharpe", "cagr", "max_drawdown")
_MOST: Final = 500  # rows; the export has them all
_NOT_TOLD: Final = ("universe.source",)
_METRICS: Final = {"sharpe": "sharpe_ratio", "cagr": "cagr", "max_drawdown": "max_drawdown"}


def log_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a setting, the newest first, at most 500.

    Parameters
    ----------
    rows : sequence of dict
        As :meth:`data.journal.Journal.tried` returns them.

    Returns
    -------
    DataFrame
        ``COLUMNS``: when (UTC), "page", "cli" or "sweep", preset, what differs from it in words,
        runs, and metrics as fractions (missing for a sweep).
    """
    table = []
    for row in list(rows)[-_MOST:][::-1]:
        metrics = row["metrics"]
        sweep = row["origin"] == "sweep"
        table.append(
            {
                "tried": str(row["at"])[:16].replace("T", " "),
                "by": row["origin"],
                "from": row["preset"],
                "changed": _axes(row["values"]) if sweep else _changed(row),
                "runs": int(metrics.get("runs", 1)),
            }
            | {name: metrics.get(metric) for name, metric in _METRICS.items()}
        )
    frame = pd.DataFrame(table, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(_METRICS, "float64"))


def _changed(row: Mapping[str, Any]) -> str:
    try:
        base = PRESETS[row["preset"]]
    except (KeyError, ConfigError):
        return ""
    parts = []
    for path, value in row["values"].items():
        spec = specs().get(path)
        if spec is None or path in _NOT_TOLD:
            continue
        own = value_at(base, path)
        if str(own) != str(value):
            parts.append(f"{spec.label} {_short(value)}")
    return ", ".join(parts)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "off" if value is None else str(value)


def _axes(values: Mapping[str, Any]) -> str:
    axes = values.get("sweep.axes", {})
    return ", ".join(
        f"{specs()[path].label if path in specs() else path} {levels}"
        for path, levels in axes.items()
    )
