"""What lanes bring: rows side by side against the same rows one after the other.

One thread and four, in turn; grids around the default limits and configurations at random. Run
from the project's folder: ``python -m benchmarks.engine_lanes``.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, random_risks, ratio
from core.axes import control_values
from core.curves import calendar_days
from core.metrics import Metrics
from core.risk.config import RiskConfig
from core.scenario import specs
from core.sensitivity import NUMERIC_RISK_FIELDS
from core.simulation import SimulationInputs
from core.simulation.lane_state import LANES
from core.simulation.lanes import simulate_lanes
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows

__all__ = ["table"]

_BASE = RiskConfig(borrow_spread=0.0)
_RULES = (
    "max_allowed_drawdown", "target_annual_vol", "position_stop_loss", "trailing_stop_pct",
    "circuit_breaker_dd", "max_turnover_per_rebal", "min_alpha_to_cost_ratio",
)  # fmt: skip
_THREADS = 4


def table(*, quick: bool = False) -> str:
    """Measure and return a Markdown table."""
    lines = [
        "| rows | a row in lanes | × faster than one by one | four threads, a row | × faster |",
        "|---|---|---|---|---|",
    ]
    for size in ("S",) if quick else ("S", "M", "L"):
        inputs = make_market(*SIZES[size], 50)
        sizes = {"S": (21, 1), "M": (15, 3), "L": (7, 12)}[size]
        for name, rows in _grids(*sizes).items():
            cells = _measure(inputs, rows, 3 if size == "S" and not quick else 1)
            lines.append(f"| {size}, {name}: {len(rows):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _grids(side: int, every: int) -> dict[str, list[RiskConfig]]:
    # `every` so many rows of the longer lists are taken, for markets where a run takes long.
    stops, targets = np.linspace(0.02, 0.5, side), np.linspace(0.05, 0.4, side)
    return {
        "stop × target volatility": [
            _with(_BASE, position_stop_loss=stop, target_annual_vol=target)
            for target in targets
            for stop in stops
        ],
        "strips of every field": _strips()[::every],
        "every combination of seven rules": [
            _with(_BASE, **dict.fromkeys(off))
            for count in range(len(_RULES) + 1)
            for off in itertools.combinations(_RULES, count)
        ][::every],
        "six fields at random": random_risks(128)[::every],
    }


def _with(risk: RiskConfig, **changes: float | None) -> RiskConfig:
    return RiskConfig.model_validate({**risk.model_dump(), **changes})


def _strips() -> list[RiskConfig]:
    rows = []
    for path in NUMERIC_RISK_FIELDS:
        spec = specs()[path]
        for value in control_values(spec, getattr(_BASE, spec.name), 21):
            try:
                rows.append(_with(_BASE, **{spec.name: value}))
            except ValueError:
                continue  # what the other fields do not allow
    return [row for row in rows if row.execution_lag_days == _BASE.execution_lag_days]


def _measure(inputs: SimulationInputs, risks: Sequence[RiskConfig], rounds: int) -> list[str]:
    sessions, count = inputs.shape[0], len(risks)
    days = calendar_days(np.arange(sessions).astype("datetime64[D]"))
    values, ruined = np.empty((count, len(Metrics.__dataclass_fields__))), np.empty(count, np.int64)
    curves, stop = np.empty((0, sessions)), np.zeros(1, np.bool_)
    rules, rows = pack(risks), np.arange(count)

    def run(how: Callable[..., None], begin: int, end: int) -> None:
        where = inputs.market, inputs.blocks, rules, rows, begin, min(end, count)
        how(*where, 1e6, days, values, ruined, curves, stop)

    def on_threads(how: Callable[..., None]) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda at: run(how, at, at + LANES), range(0, count, LANES)))

    seconds = in_turn(
        {
            "lanes": lambda: run(simulate_lanes, 0, count),
            "alone": lambda: run(simulate_rows, 0, count),
            "lanes on threads": lambda: on_threads(simulate_lanes),
            "alone on threads": lambda: on_threads(simulate_rows),
        },
        rounds,
    )
    cells = []
    for lanes, alone in (("lanes", "alone"), ("lanes on threads", "alone on threads")):
        each = float(np.median(seconds[lanes])) / count * 1e6
        cells += [f"{each:,.0f} µs", f"{ratio(seconds, alone, lanes):.1f}"]
    return cells


if __name__ == "__main__":
    print(table(quick="--quick" in sys.argv))
