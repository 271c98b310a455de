"""The exposure-matched control: the same book at the same average exposure, without rules.

A rule that lowers exposure lowers risk and, mostly, return. Whether it did more than that shows
beside the dumb alternative: holding as much on average, always.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from core.errors import CancelledError, CoreError, RuinError
from core.metrics import Metrics, summarise
from core.parameters import declared
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.rules import Rule, only, without_regime_leverage
from core.simulation import SimulationInputs, simulate
from core.units import Dates, Floats

__all__ = ["TOLERANCE", "Control", "ControlError", "exposure_matched_control"]

#: Of NAV: how far the control's average exposure may be from the scenario's.
TOLERANCE: Final = 1e-6
_ATTEMPTS: Final = 25
_CONSTANT: Final = ("min_position_scale", "max_leverage")  # equal, they leave one exposure
_MOST: Final = min(
    spec.maximum or np.inf for spec in declared(RiskConfig()) if spec.path in _CONSTANT
)


class ControlError(CoreError, ArithmeticError):
    """No constant exposure of the book has the scenario's average exposure."""


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """The control of one run.

    Attributes
    ----------
    average_exposure : float
        What is matched: the mean over all sessions, those in cash included, of the value held over
        NAV at the close (``Metrics.average_exposure``, the mean of ``BacktestResult.invested``).
    exposure : float
        Constant multiple of NAV that every rebalance restores; between rebalances names drift,
        and nothing is held before the first, so it is not the average itself. 0 = only cash.
    inputs : SimulationInputs
    risk : RiskConfig
        What it ran on.
    result : BacktestResult
        The control's run: ``simulate(inputs, risk)``.
    metrics, scenario : Metrics
        Of the control and of the scenario.
    runs : int
        Simulations it took.
    """

    average_exposure: float
    exposure: float
    inputs: SimulationInputs
    risk: RiskConfig
    result: BacktestResult
    metrics: Metrics
    scenario: Metrics
    runs: int

    @property
    def nav(self) -> Floats:
        """NAV curve of the control, float64[T]."""
        return self.result.nav

    def differences(self) -> dict[str, float]:
        """Return scenario minus control of every metric; NaN where one is undefined."""
        own, other = asdict(self.scenario), asdict(self.metrics)
        return {name: float(own[name]) - float(other[name]) for name in own}


def exposure_matched_control(
    inputs: SimulationInputs,
    risk: RiskConfig,
    result: BacktestResult,
    dates: Dates,
    *,
    tolerance: float = TOLERANCE,
    cancelled: Callable[[], bool] | None = None,
) -> Control:
    """Hold the same targets at a constant exposure with the scenario's average.

    All rules of :class:`~core.rules.Rule` but costs are off, regime leverage is 1 and nothing is
    rescaled between rebalances; costs, borrow spread, lag and fills are those of `risk`. Floor and
    leverage limit both are the constant exposure: every rebalance brings the whole book there.

    Parameters
    ----------
    inputs : SimulationInputs
    risk : RiskConfig
    result : BacktestResult
        The scenario's run: ``simulate(inputs, risk)``.
    dates : datetime64[D][T]
    tolerance : float
        Largest difference of the two averages, of NAV.
    cancelled : callable, optional
        Asked before each run.

    Raises
    ------
    ControlError
        When no constant exposure within the limits of floor and leverage has that average.
    CancelledError
        When `cancelled` said so.
    """
    plain = without_regime_leverage(inputs)
    wanted = float(np.mean(result.invested))
    exposure, runs = (1.0, 0) if wanted > 0.0 else (0.0, 0)
    for _ in range(_ATTEMPTS):
        if cancelled is not None and cancelled():
            raise CancelledError(runs, _ATTEMPTS)
        held, limits = _holding(plain, risk, exposure)
        found = _run(held, limits, exposure, result.initial_nav)
        runs += 1
        average = float(np.mean(found.invested))
        if abs(average - wanted) <= tolerance:
            metrics = summarise(found, dates, inputs.market.cash_rate)
            scenario = summarise(result, dates, inputs.market.cash_rate)
            return Control(wanted, exposure, held, limits, found, metrics, scenario, runs)
        # Names drift between rebalances, so the average is not quite in proportion to the
        # exposure: the proportion is taken again until the average fits.
        exposure = _next(exposure, wanted, average)
    raise ControlError(
        f"the control's average exposure must become {wanted:.6f}, stayed at {average:.6f} "
        f"after {runs} runs. Choose a longer period, or a lower risk.max_leverage"
    )


def _next(exposure: float, wanted: float, average: float) -> float:
    exposure = exposure * wanted / average if average > 0.0 else np.inf
    if exposure > _MOST:
        raise ControlError(
            f"the average exposure {wanted:.6f} must be reached by holding the book at no more "
            f"than {_MOST:g} times NAV, needed more: the book alone is hardly ever invested. "
            "Choose a period with more rebalances"
        )
    return exposure


def _holding(
    inputs: SimulationInputs, risk: RiskConfig, exposure: float
) -> tuple[SimulationInputs, RiskConfig]:
    values: dict[str, Any] = only(risk, [Rule.COSTS]).model_dump()
    values |= {"vol_rebalance_threshold": None, "maintenance_margin": None}
    if exposure == 0.0:  # no exposure at all is no leverage limit: the book is never bought
        inputs = _never_invested(inputs)
    else:
        values |= dict.fromkeys(_CONSTANT, exposure)
    return inputs, RiskConfig(**values)


def _run(
    inputs: SimulationInputs, risk: RiskConfig, exposure: float, initial_nav: float
) -> BacktestResult:
    try:
        return simulate(inputs, risk, initial_nav=initial_nav)
    except RuinError as ruin:
        raise ControlError(
            f"the control must survive, was ruined at session {ruin.session} when it held "
            f"{exposure:.2f} times NAV. Lower risk.max_leverage"
        ) from ruin


def _never_invested(inputs: SimulationInputs) -> SimulationInputs:
    return dataclasses.replace(
        inputs,
        rebalance=np.zeros(0, dtype=np.int64),
        target=np.zeros((0, inputs.shape[1])),
        alpha=None,
        leverage=None,
        stop_scale=None,
    )
