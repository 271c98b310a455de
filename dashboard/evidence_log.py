"""The trial log as a table: every setting that was tried, what it changed and what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from core.errors import ConfigError
from core.scenario import PRESETS, specs, value_at
from dashboard.report.comparison_words import field_text

__all__ = ["COLUMNS", "log_table"]

COLUMNS: Final = ("tried", "by", "from", "changed", "runs", "sharpe", "cagr", "max_drawdown")
_MOST: Final = 500  # rows; the export has them all
_NOT_TOLD: Final = ("universe.source",)
_SPAN: Final = re.compile(r"(\S+) … (\S+) \((\d+)\)")
_RANGE: Final = re.compile(r"([^:,]+):([^:,]+)(?::\d+)?")
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
            parts.append(f"{spec.label} {_written(path, value)}")
    return ", ".join(parts)


def _written(path: str, value: Any) -> str:
    # Rows of other versions may hold what a field cannot be: they are shown as they are.
    try:
        return field_text(specs()[path], value)
    except (KeyError, TypeError, ValueError):
        return str(value)


def _axes(values: Mapping[str, Any]) -> str:
    axes = values.get("sweep.axes", {})
    return ", ".join(
        f"{specs()[path].label if path in specs() else path} {_levels(path, str(levels))}"
        for path, levels in axes.items()
    )


def _levels(path: str, text: str) -> str:
    # As the journal has them: "a,b,off", "a … b (n)" or "a:b:n".
    if found := _SPAN.fullmatch(text):
        low, high, number = found.groups()
        return f"{_level(path, low)} … {_level(path, high)} ({number})"
    if found := _RANGE.fullmatch(text):
        return f"{_level(path, found[1])} … {_level(path, found[2])}"
    return ", ".join(_level(path, part) for part in text.split(","))


def _level(path: str, text: str) -> str:
    text = text.strip()
    if path not in specs():
        return text
    if text in ("off", "None"):
        return "off"
    try:
        return _written(path, float(text))
    except ValueError:
        return text
