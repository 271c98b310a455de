"""Is it real: a run among all settings tried on its market, each part found or explained."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np

from core.errors import CancelledError, CoreError
from core.evidence.bootstrap import METRICS, MIN_RETURNS, Interval
from core.evidence.deflation import expected_maximum_sharpe
from core.evidence.overfitting import Overfitting, probability_of_overfitting
from core.evidence.standing import Standing, standing
from core.evidence.superior import Superiority, superiority
from core.metrics import daily_returns
from core.scenario import scenario_hash
from core.units import SESSIONS_PER_YEAR, Floats
from dashboard.evidence_trials import Tally, aligned, excess_of, tally_of, unseen_trials
from dashboard.review_evidence import SEED, intervals, is_short
from dashboard.run import Run
from dashboard.studies import Pace
from data.errors import DataError
from data.journal import Journal, JournalError
from data.journal_pending import catch_up, kept_returns, kept_trials

__all__ = [
    "Part",
    "Tests",
    "Tried",
    "curve_of_luck",
    "standing_of",
    "tests_work",
    "tried_of",
]

_Found = TypeVar("_Found")
_STEPS: Final = 4
_CURVE_POINTS: Final = 81


@dataclass(frozen=True, slots=True)
class Part(Generic[_Found]):
    """A part of the evidence: what was found or, where it is None, why there is none."""

    found: _Found | None
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What the journal knows of the trials on a market.

    Attributes
    ----------
    tally : Tally
    rows : tuple of dict
        The different settings, oldest first, as :meth:`data.journal.Journal.tried` has them.
    others : float64[T, M]
        Excess returns of the other trials over the sessions of the run.
    unseen : int
        Trials that no returns over these sessions stand for.
    fault : str
        Why the journal cannot be trusted; "" where its chain is whole.
    """

    tally: Tally
    rows: tuple[dict[str, Any], ...]
    others: Floats
    unseen: int
    fault: str


@dataclass(frozen=True, slots=True)
class Tests:
    """What the tests of a run say beside its standing.

    Attributes
    ----------
    overfitting : Part of Overfitting
        Of all trials whose returns are known.
    cash, benchmark : Part of Superiority
        Whether the best of those trials beats cash, or the benchmark of the run.
    intervals : Part of dict of Interval
        Of every headline metric of the run.
    """

    overfitting: Part[Overfitting]
    cash: Part[Superiority]
    benchmark: Part[Superiority]
    intervals: Part[Mapping[str, Interval]]


def tried_of(run: Run, journal: Journal) -> Part[Tried]:
    """Read the trials on the market of `run`, itself counted whether or not it is recorded."""
    market = run.scenario.universe.source
    try:
        with contextlib.suppress(JournalError):  # what is kept is counted all the same
            catch_up(journal)
        rows = journal.tried(market)
        fault = _fault(journal)
        kept = [] if fault else journal.returns(market)
    except DataError as error:
        return Part(None, str(error))
    known = {row["hash"] for row in rows}
    late = {row["hash"]: row for row in kept_trials(journal, market) if row["hash"] not in known}
    rows += late.values()
    kept += [one for one in kept_returns(journal, market) if one.trial in late]
    mine = scenario_hash(run.scenario)
    tally = tally_of(rows, run.market.fingerprint)
    if not any(row["hash"] == mine for row in rows):
        tally = tally.with_one_more()
    sessions = run.dates[1:]
    unseen = unseen_trials(rows, kept, sessions, mine)
    return Part(Tried(tally, tuple(rows), aligned(kept, sessions, mine), unseen, fault))


def _fault(journal: Journal) -> str:
    try:
        journal.verify()
    except DataError as error:
        return str(error)
    return ""


def standing_of(run: Run, tried: Tried) -> Part[Standing]:
    """Judge `run` as one of the trials it was chosen from: a second at most."""
    if is_short(run):
        return Part(
            None,
            f"a Sharpe ratio must be of at least {MIN_RETURNS} returns to say anything of skill, "
            f"had {len(run.dates) - 1}; choose a longer period",
        )
    return _part(
        lambda: standing(
            excess_of(run), tried.others, tried.tally.trials, unseen=tried.unseen, seed=SEED
        )
    )


def tests_work(run: Run, tried: Tried) -> Callable[[Pace], Tests]:
    """Return the work that runs every other test: seconds.

    Raises
    ------
    core.errors.CancelledError
        From the work, between two of its steps.
    """

    def work(pace: Pace) -> Tests:
        excess = np.column_stack([excess_of(run), tried.others])
        _step(pace, 0)
        found = _part(lambda: _intervals(run))
        _step(pace, 1)
        cash = _part(lambda: superiority(excess, seed=SEED))
        benchmark = _part(lambda: superiority(_gains(run, excess), seed=SEED))
        _step(pace, 2)
        overfitting = _part(lambda: probability_of_overfitting(excess, blocks=_blocks(len(excess))))
        return Tests(overfitting, cash, benchmark, found)

    return work


def _blocks(sessions: int) -> int:
    # 16 where there are sessions enough, as the source; of a shorter run as many as it has.
    return next((blocks for blocks in (16, 12, 8, 6) if sessions >= 10 * blocks), 4)


def _gains(run: Run, excess: Floats) -> Floats:
    cash = run.inputs.cash_rate
    benchmark = daily_returns(run.benchmark) - (0.0 if cash is None else cash[1:])
    gains: Floats = excess - benchmark[:, np.newaxis]
    return gains


def _intervals(run: Run) -> Mapping[str, Interval]:
    growth: Floats = run.result.nav / run.result.initial_nav
    return intervals(growth, run.dates, run.inputs.cash_rate, metrics=METRICS, initial_nav=1.0)


def _part(find: Callable[[], _Found]) -> Part[_Found]:
    try:
        return Part(find())
    except CancelledError:
        raise
    except CoreError as error:
        return Part(None, str(error))


def _step(pace: Pace, finished: int) -> None:
    if pace.cancelled():
        raise CancelledError(finished, _STEPS)
    pace.share(finished / _STEPS)


def curve_of_luck(found: Standing) -> tuple[Floats, Floats]:
    """Return numbers of trials and the yearly Sharpe ratio that their best shows by luck."""
    most = max(10.0, 10.0 * found.trials)
    trials = np.geomspace(1.0, most, _CURVE_POINTS)
    variance = 1.0 / (found.moments.observations - 1)
    year = np.sqrt(SESSIONS_PER_YEAR)
    best = np.array([expected_maximum_sharpe(variance, float(n)) * year for n in trials])
    return trials, best
