"""The phase ladder: what each change of a phase added, and every phase against its yardsticks.

The page Ladder and `plimsoll compare --presets` both show what :func:`climb` finds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.config import Scenario
from core.control import ControlError
from core.errors import CancelledError, CoreError, HistoryError
from core.evidence.verdict import PairedDifference
from core.metrics import CurveMetrics, Metrics, curve_metrics
from core.presets import preset
from core.scenario import with_values
from core.units import Dates, Floats
from dashboard.benchmark import EQUAL_WEIGHTED, equal_weight
from dashboard.evidence_trials import returns_of
from dashboard.ladder_steps import PHASES, Rung, rungs
from dashboard.pipeline import Pipeline
from dashboard.review_compare import RANKED, control_of
from dashboard.review_evidence import RESAMPLES, compare, is_short
from dashboard.run import Run
from dashboard.studies import Pace
from data.journal import TrialReturns

__all__ = [
    "CONTROL",
    "EQUAL_WEIGHT",
    "JUDGED",
    "PERIODS",
    "Ladder",
    "Step",
    "Yardstick",
    "beginning",
    "climb",
    "covered",
]

#: The two periods of the origin report's plan, as docs/results.md has them.
PERIODS: Final = (
    (dt.date(2021, 6, 1), dt.date(2024, 6, 1)),
    (dt.date(2016, 7, 1), dt.date(2021, 5, 31)),
)
#: Metrics of a difference.
JUDGED: Final = RANKED
EQUAL_WEIGHT: Final = "Equal weight"
CONTROL: Final = "Holding as much"

Differences = Mapping[str, PairedDifference]
Period = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """A curve that phases are held against: NAV of 1 at the first session."""

    name: str
    nav: Floats
    metrics: CurveMetrics


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One rung with what came out of it.

    Attributes
    ----------
    rung : Rung
    scenario : Scenario
        That was run: the rung's, on this market and period.
    nav : float64[T] or None
        Growth of 1; None where the step could not be run.
    metrics : Metrics or None
    added : mapping of metric to PairedDifference
        This step minus the one above it; empty for the first, and where the period is too short.
    against : mapping of yardstick to (mapping of metric to PairedDifference)
        Of a phase: this step minus the yardstick. What is not there could not be made.
    exposure : float or None
        Constant exposure of the control of a phase.
    trial : TrialReturns
        What the journal keeps of it.
    problem : str
        Why it could not be run; the next step is then held against the last that was.
    """

    rung: Rung
    scenario: Scenario
    nav: Floats | None
    metrics: Metrics | None
    added: Differences
    against: Mapping[str, Differences]
    exposure: float | None
    trial: tuple[TrialReturns, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Every step from the first preset to the last, over the same sessions.

    Attributes
    ----------
    presets : tuple of str
    source, fingerprint, simulated
        Of the market.
    dates : datetime64[D][T]
    steps : tuple of Step
    yardsticks : tuple of Yardstick
        The benchmark and, unless they are that, the equal-weighted members; the control differs
        from phase to phase.
    notes : tuple of str
        What must be known of the period, and of data that are not there.
    """

    presets: tuple[str, ...]
    source: str
    fingerprint: str
    simulated: bool
    dates: Dates
    steps: tuple[Step, ...]
    yardsticks: tuple[Yardstick, ...]
    notes: tuple[str, ...]

    @property
    def phases(self) -> tuple[Step, ...]:
        """The steps at which a preset is reached."""
        return tuple(step for step in self.steps if step.rung.is_phase)


def covered(first: dt.date, last: dt.date, period: Period) -> str:
    """Say what of `period` a market from `first` to `last` lacks; "" where it has all of it.

    Raises
    ------
    HistoryError
        It has nothing of it.
    """
    start, end = period[0] or first, period[1] or last
    told = f"{start} … {end}"
    if last <= start or end <= first:
        raise HistoryError(
            f"the ladder needs a market with {told}, this one has {first} … {last}. Choose another "
            "period, or a market that covers it"
        )
    # A period may begin or end on a day without trading.
    slack = dt.timedelta(days=7)
    parts = []
    if start + slack < first:
        parts.append(f"begins on {first}")
    if last < end - slack:
        parts.append(f"ends on {last}")
    return f"Of {told} only a part: this market {' and '.join(parts)}." if parts else ""


def beginning(source: str, period: Period, names: Sequence[str] = PHASES) -> Scenario:
    """Return the scenario of the first rung: the first preset on a market and period."""
    values = {"universe.source": source, "period.start": period[0], "period.end": period[1]}
    return with_values(preset(names[0]), values)


def climb(
    pipeline: Pipeline,
    source: str,
    period: Period,
    names: Sequence[str] = PHASES,
    pace: Pace | None = None,
    *,
    resamples: int = RESAMPLES,
) -> Ladder:
    """Run every step of the ladder over `names` and say what each one added.

    Raises
    ------
    CancelledError
        When `pace` said so.
    HistoryError
        When the market has nothing of the period.
    core.errors.CoreError, data.errors.DataError
        When the first step cannot be run.
    """
    snapshot = pipeline.catalog.snapshot(source)
    lack = covered(snapshot.first_date, snapshot.last_date, period)
    own = rungs(names, beginning(source, period, names))
    first = pipeline.run(own[0].scenario)
    yardsticks = _yardsticks(first)
    steps: list[Step] = []
    above = first
    for number, rung in enumerate(own):
        _go_on(pace, number, len(own))
        try:
            run = first if number == 0 else _run(pipeline, rung, first)
        except CoreError as error:
            steps.append(_not_run(rung, str(error)))
            continue
        steps.append(_step(rung, run, above if number else None, yardsticks, resamples, pace))
        above = run
    return Ladder(
        presets=tuple(rung.toward for rung in own if rung.is_phase),
        source=first.market.source,
        fingerprint=first.market.fingerprint,
        simulated=first.market.simulated,
        dates=first.dates,
        steps=tuple(steps),
        yardsticks=yardsticks,
        notes=tuple(note for note in (lack, _short_words(first)) if note),
    )


def _run(pipeline: Pipeline, rung: Rung, first: Run) -> Run:
    dates = [day.astype(object) for day in first.dates[[0, -1]]]
    values: dict[str, Any] = {"period.start": dates[0], "period.end": dates[1]}
    given = rung.scenario.period
    scenario = rung.scenario if given.start and given.end else with_values(rung.scenario, values)
    found = pipeline.run(scenario)
    if not np.array_equal(found.dates, first.dates):
        raise HistoryError(
            f"every step must cover the same sessions, {dates[0]} … {dates[1]}, was "
            f"{found.dates[0]} … {found.dates[-1]}"
        )
    return found


def _step(
    rung: Rung, run: Run, above: Run | None, yardsticks: Sequence[Yardstick], resamples: int,
    pace: Pace | None,
) -> Step:  # fmt: skip
    added: Differences = {}
    against: dict[str, Differences] = {}
    exposure = None
    if above is not None and not is_short(run):
        added = _differences(run, above.result.nav, resamples, (rung.title, "the step before"))
    if rung.is_phase and not is_short(run):
        initial = run.result.initial_nav
        for one in yardsticks:
            if pace is not None and pace.cancelled():
                raise CancelledError(0, 1)
            labels = (rung.toward, one.name)
            against[one.name] = _differences(run, one.nav * initial, resamples, labels)
        try:
            control, held = control_of(run)
        except ControlError:
            pass  # no constant exposure has the average: there is nothing to hold it against
        else:
            exposure, labels = control.exposure, (rung.toward, CONTROL)
            against[CONTROL] = _differences(run, held.result.nav, resamples, labels)
    growth = run.result.nav / run.result.initial_nav
    return Step(rung, run.scenario, growth, run.metrics, added, against, exposure, returns_of(run))


def _not_run(rung: Rung, why: str) -> Step:
    return Step(rung, rung.scenario, None, None, {}, {}, None, (), why)


def _differences(run: Run, nav: Floats, resamples: int, labels: tuple[str, str]) -> Differences:
    return compare(
        run.result.nav,
        nav,
        run.dates,
        run.inputs.cash_rate,
        metrics=JUDGED,
        resamples=resamples,
        initial_nav=run.result.initial_nav,
        labels=labels,
    )


def _yardsticks(run: Run) -> tuple[Yardstick, ...]:
    own = Yardstick(run.benchmark_name, run.benchmark, run.benchmark_metrics)
    if run.benchmark_name == EQUAL_WEIGHTED:
        return (own,)  # without an index the members are the benchmark already
    members = equal_weight(run.market, slice(run.first, run.first + len(run.dates)))
    told = curve_metrics(members, run.dates, run.inputs.cash_rate)
    return own, Yardstick(EQUAL_WEIGHT, members, told)


def _short_words(run: Run) -> str:
    if not is_short(run):
        return ""
    return f"{len(run.dates)} sessions are too few to resample: no differences, no verdicts."


def _go_on(pace: Pace | None, done: int, of: int) -> None:
    if pace is not None:
        if pace.cancelled():
            raise CancelledError(done, of)
        pace.share(done / of)
