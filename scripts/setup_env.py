"""Make the environment in .venv: ``python scripts/setup_env.py run`` or ``… test``.

Needs nothing but Python ≥ 3.11. What was installed is written to a stamp when all is done, and
taken away before anything is changed: an environment without a stamp was left half made and is
made anew. With a stamp that fits, nothing happens.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["LOCKS", "Setup", "SetupError", "main"]

OLDEST = (3, 11)
# The test lock contains every pin of the run lock: whoever has the test set can run, too.
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}
STAMP = "plimsoll-stamp.json"
_STEPS = 4
_INSTALL_LIMIT = 1800.0  # seconds
_QUICK_LIMIT = 300.0


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


class Setup:
    """Brings ``root/.venv`` to what the lock of `purpose` says.

    Parameters
    ----------
    root : Path
        The project's folder.
    purpose : {"run", "test"}
        Which of ``LOCKS`` to install.
    """

    def __init__(self, root: Path, purpose: str) -> None:
        self.root = root.resolve()
        self.purpose = purpose
        self.folder = self.root / ".venv"
        self.stamp = self.folder / STAMP
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def wanted(self) -> dict[str, str]:
        """Return what the stamp says after a complete set-up for this purpose."""
        done = ("run", "test") if self.purpose == "test" else ("run",)
        locks = {name: _digest(self.root / LOCKS[name]) for name in done}
        return {
            "root": str(self.root),  # an environment that was moved does not work
            "project": _digest(self.root / "pyproject.toml"),
            **locks,
        }

    def stamped(self) -> dict[str, str]:
        """Return what the stamp says; empty where there is none or it cannot be read."""
        try:
            found = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_current(self) -> bool:
        """Whether nothing has to be done."""
        stamped = self.stamped()
        wanted = self.wanted()
        return self.python.exists() and all(stamped.get(key) == wanted[key] for key in wanted)

    def must_start_over(self) -> bool:
        """Whether the folder was left half made, was moved, or its Python is gone."""
        stamped = self.stamped()
        return stamped.get("root") != str(self.root) or not _runs(self.python)

    def make(self) -> None:
        """Create or update the environment.

        Raises
        ------
        SetupError
            A step failed; the next call starts over.
        """
        begun = time.monotonic()
        fresh = self.must_start_over()
        self.stamp.unlink(missing_ok=True)
        if fresh:
            _say(1, "creating environment .venv …")
            clear = [sys.executable, "-m", "venv", "--clear", str(self.folder)]
            self._do(
                clear, _QUICK_LIMIT, "Python's venv module (on Debian: apt install python3-venv)"
            )
        else:
            _say(1, "environment .venv is there")
        lock = LOCKS[self.purpose]
        _say(2, f"installing packages of {lock} (the first time takes a minute or two) …")
        network = "a connection to a package index, or a pip configured for one"
        self._pip(["--require-hashes", "-r", lock], _INSTALL_LIMIT, network)
        _say(3, "installing Plimsoll …")
        self._pip(
            ["--no-deps", "--no-build-isolation", "-e", "."], _QUICK_LIMIT, "the packages above"
        )
        _say(4, "checking …")
        check = [str(self.python), "-m", "pip", "--disable-pip-version-check", "check"]
        self._do(check, _QUICK_LIMIT, "packages that fit each other")
        part = self.stamp.with_suffix(".tmp")
        part.write_text(json.dumps(self.wanted(), indent=2) + "\n", encoding="utf-8")
        part.replace(self.stamp)
        sys.stdout.write(f"environment ready after {time.monotonic() - begun:.0f} s\n")

    def _pip(self, arguments: list[str], limit: float, needs: str) -> None:
        pip = [
            str(self.python),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "install",
        ]
        self._do([*pip, *arguments], limit, needs)

    def _do(self, command: list[str], limit: float, needs: str) -> None:
        # A user's own settings must not lead packages past .venv.
        own = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        shown = " ".join(command)
        try:
            done = subprocess.run(
                command, cwd=self.root, env=kept | own, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired as error:
            raise SetupError(
                f"`{shown}` must end within {limit:.0f} s and did not; it needs {needs}. Try again."
            ) from error
        if done.returncode:
            raise SetupError(
                f"`{shown}` ended with status {done.returncode}; it needs {needs}. What it said is "
                "above; try again when that is mended."
            )


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SetupError(f"{path.name} must be in the project's folder: {error}") from error


def _runs(python: Path) -> bool:
    code = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        asked = subprocess.run(
            [str(python), "-c", code], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _say(step: int, what: str) -> None:
    sys.stdout.write(f"{step}/{_STEPS} {what}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up for the purpose named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Make or update the environment in .venv.")
    parser.add_argument("purpose", choices=sorted(LOCKS))
    setup = Setup(Path(__file__).resolve().parents[1], parser.parse_args(arguments).purpose)
    if sys.version_info < OLDEST:
        sys.stderr.write(f"Plimsoll needs Python ≥ 3.11, this is {sys.version.split()[0]}.\n")
        return 1
    try:
        if setup.is_current():
            return 0
        setup.make()
    except SetupError as error:
        sys.stderr.write(f"set-up failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nset-up stopped; the next run starts it over.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
