"""Single runs of the engine and of its peers, in turn on markets of three sizes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.engine_common import SIZES, make_market, ratio, read_matrix
from benchmarks.peers_loops import PandasLoop, bt_orders, pandas_orders
from benchmarks.peers_turns import turns
from benchmarks.peers_vectorbt import vectorbt_orders, vectorbt_rules
from core.presets import preset
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate

__all__ = ["BARE", "RISK", "Runs", "market", "measure_runs", "nav_differences", "runs_table"]

#: The defaults, every rule on; peers know no interest on cash, so none is taken here either.
RISK = RiskConfig(borrow_spread=0.0)
BARE = preset("No overlay").risk.model_copy(update={"borrow_spread": 0.0})
OURS, OURS_BARE, READ = "Plimsoll, every rule", "Plimsoll, books alone", "one read of the matrix"
MASKED = "vectorbt order function, same rules, idle sessions masked"
ASKED = "vectorbt order function, same rules, every name asked"
ORDERS = "vectorbt from_orders, books alone"
PANDAS, PANDAS_BARE = "pandas loop, same rules", "pandas loop, books alone"
BT = "bt, books alone"
_HELD = 50
_LONGEST = 20.0  # seconds that a run may be expected to take
_FAST = (MASKED, ASKED, ORDERS)
_SLOW = (PANDAS_BARE, BT, PANDAS)


@dataclass(frozen=True, slots=True)
class Runs:
    """What was measured on one market.

    Attributes
    ----------
    seconds : mapping of str to float
        Median of a run by name.
    over_ours : mapping of str to float
        Median ratio to our run with the same rules, of the same round.
    left_out : mapping of str to float
        Seconds that were expected of what was not run.
    """

    seconds: Mapping[str, float]
    over_ours: Mapping[str, float]
    left_out: Mapping[str, float]


def market(size: str) -> tuple[SimulationInputs, SimulationInputs]:
    """Return a market with alpha and leverage but no interest, and the same with books only."""
    made = make_market(*SIZES[size], _HELD)
    books = {"close": made.close, "rebalance": made.rebalance, "target": made.target}
    return SimulationInputs(**books, alpha=made.alpha, leverage=made.leverage), SimulationInputs(
        **books
    )


def tasks_of(full: SimulationInputs, bare: SimulationInputs) -> dict[str, Callable[[], object]]:
    """Return what each name runs."""
    cost = RISK.cost_per_trade_bps
    return {
        READ: lambda: read_matrix(full.close),
        OURS: lambda: simulate(full, RISK),
        OURS_BARE: lambda: simulate(bare, BARE),
        MASKED: lambda: vectorbt_rules(full, RISK),
        ASKED: lambda: vectorbt_rules(full, RISK, masked=False),
        ORDERS: lambda: vectorbt_orders(bare, cost),
        PANDAS_BARE: lambda: pandas_orders(bare, cost),
        BT: lambda: bt_orders(bare, cost),
        PANDAS: lambda: PandasLoop(full, RISK).run(),
    }


def measure_runs(size: str, before: tuple[str, Runs] | None, *, quick: bool) -> Runs:
    """Time one size; what would take too long, by its growth from the size before, is left out."""
    tasks = tasks_of(*market(size))
    expected = dict.fromkeys([*_FAST, *_SLOW], 0.0)
    if before is not None:
        growth = np.prod(SIZES[size]) / np.prod(SIZES[before[0]])
        known = {**before[1].left_out, **before[1].seconds}
        expected = {name: known[name] * growth for name in expected}
    left_out = {name: took for name, took in expected.items() if took > _LONGEST}
    rounds = {"S": (15, 3), "M": (5, 1), "L": (2, 1)}[size] if not quick else (2, 1)
    seconds, over_ours = {}, {}
    for names, count in zip(((READ, *_FAST), _SLOW), rounds, strict=True):
        group = [OURS, OURS_BARE, *(name for name in names if name not in left_out)]
        began = time.monotonic()
        taken = turns({name: tasks[name] for name in group}, count)
        for name in group:
            ours = OURS_BARE if name in (ORDERS, PANDAS_BARE, BT) else OURS
            seconds.setdefault(name, statistics.median(taken[name]))
            over_ours.setdefault(name, ratio(taken, name, ours))
        print(f"{size}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return Runs(seconds, over_ours, left_out)


def nav_differences() -> dict[str, float]:
    """Return the largest difference of each peer's NAV on S from ours, over ours."""
    full, bare = market("S")
    ours, alone = simulate(full, RISK).nav, simulate(bare, BARE).nav
    cost = RISK.cost_per_trade_bps
    masked = vectorbt_rules(full, RISK)
    curves = {
        MASKED: (masked.value().to_numpy(), ours),
        ASKED: (vectorbt_rules(full, RISK, masked=False).value().to_numpy(), ours),
        ORDERS: (vectorbt_orders(bare, cost).value().to_numpy(), alone),
        PANDAS: (PandasLoop(full, RISK).run().to_numpy(), ours),
        PANDAS_BARE: (pandas_orders(bare, cost).to_numpy(), alone),
        BT: (bt_orders(bare, cost).strategy.values.to_numpy()[1:], alone),
    }
    return {name: float(np.abs(nav / own - 1.0).max()) for name, (nav, own) in curves.items()}


def runs_table(measured: Mapping[str, Runs], differences: Mapping[str, float]) -> str:
    """Return a Markdown table, a row a program."""
    sizes = list(measured)
    lines = [
        f"| one run | {' | '.join(f'{size}, time | {size}, × ours' for size in sizes)} | NAV off |",
        "|---|" + "---|---|" * len(sizes) + "---|",
    ]
    for name in (READ, OURS, OURS_BARE, *_FAST, *_SLOW):
        cells = [_cell(runs, name) for runs in measured.values()]
        if not any(cell.strip(" |") for cell in cells):
            continue
        off = f"{differences[name]:.0e}" if name in differences else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {off} |")
    return "\n".join(lines)


def _cell(runs: Runs, name: str) -> str:
    if name in runs.left_out:
        return f"not run: {runs.left_out[name]:,.0f} s expected | "
    if name not in runs.seconds:
        return " | "
    times = runs.over_ours[name]
    return (
        f"{_time(runs.seconds[name])} | {times:,.0f}"
        if times >= 10
        else (f"{_time(runs.seconds[name])} | {times:.2g}")
    )


def _time(seconds: float) -> str:
    if seconds >= 1.0:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
