"""The cockpit of one movement: everything that stands around one setting of the risk rules.

The run itself, one step of every field up and down, a strip of 21 values a field with its dead
zones explained, a surface of 41 x 41 and the account of every combination of rules, by the same
functions as the Risk lab and `plimsoll account`.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np

from benchmarks.engine_common import ratio
from benchmarks.peers_turns import turns
from core.attribution import rule_account
from core.presets import DEFAULT_PRESET, preset
from core.risk.config import RiskConfig
from core.scenario import with_values
from core.sensitivity import sensitivity
from core.simulation import SimulationInputs, simulate, simulate_many
from core.surface import risk_surface

__all__ = ["GOAL", "cockpit"]

#: In single runs of vectorbt, below.
GOAL = 6.0
_FIELDS = ("risk.position_stop_loss", "risk.target_annual_vol")


def cockpit(
    inputs: SimulationInputs, risk: RiskConfig, peers: dict[str, Callable[[], object]], rounds: int
) -> tuple[str, dict[str, float]]:
    """Return a Markdown table, and the whole movement in runs of each of `peers`."""
    dates = np.datetime64("2021-01-01") + np.arange(inputs.shape[0])
    scenario = with_values(
        preset(DEFAULT_PRESET), {f"risk.{k}": v for k, v in risk.model_dump().items()}
    )

    def surface() -> object:
        return risk_surface(
            scenario, *_FIELDS, lambda _, risks: simulate_many(inputs, risks, dates), size=41
        )

    parts = {
        "base, steps and strips of every field": lambda: sensitivity(inputs, risk, dates),
        "surface of 41 × 41": surface,
        "account of every combination of rules": lambda: rule_account(inputs, risk, dates),
    }
    counts = _counts(inputs, risk, dates)
    one = {"one run": lambda: simulate(inputs, risk)}
    seconds = turns({**one, **peers, **parts}, rounds)
    whole = "together"
    seconds[whole] = [sum(each) for each in zip(*(seconds[name] for name in parts), strict=True)]
    lines = [
        f"| the cockpit of one movement, S | runs | seconds | × one run | {_titles(peers)} |",
        "|---|---|---|---|" + "---|" * len(peers),
    ]
    for name, count in zip([*parts, whole], [*counts, sum(counts)], strict=True):
        took = statistics.median(seconds[name])
        ratios = [f"{ratio(seconds, name, peer):.1f}" for peer in peers]
        each = f"{ratio(seconds, name, 'one run'):,.0f}"
        lines.append(f"| {name} | {count:,} | {took:.2f} | {each} | {' | '.join(ratios)} |")
    return "\n".join(lines), {peer: ratio(seconds, whole, peer) for peer in peers}


def _titles(peers: dict[str, Callable[[], object]]) -> str:
    return " | ".join(f"× {name}" for name in peers)


def _counts(inputs: SimulationInputs, risk: RiskConfig, dates: np.ndarray) -> list[int]:
    around = sensitivity(inputs, risk, dates)
    return [len(around.runs.values), 41 * 41, rule_account(inputs, risk, dates).runs]
