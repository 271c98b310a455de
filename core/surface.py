"""Two fields, every metric: whether a setting stands on a plateau or on a spike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from core.axes import Axis, axis_around
from core.config import Scenario
from core.errors import ConfigError
from core.scenario import value_at
from core.simulation import METRICS
from core.sweep import RunGroup, SweepTable, run_plan
from core.sweep_plan import plan_sweep
from core.units import Bools, Floats, Ints

__all__ = ["DIRECTIONS", "KEPT", "Surface", "plateau_map", "risk_surface", "surface_of"]

#: 1 where more of a metric is better, −1 where less is, 0 where only staying alike counts.
DIRECTIONS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(METRICS, 0)
    | dict.fromkeys(
        ("total_return", "cagr", "cagr_sessions", "sharpe_ratio", "sortino_ratio",
         "max_drawdown", "calmar_ratio", "win_rate", "average_trade_return"), 1)
    | dict.fromkeys(("turnover", "cost_bps"), -1)
)  # fmt: skip
#: Share of a cell's value that a neighbour must keep to count as plateau.
KEPT: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Runs over a grid of two fields.

    Attributes
    ----------
    x, y : Axis
        Columns and rows.
    table : SweepTable
        Row i · len(x.levels) + j is y level i, x level j.
    current : (int, int)
        Row and column nearest to the scenario.
    exact : bool
        Whether the scenario itself is that cell.
    """

    x: Axis
    y: Axis
    table: SweepTable
    current: tuple[int, int]
    exact: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Levels of y and of x."""
        return len(self.y.levels), len(self.x.levels)

    @property
    def failed(self) -> Bools:
        """Cells that were ruined, bool[Y, X]."""
        failed: Bools = (self.table.runs.ruined >= 0).reshape(self.shape)
        return failed

    def metric(self, name: str) -> Floats:
        """Return float64[Y, X]; NaN where ruined, not allowed or undefined."""
        return self.table.runs.metric(_known(name)).reshape(self.shape)

    def plateau(self, name: str, *, radius: int = 2, kept: float = KEPT) -> Floats:
        """Return the plateau score of every cell, see :func:`plateau_map`."""
        return plateau_map(
            self.metric(name), direction=DIRECTIONS[name], failed=self.failed,
            radius=radius, kept=kept,
        )  # fmt: skip

    def best(
        self, name: str, *, least_plateau: float = 0.0, radius: int = 2
    ) -> tuple[int, int] | None:
        """Return the cell with the best value, or with the best among those on a plateau.

        Parameters
        ----------
        name : str
            A metric with a direction; of equal values the one with the higher plateau score.
        least_plateau : float
            Cells with a lower plateau score are left out, in [0, 1].

        Returns
        -------
        (int, int) or None
            Row and column; None where no cell qualifies.
        """
        direction = DIRECTIONS[_known(name)]
        if direction == 0:
            raise ConfigError(
                f"the best cell needs a metric with a better side, {name} has none. "
                "Choose for example sharpe_ratio."
            )
        score = np.nan_to_num(self.plateau(name, radius=radius), nan=0.0)
        value = np.where(score >= least_plateau, self.metric(name) * direction, np.nan)
        if not np.isfinite(value).any():
            return None
        best = np.nanmax(np.where(np.isfinite(value), value, np.nan))
        place = np.argmax(np.where(value == best, score, -1.0))
        row, column = np.unravel_index(place, self.shape)
        return int(row), int(column)


def plateau_map(
    values: Floats,
    *,
    direction: int,
    failed: Bools | None = None,
    radius: int = 2,
    kept: float = KEPT,
) -> Floats:
    """Score every cell by the share of its neighbours that keep its value.

    The neighbours are the other cells at most `radius` steps away in each direction, as far as
    the grid reaches. With v the value of the cell, a neighbour w keeps it when it loses at most
    (1 − `kept`) · |v|: w ≥ v − (1 − kept)|v| where more is better, w ≤ v + (1 − kept)|v| where
    less is, both where neither. So a better neighbour always keeps it, a drawdown of −10 % is kept
    by one of −11 %, and across a change of sign a gain is never kept by a loss.

    Parameters
    ----------
    values : float64[Y, X]
        NaN = no value.
    direction : int
        1, −1 or 0, see ``DIRECTIONS``.
    failed : bool[Y, X], optional
        Cells that were ruined: they keep nothing. Any other cell without a value (not allowed,
        undefined) is no neighbour.
    radius : int
        Steps, at least 1.
    kept : float
        In (0, 1].

    Returns
    -------
    float64[Y, X]
        In [0, 1]; NaN for a cell without a value or without neighbours.

    Examples
    --------
    >>> plateau_map(np.array([[1.0, 1.0, 0.5]]), direction=1, radius=1)
    array([[1. , 0.5, 1. ]])
    """
    if radius < 1 or not 0.0 < kept <= 1.0:
        raise ConfigError(
            f"radius must be at least 1 and kept in (0, 1], were {radius} and {kept:g}"
        )
    ruined = np.zeros(values.shape, np.bool_) if failed is None else failed
    slack = (1.0 - kept) * np.abs(values) + 1e-12 * np.abs(values)
    keeping, neighbours = np.zeros(values.shape), np.zeros(values.shape)
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down or right:
                here, there = _overlap(values.shape, down, right)
                step = values[there] - values[here]
                keeping[here] += _keeps(step, slack[here], direction)
                neighbours[here] += np.isfinite(values[there]) | ruined[there]
    valid = np.isfinite(values) & (neighbours > 0)
    score: Floats = np.where(valid, keeping / np.maximum(neighbours, 1.0), np.nan)
    return score


_Place = tuple[slice, slice]


def _overlap(shape: tuple[int, ...], down: int, right: int) -> tuple[_Place, _Place]:
    # Where a cell and the one so many steps from it are both on the grid.
    (rows, columns), here, there = shape, [], []
    for size, step in ((rows, down), (columns, right)):
        here.append(slice(max(-step, 0), max(size - max(step, 0), 0)))
        there.append(slice(max(step, 0), max(size + min(step, 0), 0)))
    return (here[0], here[1]), (there[0], there[1])


def _keeps(step: Floats, slack: Floats, direction: int) -> Bools:
    # A comparison with NaN is False.
    if direction == 0:
        return np.abs(step) <= slack
    return direction * step >= -slack


def risk_surface(
    scenario: Scenario,
    x: str | Axis,
    y: str | Axis,
    run_group: RunGroup,
    *,
    size: int = 41,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> Surface:
    """Run `scenario` over a grid of two of its fields.

    Parameters
    ----------
    scenario : Scenario
    x, y : str or Axis
        Paths, for `size` levels over the usual range with the present value among them, or axes
        with levels of their own. Fields before the risk overlay are allowed: each of their
        combinations builds a book.
    run_group : callable
        Runs configurations over the book of a scenario, see :func:`~core.sweep.run_plan`.
    size : int
        Levels of an axis given as a path; a whole-number field may have fewer.
    cancelled, done : callable, optional
        As in :func:`~core.sweep.run_plan`.

    Raises
    ------
    ConfigError
        An axis is no range, or both are the same field.
    CancelledError
        When `cancelled` said so.
    """
    across, down = (
        axis if isinstance(axis, Axis) else axis_around(scenario, axis, size) for axis in (x, y)
    )
    if across.path == down.path:
        raise ConfigError(f"a surface needs two different fields, was {across.path} twice")
    plan = plan_sweep(scenario, (down, across))
    return surface_of(run_plan(plan, run_group, cancelled=cancelled, done=done))


def surface_of(table: SweepTable) -> Surface:
    """Return the surface of a grid over two fields; the first axis of its plan goes down.

    Raises
    ------
    ConfigError
        The plan is another.
    """
    plan = table.plan
    if plan.design != "grid" or len(plan.axes) != 2:
        raise ConfigError(
            f"a surface needs a grid over two fields, was {plan.design} over {len(plan.axes)}"
        )
    down, across = plan.axes
    row, exact_row = _nearest(down, plan.base)
    column, exact_column = _nearest(across, plan.base)
    return Surface(across, down, table, (row, column), exact_row and exact_column)


def _nearest(axis: Axis, scenario: Scenario) -> tuple[int, bool]:
    value = value_at(scenario, axis.path)
    if value in axis.levels:
        return axis.levels.index(value), True
    numbers: Ints = np.flatnonzero([isinstance(level, int | float) for level in axis.levels])
    if not len(numbers) or not isinstance(value, int | float):
        return len(axis.levels) - 1, False  # off, or another name: no level is nearer than another
    gaps = [abs(axis.levels[i] - value) for i in numbers]
    return int(numbers[int(np.argmin(gaps))]), False


def _known(name: str) -> str:
    if name not in METRICS:
        raise ConfigError(f"metric must be one of {', '.join(METRICS)}, was {name}")
    return name
