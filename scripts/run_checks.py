"""Run every check, say how long each took, and fail when one of them does.

Usage: python scripts/run_checks.py (what `make test` runs inside .venv).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

__all__ = ["BROWSER", "CHECKS", "COMPILE", "main"]

ROOT = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent
_PYTHON = [sys.executable, "-m"]
Check = tuple[str, list[str]]
CHECKS: tuple[Check, ...] = (
    ("chromium", [sys.executable, "tests/browser/chromium.py"]),
    ("ruff check", [*_PYTHON, "ruff", "check", "."]),
    ("ruff format", [*_PYTHON, "ruff", "format", "--check", "."]),
    ("mypy", [*_PYTHON, "mypy"]),
    ("mypy scripts", [*_PYTHON, "mypy", "scripts/setup_env.py", "scripts/run_checks.py"]),
    ("import-linter", [str(_BIN / "lint-imports")]),
    ("pytest", [*_PYTHON, "pytest", "-m", "not browser", "-n", "auto", "--durations", "10"]),
)
# One server and one Chromium at a time (a worker each would time themselves out), beside the tests:
# a browser's test mostly waits.
BROWSER = (
    "pytest browser",
    [*_PYTHON, "pytest", "-m", "browser", "tests/browser", "--durations", "5"],
)
# Compiled once beside the static checks: else every worker of the tests would compile it.
COMPILE = (
    "compile",
    [
        sys.executable,
        "-c",
        "from core.simulation import warm_up, warm_up_many; warm_up(); warm_up_many()",
    ],
)
# One thread for each worker's linear algebra: the workers already fill the machine.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Spent = tuple[str, float, int]


def main() -> int:
    """Run the checks, all of them whatever fails; return the exit status."""
    begun = time.monotonic()
    *static, tests = CHECKS
    spent = _beside(COMPILE, static)
    spent += _beside(BROWSER, [tests])
    sys.stdout.write("──\n")
    for name, seconds, status in spent:
        sys.stdout.write(f"{name:15} {seconds:7.1f} s  {'ok' if status == 0 else 'FAILED'}\n")
    sys.stdout.write(f"{'in all':15} {time.monotonic() - begun:7.1f} s\n")
    return 1 if any(status for _, _, status in spent) else 0


def _beside(one: Check, others: Sequence[Check]) -> list[Spent]:
    # `one` while the others run one after the other; what it said comes last.
    since = time.monotonic()
    with tempfile.TemporaryFile() as said:
        beside = _start(one[1], said)
        spent = [_run(name, command) for name, command in others]
        status = beside.wait()
        spent.append((one[0], time.monotonic() - since, status))
        _say(one[0])
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
    return spent


def _run(name: str, command: list[str]) -> Spent:
    _say(name)
    begun = time.monotonic()
    status = _start(command, None).wait()
    return name, time.monotonic() - begun, status


def _say(name: str) -> None:
    sys.stdout.write(f"── {name}\n")
    sys.stdout.flush()


def _start(command: list[str], output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | _ENVIRONMENT,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
    )


if __name__ == "__main__":
    sys.exit(main())
