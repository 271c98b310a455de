"""What the Strategy page says of the setting that is run."""

from __future__ import annotations

from dashboard.format import count, percent, ratio
from dashboard.review_evidence import is_short
from dashboard.run import Run

__all__ = ["result_words"]


def result_words(run: Run, baseline_name: str, differ: int) -> str:
    """Say what this setting made, and in how many fields it differs from its baseline."""
    metrics = run.metrics
    fell = f"with a worst loss of {percent(-metrics.max_drawdown)}"
    if is_short(run):
        made = f"{percent(metrics.total_return)} in all {fell}, too short for yearly figures"
    else:
        made = f"{percent(metrics.cagr)} a year {fell}, Sharpe {ratio(metrics.sharpe_ratio)}"
    away = f"{count(differ)} fields differ from"
    away = {0: "no field differs from", 1: "one field differs from"}.get(differ, away)
    return f"The setting that is run made {made}; {away} {baseline_name}."
