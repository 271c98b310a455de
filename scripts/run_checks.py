"""Run every check, say how long each took, and fail when one of them does.

Usage: python scripts/run_checks.py (what `make test` runs inside .venv).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["CHECKS", "main"]

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
    # One server and one Chromium at a time: a worker each would time themselves out.
    ("pytest browser", [*_PYTHON, "pytest", "-m", "browser", "tests/browser", "--durations", "5"]),
)


def main() -> int:
    """Run the checks in order, all of them whatever fails; return the exit status."""
    spent: list[tuple[str, float, int]] = []
    for name, command in CHECKS:
        sys.stdout.write(f"── {name}\n")
        sys.stdout.flush()
        begun = time.monotonic()
        # One thread for each worker's linear algebra: the workers already fill the machine.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        spent.append((name, time.monotonic() - begun, status))
    sys.stdout.write("──\n")
    for name, seconds, status in spent:
        sys.stdout.write(f"{name:15} {seconds:7.1f} s  {'ok' if status == 0 else 'FAILED'}\n")
    sys.stdout.write(f"{'in all':15} {sum(seconds for _, seconds, _ in spent):7.1f} s\n")
    return 1 if any(status for _, _, status in spent) else 0


if __name__ == "__main__":
    sys.exit(main())
