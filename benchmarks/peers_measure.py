"""Everything against the peers, as Markdown on standard output: run by :mod:`benchmarks.peers`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import peers_runs as one
from benchmarks.engine_common import random_risks, ratio
from benchmarks.peers_cockpit import GOAL, cockpit
from benchmarks.peers_turns import turns
from benchmarks.peers_vectorbt import vectorbt_rules
from core.curves import curve_metrics_many
from core.simulation import SimulationInputs, simulate_many

__all__ = ["main", "verdict"]

_START = np.datetime64("2021-01-01")


def main() -> None:
    quick = "--quick" in sys.argv
    measured: dict[str, one.Runs] = {}
    before = None
    for size in ("S",) if quick else ("S", "M", "L"):
        measured[size] = one.measure_runs(size, before, quick=quick)
        before = (size, measured[size])
    full, _ = one.market("S")
    vectorbt = {
        "vectorbt, masked": lambda: vectorbt_rules(full, one.RISK),
        "vectorbt, all asked": lambda: vectorbt_rules(full, one.RISK, masked=False),
    }
    movement, in_peers = cockpit(full, one.RISK, vectorbt, 2 if quick else 7)
    sweep, faster = _sweep(full, vectorbt, 40 if quick else 400, 2 if quick else 5)
    curves, metrics = _curves(500 if quick else 10_000, 3)
    start, starts, memory = _starts(full, 1 if quick else 3)
    differences = one.nav_differences()
    kept = 100 if quick else 10_000
    taken = _memory_of_sweep(kept)
    shown = measured["S"].over_ours
    rows = [
        ("one run, every rule, S: × faster than vectorbt's order function", 75, "≥",
         [shown[one.MASKED], shown[one.ASKED]]),
        ("one run in reads of the matrix, S", 20, "≤", [1 / shown[one.READ]]),
        ("a run of a sweep, S: × faster than vectorbt's", 800, "≥", faster),
        (f"memory of a sweep of {kept:,}, MB", 250, "≤", [taken]),
        (f"metrics of {500 if quick else 10_000:,} curves: × faster than vectorbt's accessor", 15,
         "≥", [metrics]),
        ("import and first run in a new process: × faster than vectorbt's", 3, "≥", starts),
        ("the cockpit of one movement in vectorbt's single runs", GOAL, "≤",
         [*in_peers.values()]),
    ]  # fmt: skip
    text = [one.runs_table(measured, differences), sweep, movement, curves, start]
    text += [f"Most memory held: {memory}; a process with a sweep of {kept:,} runs {taken:.0f} MB."]
    text += [_goals(rows), _machine()]
    print("\n\n".join(text))


def verdict(value: float, goal: float, sense: str) -> str:
    """Say whether `value` is on the right side of `goal`; `sense` is "≥" or "≤".

    Examples
    --------
    >>> verdict(80.0, 75.0, "≥"), verdict(80.0, 20.0, "≤")
    ('met', 'missed')
    """
    return "met" if (value >= goal if sense == "≥" else value <= goal) else "missed"


def _goals(rows: list[tuple[str, float, str, list[float]]]) -> str:
    lines = ["| goal | is to be | measured | verdict |", "|---|---|---|---|"]
    for name, goal, sense, values in rows:
        numbers = " / ".join(f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in values)
        verdicts = " / ".join(dict.fromkeys(verdict(value, goal, sense) for value in values))
        lines.append(f"| {name} | {sense} {goal:g} | {numbers} | {verdicts} |")
    return "\n".join(lines)


def _sweep(
    inputs: SimulationInputs, peers: dict[str, Callable[[], object]], count: int, rounds: int
) -> tuple[str, list[float]]:
    risks = [risk.model_copy(update={"borrow_spread": 0.0}) for risk in random_risks(count)]
    dates = _START + np.arange(inputs.shape[0])
    seconds = turns({"many": lambda: simulate_many(inputs, risks, dates), **peers}, rounds)
    each = statistics.median(seconds["many"]) / count * 1e6
    faster = [ratio(seconds, name, "many") * count for name in peers]
    said = ", ".join(
        f"{times:,.0f} × faster than a run of {name}"
        for name, times in zip(peers, faster, strict=True)
    )
    return f"A configuration of a sweep (`simulate_many`, {count}): {each:.0f} µs, {said}.", faster


def _curves(count: int, rounds: int) -> tuple[str, float]:
    import vectorbt  # noqa: F401  # gives frames their accessor

    rng = np.random.default_rng(1)
    nav = np.exp(np.cumsum(rng.normal(0.0, 0.01, (count, 756)), axis=1))
    dates = _START + np.arange(756)
    columns = np.ascontiguousarray(nav.T)
    names = ("total", "annualized", "annualized_volatility", "sharpe_ratio", "sortino_ratio")
    names += ("max_drawdown", "calmar_ratio")

    def accessor() -> dict[str, np.ndarray]:
        frame = pd.DataFrame(columns[1:] / columns[:-1] - 1.0)
        returns = frame.vbt.returns(freq="1D", year_freq="252D")
        return {name: getattr(returns, name)().to_numpy() for name in names}

    ours, theirs = curve_metrics_many(nav, dates), accessor()
    # Not the drawdown: vectorbt's leaves the value at the start out of the peak.
    for column, name in ((0, "total"), (3, "annualized_volatility")):
        np.testing.assert_allclose(ours[:, column], theirs[name], rtol=1e-9, atol=1e-12)
    seconds = turns({"ours": lambda: curve_metrics_many(nav, dates), "accessor": accessor}, rounds)
    own, peer = (statistics.median(seconds[name]) for name in ("ours", "accessor"))
    times = ratio(seconds, "accessor", "ours")
    return (
        f"Metrics of {count:,} curves of 756 sessions: eight in {own:.3f} s on one thread, seven "
        f"by vectorbt's accessor in {peer:.2f} s, {times:.0f} ×. Return and volatility agree to "
        "1e-9; its drawdown leaves the start out of the peak."
    ), times


def _starts(inputs: SimulationInputs, rounds: int) -> tuple[str, list[float], str]:
    # A new process each time; what can be compiled and cached is, by a first one.
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "market.npz")
        np.savez(path, close=inputs.close, rebalance=inputs.rebalance, target=inputs.target)

        def start(what: str) -> None:
            command = [sys.executable, "-m", "benchmarks.peers_start", what, path]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            memory[what] = float(done.stdout.split()[-1])

        seconds = turns(
            {what: lambda what=what: start(what) for what in ("ours", "orders")}, rounds
        )
        began = time.perf_counter()
        start("rules")
        rules = time.perf_counter() - began
    own = statistics.median(seconds["ours"])
    starts = [ratio(seconds, "orders", "ours"), rules / own]
    said = (
        f"Import and first run in a new process: {own:.2f} s; vectorbt `from_orders` without rules "
        f"{statistics.median(seconds['orders']):.2f} s, {starts[0]:.1f} ×; its order function, "
        f"which it compiles anew in every process, {rules:.1f} s, {starts[1]:.0f} ×."
    )
    held = (
        f"one run of ours {memory['ours']:.0f} MB, of `from_orders` {memory['orders']:.0f} MB, "
        f"of the order function {memory['rules']:.0f} MB"
    )
    return said, starts, held


def _memory_of_sweep(count: int) -> float:
    command = [sys.executable, "-m", "benchmarks.engine_sweep", "--memory", str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _machine() -> str:
    names = ("vectorbt", "vectorbt-rust", "bt", "pandas", "numba")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{versions}; {os.cpu_count()} processors, on average {os.getloadavg()[1]:.1f} busy when "
        "this ended."
    )


if __name__ == "__main__":
    main()
