"""Many runs: by threads against a loop of single ones, by their number, and the memory they take.

Run from the project's folder: ``python -m benchmarks.engine_sweep``.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.engine_common import SIZES, in_turn, make_market, random_risks, ratio, read_matrix
from core.curves import curve_metrics_many
from core.metrics import curve_metrics
from core.simulation import simulate_many
from core.simulation.kernel import run_once
from core.simulation.parameters import pack

__all__ = ["table"]

_NO_WEIGHTS = np.empty((0, 0))
_START = np.datetime64("2021-01-01")


def table(*, quick: bool = False) -> str:
    """Measure and return Markdown: threads, growth with K, metrics of curves."""
    growth = _growth((100, 1000) if quick else (100, 1000, 10_000))
    threads = _threads(40 if quick else 200, 3 if quick else 9)
    return "\n\n".join((threads, growth, _curves(1000 if quick else 10_000)))


def _threads(count: int, rounds: int) -> str:
    inputs = make_market(*SIZES["S"], 100)
    dates = _START + np.arange(inputs.shape[0])
    risks = random_risks(count)
    rules = pack(risks)

    def loop() -> None:
        for row in range(count):
            run_once(*inputs.market, rules[row : row + 1], 1e6, _NO_WEIGHTS, 4096, 8192)

    tasks = {"read": lambda: read_matrix(inputs.close), "loop of runs by session": loop}
    for workers in (1, 2, 4):
        tasks[f"`simulate_many`, {workers} threads"] = lambda workers=workers: simulate_many(
            inputs, risks, dates, workers=workers
        )
    seconds = in_turn(tasks, rounds)
    lines = ["| S, 100 in the book | a run | in reads | × the loop |", "|---|---|---|---|"]
    for name in list(tasks)[1:]:
        each = statistics.median(seconds[name]) / count * 1e6
        reads = ratio(seconds, name, "read") / count
        faster = ratio(seconds, "loop of runs by session", name)
        lines.append(f"| {name} | {each:.0f} µs | {reads:.1f} | {faster:.1f} |")
    return "\n".join(lines)


def _growth(counts: tuple[int, ...]) -> str:
    inputs = make_market(*SIZES["S"], 100)
    dates = _START + np.arange(inputs.shape[0])
    simulate_many(inputs, random_risks(2), dates)
    lines = ["| runs in one sweep | a run | memory while it runs |", "|---|---|---|"]
    for count in counts:
        risks = random_risks(count)
        before = _resident()
        began = time.perf_counter()
        with _Peak() as peak:
            simulate_many(inputs, risks, dates)
        each = (time.perf_counter() - began) / count * 1e6
        more = max(0, peak.highest - before) / 1e6
        lines.append(f"| {count:,} | {each:.0f} µs | + {more:.0f} MB |")
    command = [sys.executable, "-m", "benchmarks.engine_sweep", "--memory", str(counts[-1])]
    largest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    lines.append(f"| {counts[-1]:,}, all of a process of its own | | {largest} MB |")
    return "\n".join(lines)


def _curves(count: int) -> str:
    rng = np.random.default_rng(1)
    nav = np.exp(np.cumsum(rng.normal(0.0, 0.01, (count, 756)), axis=1))
    dates = _START + np.arange(756)
    some = count // 20
    seconds = in_turn(
        {
            "many": lambda: curve_metrics_many(nav, dates),
            "numpy": lambda: [curve_metrics(row, dates) for row in nav[:some]],
        },
        5,
    )
    many = statistics.median(seconds["many"])
    faster = ratio(seconds, "numpy", "many") * 20
    return (
        f"Eight metrics of {count:,} curves of 756 sessions: {many:.3f} s on one thread, "
        f"{faster:.0f} × faster than `curve_metrics` (numpy) one by one."
    )


class _Peak:
    # Highest memory while something runs, looked at 200 times a second.

    highest = 0

    def __enter__(self) -> _Peak:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.005):
            self.highest = max(self.highest, _resident())


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _largest_after(count: int) -> float:
    inputs = make_market(*SIZES["S"], 100)
    simulate_many(inputs, random_risks(count), _START + np.arange(inputs.shape[0]))
    # Not ru_maxrss, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


if __name__ == "__main__":
    if "--memory" in sys.argv:
        print(f"{_largest_after(int(sys.argv[-1])):.0f}")
        sys.exit()
    print(table(quick="--quick" in sys.argv))
