"""Designs of a sweep: which values of which fields are run together."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from core.axes import Axis
from core.config import Scenario
from core.errors import ConfigError
from core.scenario import scenario_hash
from core.simulation import METRICS
from core.units import Floats, Ints

__all__ = ["Design", "SweepPlan", "TooManyRunsError", "plan_sweep", "runs_that_fit"]

Design = Literal["grid", "random", "sobol"]

_WHOLE_TABLES: Final = 4  # parts, their concatenation, its sorted copy and what is being written
_MOST_AXES: Final = 64


class TooManyRunsError(ConfigError):
    """The table of a sweep would not fit into memory."""


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """Which runs to do: K rows over A axes.

    Attributes
    ----------
    base : Scenario
        Every field that is no axis.
    axes : tuple of A Axis
    design : str
    seed : int
        Of a random design; 0 for a grid.
    levels : tuple of A tuples
        Values of each axis.
    codes : int64[K, A]
        Index into the levels. A grid runs through its last axis fastest.
    """

    base: Scenario
    axes: tuple[Axis, ...]
    design: Design
    seed: int
    levels: tuple[tuple[Any, ...], ...]
    codes: Ints

    def __len__(self) -> int:
        return len(self.codes)

    def values(self, row: int) -> dict[str, Any]:
        """Return path → value of one row."""
        return {
            axis.path: levels[code]
            for axis, levels, code in zip(self.axes, self.levels, self.codes[row], strict=True)
        }

    @cached_property
    def hash(self) -> str:
        """12 hex digits of scenario, axes and rows."""
        digest = hashlib.sha256(scenario_hash(self.base).encode())
        parts = [
            [axis.path, list(levels)] for axis, levels in zip(self.axes, self.levels, strict=True)
        ]
        digest.update(json.dumps(parts, default=str).encode())
        digest.update(np.ascontiguousarray(self.codes).tobytes())
        return digest.hexdigest()[:12]

    def axis_frame(self) -> pd.DataFrame:
        """Return one row a run, one column an axis; off is missing (NaN, or None for texts)."""
        columns = {}
        for n, (axis, levels) in enumerate(zip(self.axes, self.levels, strict=True)):
            taken = [levels[code] for code in self.codes[:, n]]
            numeric = axis.spec.kind in ("number", "integer")
            whole = axis.spec.kind == "integer" and None not in levels
            dtype = "int64" if whole else "float64" if numeric else "object"
            columns[axis.path] = pd.Series(taken, dtype=dtype)
        return pd.DataFrame(columns)


def runs_that_fit(axes: int, memory: float) -> int:
    """Return how many runs' rows fit into `memory` bytes."""
    columns = axes + len(METRICS) + 3
    return max(int(memory / (8 * columns * _WHOLE_TABLES)), 0)


def plan_sweep(
    base: Scenario,
    axes: Sequence[Axis],
    design: Design = "grid",
    *,
    count: int | None = None,
    seed: int = 0,
    memory: float | None = None,
) -> SweepPlan:
    """Lay out a sweep.

    Parameters
    ----------
    base : Scenario
    axes : sequence of Axis
        With levels for a grid; a random design also takes ranges.
    design : {"grid", "random", "sobol"}
        Every combination; independent uniform draws; a scrambled Sobol sequence (scipy's).
    count : int, optional
        Runs of a random design; must not be given for a grid.
    seed : int
        Equal seeds give equal random designs.
    memory : float, optional
        Bytes that the table may take.

    Raises
    ------
    ConfigError
        The design does not go with the axes or the count.
    TooManyRunsError
        More rows than fit into `memory`; the message says how many do.
    """
    paths = [axis.path for axis in axes]
    if not paths or len(paths) > _MOST_AXES or len(set(paths)) < len(paths):
        raise ConfigError(f"a sweep needs 1 to {_MOST_AXES} different fields, had {paths}")
    rows = _row_count(axes, design, count)
    if memory is not None and rows > (fits := runs_that_fit(len(axes), memory)):
        raise TooManyRunsError(
            f"a sweep of {rows:,} runs must fit into {memory / 2**30:.1f} GiB of memory, "
            f"{fits:,} runs do. Take fewer levels, or --design sobol --n {fits}"
        )
    if design == "grid":
        levels = tuple(axis.levels for axis in axes)
        shape = tuple(len(values) for values in levels)
        codes = np.stack(np.unravel_index(np.arange(rows), shape), axis=1).astype(np.int64)
        return SweepPlan(base, tuple(axes), design, 0, levels, codes)
    unit = _unit_cube(design, rows, len(axes), seed)
    drawn = [_drawn(axis, unit[:, n]) for n, axis in enumerate(axes)]
    codes = np.stack([codes for _, codes in drawn], axis=1)
    return SweepPlan(base, tuple(axes), design, seed, tuple(d[0] for d in drawn), codes)


def _row_count(axes: Sequence[Axis], design: Design, count: int | None) -> int:
    if design == "grid":
        if count is not None:
            raise ConfigError("--n is for --design random or sobol: a grid runs every combination")
        for axis in axes:
            if not axis.levels:
                raise ConfigError(f"a grid needs a count for {axis}: write {axis}:21")
        return math.prod(len(axis.levels) for axis in axes)
    if count is None or count < 1:
        had = "none" if count is None else f"{count}"
        raise ConfigError(f"--design {design} needs --n of at least 1, had {had}")
    return count


def _unit_cube(design: Design, rows: int, axes: int, seed: int) -> Floats:
    if design == "random":
        return np.random.default_rng(seed).random((rows, axes))
    from scipy.stats import qmc  # half a second to import, and only needed here

    # A whole power of two keeps the balance of the sequence; its first rows are taken.
    power = max(rows - 1, 0).bit_length()
    cube: Floats = qmc.Sobol(axes, scramble=True, seed=seed).random_base2(power)[:rows]
    return cube


def _drawn(axis: Axis, unit: Floats) -> tuple[tuple[Any, ...], Ints]:
    if axis.bounds is None:
        most = len(axis.levels) - 1
        return axis.levels, np.minimum((unit * len(axis.levels)).astype(np.int64), most)
    low, high = axis.bounds
    if axis.spec.kind == "integer":
        whole = np.minimum(np.floor(low + unit * (high - low + 1.0)), high)
        distinct, codes = np.unique(whole, return_inverse=True)
        return tuple(int(v) for v in distinct), codes.astype(np.int64)
    distinct, codes = np.unique(low + unit * (high - low), return_inverse=True)
    return tuple(distinct.tolist()), codes.astype(np.int64)
