"""Find a Chromium for the browser tests, or install one: ``python tests/browser/chromium.py``.

Only the standard library is needed, playwright where nothing else helps.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = [
    "BROWSER_FLAGS",
    "PHONE",
    "VARIABLE",
    "find_chromium",
    "install_chromium",
    "missing_message",
]

VARIABLE = "PLIMSOLL_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox: containers run as root. The rest keeps Chromium from asking the network for anything.
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What a phone's browser calls itself.
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0 Mobile Safari/537.36"
)
_PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "chromium"]
_STEP_LIMIT = 300.0  # seconds
_VERSION_LIMIT = 60.0


def find_chromium(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return an installed Chromium that starts, or None.

    Tried in this order: the file named by ``PLIMSOLL_CHROMIUM``, the usual names on the PATH, the
    one that playwright installed.
    """
    for candidate in _candidates(environ):
        if _starts(candidate):
            return candidate
    return None


def install_chromium() -> Path | None:
    """Install Chromium, by Debian's package when root, else by playwright; return it or None."""
    for title, command in _ways():
        _say(f"  no Chromium here: {title} (at most {_STEP_LIMIT:.0f} s) …")
        failure = _failure(command)
        if failure:
            _say(f"  {title} failed: {failure}")
            continue
        found = find_chromium()
        if found is not None:
            return found
    return None


def missing_message() -> str:
    """Say what to do where there is no Chromium."""
    return (
        "the browser tests need a Chromium, none was found and none could be installed. Put "
        f"{', '.join(NAMES[:3])} on the PATH, name its file in {VARIABLE}, or run "
        "`.venv/bin/python -m playwright install --with-deps chromium`."
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get(VARIABLE)
    if named:
        yield Path(named)
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(found)
    if importlib.util.find_spec("playwright") is None:
        return
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    try:
        asked = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            timeout=_VERSION_LIMIT,
        )
    except subprocess.TimeoutExpired:
        return
    if asked.returncode == 0 and asked.stdout.strip():
        yield Path(asked.stdout.strip())


def _starts(candidate: Path) -> bool:
    # A file may be there and not run: Ubuntu's chromium-browser is often a stub for a snap.
    try:
        asked = subprocess.run(
            [str(candidate), "--version"], capture_output=True, check=False, timeout=_VERSION_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _ways() -> Iterator[tuple[str, list[list[str]]]]:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        commands = [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
        yield "installing Debian's package", commands
    yield "playwright install chromium", [_PLAYWRIGHT]


def _failure(commands: list[list[str]]) -> str:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        try:
            done = subprocess.run(
                command, env=environment, check=False, timeout=_STEP_LIMIT, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return f"`{' '.join(command)}` took longer than {_STEP_LIMIT:.0f} s"
        except OSError as error:
            return f"`{' '.join(command)}` could not be started: {error}"
        if done.returncode:
            return f"`{' '.join(command)}` ended with status {done.returncode}"
    return ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Find or install a Chromium and say where it is; status 1 where there is none."""
    found = find_chromium() or install_chromium()
    if found is None:
        _say(f"chromium: {missing_message()}")
        return 1
    _say(f"chromium: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
