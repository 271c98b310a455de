"""The sealed holdout as people use it: so many months back, opened with a setting and a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.errors import ConfigError
from core.metrics import CurveMetrics, curve_metrics
from core.scenario import scenario_hash, with_values
from dashboard.format import count, date, percent, ratio
from dashboard.record import scenario_values
from dashboard.run import Run
from data.errors import DataError
from data.holdout import (
    SHORTEST_DECISION,
    Holdout,
    holdout_fault,
    holdout_of,
    open_holdout,
    seal,
)
from data.journal import Journal
from data.snapshot import current_snapshot

__all__ = [
    "MOST_MONTHS",
    "SHORTEST_DECISION",
    "HoldoutState",
    "held_metrics",
    "held_words",
    "holdout_words",
    "opened_for",
    "sealed_for",
    "state_of",
    "until_the_end",
]

MOST_MONTHS: Final = 120


@dataclass(frozen=True, slots=True)
class HoldoutState:
    """The holdout of a market, None where there is none, and why it cannot be trusted."""

    held: Holdout | None
    fault: str = ""


def state_of(home: Path, journal: Journal, market: str) -> HoldoutState:
    """Return the holdout of a market, held against the journal."""
    try:
        return HoldoutState(holdout_of(home, market), holdout_fault(home, journal, market))
    except DataError as error:
        return HoldoutState(None, str(error))


def is_withheld(home: Path, market: str, last: np.datetime64) -> bool:
    """Return whether a result with sessions up to `last` reaches into what is sealed by now.

    What was kept from before the sealing is not to be shown any more. Where the holdout cannot be
    read nothing is.
    """
    try:
        held = holdout_of(home, market)
    except DataError:
        return True
    return held is not None and held.is_sealed and bool(last >= np.datetime64(held.first, "D"))


def is_hidden(home: Path, run: Run) -> bool:
    """Return whether a part of the data of `run` was sealed since."""
    return is_withheld(home, run.market.source, run.market.sessions[-1])


def sealed_for(home: Path, journal: Journal, market: str, months: int) -> Holdout:
    """Seal the last `months` of a market.

    Raises
    ------
    data.errors.DataError, core.errors.ConfigError
    """
    if not 1 <= months <= MOST_MONTHS:
        raise ConfigError(f"a holdout must be 1 to {MOST_MONTHS} months long, was {months}")
    last = current_snapshot(home, market).last_date
    begin = np.datetime64(last, "M") - (months - 1)
    day: dt.date = begin.astype("datetime64[D]").astype(dt.date)
    return seal(home, journal, market, day)


def opened_for(home: Path, journal: Journal, scenario: Scenario, decision: str) -> Holdout:
    """Open the holdout of the market of `scenario`, which is the setting to be judged.

    Raises
    ------
    data.errors.DataError
    """
    setting: dict[str, Any] = {
        "hash": scenario_hash(scenario),
        "values": {path: str(value) for path, value in scenario_values(scenario).items()},
    }
    return open_holdout(home, journal, scenario.universe.source, decision, setting)


def until_the_end(scenario: Scenario) -> Scenario:
    """Return `scenario` run on to the last date there is: into an opened holdout."""
    return with_values(scenario, {"period.end": None})


def held_metrics(run: Run, held: Holdout) -> CurveMetrics | None:
    """Return the metrics of `run` inside the holdout alone, None for less than two sessions."""
    inside = np.flatnonzero(run.dates >= np.datetime64(held.first, "D"))
    if len(inside) < 2:
        return None
    first = max(int(inside[0]) - 1, 0)  # the session before is where the first return starts
    cash = run.inputs.cash_rate
    return curve_metrics(
        run.result.nav[first:], run.dates[first:], None if cash is None else cash[first:]
    )


def held_words(run: Run, held: Holdout) -> str:
    """Say what `run` made inside an opened holdout, or why nothing can be said."""
    found = held_metrics(run, held)
    if found is not None:
        return (
            f"Inside it this setting made {percent(found.total_return, signed=True)}, Sharpe "
            f"{ratio(found.sharpe_ratio)}, max drawdown {percent(found.max_drawdown)}."
        )
    last = run.dates[-1].astype("datetime64[D]").astype(dt.date)
    if last < held.first:
        return (
            f"This setting's period ends on {date(last)}, before it: clear the end of the period "
            "to see what it made inside."
        )
    return "Inside it this setting has one session only: too short to measure."


def holdout_words(state: HoldoutState) -> str:
    """Say what is withheld, or that nothing is."""
    held = state.held
    if state.fault:
        return state.fault
    if held is None:
        return "Nothing is withheld: every session was open to tuning."
    number = held.tried_before
    had = "1 setting had" if number == 1 else f"{count(number)} settings had"
    seen = f" {had} seen these dates before." if number else ""
    if held.is_sealed:
        return f"Sealed: nothing from {date(held.first)} on is shown to anybody.{seen}"
    return (
        f"From {date(held.first)} on; opened on {held.opened_at[:10]}, once and for good: "
        f"“{held.decision}”{seen}"
    )
