"""Start the servers that are compared, each a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Server", "floor", "lab", "plotly"]

ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).resolve().parent
_START_LIMIT = 240.0  # seconds: an empty store is filled and the engine compiled once
_STOP_LIMIT = 15.0


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process and when that was started (perf_counter)."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    started: float

    def wait(self) -> None:
        """Return when the server answers; raise RuntimeError when it ends or never does."""
        until = time.perf_counter() + _START_LIMIT
        while time.perf_counter() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server at {self.url} ended with {self.process.returncode}")
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.02)
        raise RuntimeError(f"the server at {self.url} is silent after {_START_LIMIT:.0f} s")

    def json(self, path: str) -> dict[str, object]:
        """Return what the server answers at `path`."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return dict(json.load(answer))

    def resident_bytes(self) -> int:
        """Return the memory of the process that is in RAM."""
        statm = Path(f"/proc/{self.process.pid}/statm")
        if statm.exists():
            return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        asked = subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)])
        return int(asked) * 1024


@contextlib.contextmanager
def lab(home: Path) -> Iterator[Server]:
    """Run the dashboard over the store at `home`."""
    port = _free_port()
    command = ["-m", "dashboard.cli", "dashboard", "--no-browser", "--port", str(port)]
    with _running(command, port, home.parent, {"PLIMSOLL_HOME": str(home)}) as server:
        yield server


@contextlib.contextmanager
def floor(folder: Path) -> Iterator[Server]:
    """Run the empty app."""
    port = _free_port()
    with _running([str(_HERE / "floor.py"), str(port)], port, folder, {}) as server:
        yield server


@contextlib.contextmanager
def plotly(folder: Path) -> Iterator[Server]:
    """Run the bare app with one Plotly chart, as anybody starts one."""
    port = _free_port()
    command = ["-m", "streamlit", "run", str(_HERE / "plotly_app.py"), "--server.port", str(port)]
    with _running(command, port, folder, {}) as server:
        yield server


@contextlib.contextmanager
def _running(
    command: list[str], port: int, folder: Path, environment: dict[str, str]
) -> Iterator[Server]:
    with (folder / f"server-{port}.log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,  # where .streamlit/config.toml is: all servers have one configuration
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Server(f"http://127.0.0.1:{port}", port, process, started)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_LIMIT)
            return


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
