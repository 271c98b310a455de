"""One run against reading the price matrix once, and how it grows.

Run from the project's folder: ``python -m benchmarks.engine_single``.
"""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, ratio, read_matrix
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from core.simulation.blocks import make_blocks
from core.simulation.event_driven import run_event_driven
from core.simulation.kernel import run_once
from core.simulation.parameters import pack

NO_WEIGHTS = np.empty((0, 0))


def compare(label: str, inputs: SimulationInputs, rounds: int) -> None:
    rules, tapes = pack([RiskConfig()]), (1 << 17, 1 << 17)
    market, blocks = inputs.market, inputs.blocks
    seconds = in_turn(
        {
            "read": lambda: read_matrix(inputs.close),
            "lay out": lambda: make_blocks(inputs.close, inputs.rebalance),
            "event driven": lambda: run_event_driven(
                market, blocks, rules, 1e6, NO_WEIGHTS, *tapes
            ),
            "by session": lambda: run_once(*market, rules, 1e6, NO_WEIGHTS, *tapes),
            "simulate": lambda: simulate(inputs, RiskConfig()),
        },
        rounds,
    )
    read = statistics.median(seconds["read"]) * 1e6
    parts = [f"{name} {ratio(seconds, name, 'read'):7.1f}" for name in list(seconds)[1:]]
    print(f"{label:28s} read {read:9.1f} us; in reads: {'; '.join(parts)}")


def main() -> None:
    sessions, names = SIZES["S"]
    for held in (50, 100, 200):
        compare(f"S, {held} names held", make_market(sessions, names, held), 300)
    for factor in (2, 4):
        compare(f"T x {factor}", make_market(sessions * factor, names, 50), 100)
        compare(f"N x {factor}, 50 held", make_market(sessions, names * factor, 50), 100)
    compare("M, 100 names held", make_market(*SIZES["M"], 100), 30)
    compare("L, 100 names held", make_market(*SIZES["L"], 100), 5)


if __name__ == "__main__":
    main()
