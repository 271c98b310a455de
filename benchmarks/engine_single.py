"""One run against reading the price matrix once, and how it grows with sessions and names.

Run from the project's folder: ``python -m benchmarks.engine_single``.
"""

from __future__ import annotations

import statistics
import sys

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, ratio, read_matrix
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from core.simulation.blocks import make_blocks
from core.simulation.event_driven import run_event_driven
from core.simulation.kernel import run_once
from core.simulation.parameters import pack

__all__ = ["table"]

_NO_WEIGHTS = np.empty((0, 0))
_TAPES = (1 << 17, 1 << 17)


def table(*, quick: bool = False) -> str:
    """Measure and return a Markdown table."""
    sessions, names = SIZES["S"]
    markets = [(f"S, {held} names in the book", sessions, names, held) for held in (50, 100, 200)]
    markets += [
        ("4 × the sessions, 50 in the book", 4 * sessions, names, 50),
        ("4 × the names, 50 in the book", sessions, 4 * names, 50),
        ("M, 100 in the book", *SIZES["M"], 100),
    ]
    if not quick:
        markets.append(("L, 100 in the book", *SIZES["L"], 100))
    lines = [
        "| market | one read | event driven | by session | `simulate` | prices laid out |",
        "|---|---|---|---|---|---|",
    ]
    for label, t, n, held in markets:
        rounds = max(5, (40 if quick else 300) * sessions * names // (t * n))
        lines.append(_row(label, make_market(t, n, held), rounds))
    return "\n".join(lines)


def _row(label: str, inputs: SimulationInputs, rounds: int) -> str:
    risk = RiskConfig()
    rules, market, blocks = pack([risk]), inputs.market, inputs.blocks
    seconds = in_turn(
        {
            "read": lambda: read_matrix(inputs.close),
            "event driven": lambda: run_event_driven(
                market, blocks, rules, 1e6, _NO_WEIGHTS, *_TAPES
            ),
            "by session": lambda: run_once(*market, rules, 1e6, _NO_WEIGHTS, *_TAPES),
            "simulate": lambda: simulate(inputs, risk),
            "laid out": lambda: make_blocks(inputs.close, inputs.rebalance),
        },
        rounds,
    )
    read = statistics.median(seconds["read"]) * 1e6
    ratios = [f"{ratio(seconds, name, 'read'):.1f}" for name in list(seconds)[1:]]
    return f"| {label} | {read:,.0f} µs | {' | '.join(ratios)} |"


if __name__ == "__main__":
    print(table(quick="--quick" in sys.argv))
