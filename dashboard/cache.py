"""Arrays on disk under a hash of everything they depend on; any doubt means compute again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

__all__ = ["ArrayCache", "Arrays", "contents"]

Arrays = Mapping[str, np.ndarray[Any, np.dtype[Any]]]
_Value = TypeVar("_Value")
_LOG = logging.getLogger(__name__)


class ArrayCache:
    """A folder of ``.npz`` files, one a key, written atomically; the oldest are dropped.

    A file that cannot be read, or a folder that cannot be written, costs time and nothing else.

    Parameters
    ----------
    folder : Path
        Made on the first write.
    kept : int
        Most files that stay.
    """

    def __init__(self, folder: Path, kept: int) -> None:
        self.folder = folder
        self.kept = kept

    def get(
        self,
        key: str,
        compute: Callable[[], _Value],
        to_arrays: Callable[[_Value], Arrays],
        from_arrays: Callable[[Arrays], _Value],
    ) -> _Value:
        """Return the value stored under `key`; compute and store it where there is none."""
        stored = self._read(key, from_arrays)
        if stored is not None:
            return stored
        value = compute()
        self._write(key, to_arrays(value))
        return value

    def _read(self, key: str, from_arrays: Callable[[Arrays], _Value]) -> _Value | None:
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            with contextlib.suppress(OSError):  # a store that can only be read is still a cache
                os.utime(path)
            return from_arrays(arrays)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            _LOG.warning("cache file %s cannot be read (%s): computing again", path.name, error)
            return None

    def _write(self, key: str, arrays: Arrays) -> None:
        temporary: str | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            os.replace(temporary, self._path(key))
            temporary = None
            self._drop_oldest()
        except OSError as error:
            _LOG.warning("nothing can be cached below %s: %s", self.folder, error)
        finally:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _drop_oldest(self) -> None:
        files = sorted(self.folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in files[: -self.kept]:
            path.unlink(missing_ok=True)


def contents(own: pd.DataFrame | None) -> str:
    """Hash a book of one's own as it was read, "ensemble" without one.

    Of the frame, not of the file: the book may be imported anew under its name meanwhile.
    """
    if own is None:
        return "ensemble"
    return hashlib.sha256(pd.util.hash_pandas_object(own).to_numpy().tobytes()).hexdigest()
