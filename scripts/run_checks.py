"""Run every check, say how long each took, and fail when one of them does.

Usage: python scripts/run_checks.py (what `make test` runs inside .venv).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

__all__ = ["BESIDE", "CHECKS", "main"]

ROOT = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent
_PYTHON = [sys.executable, "-m"]
CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("chromium", [sys.executable, "tests/browser/chromium.py"]),
    ("ruff check", [*_PYTHON, "ruff", "check", "."]),
    ("ruff format", [*_PYTHON, "ruff", "format", "--check", "."]),
    ("mypy", [*_PYTHON, "mypy"]),
    ("mypy scripts", [*_PYTHON, "mypy", "scripts/setup_env.py", "scripts/run_checks.py"]),
    ("import-linter", [str(_BIN / "lint-imports")]),
    ("pytest", [*_PYTHON, "pytest", "-m", "not browser", "-n", "auto", "--durations", "10"]),
)
# One server and one Chromium at a time (a worker each would time themselves out), beside all of
# the above: a browser's test mostly waits. Its step starts when Chromium is there.
BESIDE = (
    "pytest browser",
    [*_PYTHON, "pytest", "-m", "browser", "tests/browser", "--durations", "5"],
)
# One thread for each worker's linear algebra: the workers already fill the machine.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def main() -> int:
    """Run the checks, all of them whatever fails; return the exit status."""
    first, *rest = CHECKS
    begun = time.monotonic()
    spent = [_run(*first)]
    with tempfile.TemporaryFile() as said:
        since = time.monotonic()
        beside = _start(BESIDE[1], said)
        spent += [_run(name, command) for name, command in rest]
        status = beside.wait()
        spent.append((BESIDE[0], time.monotonic() - since, status))
        sys.stdout.write(f"── {BESIDE[0]}\n")
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
    sys.stdout.write("──\n")
    for name, seconds, status in spent:
        sys.stdout.write(f"{name:15} {seconds:7.1f} s  {'ok' if status == 0 else 'FAILED'}\n")
    sys.stdout.write(f"{'in all':15} {time.monotonic() - begun:7.1f} s\n")
    return 1 if any(status for _, _, status in spent) else 0


def _run(name: str, command: list[str]) -> tuple[str, float, int]:
    sys.stdout.write(f"── {name}\n")
    sys.stdout.flush()
    begun = time.monotonic()
    status = _start(command, None).wait()
    return name, time.monotonic() - begun, status


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
