"""What the panels of the lab compute behind the page, and what of it travels.

A study's result is what is shown, not what it was made from: the runs of every combination of the
rules would be megabytes, and finished studies are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.attribution import RuleAccount, Shares, rule_account
from core.axes import Axis, control_values
from core.config import Scenario
from core.control import exposure_matched_control
from core.metrics import Metrics
from core.risk.config import RiskConfig
from core.rule_health import rule_health
from core.rules import Rule, rules_on
from core.scenario import specs, value_at
from core.sensitivity import NUMERIC_RISK_FIELDS, sensitivity
from core.simulation import SweepResult, simulate_many
from core.surface import Surface, risk_surface
from core.units import Floats
from dashboard.controls.groups import BOOK_FIELDS
from dashboard.format import DASH, date
from dashboard.lab.trials import record_strips, record_surface
from dashboard.pipeline import Pipeline
from dashboard.report.account import (
    BY,
    CONTROL_METRICS,
    account_words,
    control_words,
    shares_of,
)
from dashboard.report.faces import FACES
from dashboard.report.health import CLOSEST, COUNTED, health_words
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.sweep_run import Books
from data.journal import Journal

__all__ = [
    "RULE_COLOURS",
    "STRIP_METRICS",
    "SURFACE_SIZE",
    "ControlStudy",
    "account_work",
    "control_work",
    "health_work",
    "strips_work",
    "surface_fields",
    "surface_level",
    "surface_work",
]

SURFACE_SIZE: Final = 41
STRIP_METRICS: Final = ("sharpe_ratio", "max_drawdown")
STRIP_POINTS: Final = 21
#: The name of each rule's colour in the theme.
RULE_COLOURS: Final[Mapping[Rule, str]] = {
    Rule.DRAWDOWN_SCALING: "drawdown",
    Rule.VOLATILITY_TARGET: "volatility",
    Rule.POSITION_STOP: "stop",
    Rule.TRAILING_STOP: "trailing",
    Rule.CIRCUIT_BREAKER: "breaker",
    Rule.TURNOVER_CAP: "cap",
    Rule.ALPHA_GATE: "gate",
    Rule.COSTS: "costs",
    Rule.LEVERAGE: "leverage",
}


@dataclass(frozen=True, slots=True, eq=False)
class ControlStudy:
    """The same book at the scenario's average exposure, without rules.

    Attributes
    ----------
    growth : float64[T]
        NAV over the initial NAV.
    exposure, average : float
        What every rebalance restores, and the average that is matched; fractions of NAV.
    control, scenario : Metrics
    words : tuple of str
    """

    growth: Floats
    exposure: float
    average: float
    control: Metrics
    scenario: Metrics
    words: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a metric: label, kind, scenario, control."""
        own, other = self.scenario.as_dict(), self.control.as_dict()
        faces = (FACES[name] for name in CONTROL_METRICS)
        return [
            {"name": f.name, "label": f.label, "kind": f.kind, "direction": f.direction,
             "scenario": own[f.name], "control": other[f.name]}
            for f in faces
        ]  # fmt: skip


def control_work(run: Run) -> Callable[[Pace], ControlStudy]:
    """Return the work that finds the exposure-matched control of `run`."""

    def work(pace: Pace) -> ControlStudy:
        found = exposure_matched_control(
            run.inputs, run.scenario.risk, run.result, run.dates, cancelled=pace.cancelled
        )
        return ControlStudy(
            growth=found.nav / found.result.initial_nav,
            exposure=found.exposure,
            average=found.average_exposure,
            control=found.metrics,
            scenario=found.scenario,
            words=tuple(control_words(found)),
        )

    return work


def health_work(run: Run) -> Callable[[Pace], dict[str, Any]]:
    """Return the work that looks at every rule of `run`: rows to show, and words."""

    def work(_pace: Pace) -> dict[str, Any]:
        found = rule_health(run.inputs, run.scenario.risk, run.result)
        rows = []
        for each in found:
            what, write = CLOSEST[each.rule]
            row: dict[str, Any] = {"label": each.rule.counted_as, "status": each.status}
            if each.status != "off":
                where = run.tickers[each.security] if each.security >= 0 else ""
                row |= {
                    "evaluations": each.evaluations,
                    "counted": COUNTED[each.rule],
                    "triggers": each.triggers,
                    "closest": f"{what} {write(each.closest)}",
                    "threshold": write(each.threshold),
                    "date": date(run.dates[each.session]) if each.session >= 0 else DASH,
                    "ticker": where,
                }
            rows.append(row)
        return {"rows": rows, "words": list(health_words(found))}

    return work


def account_work(run: Run) -> Callable[[Pace], dict[str, Any]]:
    """Return the work that makes the rule account of `run`, whole, by year and by episode."""

    def work(pace: Pace) -> dict[str, Any]:
        count = 2 ** len(rules_on(run.inputs, run.scenario.risk))
        found = rule_account(
            run.inputs, run.scenario.risk, run.dates, initial_nav=run.result.initial_nav,
            cancelled=pace.cancelled, done=lambda number: pace.share(number / count),
        )  # fmt: skip
        return {
            "runs": found.runs,
            "words": list(account_words(found)),
            "by": {by: _shares(found, shares_of(found, by), by == "total") for by in BY},
        }

    return work


def _shares(account: RuleAccount, shares: Shares, whole: bool) -> dict[str, Any]:
    faces = [FACES[name if whole else "total_return"] for name in shares.names]
    return {
        "names": [f.label for f in faces] if whole else list(shares.names),
        "kinds": [f.kind for f in faces],
        "without": shares.without.tolist(),
        "scenario": shares.scenario.tolist(),
        "rules": [
            [str(rule), rule.label, rule in account.rules, shares.of(rule).tolist()]
            for rule in Rule
        ],
    }


def strips_work(run: Run, journal: Journal | None = None) -> Callable[[Pace], dict[str, Any]]:
    """Return the work that runs 21 values of every risk field: path → strip.

    With a journal the strips are written there as trials.
    """

    def work(pace: Pace) -> dict[str, Any]:
        found = sensitivity(
            run.inputs, run.scenario.risk, run.dates, points=STRIP_POINTS,
            initial_nav=run.result.initial_nav, cancelled=pace.cancelled,
        )  # fmt: skip
        if journal is not None:
            record_strips(journal, run, found)
        strips: dict[str, Any] = {}
        for path, strip in found.strips.items():
            metrics = [found.metrics(row) for row in strip.rows]
            told = {name: [_short(row[name]) for row in metrics] for name in STRIP_METRICS}
            dead = [[zone.low, zone.high, zone.reason] for zone in strip.dead]
            strips[path] = {"values": list(strip.values), "dead": dead, **told}
        return strips

    return work


def _short(value: float) -> float | None:
    # A strip is a few pixels high.
    return round(value, 5) if np.isfinite(value) else None


def surface_fields(run: Run) -> tuple[str, ...]:
    """Return the fields that a surface of `run` can have as an axis, those of the book last.

    A book of one's own has no fields.
    """
    return NUMERIC_RISK_FIELDS + (BOOK_FIELDS if run.scenario.book.own_book is None else ())


def surface_work(
    pipeline: Pipeline, run: Run, x: str, y: str, journal: Journal | None = None
) -> Callable[[Pace], Surface]:
    """Return the work that runs 41×41 values of two fields; each value of the book builds one.

    The levels do not depend on the present values of the two, as long as these are within their
    usual ranges: who moves on the surface stays on it. With a journal it is written there.
    """

    def work(pace: Pace) -> Surface:
        axes = [_axis(run.scenario, path) for path in (x, y)]
        count = len(axes[0].levels) * len(axes[1].levels)

        def here(_scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
            return simulate_many(
                run.inputs, risks, run.dates, initial_nav=run.result.initial_nav,
                cancelled=pace.cancelled,
            )  # fmt: skip

        books = None if same_book else Books(pipeline)
        found = risk_surface(
            run.scenario, axes[0], axes[1], here if books is None else books.run_group,
            cancelled=pace.cancelled, done=lambda number: pace.share(number / count),
        )  # fmt: skip
        if journal is not None:
            record_surface(journal, run, found, pace, books)
        return found

    same_book = not {x, y} & set(BOOK_FIELDS)
    return work


def _axis(scenario: Scenario, path: str) -> Axis:
    spec, value = specs()[path], value_at(scenario, path)
    low, high = spec.control or (value, value)
    inside = value is None or low <= value <= high
    return Axis(path, control_values(spec, None if inside else value, SURFACE_SIZE))


def surface_level(levels: Sequence[Any], value: float | None) -> int | None:
    """Return which level is nearest to `value`; None for a rule that is off."""
    if value is None:
        return None
    return int(np.argmin(np.abs(np.array(levels, dtype=np.float64) - value)))
