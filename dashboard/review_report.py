"""The numbers of a report, from a run: account, control, rule health, falls, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeVar

from core.attribution import RuleAccount, rule_account
from core.config import Scenario
from core.control import Control, exposure_matched_control
from core.episodes import Episode
from core.errors import CancelledError, CoreError
from core.evidence.bootstrap import Interval, PairedDifference
from core.presets import preset
from core.rule_health import RuleHealth, rule_health
from core.rules import rules_on
from core.scenario import changed_fields, value_at, with_values
from dashboard import review
from dashboard.review_evidence import compare, intervals
from dashboard.run import Run
from dashboard.state import CONTEXT

__all__ = ["CONTROL", "TOLD_EPISODES", "Missing", "Studied", "changed_from_preset", "study"]

TOLD_EPISODES: Final = 3  # falls whose causes a report tells; the table lists more
CONTROL: Final = "Same exposure, no rules"
_METRICS: Final = ("cagr", "volatility", "sharpe_ratio", "max_drawdown")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a number of the report is not there, in words."""

    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """A run with everything that a report says of it; None where the part was not chosen.

    Attributes
    ----------
    account : RuleAccount
        Runs of every combination of the rules.
    control : Control
        The same book at the same average exposure, without rules.
    health : tuple of RuleHealth
    intervals : mapping of metric to Interval
        Of the run itself.
    against : mapping of metric to PairedDifference
        The run minus the control, on the same resampled sessions.
    episodes : tuple of Episode
        The deepest falls.
    """

    run: Run
    account: RuleAccount | Missing | None = None
    control: Control | Missing | None = None
    health: tuple[RuleHealth, ...] = ()
    intervals: dict[str, Interval] | Missing | None = None
    against: dict[str, PairedDifference] | Missing | None = None
    episodes: tuple[Episode, ...] = ()


def study(
    run: Run,
    parts: Collection[str],
    *,
    cancelled: Callable[[], bool] | None = None,
    share: Callable[[float], None] | None = None,
) -> Studied:
    """Compute what the chosen parts of a report need: up to 2^n runs, so not for a page's thread.

    Parameters
    ----------
    run : Run
    parts : collection of str
        Keys of ``dashboard.handout.parts.PARTS``.
    cancelled, share : callable, optional
        Asked whether to stop; told which part is done, in [0, 1].

    Raises
    ------
    core.errors.CancelledError
    """
    say = share or (lambda _share: None)
    rules, evidence = "rules" in parts, "evidence" in parts
    account: RuleAccount | Missing | None = None
    if rules or "drawdowns" in parts:
        account = _or_why(lambda: _account(run, cancelled, lambda part: say(0.8 * part)))
    say(0.8)
    control: Control | Missing | None = None
    if rules or evidence:
        control = _or_why(
            lambda: exposure_matched_control(
                run.inputs, run.scenario.risk, run.result, run.dates, cancelled=cancelled
            )
        )
    say(0.9)
    return Studied(
        run,
        account,
        control,
        rule_health(run.inputs, run.scenario.risk, run.result) if rules else (),
        _or_why(lambda: _intervals(run)) if evidence else None,
        _against(run, control) if evidence else None,
        review.episodes(run),
    )


def _account(
    run: Run, cancelled: Callable[[], bool] | None, share: Callable[[float], None]
) -> RuleAccount:
    runs = 1 << len(rules_on(run.inputs, run.scenario.risk))
    return rule_account(
        run.inputs,
        run.scenario.risk,
        run.dates,
        initial_nav=run.result.initial_nav,
        cancelled=cancelled,
        done=lambda number: share(number / runs),
    )


def _intervals(run: Run) -> dict[str, Interval]:
    return intervals(
        run.result.nav,
        run.dates,
        run.inputs.cash_rate,
        metrics=_METRICS,
        initial_nav=run.result.initial_nav,
    )


def _against(run: Run, control: Control | Missing | None) -> dict[str, PairedDifference] | Missing:
    if not isinstance(control, Control):
        return control or Missing("there is no control to compare with")
    return _or_why(
        lambda: compare(
            run.result.nav,
            control.nav,
            run.dates,
            run.inputs.cash_rate,
            metrics=_METRICS,
            initial_nav=run.result.initial_nav,
            labels=(run.scenario.name, CONTROL.lower()),
        )
    )


def _or_why(make: Callable[[], _Result]) -> _Result | Missing:
    # A part that cannot be computed is told in the report; it does not cost the other parts.
    try:
        return make()
    except CancelledError:
        raise
    except CoreError as error:
        return Missing(str(error))


def changed_from_preset(scenario: Scenario, preset_name: str) -> dict[str, tuple[object, object]]:
    """Return path → (value of the preset, value now); market, period and own book never count."""
    base = preset(preset_name)
    here = with_values(base, {path: value_at(scenario, path) for path in CONTEXT})
    return changed_fields(here, scenario)
