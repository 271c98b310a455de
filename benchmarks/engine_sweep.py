"""Many runs against a loop of single ones, by threads, and the memory they take.

Run from the project's folder: ``python -m benchmarks.engine_sweep``.
"""

from __future__ import annotations

import resource
import statistics
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

NO_WEIGHTS = np.empty((0, 0))


def threads(count: int) -> None:
    inputs = make_market(*SIZES["S"], 100)
    dates = np.datetime64("2021-01-01") + np.arange(inputs.shape[0])
    risks = random_risks(count)
    rules = pack(risks)

    def serial() -> None:
        for row in range(count):
            run_once(*inputs.market, rules[row : row + 1], 1e6, NO_WEIGHTS, 4096, 8192)

    tasks = {"read": lambda: read_matrix(inputs.close), "serial, by session": serial}
    for workers in (1, 2, 4):
        tasks[f"{workers} threads"] = lambda workers=workers: simulate_many(
            inputs, risks, dates, workers=workers
        )
    seconds = in_turn(tasks, 7)
    for name in list(tasks)[1:]:
        each = statistics.median(seconds[name]) / count * 1e6
        reads = ratio(seconds, name, "read") / count
        faster = ratio(seconds, "serial, by session", name)
        print(f"{name:20s} {each:7.0f} us each, {reads:5.1f} reads, {faster:5.2f} x serial")


def growth() -> None:
    dates = np.datetime64("2000-01-01") + np.arange(6000)
    base = make_market(*SIZES["S"], 100)
    for count in (100, 1000, 10_000):
        risks = random_risks(count)
        before, peak = _resident(), _Peak()
        began = time.perf_counter()
        with peak:
            simulate_many(base, risks, dates[: base.shape[0]])
        each = (time.perf_counter() - began) / count * 1e6
        more = (peak.highest - before) / 1e6
        print(f"K {count:6d}: {each:6.0f} us each, {more:6.1f} MB more while it ran")
    print(f"largest memory of the process: {_largest():.0f} MB")


def curves() -> None:
    nav = np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, (10_000, 756)), axis=1))
    dates = np.datetime64("2021-01-01") + np.arange(756)
    seconds = in_turn(
        {
            "many": lambda: curve_metrics_many(nav, dates),
            "one by one": lambda: [curve_metrics(row, dates) for row in nav[:500]],
        },
        5,
    )
    many = statistics.median(seconds["many"])
    times = ratio(seconds, "one by one", "many") * 20
    print(f"metrics of 10,000 curves: {many:.3f} s, {times:.0f} x faster than numpy one by one")


class _Peak:
    # Highest memory while something runs, looked at 200 times a second.

    highest = 0

    def __enter__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.005):
            self.highest = max(self.highest, _resident())


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _largest() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    growth()
    threads(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    curves()
