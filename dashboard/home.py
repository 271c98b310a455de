"""Where the store lives, and the demo market that is there from the start."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dashboard.progress import MAKING_DEMO
from data.catalog import Catalog
from data.errors import StoreCorruptError, StoreVersionError, UnknownSourceError
from data.providers.demo import generate
from data.store import write_market

__all__ = ["DEMO", "ensure_demo", "home_folder"]

DEMO: Final = "demo"
_PROJECT: Final = Path(__file__).resolve().parent.parent


def home_folder() -> Path:
    """Return ``PLIMSOLL_HOME``, or ``data/cache`` of the project when it is not set."""
    return _folder(os.environ.get("PLIMSOLL_HOME", "").strip())


@functools.cache  # every page asks several times, and resolving asks the disk
def _folder(chosen: str) -> Path:
    # os.path.expanduser leaves an unknown ~name as it is, where Path.expanduser raises.
    return Path(os.path.expanduser(chosen)).resolve() if chosen else _PROJECT / "data" / "cache"


def ensure_demo(home: Path, progress: Callable[[str, float], None] | None = None) -> bool:
    """Write the simulated market into the store unless this version's is there, undamaged.

    Returns
    -------
    bool
        Whether it had to be made.
    """
    origin = f"simulated by plimsoll, generator {_generator_fingerprint()}"
    try:
        catalog = Catalog(home)
        snapshot = catalog.snapshot(DEMO)
        if snapshot.origin == origin:
            catalog.check(snapshot)
            return False
    except (UnknownSourceError, StoreVersionError, StoreCorruptError):
        pass  # it can always be made again
    if progress is not None:
        progress(MAKING_DEMO, 0.0)
    write_market(
        home,
        DEMO,
        generate(),
        simulated=True,
        return_basis="simulated total return",
        origin=origin,
    )
    if progress is not None:
        progress("Simulated market ready", 1.0)
    return True


def _generator_fingerprint() -> str:
    # A changed generator makes another market: the stored one must then be made anew.
    digest = hashlib.sha256()
    for path in sorted((_PROJECT / "data" / "providers").glob("demo*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
