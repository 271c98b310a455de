"""Where a scenario stands at the last session of the data: exposure, triggers, stops, age."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.config import Scenario
from core.errors import CancelledError
from core.rule_fills import rebalance_fills
from core.rule_walk import spells
from core.rules import Rule
from core.scenario import with_values
from core.triggers import StopDistances, Trigger, stop_distances, triggers
from dashboard.charts.exposure import binding_rule
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = [
    "NEAREST",
    "LastRebalance",
    "NearStop",
    "Today",
    "age",
    "as_of_last_session",
    "is_current",
    "today_of",
    "today_work",
]

NEAREST: Final = 6  # names listed


@dataclass(frozen=True, slots=True)
class NearStop:
    """A name held, and the returns that bring it to its stops (NaN = off); see StopDistances."""

    ticker: str
    sector: str
    weight: float
    from_entry: float
    from_high: float
    to_stop: float
    to_trailing: float


@dataclass(frozen=True, slots=True)
class LastRebalance:
    """The last rebalance that was filled.

    ``wanted`` is what it wanted to trade and ``traded`` what was traded in its session, both over
    NAV; ``asked`` and ``left_alone`` count names that the alpha gate looked at and held.
    """

    date: dt.date
    wanted: float
    traded: float
    asked: int
    left_alone: int


@dataclass(frozen=True, slots=True)
class Today:
    """A scenario at the last close of the data; fractions.

    Attributes
    ----------
    date, period_end : date
        Last session of the data; last session of the period that the page shows.
    simulated : bool
    applied, wanted, invested : float
        Exposure of the last fill, wanted at the close (NaN while the breaker is out), and held.
    binding : str
        One of :data:`dashboard.charts.exposure.BINDING`: what holds the wanted exposure.
    floor, limit : float
        Of exposure.
    rescale : float or None
        Relative distance of wanted from applied exposure that leads to a rescale.
    dd_scale, vol_scale, leverage : float
        What the wanted exposure is the product of.
    drawdown : float
        Since the risk peak, ≤ 0.
    triggers : tuple of Trigger
    held, leaving : int
        Names held, and those of them whose sale is ordered.
    near : tuple of NearStop
        The ``NEAREST`` nearest to a stop that are not leaving.
    rebalance : LastRebalance or None
    """

    date: dt.date
    period_end: dt.date
    simulated: bool
    applied: float
    wanted: float
    invested: float
    binding: str
    floor: float
    limit: float
    rescale: float | None
    dd_scale: float
    vol_scale: float
    leverage: float
    drawdown: float
    triggers: tuple[Trigger, ...]
    held: int
    leaving: int
    near: tuple[NearStop, ...]
    rebalance: LastRebalance | None

    def trigger(self, rule: Rule) -> Trigger | None:
        """Return where a rule of the whole portfolio stands; None when it is off."""
        return next((one for one in self.triggers if one.rule is rule), None)


def is_current(run: Run) -> bool:
    """Return whether a run ends with the data."""
    return bool(run.dates[-1] == run.market.sessions[-1])


def as_of_last_session(scenario: Scenario) -> Scenario:
    """Return `scenario` run on to the last session of the data."""
    return with_values(scenario, {"period.end": None})


def today_work(run: Run, running: Callable[[Scenario], Run]) -> Callable[[Pace], Today]:
    """Return the work that says where a scenario stands at the last session of the data.

    A run that ends before it is run on; one that ends there is looked at as it is.

    Raises
    ------
    core.errors.CancelledError
        From the work.
    """
    period_end = _date(run.dates[-1])

    def work(pace: Pace) -> Today:
        steps = 2
        if pace.cancelled():
            raise CancelledError(0, steps)
        last = run if is_current(run) else running(as_of_last_session(run.scenario))
        if pace.cancelled():
            raise CancelledError(1, steps)
        pace.share(1 / steps)
        return today_of(last, period_end)

    return work


def today_of(run: Run, period_end: dt.date | None = None) -> Today:
    """Return where `run` stands at its last close.

    Parameters
    ----------
    run : Run
    period_end : date, optional
        End of the period that the page shows; the run's own when not given.
    """
    result, risk = run.result, run.scenario.risk
    distances = stop_distances(run.inputs, risk, result)
    last = _date(run.dates[-1])
    return Today(
        date=last,
        period_end=period_end or last,
        simulated=run.market.simulated,
        applied=float(result.applied_exposure[-1]),
        wanted=float(result.wanted_exposure[-1]),
        invested=float(result.invested[-1]),
        binding=_binding(run),
        floor=risk.min_position_scale,
        limit=risk.max_leverage,
        rescale=risk.vol_rebalance_threshold,
        dd_scale=float(result.dd_scale[-1]),
        vol_scale=float(result.vol_scale[-1]),
        leverage=float(result.leverage[-1]),
        drawdown=float(result.risk_drawdown[-1]),
        triggers=triggers(risk, result),
        held=len(distances),
        leaving=int(distances.leaving.sum()),
        near=_near(run, distances),
        rebalance=_last_rebalance(run),
    )


def _near(run: Run, distances: StopDistances) -> tuple[NearStop, ...]:
    staying = np.flatnonzero(~distances.leaving & ~np.isnan(distances.nearest))[:NEAREST]
    return tuple(
        NearStop(
            ticker=run.tickers[int(distances.security[row])],
            sector=run.sectors[int(distances.security[row])],
            weight=float(distances.weight[row]),
            from_entry=float(distances.from_entry[row]),
            from_high=float(distances.from_high[row]),
            to_stop=float(distances.to_stop[row]),
            to_trailing=float(distances.to_trailing[row]),
        )
        for row in staying
    )


def age(last: dt.date, today: dt.date) -> tuple[int, int]:
    """Return how old data are that end with `last`: calendar days, and weekdays since.

    Weekdays are sessions but for holidays, of which the data know nothing after their end.

    Examples
    --------
    >>> age(dt.date(2024, 12, 6), dt.date(2024, 12, 10))
    (4, 2)
    """
    after = last + dt.timedelta(days=1)
    return (today - last).days, int(np.busday_count(after, today + dt.timedelta(days=1)))


def _binding(run: Run) -> str:
    result, risk = run.result, run.scenario.risk
    scales = pd.DataFrame(
        {
            "dd_scale": result.dd_scale[-1:],
            "vol_scale": result.vol_scale[-1:],
            "leverage": result.leverage[-1:],
            "wanted": result.wanted_exposure[-1:],
        }
    )
    return str(binding_rule(scales, risk.min_position_scale, risk.max_leverage).iloc[0])


def _last_rebalance(run: Run) -> LastRebalance | None:
    result, risk = run.result, run.scenario.risk
    fills = rebalance_fills(run.inputs, risk, result, spells(run.inputs, risk, result))
    if not len(fills.session):
        return None
    session = int(fills.session[-1])
    return LastRebalance(
        date=_date(run.dates[session]),
        wanted=float(fills.turnover[-1]),
        traded=float(result.turnover[session]),
        asked=int(fills.eligible[-1]),
        left_alone=int(fills.gated[-1]),
    )


def _date(day: np.datetime64) -> dt.date:
    found: dt.date = day.astype("datetime64[D]").astype(object)
    return found
