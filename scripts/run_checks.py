"""Run every check, say how long each took, and fail when one of them does.

A test in the browser that fails gets one more try, alone, when all else has ended. What passes then
is named in the last lines; what it said the first time stands further up. Nothing else is tried
twice.

Usage: python scripts/run_checks.py (what `make test` runs inside .venv).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import NamedTuple

__all__ = ["ASIDE", "PHASES", "Check", "main"]

ROOT = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent
_PYTHON = [sys.executable, "-m"]
_PYTEST = [*_PYTHON, "pytest", "--durations", "10"]
Check = tuple[str, list[str]]

_STATIC: tuple[Check, ...] = (
    ("ruff check", [*_PYTHON, "ruff", "check", "."]),
    ("ruff format", [*_PYTHON, "ruff", "format", "--check", "."]),
    ("import-linter", [str(_BIN / "lint-imports")]),
    ("mypy", [*_PYTHON, "mypy"]),
    ("mypy scripts", [*_PYTHON, "mypy", "scripts/setup_env.py", "scripts/run_checks.py"]),
)
_CHROMIUM: Check = ("chromium", [sys.executable, "tests/browser/chromium.py"])
# Compiled once beside the static checks: else every worker of the tests would compile it.
_PYTHON_C = [sys.executable, "-c"]
_COMPILE: Check = ("compile", [*_PYTHON_C, "from core.simulation import warm_up; warm_up()"])
_COMPILE_MANY: Check = (
    "compile many",
    [*_PYTHON_C, "from core.simulation import warm_up_many; warm_up_many()"],
)
_COMPILE_EVIDENCE: Check = (
    "compile evidence",
    [*_PYTHON_C, "from core.evidence.bootstrap import warm_up; warm_up()"],
)
_COMPILE_TOPOLOGY: Check = (
    "compile topology",
    [
        *_PYTHON_C,
        "import numpy as np; from core.factors.topology_diagrams import diagrams_of; "
        "diagrams_of(np.sin(np.arange(40.0)).reshape(2, 20), 3, 1)",
    ],
)
# Python's own compiling as well, and pytest's of every assertion: once, not once a worker.
_COLLECT: Check = ("collect", [*_PYTHON, "pytest", "--collect-only", "-qq"])
# What knows nothing of the engine does not wait until it is compiled.
_DATA: Check = ("pytest data", [*_PYTEST, "tests/data", "-n", "2", "--dist", "loadgroup"])
# A test's module fixture is made once where its file stays on one worker: see tests/conftest.py.
_TESTS: Check = (
    "pytest",
    [
        *_PYTEST, "-m", "not browser", "--ignore", "tests/data",
        "-n", "auto", "--dist", "loadgroup", "--no-loadscope-reorder",
    ],
)  # fmt: skip
# A server and a Chromium for each worker. Two, beside the tests: a browser's test mostly waits.
_BROWSERS = [*_PYTEST, "-m", "browser", "tests/browser"]
_BROWSER: Check = (
    "pytest browser",
    [*_BROWSERS, "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"],
)
# The second try: one by one, on a machine that does nothing else, with a server of its own.
_AGAIN: Check = (
    "browser again",
    [*_BROWSERS, "--last-failed", "--last-failed-no-failures", "none"],
)
_MOST_AGAIN = 3  # files; more of them are no accident
#: What needs nothing, at once and beside all else; the checks of a row one by one.
ASIDE: tuple[Sequence[Check], ...] = (_STATIC, (_DATA,))
#: One phase after the other: what the tests need, then the tests.
PHASES: tuple[tuple[Sequence[Check], ...], ...] = (
    ((_COMPILE, _COMPILE_EVIDENCE), (_COMPILE_MANY,), (_CHROMIUM, _COLLECT, _COMPILE_TOPOLOGY)),
    ((_BROWSER,), (_TESTS,)),
)
# One thread for each worker's linear algebra: the workers already fill the machine. And bytecode is
# kept whatever is set outside: without it all workers compile every test, at 10 seconds each.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "",
}
# Stores that both runs of the tests copy: see tests/shared.py.
_SHARED = "PLIMSOLL_TESTS_SHARED"

_FAILED = re.compile(
    r"^(?:FAILED|ERROR) ([\w./-]+\.py(?:::.*?\](?= - |$)|.*?))(?: - .*)?$", re.MULTILINE
)
_LAST_LINES = 12  # of a check that fails without naming a test
_printing = Lock()


class Spent(NamedTuple):
    """A check that has ended."""

    name: str
    seconds: float
    status: int
    text: str

    @property
    def failures(self) -> list[str]:
        """Tests that failed, each once."""
        return list(dict.fromkeys(_FAILED.findall(self.text)))

    @property
    def files(self) -> set[str]:
        """Files of tests that failed: one that cannot be set up fails in all of its tests."""
        return {name.partition("::")[0] for name in self.failures}


def main() -> int:
    """Run the checks, all of them whatever fails; return the exit status."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="plimsoll-tests-") as shared:
        environment = os.environ | _ENVIRONMENT | {_SHARED: shared}
        spent = _all(environment)
        spent, saved = _second_try(spent, environment)
    failed = [one for one in spent if one.status]
    _say("──\n" + "".join(map(_summed_up, spent)))
    _say(f"{'in all':15} {time.monotonic() - begun:7.1f} s\n")
    _say("".join(f"passed on the second try: {name}\n" for name in saved))
    _say("".join(map(_why, failed)))
    return 1 if failed else 0


def _all(environment: Mapping[str, str]) -> list[Spent]:
    def row(checks: Sequence[Check]) -> list[Spent]:
        return [_run(check, environment) for check in checks]

    with ThreadPoolExecutor(len(ASIDE) + max(map(len, PHASES))) as pool:
        aside = [pool.submit(row, checks) for checks in ASIDE]
        done = [found for phase in PHASES for found in pool.map(row, phase)]
        done += [one.result() for one in aside]
    return [one for found in done for one in found]


def _second_try(
    spent: list[Spent], environment: Mapping[str, str]
) -> tuple[list[Spent], list[str]]:
    # All checks with the second try among them, and the tests that passed only then.
    first = next(one for one in spent if one.name == _BROWSER[0])
    if first.status != 1 or not 0 < len(first.files) <= _MOST_AGAIN:
        return spent, []
    second = _run(_AGAIN, environment)
    if second.status == 0:
        spent = [one._replace(status=0) if one is first else one for one in spent]
    return [*spent, second], first.failures if second.status == 0 else []


def _run(check: Check, environment: Mapping[str, str]) -> Spent:
    # What it says comes in one piece, when it has ended: others speak beside it.
    name, command = check
    if name in (_BROWSER[0], _AGAIN[0]):  # the others note their failures elsewhere
        command = [*command, "-o", f"cache_dir={environment[_SHARED]}/browser-cache"]
    _say(f"── {name} begins\n")
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        status = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
        seconds = time.monotonic() - begun
        said.seek(0)
        text = said.read().decode(errors="replace")
    _say(f"── {name}: {'ok' if status == 0 else 'FAILED'} after {seconds:.1f} s\n{text}")
    return Spent(name, seconds, status, text)


def _summed_up(one: Spent) -> str:
    result = "ok" if one.status == 0 else "FAILED"
    return f"{one.name:15} {one.seconds:7.1f} s  {result}\n"


def _why(one: Spent) -> str:
    lines = one.failures or one.text.splitlines()[-_LAST_LINES:]
    return f"FAILED {one.name}:\n" + "".join(f"  {line}\n" for line in lines)


def _say(text: str) -> None:
    with _printing:
        sys.stdout.write(text)
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
