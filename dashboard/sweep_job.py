"""The work of one job of a sweep, here or on another machine: needs the engine, not the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from core.compiled import code_fingerprint
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, SweepResult, simulate_many
from core.units import Dates

__all__ = ["BookInputs", "JobResult", "run_job"]


@dataclass(frozen=True, eq=False)
class BookInputs:
    """One book ready to simulate; it can be sent to another process."""

    inputs: SimulationInputs
    dates: Dates

    def __reduce__(self) -> tuple[Any, ...]:
        # Arrays arrive writeable, and the kernel is compiled for read-only ones: the constructor
        # freezes them again, and checks what came over the wire.
        arrays = {f.name: getattr(self.inputs, f.name) for f in fields(self.inputs) if f.init}
        return _rebuilt, (arrays, self.dates)


@dataclass(frozen=True, slots=True, eq=False)
class JobResult:
    """Runs, and the fingerprint of the engine that did them."""

    runs: SweepResult
    code: str


def _rebuilt(arrays: dict[str, Any], dates: Dates) -> BookInputs:
    return BookInputs(SimulationInputs(**arrays), dates)


def run_job(book: BookInputs, risks: Sequence[RiskConfig]) -> JobResult:
    """Run configurations over one book, on one thread: the backend runs several jobs at once."""
    return JobResult(simulate_many(book.inputs, risks, book.dates, workers=1), code_fingerprint())
