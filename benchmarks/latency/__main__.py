"""Measure the Risk lab against the least a Streamlit app can do.

Usage: python -m benchmarks.latency [--quick] [--only PART …] [--check]. Takes minutes. The table
goes to docs/performance.md; with `--quick` or `--only` it is only printed: too little to keep.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.document import write_section
from benchmarks.latency.measure import FULL, PARTS, QUICK, measure
from benchmarks.latency.rows import rows_of, table
from benchmarks.latency.servers import ROOT


def main() -> int:
    """Measure, print and write the table; with --check, status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency")
    parser.add_argument("--quick", action="store_true", help="a smoke run; writes nothing")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, help="some parts; writes nothing"
    )
    parser.add_argument("--check", action="store_true", help="status 1 when a goal is missed")
    arguments = parser.parse_args()
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {words}", flush=True)

    size = QUICK if arguments.quick else FULL
    figures, chromium = measure(size, say, arguments.only)
    rows = rows_of(figures, arguments.only)
    text = f"{_setting(chromium)}\n\n{table(rows)}"
    print(text)
    if figures.failed:
        print("nothing was written: a row could not be measured", file=sys.stderr)
        return 1
    if not arguments.quick and set(arguments.only) == set(PARTS):
        write_section("latency", text)
    return int(arguments.check and any(row.met is False for row in rows))


def _setting(chromium: str) -> str:
    packages = " · ".join(f"{name} {version(name)}" for name in ("streamlit", "numpy", "numba"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} at {_commit()} on {_processor()}, "
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()} · {packages} · Chromium {chromium}, headless, "
        "no GPU, everything on one machine."
    )


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return "an unknown commit"
    return asked.stdout.strip() or "an unknown commit"


if __name__ == "__main__":
    sys.exit(main())
