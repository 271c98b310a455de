"""Stores that take seconds to make, made once for all workers and for both runs of the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from core.presets import PRESETS, preset
from dashboard.home import ensure_demo
from dashboard.pipeline import Pipeline
from data.imports import ImportPaths, import_market
from data.schema import TABLES

__all__ = ["REAL_MARKET", "ROOT", "SHARED", "copied", "demo_store", "once", "real_store"]

ROOT = Path(__file__).resolve().parents[1]
REAL_MARKET = ROOT.parent / "shared" / "market"
OVERRIDES = ROOT / "data" / "reference" / "overrides-us-2015-2024.toml"
# A folder for what is made once; scripts/run_checks.py gives one to every run of the tests.
SHARED = "PLIMSOLL_TESTS_SHARED"
CACHES = ("panels", "signals")


def once(base: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder called `name` that `make` fills, the first time anybody asks for it."""
    folder = Path(os.environ.get(SHARED) or base) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_name(f"{name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            make(unfinished)
            unfinished.rename(folder)
    return folder


def demo_store(base: Path) -> Path:
    """Return a store with the demo market and the caches of every preset; copy it, never use it."""

    def make(home: Path) -> None:
        ensure_demo(home)
        pipeline = Pipeline(home)
        for name in PRESETS:
            pipeline.run(preset(name))

    return once(base, "demo-made", make)


def real_store(base: Path) -> Path:
    """Return a store with the real market as ``us``; copy it, never use it."""

    def make(home: Path) -> None:
        paths = ImportPaths(**{table: REAL_MARKET / f"{table}.parquet" for table in TABLES})
        import_market(home, "us", paths, OVERRIDES)

    return once(base, "real-made", make)


def copied(made: Path, home: Path, *, caches: bool = True) -> Path:
    """Return `home`, filled with a copy of the store that was made, with its caches or without."""
    for part in ("store", *(CACHES if caches else ())):
        if (made / part).is_dir():
            shutil.copytree(made / part, home / part)
    return home
