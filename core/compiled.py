"""The one way to compile a function, with an on-disk cache that notices every edit below core/."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = ["code_fingerprint", "compiled"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ROOT = Path(__file__).resolve().parent


@functools.cache
def code_fingerprint() -> str:
    """Return a hash of every Python file of this package.

    A cache made by other code must not be read: numba itself does not notice an edit in a compiled
    helper of another file, so its cache directory carries this hash.
    """
    digest = hashlib.sha256()
    for path in sorted(_ROOT.rglob("*.py")):
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_directory() -> str:
    home = os.environ.get("PLIMSOLL_HOME")
    root = Path(home).expanduser().resolve() if home else _ROOT.parent / "data" / "cache"
    try:
        root.mkdir(parents=True, exist_ok=True)
        writable = os.access(root, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        root = Path(tempfile.gettempdir()) / "plimsoll"
    return str(root / "compiled" / code_fingerprint())


setattr(numba.config, "CACHE_DIR", _cache_directory())  # noqa: B010 (the stub lacks it)


def compiled(function: _Function) -> _Function:
    """Compile `function` with numba: cached on disk, without the GIL, without fast-math."""
    return cast(_Function, numba.njit(cache=True, nogil=True)(function))
