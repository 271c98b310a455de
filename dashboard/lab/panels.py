"""What the panels of the lab ask for after a commit, and the one frame that answers.

Every question goes through the queue of studies: what is known by then is answered at once, and
the browser asks again for what it lacks. Nothing here waits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.scenario import scenario_hash, specs, value_at
from core.surface import Surface
from dashboard.explanation import explain_day
from dashboard.format import date
from dashboard.lab.evidence_part import ask_evidence
from dashboard.lab.panel_work import (
    RULE_COLOURS,
    ControlStudy,
    account_work,
    control_work,
    health_work,
    strips_work,
    surface_fields,
    surface_level,
    surface_work,
)
from dashboard.lab.payload import drawn_rows
from dashboard.lab.wire import Column, packed, quantised
from dashboard.pipeline import Pipeline
from dashboard.problems import Problem
from dashboard.report.explanation import alternative_words, day_words, decision_words
from dashboard.report.explanation_fill import fill_words
from dashboard.report.faces import FACES
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Studies, Study, Work
from dashboard.theme import Theme
from dashboard.warming import studies_wait_for
from data.journal import Journal

__all__ = [
    "PARTS",
    "SURFACE_AXES",
    "SURFACE_METRICS",
    "PanelsWant",
    "ask_part",
    "explained_frame",
    "panels_frame",
    "problem_words",
    "refused_frame",
    "wants_explanation",
    "wants_panels",
]

PARTS: Final = ("control", "evidence", "health", "account", "strips", "surface")
SURFACE_METRICS: Final = (
    "sharpe_ratio", "cagr", "max_drawdown", "volatility", "calmar_ratio", "turnover",
)  # fmt: skip
SURFACE_AXES: Final = ("risk.max_allowed_drawdown", "risk.target_annual_vol")
_MOST_REASONS: Final = 200
_TRAIL: Final = 8  # settings before the present one
_BEFORE_BOOK_HINTS: Final = -10


@dataclass(frozen=True, slots=True)
class PanelsWant:
    """What the browser lacks of a scenario, and which surface it looks at."""

    parts: tuple[str, ...]
    x: str
    y: str
    metric: str
    number: int | None = None


def wants_panels(message: object, run: Run) -> PanelsWant | None:
    """Read a request of the browser; None when it is not one. Nothing of it is trusted."""
    if not isinstance(message, Mapping) or message.get("study") != scenario_hash(run.scenario):
        return None
    lacks, surface = message.get("lacks"), message.get("surface")
    if not isinstance(lacks, list):
        return None
    chosen = surface if isinstance(surface, Mapping) else {}
    x, y = (chosen.get(axis) for axis in ("x", "y"))
    allowed = surface_fields(run)
    if x not in allowed or y not in allowed or x == y:
        x, y = SURFACE_AXES
    metric = chosen.get("metric")
    return PanelsWant(
        parts=tuple(part for part in PARTS if part in lacks),
        x=str(x),
        y=str(y),
        metric=str(metric) if metric in SURFACE_METRICS else SURFACE_METRICS[0],
        number=message["n"] if isinstance(message.get("n"), int) else None,
    )


def panels_frame(
    studies: Studies,
    session: str,
    pipeline: Pipeline,
    run: Run,
    state: AppState,
    want: PanelsWant,
    colours: Theme,
    journal: Journal | None = None,
) -> bytes:
    """Return what is known of the parts that the browser lacks; the rest is under way."""
    header: dict[str, Any] = {
        "kind": "panels",
        "answers": want.number,
        "scenario": scenario_hash(run.scenario),
        "parts": {},
        "compiling": studies_wait_for(),
    }
    columns: dict[str, Column] = {}
    for part in want.parts:
        if part == "evidence":
            study = ask_evidence(studies, session, pipeline, run, journal, state)
        else:
            asked = studies, session, pipeline, run, part
            study = ask_part(*asked, x=want.x, y=want.y, journal=journal)
        told: dict[str, Any] = {"status": study.status, "share": round(study.share, 2)}
        if study.problem is not None:
            told["problem"] = problem_words(study.problem)
        if study.status == "done":
            told["told"] = _told(part, study.result, run, state, want, colours, columns)
        header["parts"][part] = told
    return packed(header, columns)


def ask_part(
    studies: Studies, session: str, pipeline: Pipeline, run: Run, part: str, *, x: str, y: str,
    journal: Journal | None = None,
) -> Study:  # fmt: skip
    """Return what is known of one part of the panels of `run`, and see that it is worked on.

    What shows many settings, surface and strips, is written in `journal`.
    """
    of = _surface_key(pipeline, run, x, y) if part == "surface" else pipeline.key(run.scenario)
    key = f"{part}-{of}"
    rank = _BEFORE_BOOK_HINTS + PARTS.index(part)
    return studies.ask(session, part, key, _work(part, pipeline, run, x, y, journal), rank=rank)


def problem_words(problem: Problem) -> list[str]:
    """Return title, what happened and what to do."""
    return [problem.title, problem.happened, problem.action]


def _work(part: str, pipeline: Pipeline, run: Run, x: str, y: str, journal: Journal | None) -> Work:
    if part == "surface":
        return surface_work(pipeline, run, x, y, journal)
    if part == "strips":
        return strips_work(run, journal)
    return {"control": control_work, "health": health_work, "account": account_work}[part](run)


def _surface_key(pipeline: Pipeline, run: Run, x: str, y: str) -> str:
    # Of data and every field but the two; of those only where they lie outside their ranges.
    data = pipeline.key(run.scenario).removesuffix(scenario_hash(run.scenario))
    lines = [f"{x}|{y}"]
    for path in specs():
        value = value_at(run.scenario, path)
        if path not in (x, y) or _is_outside(path, value):
            lines.append(f"{path}={value!r}")
    return f"{data}{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def _is_outside(path: str, value: float | None) -> bool:
    control = specs()[path].control
    return value is not None and control is not None and not control[0] <= value <= control[1]


def _told(
    part: str,
    result: Any,
    run: Run,
    state: AppState,
    want: PanelsWant,
    colours: Theme,
    columns: dict[str, Column],
) -> Mapping[str, Any]:
    if part == "control":
        columns["control"] = quantised(result.growth[drawn_rows(run)])
        return _control(result)
    if part == "account":
        return {**result, "colours": {str(r): colours.rule(c) for r, c in RULE_COLOURS.items()}}
    if part == "surface":
        return _surface(result, run, state, want, columns)
    found: Mapping[str, Any] = result
    return found


def _control(study: ControlStudy) -> dict[str, Any]:
    return {
        "exposure": study.exposure,
        "average": study.average,
        "rows": study.rows(),
        "words": list(study.words),
    }


def _surface(
    found: Surface, run: Run, state: AppState, want: PanelsWant, columns: dict[str, Column]
) -> dict[str, Any]:
    values, plateau = found.metric(want.metric), found.plateau(want.metric)
    columns["surface"] = Column(values.astype("<f4").ravel())
    columns["plateau"] = quantised(plateau.ravel(), "uint8")
    columns["reason"], reasons = _reasons(found, run)
    at = tuple(value_at(run.scenario, path) for path in (want.x, want.y))
    column = surface_level(found.x.levels, at[0])
    row = surface_level(found.y.levels, at[1])
    here = None if row is None or column is None else float(plateau[row, column])
    steps = [step.scenario for step in state.past[-_TRAIL:]]
    return {
        "x": want.x,
        "y": want.y,
        "metric": want.metric,
        "metrics": [[f.name, f.label, f.kind] for f in (FACES[n] for n in SURFACE_METRICS)],
        "xs": list(found.x.levels),
        "ys": list(found.y.levels),
        "at": list(at),
        "plateau": here,
        "fields": list(surface_fields(run)),
        "reasons": reasons,
        "trail": [[value_at(step, want.x), value_at(step, want.y)] for step in steps],
    }


def _reasons(found: Surface, run: Run) -> tuple[Column, list[str]]:
    # Why a cell has no value: a number a cell, 0 where it has one, and the words once.
    table, words = found.table, [""]
    codes = np.zeros(len(table.refused), np.uint8)
    for row, why in enumerate(table.refused):
        session = int(table.runs.ruined[row])
        said = why or (f"Ruined on {date(run.dates[session])}" if session >= 0 else "")
        if said not in words and len(words) >= _MOST_REASONS:
            said = "Not allowed together"
        if said not in words:
            words.append(said)
        codes[row] = words.index(said)
    return Column(codes), words


def wants_explanation(message: object, run: Run) -> dt.date | None:
    """Return the day of `run` that the browser wants explained; None when it asks for none."""
    if not isinstance(message, Mapping) or message.get("of") != scenario_hash(run.scenario):
        return None
    try:
        return dt.date.fromisoformat(str(message.get("explain")))
    except ValueError:
        return None


def explained_frame(run: Run, asked: dt.date, number: int | None) -> bytes:
    """Return the explanation of a day in words, as the command `plimsoll explain` has them.

    Raises
    ------
    core.errors.CoreError
        As :func:`dashboard.explanation.explain_day`.
    """
    found = explain_day(run, asked)
    day = found.day
    parts: Sequence[tuple[str, list[str]]] = (
        ("The day", list(day_words(found))),
        ("Filled", list(fill_words(found))),
        ("Decided at the close", list(decision_words(found))),
        ("Without a rule", [alternative_words(found, each) for each in day.alternatives]),
    )
    header = {
        "kind": "explained",
        "answers": number,
        "scenario": scenario_hash(run.scenario),
        "asked": str(asked),
        "date": str(found.session_date),
        "parts": [[title, words] for title, words in parts if words],
    }
    return packed(header, {})


def refused_frame(run: Run, asked: dt.date, problem: Problem, number: int | None) -> bytes:
    """Return why a day cannot be explained."""
    header = {
        "kind": "explained",
        "answers": number,
        "scenario": scenario_hash(run.scenario),
        "asked": str(asked),
        "date": str(asked),
        "problem": problem_words(problem),
        "parts": [],
    }
    return packed(header, {})
