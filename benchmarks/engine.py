"""Measure the engine and write its part of docs/performance.md: ``python -m benchmarks.engine``."""

from __future__ import annotations

import os
import sys

from benchmarks import engine_lanes, engine_single, engine_sweep
from benchmarks.document import write_section


def main() -> None:
    quick = "--quick" in sys.argv
    parts = [
        "### One run\n\nIn reads of the price matrix, every rule on, metrics and tapes included:",
        engine_single.table(quick=quick),
        "### Many runs",
        engine_sweep.table(quick=quick),
        "### Lanes",
        engine_lanes.table(quick=quick),
    ]
    # Threads cannot be faster than the processors that others leave.
    load = f"{os.cpu_count()} processors, on average {os.getloadavg()[1]:.1f} busy when this ended."
    text = "\n\n".join([*parts, load])
    print(text)
    if not quick:
        write_section("engine", text)


if __name__ == "__main__":
    main()
