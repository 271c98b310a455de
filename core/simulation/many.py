"""Many runs over the same inputs: one row of metrics a configuration, no T x N output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from core.errors import CancelledError, RuinError
from core.metrics import Metrics, summarise
from core.risk.config import RiskConfig
from core.simulation.inputs import SimulationInputs
from core.simulation.kernel import SOLVENT
from core.simulation.run import simulate
from core.units import Dates, Floats, Ints

__all__ = ["METRICS", "SweepResult", "simulate_many"]

#: Columns of a sweep, in the order of :class:`~core.metrics.Metrics`.
METRICS = tuple(field.name for field in fields(Metrics))


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """K runs, in the order of their configurations.

    Attributes
    ----------
    values : float64[K, M]
        One column a name in ``METRICS``, units as in :class:`~core.metrics.Metrics`; a row of NaN
        where the run was ruined.
    ruined : int64[K]
        Session at which NAV was at or below 0, -1 where it never was.
    nav : float64[K, T] or None
        NAV curves when asked for; NaN from the session of ruin on.
    """

    values: Floats
    ruined: Ints
    nav: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    def metric(self, name: str) -> Floats:
        """Return float64[K]: the column called `name`."""
        column: Floats = self.values[:, METRICS.index(name)]
        return column

    def frame(self) -> pd.DataFrame:
        """Return one row a configuration, one column a metric, and ``ruined``."""
        return pd.DataFrame(self.values, columns=list(METRICS)).assign(ruined=self.ruined)


def simulate_many(
    inputs: SimulationInputs,
    risks: Sequence[RiskConfig],
    dates: Dates,
    *,
    initial_nav: float = 1_000_000.0,
    nav: bool = False,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> SweepResult:
    """Run every configuration as :func:`~core.simulation.simulate` does.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    risks : sequence of K RiskConfig
    dates : datetime64[D][T]
        Session dates, for the calendar CAGR.
    initial_nav : float
        Dollars of cash before session 0, positive.
    nav : bool
        Whether to return NAV curves K x T as well.
    workers : int, optional
        Threads; as many as the machine has processors when not given.
    cancelled : callable, optional
        Asked between blocks of runs; True ends the call with CancelledError.
    done : callable, optional
        Told the number of finished runs after each block.

    Raises
    ------
    CancelledError
        When `cancelled` said so.
    InputsError
        When `initial_nav` or `dates` are not as described.
    """
    values = np.full((len(risks), len(METRICS)), np.nan)
    ruined = np.full(len(risks), SOLVENT, dtype=np.int64)
    curves = np.full((len(risks), inputs.shape[0]), np.nan) if nav else None
    for row, risk in enumerate(risks):
        if cancelled is not None and cancelled():
            raise CancelledError(row, len(risks))
        try:
            result = simulate(inputs, risk, initial_nav=initial_nav)
        except RuinError as error:
            ruined[row] = error.session
            continue
        metrics = summarise(result, dates, inputs.market.cash_rate)
        values[row] = [float(value) for value in asdict(metrics).values()]
        if curves is not None:
            curves[row] = result.nav
        if done is not None:
            done(row + 1)
    return SweepResult(values, ruined, curves)
