"""What lanes would cost at least: only the marking of sixteen runs side by side.

Every run's shares, highest closes and stop levels lie beside those of fifteen others, so that a
price is read once for all and every step is one vector instruction or two. Fills, exposure, cash,
metrics and everything else of a run are left out, so this is a lower bound; whole event-driven
runs are timed beside it. Run from the project's folder: ``python -m benchmarks.engine_lanes``.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, random_risks, ratio, read_matrix
from core.compiled import compiled
from core.curves import calendar_days
from core.metrics import Metrics
from core.simulation.parameters import pack
from core.simulation.rows import simulate_rows

__all__ = ["LANES", "mark_lanes", "table"]

LANES = 16
METRICS = 19
assert len(Metrics.__dataclass_fields__) == METRICS


@compiled
def mark_lanes(
    close: np.ndarray,
    rebalance: np.ndarray,
    target: np.ndarray,
    stop: np.ndarray,
    trailing: np.ndarray,
    worth: np.ndarray,
) -> int:
    """Mark LANES runs through all sessions into `worth`, T x LANES; count names near a stop."""
    sessions, names = close.shape
    shares, high = np.zeros((names, LANES)), np.zeros((names, LANES))
    level = np.zeros((names, LANES))
    near = np.zeros(LANES, np.int64)
    k = 0
    for t in range(sessions):
        now = worth[t]
        for i in range(names):
            price = close[t, i]
            own, peak, floor = shares[i], high[i], level[i]
            for lane in range(LANES):
                now[lane] += own[lane] * price
                peak[lane] = max(peak[lane], price)
                near[lane] += price <= max(floor[lane], peak[lane] * trailing[lane])
        if k < len(rebalance) and t == rebalance[k]:
            for i in range(names):
                for lane in range(LANES):
                    shares[i, lane] = target[k, i] / close[t, i]
                    high[i, lane] = close[t, i] if target[k, i] > 0.0 else 0.0
                    level[i, lane] = high[i, lane] * stop[lane]
            k += 1
    return near.sum()


def table(*, quick: bool = False) -> str:
    """Measure and return a Markdown table."""
    lines = [
        "| S, in reads a run, one thread | marking alone, in lanes | whole event-driven runs |",
        "|---|---|---|",
    ]
    lines += [_row(held, 10 if quick else 60) for held in (50, 100, 200)]
    return "\n".join(lines)


def _row(held: int, rounds: int) -> str:
    inputs = make_market(*SIZES["S"], held)
    sessions = inputs.shape[0]
    days = calendar_days(np.arange(sessions).astype("datetime64[D]"))
    rules = pack(random_risks(LANES))
    values, ruined = np.empty((LANES, METRICS)), np.empty(LANES, np.int64)
    worth, curves = np.zeros((sessions, LANES)), np.empty((0, sessions))
    levels, stop = (np.full(LANES, 0.88), np.full(LANES, 0.85)), np.zeros(1, np.bool_)

    def lanes() -> None:
        mark_lanes(inputs.close, inputs.rebalance, inputs.target, *levels, worth)

    def runs() -> None:
        market, blocks = inputs.market, inputs.blocks
        simulate_rows(market, blocks, rules, 0, LANES, 1e6, days, values, ruined, curves, stop)

    seconds = in_turn({"read": lambda: read_matrix(inputs.close), "lanes": lanes, "runs": runs}, 60)
    marking, whole = (ratio(seconds, name, "read") / LANES for name in ("lanes", "runs"))
    return f"| {held} in the book | {marking:.1f} | {whole:.1f} |"


if __name__ == "__main__":
    print(table(quick="--quick" in sys.argv))
