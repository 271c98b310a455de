"""What one step up or down of every field would do, asked for after a commit.

A risk field needs only the simulation: all of them are computed while the browser waits. A field of
the book needs a book a step: those are computed behind the page and asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from core.errors import CancelledError, CoreError
from core.metrics import Metrics, summarise
from core.scenario import scenario_hash, specs, value_at, with_values
from core.simulation import simulate
from dashboard.controls.groups import BOOK_FIELDS, risk_fields
from dashboard.controls.scales import scale_of
from dashboard.lab.wire import packed
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = ["asks_for_hints", "book_hints", "hints_frame", "neighbours", "risk_hints"]

Hints = Mapping[str, Mapping[str, Mapping[str, float]]]
_SHOWN: Final = ("sharpe_ratio", "max_drawdown")
_POOL = ThreadPoolExecutor(4, "lab-hints")


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


def risk_hints(run: Run, cancelled: Callable[[], bool] = lambda: False) -> Hints:
    """Return path → "1" or "-1" → Sharpe and drawdown one step beside each risk field."""
    steps = neighbours(run)

    def at(step: tuple[str, int, float]) -> Metrics | None:
        path, _, value = step
        if cancelled():
            return None
        try:
            risk = with_values(run.scenario, {path: value}).risk
            return summarise(simulate(run.inputs, risk), run.dates, run.inputs.cash_rate)
        except CoreError:
            return None  # not allowed, or ruined: there is no such step

    return _told(steps, _POOL.map(at, steps))


def book_hints(pipeline: Pipeline, run: Run, pace: Pace) -> Hints:
    """Return the same beside each field of the book.

    Raises
    ------
    core.errors.CancelledError
        Nobody asks for it any more.
    """
    steps = neighbours(run, BOOK_FIELDS)
    found: list[Metrics | None] = []
    for path, _, value in steps:
        if pace.cancelled():
            raise CancelledError(len(found), len(steps))
        try:
            found.append(pipeline.run(with_values(run.scenario, {path: value})).metrics)
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
    header = {"kind": "hints", "scenario": scenario_hash(run.scenario), "hints": hints}
    return packed(header | {"part": part, "more": more, "answers": number}, {})


def _told(steps: Iterable[tuple[str, int, float]], results: Iterable[Metrics | None]) -> Hints:
    found: dict[str, dict[str, Any]] = {}
    for (path, sign, _), metrics in zip(steps, results, strict=True):
        if metrics is not None:
            found.setdefault(path, {})[str(sign)] = {n: getattr(metrics, n) for n in _SHOWN}
    return found
