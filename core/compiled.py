"""The one way to compile a function, with an on-disk cache that notices every edit below core/."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

__all__ = ["code_fingerprint", "compiled", "compiled_inner", "compiled_part"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ROOT = Path(__file__).resolve().parent
_KEPT = 5
_OPTIONS: Final = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


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


def _cache_directory() -> str | None:
    # None where nothing can be written. Numba's own place is no way out: it would not notice edits.
    home = os.environ.get("PLIMSOLL_HOME", "").strip()
    root = Path(os.path.expanduser(home)).resolve() if home else _ROOT.parent / "data" / "cache"
    folder = root / "compiled"
    try:
        (folder / code_fingerprint()).mkdir(parents=True, exist_ok=True)
        os.utime(folder / code_fingerprint())
        _sweep(folder)
    except OSError:
        return None
    return str(folder / code_fingerprint())


def _sweep(folder: Path) -> None:
    # Every edit below core/ makes another folder; the latest few serve other checkouts.
    others = [path for path in folder.iterdir() if path.is_dir()]
    others.sort(key=lambda path: path.stat().st_mtime)
    for path in others[:-_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


_DIRECTORY = _cache_directory()
_ON_DISK: Final = _DIRECTORY is not None
if _DIRECTORY is not None:
    setattr(numba.config, "CACHE_DIR", _DIRECTORY)  # noqa: B010 (the stub lacks it)


class _Part:
    """A compiled function without a way in from Python: compiled callers take in its code.

    What unpacks arguments for Python, dozens of arrays for most parts, takes longer to compile than
    the part. A call from Python, as tests do, compiles the function again, with a way in, and for
    this process only: on disk numba would not tell the two from each other.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._part = _dispatcher(function, _ON_DISK, no_cpython_wrapper=True, **options)
        self._numba_type_ = self._part._numba_type_  # by which numba knows what it may call
        self._whole = _dispatcher(function, False, **options)

    def __call__(self, *arguments: Any) -> Any:
        return self._whole(*arguments)


def _dispatcher(function: Callable[..., Any], on_disk: bool, **options: Any) -> Any:
    return cast(Any, numba.njit)(cache=on_disk, **_OPTIONS, **options)(function)


def compiled(function: _Function) -> _Function:
    """Compile `function` with numba: cached on disk, without the GIL, without fast-math.

    A division by 0 gives an infinity or a NaN, as in numpy. Python's way, an exception, needs a
    test before every division, and no loop with such a test in it fills the processor's vectors.
    """
    return cast(_Function, _dispatcher(function, _ON_DISK))


def compiled_part(function: _Function) -> _Function:
    """Compile like :func:`compiled`, for what only compiled functions call."""
    return cast(_Function, _Part(function, {}))


def compiled_inner(function: _Function) -> _Function:
    """Compile like :func:`compiled_part`, for what runs inside a run: it must not make arrays.

    Nothing in it counts references: numba raises and lowers, atomically, the count of every array
    that a function is given, and handing a run's arrays around cost a third of the run. The
    arrays belong to the compiled function outside, which outlives the call.
    """
    return cast(_Function, _Part(function, {"_nrt": False}))
