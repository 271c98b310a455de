"""Make .bench-venv, the environment of the peers: the run lock, then the extra `bench` on top.

Peers are no dependency of the program or of its tests, so they have no place in .venv.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ["PeersError", "make_environment"]

_STAMP = "plimsoll-peers.txt"
_LIMIT = 1800.0  # seconds


class PeersError(Exception):
    """The peers cannot be installed; the message says what failed."""


def make_environment(root: Path) -> Path:
    """Return the Python of ``root/.bench-venv``, made anew where it is not what it should be.

    Raises
    ------
    PeersError
        When a step fails, as without a package index.
    """
    folder = root / ".bench-venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    lock = root / "requirements.lock"
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    peers = project["project"]["optional-dependencies"]["bench"]
    wanted = hashlib.sha256(lock.read_bytes() + "\n".join([str(folder), *peers]).encode())
    stamp = folder / _STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted.hexdigest():
        return python
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([*pip, "--require-hashes", "-r", str(lock)])
    _run([*pip, *peers])
    stamp.write_text(wanted.hexdigest(), encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, check=False, timeout=_LIMIT, capture_output=True, text=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeersError(f"`{' '.join(command)}` did not end well: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-600:]
        raise PeersError(f"`{' '.join(command)}` ended with status {done.returncode}: {said}")
