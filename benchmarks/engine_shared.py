"""What rows of a sweep that decide alike are spared: in groups against each row on its own.

One thread, in turn; grids around the default limits. Run from the project's folder:
``python -m benchmarks.engine_shared``.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, random_risks, ratio
from core.axes import control_values
from core.curves import calendar_days
from core.metrics import Metrics
from core.risk.config import RiskConfig
from core.scenario import specs
from core.sensitivity import NUMERIC_RISK_FIELDS
from core.simulation import SimulationInputs
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows

__all__ = ["table"]

_BASE = RiskConfig(borrow_spread=0.0)
_RULES = (
    "max_allowed_drawdown", "target_annual_vol", "position_stop_loss", "trailing_stop_pct",
    "circuit_breaker_dd", "max_turnover_per_rebal", "min_alpha_to_cost_ratio",
)  # fmt: skip
_GROUP = 128  # as simulate_many makes them


def table(*, quick: bool = False) -> str:
    """Measure and return a Markdown table."""
    lines = [
        "| rows, one thread | sessions gone through | × faster than each row on its own |",
        "|---|---|---|",
    ]
    for size in ("S",) if quick else ("S", "M", "L"):
        inputs = make_market(*SIZES[size], 50)
        sizes = {"S": (41, 1), "M": (15, 3), "L": (7, 12)}[size]
        for name, rows in _grids(*sizes).items():
            share, faster = _measure(inputs, rows, 3 if size == "S" and not quick else 1)
            lines.append(f"| {size}, {name}: {len(rows):,} | {share:.0%} | {faster:.1f} |")
    return "\n".join(lines)


def _grids(side: int, every: int) -> dict[str, list[RiskConfig]]:
    # `every` so many rows of the longer lists are taken, for markets where a run takes long.
    stops, targets = np.linspace(0.02, 0.5, side), np.linspace(0.05, 0.4, side)
    thresholds = np.linspace(0.05, 1.0, side)
    calm = _BASE.model_copy(update={"position_stop_loss": None, "trailing_stop_pct": None})
    return {
        "stop × target volatility": [
            _with(_BASE, position_stop_loss=stop, target_annual_vol=target)
            for target in targets
            for stop in stops
        ],
        "threshold × target volatility, no stops": [
            _with(calm, vol_rebalance_threshold=threshold, target_annual_vol=target)
            for target in targets
            for threshold in thresholds
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
    return rows


def _measure(
    inputs: SimulationInputs, risks: Sequence[RiskConfig], rounds: int
) -> tuple[float, float]:
    sessions, rows = inputs.shape[0], len(risks)
    days = calendar_days(np.arange(sessions).astype("datetime64[D]"))
    values, ruined = np.empty((rows, len(Metrics.__dataclass_fields__))), np.empty(rows, np.int64)
    curves, stop = np.empty((0, sessions)), np.zeros(1, np.bool_)
    # The same runs, none of which can stand for another: costs that differ by next to nothing.
    apart = [
        risk.model_copy(update={"cost_per_trade_bps": risk.cost_per_trade_bps + 1e-9 * row})
        for row, risk in enumerate(risks)
    ]

    def run(packed: np.ndarray) -> int:
        gone = 0
        for begin in range(0, rows, _GROUP):
            end = min(begin + _GROUP, rows)
            where, out = (
                (inputs.market, inputs.blocks, packed, begin, end),
                (values, ruined, curves),
            )
            gone += simulate_rows(*where, 1e6, days, *out, stop)
        return gone

    groups, alone = pack(risks), pack(apart)
    seconds = in_turn({"groups": lambda: run(groups), "alone": lambda: run(alone)}, rounds)
    return run(groups) / (sessions * rows), ratio(seconds, "alone", "groups")


if __name__ == "__main__":
    print(table(quick="--quick" in sys.argv))
