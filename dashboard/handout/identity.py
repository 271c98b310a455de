"""What a report was made from: hashes of data, code and settings, and how many were tried."""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from dashboard.definitions import DEFINITIONS_FILE
from dashboard.handout.errors import OtherDataError
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from data.journal import Journal

__all__ = ["Made", "Trials", "count_trials", "data_identity", "made_here", "recount"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_LIBRARIES: Final = ("numpy", "pandas", "numba", "scipy", "plotly")


@dataclass(frozen=True, slots=True)
class Made:
    """The code that made a report.

    Attributes
    ----------
    plimsoll : str
        Version.
    code : str
        Hash over every Python file of the program and what the report inlines.
    python, libraries : str, mapping of name to str
        Versions.
    """

    plimsoll: str
    code: str
    python: str
    libraries: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, for the record."""
        return asdict(self) | {"libraries": dict(self.libraries)}

    def words(self) -> str:
        """Return one line that tells two apart."""
        return f"plimsoll {self.plimsoll}, code {self.code}"


@functools.cache
def made_here() -> Made:
    """Return the code that is running."""
    digest = hashlib.sha256()
    folders = (_ROOT / name for name in ("core", "data", "dashboard"))
    files = [file for folder in folders for file in folder.rglob("*.py")]
    files += (_ROOT / "dashboard" / "handout" / "assets").iterdir()
    files.append(DEFINITIONS_FILE)
    for file in sorted(files):
        if "cache" not in file.relative_to(_ROOT).parts:
            digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0")
            digest.update(file.read_bytes())
    return Made(
        plimsoll=version("plimsoll"),
        code=digest.hexdigest()[:16],
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
    )


@dataclass(frozen=True, slots=True)
class Trials:
    """How many settings had been tried on the market when a report was made.

    Attributes
    ----------
    settings : int
        Different settings, a sweep counted as one.
    runs : int
        The same with every run of a sweep.
    last, chain : int, str
        The journal's row of the last one, and its hash: with them the count can be made again.
    """

    settings: int
    runs: int
    last: int
    chain: str


def count_trials(journal: Journal, fingerprint: str, until: int | None = None) -> Trials:
    """Count the settings tried on the market of `fingerprint`, those recorded up to row `until`.

    Raises
    ------
    data.journal.JournalError
    """
    rows = [row for row in journal.trials(fingerprint) if until is None or row["id"] <= until]
    # A setting that is run again adds a row, not a trial: the last first one stays where it is.
    last, chain = journal.link(rows[-1]["id"]) if rows else (0, "")
    runs = sum(int(row["metrics"].get("runs", 1)) for row in rows)
    return Trials(len(rows), runs, last, chain)


def recount(journal: Journal, fingerprint: str, said: Trials) -> Trials | None:
    """Count again what a report says; None where this is not the journal it was counted in."""
    if said.last == 0 or journal.link(said.last) != (said.last, said.chain):
        return None
    return count_trials(journal, fingerprint, said.last)


def data_identity(pipeline: Pipeline, run: Run) -> dict[str, Any]:
    """Return what the store says of the data behind `run`.

    Raises
    ------
    OtherDataError
        The store has other data by now: its rows are not those of `run`.
    """
    snapshot = pipeline.catalog.snapshot(run.market.source)
    if snapshot.fingerprint != run.market.fingerprint:
        raise OtherDataError(
            f"the run was made from market {run.market.source!r} with data hash "
            f"{run.market.fingerprint}, the store has {snapshot.fingerprint} by now: the market "
            "was imported again. Run the setting again"
        )
    own = run.scenario.book.own_book
    return {
        "source": run.market.source,
        "fingerprint": run.market.fingerprint,
        "book": None if own is None else pipeline.catalog.book_fingerprint(own),
        "first_date": str(snapshot.first_date),
        "last_date": str(snapshot.last_date),
        "rows": dict(snapshot.tables),
        "left_out": dict(snapshot.quarantined) | dict(snapshot.excluded),
    }
