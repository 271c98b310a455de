"""The phase ladder as words, frames and JSON: the same on the page, in a file and in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from core.evidence.verdict import PairedDifference, Verdict
from core.scenario import scenario_hash
from dashboard.format import FORMATS, count, date, percent, ratio
from dashboard.ladder import JUDGED, Ladder, Step
from dashboard.report.comparison_words import difference_text, interval_text
from dashboard.report.document import plain_values
from dashboard.report.faces import FACES
from dashboard.report.targets import TARGETS
from dashboard.review_evidence import LEVEL, RESAMPLES, SEED

__all__ = [
    "SHOWN",
    "against_frame",
    "beyond_noise",
    "caution_words",
    "curves_frame",
    "judged_text",
    "ladder_document",
    "ladder_headline",
    "looked_at",
    "period_words",
    "steps_frame",
    "targets_frame",
    "targets_words",
]

#: Metrics of a step beside what it added.
SHOWN: Final = (
    "cagr", "volatility", "sharpe_ratio", "max_drawdown", "average_exposure", "turnover",
)  # fmt: skip
_MEAN: Final = (Verdict.BETTER, Verdict.WORSE)


def ladder_headline(found: Ladder) -> str:
    """Say in two or three sentences what came of it."""
    first, last = found.phases[0], found.phases[-1]
    ends = [_made(step) for step in (first, last) if step.metrics is not None]
    benchmark = found.yardsticks[0]
    ends.append(f"{benchmark.name} {_pair(benchmark.metrics)}")
    told = f"From {date(found.dates[0])} to {date(found.dates[-1])} {', '.join(ends)}."
    judged = [step for step in found.steps if step.added]
    if not judged:
        return f"{told} There is no verdict on what a step added."
    parts = []
    for metric in ("sharpe_ratio", "cagr", "max_drawdown"):
        sure = [step for step in judged if step.added[metric].verdict in _MEAN]
        named = ", ".join(_named(step, step.added[metric]) for step in sure)
        label = FACES[metric].label
        if sure:
            parts.append(f"by {label} beyond noise: {named}")
        else:
            parts.append(f"by {label} none of {count(len(judged))} steps is beyond noise")
    moved = sum(step.added["volatility"].verdict in _MEAN for step in judged)
    parts.append(f"{count(moved)} of them changed volatility beyond noise")
    said = "; ".join(parts)
    return f"{told} {said[:1].upper()}{said[1:]}."


def period_words(found: Ladder) -> str:
    """Name market and period of a ladder."""
    return f"{found.source}, {date(found.dates[0])} … {date(found.dates[-1])}"


def targets_words(found: Ladder) -> str:
    """Say which of the report's targets which phase met."""
    parts = []
    for metric, target in TARGETS.items():
        met = [
            step.rung.toward
            for step in found.phases
            if step.metrics is not None and target.met(step.metrics.as_dict()[metric])
        ]
        name = f"{FACES[metric].label} {target.text}"
        parts.append(f"{name}: {', '.join(met) if met else 'met by none'}")
    return f"The origin report's targets. {'; '.join(parts)}."


def caution_words(found: Ladder) -> str:
    """Say how many differences were looked at, and what that does to the verdicts."""
    number, beyond = looked_at(found), beyond_noise(found)
    return (
        f"Intervals are 95 % of {count(RESAMPLES)} paired resamples. {count(number)} differences "
        f"were looked at, of which {count(beyond)} are beyond noise; about one in twenty would be "
        "where nothing differs at all. The order of the steps is that of the plan: another order "
        "would share the same sum out differently."
    )


def looked_at(found: Ladder) -> int:
    """Return how many differences have a verdict; those that cannot differ are not counted."""
    return sum(one.verdict is not Verdict.SAME for one in _all(found))


def beyond_noise(found: Ladder) -> int:
    """Return how many differences are beyond noise."""
    return sum(one.verdict in _MEAN for one in _all(found))


def judged_text(one: PairedDifference | None) -> tuple[str, str, str]:
    """Return a difference, its interval and its verdict, each as text; "" where there is none."""
    if one is None:
        return "", "", ""
    if one.verdict is Verdict.SAME:
        return "", "", one.verdict.value
    return difference_text(one.metric, one.estimate), interval_text(one), one.verdict.value


def steps_frame(found: Ladder) -> pd.DataFrame:
    """Return a row a step: its metrics, and by how much each differs from the step above it."""
    rows = []
    for step in found.steps:
        own = {} if step.metrics is None else step.metrics.as_dict()
        row: dict[str, Any] = {
            "step": step.rung.title,
            "toward": step.rung.toward,
            "is_phase": step.rung.is_phase,
            "changed": step.rung.detail,
            "hash": scenario_hash(step.scenario),
        }
        row |= {name: own.get(name, math.nan) for name in _columns()}
        for metric in JUDGED:
            row |= _cells(f"added_{metric}", step.added.get(metric))
        rows.append(row | {"problem": step.problem})
    return pd.DataFrame(rows).rename_axis("number")


def against_frame(found: Ladder) -> pd.DataFrame:
    """Return a row a phase and yardstick: the phase minus it, metric by metric."""
    rows = []
    for step in found.phases:
        for name, differences in step.against.items():
            row: dict[str, Any] = {"phase": step.rung.toward, "minus": name}
            for metric in JUDGED:
                row |= _cells(metric, differences.get(metric))
            rows.append(row)
    return pd.DataFrame(rows).rename_axis("number")


def targets_frame(found: Ladder) -> pd.DataFrame:
    """Return a row a metric with a target: the target, every phase and yardstick; NaN = none."""
    rows = {}
    for metric, target in TARGETS.items():
        row: dict[str, Any] = {"target": target.bound}
        for step in found.phases:
            own = {} if step.metrics is None else step.metrics.as_dict()
            row[step.rung.toward] = own.get(metric, math.nan)
        for one in found.yardsticks:
            row[one.name] = getattr(one.metrics, metric, math.nan)
        rows[metric] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")


def curves_frame(found: Ladder) -> pd.DataFrame:
    """Return growth of 1 of every phase and yardstick, a row a session."""
    index = pd.DatetimeIndex(found.dates.astype("datetime64[s]"), name="date")
    curves = {step.rung.toward: step.nav for step in found.phases if step.nav is not None}
    curves |= {one.name: one.nav for one in found.yardsticks}
    return pd.DataFrame(curves, index)


def ladder_document(found: Ladder) -> dict[str, Any]:
    """Return everything as JSON: fractions, ISO dates, None for what is undefined."""
    document = {
        "presets": list(found.presets),
        "data": {
            "source": found.source,
            "simulated": found.simulated,
            "fingerprint": found.fingerprint,
            "start": str(found.dates[0]),
            "end": str(found.dates[-1]),
            "sessions": len(found.dates),
        },
        "resampling": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "steps": [_step(step) for step in found.steps],
        "yardsticks": {one.name: asdict(one.metrics) for one in found.yardsticks},
        "targets": {metric: target.bound for metric, target in TARGETS.items()},
        "notes": list(found.notes),
    }
    plain: dict[str, Any] = plain_values(document)
    return plain


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.rung.title,
        "toward": step.rung.toward,
        "is_phase": step.rung.is_phase,
        "hash": scenario_hash(step.scenario),
        "fields": {
            path: {"before": _plain(before), "now": _plain(now)}
            for path, (before, now) in step.rung.fields.items()
        },
        "metrics": None if step.metrics is None else step.metrics.as_dict(),
        "added": _differences(step.added),
        "against": {name: _differences(found) for name, found in step.against.items()},
        "control_exposure": step.exposure,
        "problem": step.problem or None,
    }


def _differences(found: Mapping[str, PairedDifference]) -> dict[str, Any]:
    return {
        metric: {
            "estimate": one.estimate,
            "low": one.low,
            "high": one.high,
            "p_value": one.p_value,
            "verdict": one.verdict.value,
        }
        for metric, one in found.items()
    }


def _cells(name: str, one: PairedDifference | None) -> dict[str, Any]:
    return {
        name: math.nan if one is None or one.estimate is None else one.estimate,
        f"{name}_low": math.nan if one is None or one.low is None else one.low,
        f"{name}_high": math.nan if one is None or one.high is None else one.high,
        f"{name}_p_value": math.nan if one is None or one.p_value is None else one.p_value,
        f"{name}_verdict": "" if one is None else one.verdict.value,
    }


def _all(found: Ladder) -> Iterator[PairedDifference]:
    for step in found.steps:
        yield from step.added.values()
        for differences in step.against.values():
            yield from differences.values()


def _columns() -> Sequence[str]:
    return tuple(dict.fromkeys((*SHOWN, *TARGETS)))


def _made(step: Step) -> str:
    assert step.metrics is not None
    return f"{step.rung.toward} made {_pair(step.metrics)}"


def _named(step: Step, one: PairedDifference) -> str:
    where = f"{_lower(step.rung.title)} of {step.rung.toward}"
    return f"{where} {difference_text(one.metric, one.estimate)}"


def _pair(metrics: Any) -> str:
    fell = FORMATS[FACES["max_drawdown"].kind](metrics.max_drawdown)
    return f"{percent(metrics.cagr)} a year (Sharpe {ratio(metrics.sharpe_ratio)}, worst {fell})"


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "isoformat") else value


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
