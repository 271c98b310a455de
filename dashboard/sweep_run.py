"""A sweep from plan to table: books from the store, jobs on a backend, parts on disk."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from core.compiled import code_fingerprint
from core.config import Scenario
from core.errors import ConfigError, HistoryError
from core.risk.config import RiskConfig
from core.scenario import preset, scenario_hash
from core.simulation import METRICS, SweepResult
from core.sweep import Chunk, SweepTable, chunks
from core.sweep_plan import SweepPlan
from dashboard.evidence_trials import different_runs
from dashboard.pipeline import BEFORE_RISK, Pipeline, reading_fingerprint
from dashboard.record import record_many, scenario_values
from dashboard.sweep_backends import Backend, run_jobs
from dashboard.sweep_job import BookInputs, run_job
from dashboard.sweep_store import ROW, SweepFiles, SweepFilesError
from data.journal import Journal, TrialReturns

__all__ = ["Books", "chunk_size", "record_sweep", "run_sweep", "sweep_manifest", "table_of"]

_FORMAT: Final = 1
# The book is what is wanted: without leverage this overlay cannot be ruined on the way to it.
_IDLE: Final = preset("No overlay").risk
_LEAST, _CHUNKS = 128, 256


class Books:
    """Books of a store, ready to simulate; the last one is kept.

    Parameters
    ----------
    pipeline : Pipeline
    fingerprints : mapping of str to str, optional
        Market → fingerprint it must have; another means that it was imported anew meanwhile.
    """

    def __init__(self, pipeline: Pipeline, fingerprints: dict[str, str] | None = None) -> None:
        self.pipeline = pipeline
        self.fingerprints = fingerprints or {}
        self.built = 0
        self._last: tuple[str, BookInputs] | None = None

    def get(self, scenario: Scenario) -> BookInputs:
        """Return the book of `scenario`, whatever its risk section."""
        key = scenario_hash(scenario, BEFORE_RISK)
        if self._last is None or self._last[0] != key:
            run = self.pipeline.run(scenario.model_copy(update={"risk": _IDLE}))
            wanted = self.fingerprints.get(scenario.universe.source)
            if wanted is not None and run.market.fingerprint != wanted:
                raise SweepFilesError(
                    f"market {scenario.universe.source!r} was imported anew during the sweep. "
                    "Begin it again with --fresh."
                )
            self._last = (key, BookInputs(run.inputs, run.dates))
            self.built += 1
        return self._last[1]

    def run_group(self, scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
        """Run configurations over the book of `scenario` here; a :data:`core.sweep.RunGroup`."""
        return run_job(self.get(scenario), risks).runs


def chunk_size(runs: int) -> int:
    """Return how many runs are done, written and shown together."""
    return max(_LEAST, -(-runs // _CHUNKS))


def sweep_manifest(plan: SweepPlan, pipeline: Pipeline) -> dict[str, Any]:
    """Return everything the numbers of a sweep depend on."""
    catalog = pipeline.catalog
    sources = _taken(plan, "universe.source", plan.base.universe.source)
    books = _taken(plan, "book.own_book", plan.base.book.own_book)
    data = {name: catalog.snapshot(name).fingerprint for name in sources}
    data |= {f"book {name}": catalog.book_fingerprint(name) for name in books if name}
    return {
        "format": _FORMAT,
        "version": importlib.metadata.version("plimsoll"),
        "scenario": {path: _plain(value) for path, value in scenario_values(plan.base).items()},
        "axes": [str(axis) for axis in plan.axes],
        "design": plan.design,
        "seed": plan.seed,
        "runs": len(plan),
        "chunk": chunk_size(len(plan)),
        "plan": plan.hash,
        "data": data,
        "code": f"{code_fingerprint()}-{reading_fingerprint()}",
        "columns": [*(axis.path for axis in plan.axes), *METRICS, "ruined", "refused"],
    }


def _taken(plan: SweepPlan, path: str, otherwise: Any) -> tuple[Any, ...]:
    for axis, levels in zip(plan.axes, plan.levels, strict=True):
        if axis.path == path:
            return levels
    return (otherwise,)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def run_sweep(
    plan: SweepPlan,
    books: Books,
    backend: Backend,
    files: SweepFiles,
    finished: Callable[[int], None],
) -> None:
    """Run what is not there yet; every chunk is on disk before it counts as finished.

    Parameters
    ----------
    finished : callable
        Told the number of rows that are done, those of earlier attempts at once.

    Raises
    ------
    core.errors.CoreError, data.errors.DataError
        What is finished by then stays in the parts.
    """
    axes = plan.axis_frame()
    rows = len(files.table())
    finished(rows)

    def settle(chunk: Chunk, runs: SweepResult | None) -> None:
        nonlocal rows
        files.write(chunk.number, _part(axes, chunk, runs))
        rows += chunk.size
        finished(rows)

    def jobs() -> Iterator[tuple[Chunk, BookInputs]]:
        for wanted in chunks(plan, chunk_size(len(plan)), files.done()):
            chunk, book = _with_book(wanted, books)
            if book is None:
                settle(chunk, None)
            else:
                yield chunk, book

    for chunk, runs in run_jobs(backend, jobs()):
        settle(chunk, runs)


def _with_book(chunk: Chunk, books: Books) -> tuple[Chunk, BookInputs | None]:
    if chunk.scenario is None or not len(chunk.rows):
        return chunk, None
    try:
        return chunk, books.get(chunk.scenario)
    except (ConfigError, HistoryError) as error:
        reasons = chunk.refused | dict.fromkeys(chunk.rows.tolist(), str(error))
        return Chunk(chunk.number, None, chunk.rows[:0], (), reasons), None


def _part(axes: pd.DataFrame, chunk: Chunk, runs: SweepResult | None) -> pd.DataFrame:
    refused = sorted(chunk.refused)
    rows = np.concatenate([chunk.rows, np.array(refused, dtype=np.int64)])
    values = np.full((len(rows), len(METRICS)), np.nan)
    ruined = np.full(len(rows), -1, dtype=np.int64)
    if runs is not None:
        values[: len(runs)], ruined[: len(runs)] = runs.values, runs.ruined
    told = [""] * len(chunk.rows) + [chunk.refused[row] for row in refused]
    part = axes.iloc[rows].reset_index(drop=True)
    numbers = pd.DataFrame(values, columns=list(METRICS))
    part = pd.concat([part, numbers], axis=1)
    return part.assign(ruined=ruined, refused=pd.Series(told, dtype="str"), **{ROW: rows})


def table_of(plan: SweepPlan, rows: pd.DataFrame) -> SweepTable:
    """Return the finished table of a plan from its rows.

    Raises
    ------
    SweepFilesError
        A row is missing or there twice.
    """
    if not np.array_equal(rows[ROW].to_numpy(), np.arange(len(plan))):
        raise SweepFilesError(
            f"the parts of the sweep must hold each of its {len(plan):,} rows once, they do not. "
            "Begin it again with --fresh."
        )
    values = rows[list(METRICS)].to_numpy(np.float64)
    runs = SweepResult(values, rows["ruined"].to_numpy(np.int64))
    return SweepTable(plan, runs, tuple(rows["refused"].astype(str)))


def record_sweep(
    journal: Journal,
    plan: SweepPlan,
    fingerprint: str,
    preset_name: str,
    table: SweepTable,
    returns: Sequence[TrialReturns] = (),
    *,
    setting: str = "",
) -> str:
    """Write a sweep as one row of the journal that counts as its different runs.

    Parameters
    ----------
    table : SweepTable
        What the sweep gave: as many trials as it has different results.
    returns : sequence of TrialReturns
        Of a sample of its runs, see :func:`dashboard.evidence_trials.sweep_returns`.
    setting : str
        Hash of the sweep; that of its plan where not given.

    Returns
    -------
    str
        Why it was not recorded; empty when it was.
    """
    return record_many(
        journal,
        plan.base,
        {axis.path: str(axis).partition("=")[2] for axis in plan.axes},
        design=plan.design,
        setting=setting or plan.hash,
        fingerprint=fingerprint,
        preset_name=preset_name,
        runs=len(plan),
        different=different_runs(table.runs),
        returns=returns,
    )
