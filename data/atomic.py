"""Whole or not at all: atomic replacement, locks between processes, errors of the disk."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import BadNameError, StoreBusyError, StoreFullError, StoreWriteError

__all__ = ["checked_name", "disk_errors", "fsync_folder", "replace_file", "temporary", "write_lock"]

LOCK_TIMEOUT = 30.0
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def checked_name(name: str, what: str) -> str:
    """Return `name` when it can be a name in the store, else raise BadNameError."""
    if not _NAME.fullmatch(name):
        raise BadNameError(
            f"the name of a {what} must be 1 to 32 of a-z, 0-9, _ and -, starting with a letter, "
            f"was {name!r}. Choose another with --name, for example us."
        )
    return name


@contextmanager
def disk_errors(what: str, where: Path) -> Iterator[None]:
    """Turn an OSError of the block into a typed error that says what is still there."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(
                f"the disk is full: {what} could not be written below {where}. What was stored "
                "before is untouched. Free some space, or set PLIMSOLL_HOME to another disk."
            ) from error
        raise StoreWriteError(
            f"{what} could not be written below {where}: {error.strerror or error}. What was "
            "stored before is untouched. Check the folder, or set PLIMSOLL_HOME to another."
        ) from error


@contextmanager
def write_lock(path: Path, what: str, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold the lock file at `path`; raises StoreBusyError after `timeout` seconds."""
    with disk_errors(f"the lock of {what}", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=timeout)
        except Timeout as error:
            raise StoreBusyError(
                f"{what} is being written by another process; waited {timeout:g} seconds. "
                "Wait for it to end and try again."
            ) from error
    try:
        yield
    finally:
        lock.release()


def temporary(path: Path) -> Path:
    """Return a name beside `path` that no other writer uses and that sweeping recognises."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` so that a reader sees the old file or the new one, also after a crash."""
    scratch = temporary(path)
    try:
        with scratch.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make names written into `folder` survive a power cut, where the system can."""
    if os.name == "nt":  # Windows cannot open a folder for that
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
