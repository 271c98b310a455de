"""What one step up or down of every field would do, told after a commit.

A risk field needs only the simulation: all of them take a few milliseconds and go out with the
page, unless a commit waits. A field of the book needs a book a step: those are computed behind the
page and asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from core.errors import CancelledError, CoreError
from core.risk.config import RiskConfig
from core.scenario import scenario_hash, specs, value_at, with_values
from core.simulation import simulate_many
from dashboard.controls.groups import BOOK_FIELDS, risk_fields
from dashboard.controls.scales import scale_of
from dashboard.lab.wire import packed
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = ["Hints", "asks_for_hints", "book_hints", "hints_frame", "neighbours", "risk_hints"]

Hints = Mapping[str, Mapping[str, Mapping[str, float]]]
_WORKERS: Final = 2  # the browser is laying out the page meanwhile
_SHOWN: Final = ("sharpe_ratio", "max_drawdown")


def asks_for_hints(message: object, run: Run) -> str:
    """Return which hints of the scenario of `run` the browser asks for: "risk", "book" or none."""
    if not isinstance(message, Mapping) or message.get("hints") != scenario_hash(run.scenario):
        return ""
    return "book" if message.get("part") == "book" else "risk"


def neighbours(run: Run, paths: Iterable[str] | None = None) -> list[tuple[str, int, float]]:
    """Return (path, +1 or -1, value) of every step within reach of a slider that is on."""
    found = []
    for path in risk_fields() if paths is None else paths:
        spec, value = specs()[path], value_at(run.scenario, path)
        if spec.kind not in ("number", "integer") or value is None:
            continue
        scale = scale_of(spec, value)
        for sign in (1, -1):
            shown = scale.shown(value) + sign * scale.step
            if scale.low - 1e-9 <= shown <= scale.high + 1e-9:
                found.append((path, sign, scale.stored(shown)))
    return found


def risk_hints(run: Run) -> Hints:
    """Return path → "1" or "-1" → Sharpe and drawdown one step beside each risk field.

    The runs take place side by side and without the interpreter's lock.
    """
    steps, risks = [], []
    for step in neighbours(run):
        risk = _beside(run.scenario.risk, step[0], step[2])
        if risk is not None:
            steps.append(step)
            risks.append(risk)
    found = simulate_many(
        run.inputs, risks, run.dates, initial_nav=run.result.initial_nav, workers=_WORKERS
    )
    shown = [found.metric(name) for name in _SHOWN]
    told = [
        None if ruined >= 0 else {n: float(v[row]) for n, v in zip(_SHOWN, shown, strict=True)}
        for row, ruined in enumerate(found.ruined)
    ]
    return _told(steps, told)


def _beside(risk: RiskConfig, path: str, value: float) -> RiskConfig | None:
    # None where the other rules do not allow it. The rest of the scenario has no say in that.
    name = specs()[path].name
    try:
        return RiskConfig.model_validate({**risk.model_dump(), name: value})
    except ValidationError:
        return None


def book_hints(pipeline: Pipeline, run: Run, pace: Pace) -> Hints:
    """Return the same beside each field of the book.

    Raises
    ------
    core.errors.CancelledError
        Nobody asks for it any more.
    """
    steps = neighbours(run, BOOK_FIELDS)
    found: list[Mapping[str, float] | None] = []
    for path, _, value in steps:
        if pace.cancelled():
            raise CancelledError(len(found), len(steps))
        try:
            metrics = pipeline.run(with_values(run.scenario, {path: value})).metrics
            found.append({name: getattr(metrics, name) for name in _SHOWN})
        except CoreError:
            found.append(None)
    return _told(steps, found)


def hints_frame(
    run: Run, part: str, hints: Hints, *, more: bool, number: int | None = None
) -> bytes:
    """Return `hints` as a frame without columns.

    Parameters
    ----------
    run : Run
    part : str
        "risk" or "book".
    hints : mapping
    more : bool
        Whether to ask for those of the book, again if that was asked.
    number : int, optional
        Of the request: a browser is not told of an answer that is the same as the one before.
    """
    told = {
        path: {sign: [shown[name] for name in _SHOWN] for sign, shown in steps.items()}
        for path, steps in hints.items()
    }
    header: dict[str, Any] = {
        "kind": "hints",
        "scenario": scenario_hash(run.scenario),
        "names": _SHOWN,
        "hints": told,
        "part": part,
        "more": more,
        "answers": number,
    }
    return packed(header, {})


def _told(
    steps: Iterable[tuple[str, int, float]], results: Iterable[Mapping[str, float] | None]
) -> Hints:
    found: dict[str, dict[str, Any]] = {}
    for (path, sign, _), shown in zip(steps, results, strict=True):
        if shown is not None:
            found.setdefault(path, {})[str(sign)] = shown
    return found
