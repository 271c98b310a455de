"""A dashboard in a process of its own, as people start it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numba
import pytest

import core.compiled  # noqa: F401 (says where compiled code is)

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 180.0  # seconds until the server must answer: the demo market and first compilations
STOP_LIMIT = 15.0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A running dashboard: its address, its store and its process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]


@contextmanager
def running_dashboard(home: Path, port: int) -> Iterator[Dashboard]:
    """Start a dashboard over the store at `home`; end it with whatever it started."""
    log_file = home.with_name(f"{home.name}-server.log")
    share_compiled_code(home)
    command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port)]
    with log_file.open("ab") as log:
        server = subprocess.Popen(
            [*command, "--no-browser"],
            cwd=ROOT,
            env=os.environ | {"PLIMSOLL_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_healthy(url, server, log_file)
            yield Dashboard(url, home, server)
        finally:
            stop(server)


def share_compiled_code(home: Path) -> None:
    """Let the store at `home` use what this checkout compiled already: minutes, every time."""
    shared = numba.config.CACHE_DIR
    if shared and not (home / "compiled").exists():
        home.mkdir(parents=True, exist_ok=True)
        os.symlink(Path(shared).parent, home / "compiled")


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for Streamlit's health address; fail with the end of the log where it never answers."""
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    state = "is still silent" if server.poll() is None else f"ended with status {server.returncode}"
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    pytest.fail(f"the dashboard {state} after at most {START_LIMIT:.0f} s:\n{tail}", pytrace=False)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            break
        try:
            server.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            continue
        break
