"""Making a report: what it is made from, the work, and the finished lines."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from core.attribution import RuleAccount
from core.config import Scenario
from core.control import Control
from core.presets import DEFAULT_PRESET, PRESETS
from core.scenario import scenario_hash
from dashboard.handout.appendix import appendix, short_notice
from dashboard.handout.content import sections
from dashboard.handout.errors import ReportError
from dashboard.handout.identity import Made, Trials, count_trials, data_identity, made_here
from dashboard.handout.leaks import check_leaks
from dashboard.handout.page import FORMAT, Report, assembled, head_of
from dashboard.pipeline import Pipeline
from dashboard.report.account import shares_of
from dashboard.report.document import plain_values, run_document
from dashboard.review_report import Missing, Studied, changed_from_preset, study
from dashboard.run import Run
from data.errors import DataError
from data.journal import Journal

__all__ = ["Recipe", "make_report", "preset_of", "recipe_of", "title_of"]

_UNSAFE: Final = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that a report follows from, beside the run itself.

    Attributes
    ----------
    parts : tuple of str
        In the order of the report.
    data : mapping
        Of :func:`dashboard.handout.identity.data_identity`.
    made : Made
    trials : Trials
    made_on : date
        The only clock: checking ignores it.
    """

    parts: tuple[str, ...]
    data: Mapping[str, Any]
    made: Made
    trials: Trials
    made_on: dt.date


def preset_of(scenario: Scenario) -> str:
    """Return the preset that `scenario` is called after, the default one for another name."""
    return scenario.name if scenario.name in PRESETS else DEFAULT_PRESET


def title_of(scenario: Scenario) -> str:
    """Return the name of a setting; a changed preset says so."""
    number = len(changed_from_preset(scenario, preset_of(scenario)))
    return f"{scenario.name}, {number} changed" if number else scenario.name


def recipe_of(
    pipeline: Pipeline,
    journal: Journal,
    run: Run,
    parts: tuple[str, ...],
) -> Recipe:
    """Return what the report of `run` is made from, today and by this code.

    Raises
    ------
    dashboard.handout.errors.ReportError
        The journal cannot be read, so nobody can say how many settings were tried.
    """
    try:
        trials = count_trials(journal, run.market.fingerprint)
    except DataError as error:
        raise ReportError(
            f"a report must say how many settings were tried, but the journal fails: {error}"
        ) from error
    return Recipe(
        parts=parts,
        data=data_identity(pipeline, run),
        made=made_here(),
        trials=trials,
        made_on=dt.datetime.now(dt.UTC).date(),
    )


def make_report(
    run: Run,
    recipe: Recipe,
    home: Path,
    *,
    cancelled: Callable[[], bool] | None = None,
    share: Callable[[float], None] | None = None,
) -> Report:
    """Compute and write the report of `run`: the same for the same run and recipe, byte by byte.

    Parameters
    ----------
    run : Run
    recipe : Recipe
    home : Path
        PLIMSOLL_HOME, which must not stand in the report.
    cancelled, share : callable, optional
        Asked whether to stop; told which part is done, in [0, 1].

    Raises
    ------
    core.errors.CancelledError, dashboard.handout.errors.LeakError
    """
    found = study(run, recipe.parts, cancelled=cancelled, share=share)
    base = preset_of(run.scenario)
    changed = changed_from_preset(run.scenario, base)
    parts = (
        *sections(found, recipe.parts),
        *appendix(run, changed, base, recipe.data, recipe.made, recipe.trials),
    )
    head = head_of(run, title_of(run.scenario), short_notice(run), recipe.made_on)
    lines = assembled(head, parts, _record(found, recipe))
    check_leaks(lines, home)
    return Report(lines, _file_name(run))


def _record(found: Studied, recipe: Recipe) -> dict[str, Any]:
    numbers = run_document(found.run)
    del numbers["timing"]  # a clock
    more = {
        "account": _account(found.account),
        "control": _control(found.control),
        "health": [asdict(row) for row in found.health],
        "intervals": _evidence(found.intervals),
        "against": _evidence(found.against),
    }
    record = {
        "format": FORMAT,
        "parts": list(recipe.parts),
        "trials": asdict(recipe.trials),
        "made": recipe.made.as_dict(),
        "origin": dict(recipe.data),
        "numbers": numbers | more,
    }
    written: dict[str, Any] = plain_values(record)
    return written


def _account(account: RuleAccount | Missing | None) -> Any:
    if not isinstance(account, RuleAccount):
        return None if account is None else {"missing": account.why}
    both = {by: shares_of(account, by) for by in ("total", "year", "episode")}
    return {
        by: {
            name: dict(zip(shares.frame().index, values.tolist(), strict=True))
            for name, values in zip(shares.names, shares.frame().to_numpy().T, strict=True)
        }
        for by, shares in both.items()
    }


def _control(control: Control | Missing | None) -> Any:
    if not isinstance(control, Control):
        return None if control is None else {"missing": control.why}
    return {
        "exposure": control.exposure,
        "average_exposure": control.average_exposure,
        "metrics": control.metrics.as_dict(),
        "nav": control.nav.tolist(),
    }


def _evidence(found: Any) -> Any:
    if isinstance(found, Missing):
        return {"missing": found.why}
    return None if found is None else {name: asdict(one) for name, one in found.items()}


def _file_name(run: Run) -> str:
    words = f"{run.scenario.name}-{run.market.source}-{run.dates[0]}-{run.dates[-1]}".casefold()
    name = _UNSAFE.sub("-", words).strip("-.")
    return f"plimsoll-{name}-{scenario_hash(run.scenario)[:6]}.html"
