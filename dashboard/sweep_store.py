"""The files of a sweep: parts beside the output while it runs, one table and a manifest after."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core.errors import ConfigError
from data.atomic import replace_file, write_lock
from data.errors import DataError

__all__ = ["ROW", "SweepFiles", "SweepFilesError", "SweepMismatchError"]

#: Column of the parts that says which row of the plan it is.
ROW: Final = "row"
#: Entries of a manifest that follow from others.
_FOLLOWING: Final = ("runs", "chunk", "plan", "columns")
_ABSENT: Final = "not there"
_SUFFIXES: Final = (".parquet", ".csv")


class SweepFilesError(DataError):
    """A file of the sweep cannot be read or written; the parts that are there stay."""


class SweepMismatchError(SweepFilesError):
    """The output belongs to another sweep.

    Attributes
    ----------
    differences : tuple of str
        What is different, in words.
    """

    def __init__(self, out: Path, differences: tuple[str, ...]) -> None:
        self.differences = differences
        more = f"; and {len(differences) - 5} more" if len(differences) > 5 else ""
        super().__init__(
            f"{out} was begun as another sweep: {'; '.join(differences[:5])}{more}. Give the same "
            "settings to resume it, another --out, or --fresh to drop it and begin anew."
        )


class SweepFiles:
    """Output `out` (.parquet or .csv), parts in ``out.parts/``, ``out.manifest.json`` when done.

    Every file appears whole or not at all, so that a sweep can be killed at any moment. A part is
    a parquet file of its own: what is finished can be read while the rest still runs.

    Raises
    ------
    ConfigError
        The suffix is another, or the folder is not there.
    """

    def __init__(self, out: Path) -> None:
        if out.suffix not in _SUFFIXES:
            raise ConfigError(f"--out must end in .parquet or .csv, was {out.name}")
        if not out.parent.is_dir():
            raise ConfigError(f"the folder of --out must exist, {out.parent} does not. Make it.")
        self.out = out
        self.parts = out.with_name(f"{out.name}.parts")
        self.manifest = out.with_name(f"{out.name}.manifest.json")
        self._begun = self.parts / "manifest.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep another process from running the same sweep meanwhile."""
        lock = self.out.with_name(f".{self.out.name}.lock")
        with write_lock(lock, f"the sweep {self.out}", timeout=0.5):
            yield
        lock.unlink(missing_ok=True)

    def begin(self, manifest: Mapping[str, Any], *, fresh: bool = False) -> bool:
        """Make ready for the sweep of `manifest`; True when it is finished already.

        Raises
        ------
        SweepMismatchError
            The files belong to another one.
        SweepFilesError
            They cannot be read or written.
        """
        with _files(self.parts):
            if fresh:
                self._drop()
            there = next((p for p in (self._begun, self.manifest) if p.is_file()), None)
            if there is None:
                if self.out.exists():
                    raise SweepFilesError(
                        f"{self.out} exists and no sweep wrote it: {self.manifest.name} is "
                        "missing. Choose another --out, or --fresh to replace it."
                    )
                self.parts.mkdir(exist_ok=True)
                replace_file(self._begun, _text(manifest))
                return False
            before = json.loads(there.read_text(encoding="utf-8"))
            differences = tuple(_differences(before, json.loads(_text(manifest))))
            if differences and there == self._begun and not self.done():
                replace_file(self._begun, _text(manifest))  # nothing came of what was begun
                return False
            if differences:
                raise SweepMismatchError(self.out, differences)
            return there == self.manifest and self.out.exists()

    def done(self) -> frozenset[int]:
        """Numbers of the chunks whose part is there."""
        names = (path.stem.removeprefix("part-") for path in self.parts.glob("part-*.parquet"))
        return frozenset(int(name) for name in names if name.isdigit())

    def write(self, number: int, part: pd.DataFrame) -> None:
        """Keep what one chunk gave."""
        with _files(self.parts):
            replace_file(self.parts / f"part-{number:06d}.parquet", _parquet(part))

    def table(self) -> pd.DataFrame:
        """Return every row that is finished, in the order of the plan, with its column ``row``."""
        with _files(self.parts):
            paths = sorted(self.parts.glob("part-*.parquet"))
            if not paths:
                return pd.DataFrame({ROW: pd.Series(dtype="int64")})
            found = [pd.read_parquet(path) for path in paths]
        return pd.concat(found, ignore_index=True).sort_values(ROW, ignore_index=True)

    def finish(self, table: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
        """Write the output and its manifest; the parts go last."""
        with _files(self.out.parent):
            text = self.out.suffix == ".csv"
            content = table.to_csv(index=False).encode() if text else _parquet(table)
            replace_file(self.out, content)
            replace_file(self.manifest, _text(manifest))
            shutil.rmtree(self.parts)

    def _drop(self) -> None:
        if self.parts.exists():
            shutil.rmtree(self.parts)
        self.out.unlink(missing_ok=True)
        self.manifest.unlink(missing_ok=True)


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _text(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, indent=1, default=str, ensure_ascii=False).encode()


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    # What follows from the rest is told only where the rest is the same.
    found = dict(_changed(before, now))
    told = [text for key, text in found.items() if key not in _FOLLOWING]
    yield from told or found.values()


def _changed(
    before: Mapping[str, Any], now: Mapping[str, Any], at: str = ""
) -> Iterator[tuple[str, str]]:
    for key in dict.fromkeys((*before, *now)):
        was, there = before.get(key, _ABSENT), now.get(key, _ABSENT)
        if isinstance(was, dict) and isinstance(there, dict):
            yield from _changed(was, there, f"{at}{key}: ")
        elif was != there:
            yield f"{at}{key}", f"{at}{key} {_told(was, there)}"


def _told(was: Any, now: Any) -> str:
    if not isinstance(was, list) or not isinstance(now, list):
        return f"was {_short(was)}, now {_short(now)}"
    gone, new = [x for x in was if x not in now], [x for x in now if x not in was]
    if not gone and not new:  # another order
        gone, new = ([x.partition("=")[0] for x in entries] for entries in (was, now))
    told = ("; ".join(map(_short, entries)) or "nothing" for entries in (gone, new))
    return "had {}, now {}".format(*told)


def _short(value: Any) -> str:
    # Many values of an axis: the first two, the last, and how many.
    text = "off" if value is None else str(value)
    parts = text.split(",")
    if len(parts) > 5:
        text = f"{parts[0]},{parts[1]},…,{parts[-1]} ({len(parts)} values)"
    return text if len(text) <= 120 else f"{text[:119]}…"


@contextmanager
def _files(where: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a file that is not what it should be
        raise SweepFilesError(
            f"the files of the sweep below {where} cannot be read or written: {error}. Finished "
            "parts stay where they are. Free space or check the folder, and run the command again."
        ) from error
