"""What one step of every risk field does, and where a field does nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import ValidationError

from core.axes import control_values
from core.dead_zones import DeadZone, dead_zone_reason
from core.errors import RuinError
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.scenario import specs
from core.simulation import METRICS, SimulationInputs, SweepResult, simulate, simulate_many
from core.units import Dates

__all__ = ["NUMERIC_RISK_FIELDS", "Sensitivity", "Step", "Strip", "sensitivity"]

#: Paths of the risk fields that have a range, in order of declaration.
NUMERIC_RISK_FIELDS: Final = tuple(
    path
    for path, spec in specs().items()
    if spec.section == "risk" and spec.kind in ("number", "integer") and spec.control is not None
)
# Two curves are the same when they differ by no more than the rounding of a sum.
_SAME: Final = 1e-12
_SHORTEST_ZONE: Final = 3  # values: two neighbours alike may be chance
_EPS: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Step:
    """One declared step of a field up or down, and the row of its run.

    Attributes
    ----------
    path : str
    sign : int
        +1 or −1.
    value : float
    row : int
        Into ``Sensitivity.runs``.
    """

    path: str
    sign: int
    value: float
    row: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The runs along one field.

    Attributes
    ----------
    path : str
    values : tuple of float
        In order, the present one among them unless the rule is off.
    rows : tuple of int
        Row of each value in ``Sensitivity.runs``.
    off_row : int or None
        Row of the rule switched off; None where it cannot be.
    refused : tuple of float
        Values that the other fields do not allow.
    dead : tuple of DeadZone
        In order; each spans at least three values.
    """

    path: str
    values: tuple[float, ...]
    rows: tuple[int, ...]
    off_row: int | None
    refused: tuple[float, ...]
    dead: tuple[DeadZone, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """Everything around one configuration.

    Attributes
    ----------
    runs : SweepResult
        Row 0 is the configuration itself; no configuration has two rows.
    steps : tuple of Step
    strips : mapping of str to Strip
        By path.
    """

    runs: SweepResult
    steps: tuple[Step, ...]
    strips: Mapping[str, Strip]

    def metrics(self, row: int) -> dict[str, float]:
        """Return metric → value of one run; NaN where undefined or ruined."""
        return dict(zip(METRICS, self.runs.values[row].tolist(), strict=True))

    def steps_of(self, path: str) -> dict[int, Step]:
        """Return +1 and −1 → step, as far as there are such steps."""
        return {step.sign: step for step in self.steps if step.path == path}


def sensitivity(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    *,
    paths: Sequence[str] = NUMERIC_RISK_FIELDS,
    points: int = 21,
    initial_nav: float = 1_000_000.0,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> Sensitivity:
    """Run every neighbour of `risk` in one call of :func:`~core.simulation.simulate_many`.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    risk : RiskConfig
        Where to look around.
    dates : datetime64[D][T]
    paths : sequence of str
        Fields to move, of ``NUMERIC_RISK_FIELDS``.
    points : int
        Values of a strip at most, at least 3.
    initial_nav, workers, cancelled, done
        As in :func:`~core.simulation.simulate_many`.

    Returns
    -------
    Sensitivity
        Values that another field does not allow are left out and named in ``Strip.refused``; a
        ruined run keeps its row of NaN and belongs to no dead zone.

    Raises
    ------
    CancelledError
        When `cancelled` said so.
    """
    wanted = _Rows(risk)
    steps = [step for path in paths for step in _steps(wanted, path)]
    strips = [_strip(wanted, path, points) for path in paths]
    runs = simulate_many(
        inputs, list(wanted.rows), dates, initial_nav=initial_nav, nav=True,
        workers=workers, cancelled=cancelled, done=done,
    )  # fmt: skip
    explained = _Explained(inputs, wanted, runs, initial_nav)
    told = {strip.path: explained.with_zones(strip) for strip in strips}
    return Sensitivity(SweepResult(runs.values, runs.ruined), tuple(steps), told)


class _Rows:
    # Configurations to run, each once, in order of their first mention; `risk` is row 0.

    def __init__(self, risk: RiskConfig) -> None:
        self.risk = risk
        self.rows: dict[RiskConfig, int] = {risk: 0}

    def of(self, path: str, value: float | None) -> int | None:
        # Row of `risk` with one field set; None where the other fields do not allow it.
        name = specs()[path].name
        try:
            other = RiskConfig.model_validate({**self.risk.model_dump(), name: value})
        except ValidationError:
            return None
        return self.rows.setdefault(other, len(self.rows))


def _steps(wanted: _Rows, path: str) -> list[Step]:
    spec = specs()[path]
    value = getattr(wanted.risk, spec.name)
    if value is None or spec.step is None or spec.control is None:
        return []
    low, high = spec.control
    found = []
    for sign in (1, -1):
        moved = round(value + sign * spec.step, 10)
        moved = round(moved) if spec.kind == "integer" else moved
        if min(low, value) - _EPS <= moved <= max(high, value) + _EPS:
            row = wanted.of(path, moved)
            if row is not None:
                found.append(Step(path, sign, moved, row))
    return found


def _strip(wanted: _Rows, path: str, points: int) -> Strip:
    spec = specs()[path]
    values, rows, refused = [], [], []
    for value in control_values(spec, getattr(wanted.risk, spec.name), points):
        row = wanted.of(path, value)
        if row is None:
            refused.append(value)
        else:
            values.append(value)
            rows.append(row)
    off_row = wanted.of(path, None) if spec.optional else None
    return Strip(path, tuple(values), tuple(rows), off_row, tuple(refused), ())


class _Explained:
    # Finds dead zones by NAV curves; the run inside each is repeated in full to say why.

    def __init__(
        self, inputs: SimulationInputs, wanted: _Rows, runs: SweepResult, initial_nav: float
    ) -> None:
        self.inputs, self.runs, self.initial_nav = inputs, runs, initial_nav
        self.present = wanted.risk
        self.configurations = list(wanted.rows)
        self.full: dict[int, BacktestResult] = {}

    def with_zones(self, strip: Strip) -> Strip:
        zones = []
        first = 0
        for i in range(1, len(strip.rows) + 1):
            if i < len(strip.rows) and self._same(strip.rows[first], strip.rows[i]):
                continue
            if i - first >= _SHORTEST_ZONE:
                zones.append(self._zone(strip, first, i - 1))
            first = i
        return Strip(
            strip.path, strip.values, strip.rows, strip.off_row, strip.refused,
            tuple(zone for zone in zones if zone is not None),
        )  # fmt: skip

    def _same(self, row: int, other: int) -> bool:
        curves = self.runs.nav
        assert curves is not None
        if self.runs.ruined[row] >= 0 or self.runs.ruined[other] >= 0:
            return False
        a, b = curves[row], curves[other]
        return bool((np.abs(a - b) <= _SAME * np.abs(a)).all())

    def _zone(self, strip: Strip, first: int, last: int) -> DeadZone | None:
        name = specs()[strip.path].name
        present = getattr(self.present, name)
        low, high = strip.values[first], strip.values[last]
        holds = present is not None and low <= present <= high
        with_off = strip.off_row is not None and self._same(strip.rows[first], strip.off_row)
        # The present run is at hand most often; otherwise the strictest value of the zone.
        row = 0 if holds else strip.rows[first]
        run = self._run(row)
        if run is None:
            return None
        risk = self.configurations[row]
        reason = dead_zone_reason(name, (low, high), risk, run, self.inputs)
        return DeadZone(low, high, with_off, holds or (present is None and with_off), reason)

    def _run(self, row: int) -> BacktestResult | None:
        if row not in self.full:
            risk = self.configurations[row]
            try:
                self.full[row] = simulate(self.inputs, risk, initial_nav=self.initial_nav)
            except RuinError:
                return None
        return self.full[row]
