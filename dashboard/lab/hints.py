"""What one step up or down of every risk field would do, in one go after a commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from core.errors import CoreError
from core.metrics import Metrics, summarise
from core.scenario import scenario_hash, specs, value_at, with_values
from core.simulation import simulate
from dashboard.controls.groups import risk_fields
from dashboard.controls.scales import scale_of
from dashboard.lab.wire import packed
from dashboard.run import Run

__all__ = ["asks_for_hints", "hints_frame", "neighbours"]

_SHOWN: Final = ("sharpe_ratio", "max_drawdown")
_POOL = ThreadPoolExecutor(4, "lab-hints")


def asks_for_hints(message: object, run: Run) -> bool:
    """Return whether the browser asks for the hints of the scenario of `run`."""
    return isinstance(message, dict) and message.get("hints") == scenario_hash(run.scenario)


def neighbours(run: Run) -> list[tuple[str, int, float]]:
    """Return (path, +1 or -1, value) of every step within reach of a risk slider that is on."""
    found = []
    for path in risk_fields():
        spec, value = specs()[path], value_at(run.scenario, path)
        if spec.kind not in ("number", "integer") or value is None:
            continue
        scale = scale_of(spec, value)
        for sign in (1, -1):
            shown = scale.shown(value) + sign * scale.step
            if scale.low - 1e-9 <= shown <= scale.high + 1e-9:
                found.append((path, sign, scale.stored(shown)))
    return found


def hints_frame(run: Run) -> bytes:
    """Return Sharpe and drawdown one step beside each risk field, as a frame without columns."""
    steps = neighbours(run)

    def at(step: tuple[str, int, float]) -> Metrics | None:
        path, _, value = step
        try:
            risk = with_values(run.scenario, {path: value}).risk
            return summarise(simulate(run.inputs, risk), run.dates, run.inputs.cash_rate)
        except CoreError:
            return None  # not allowed, or ruined: there is no such step

    found: dict[str, dict[str, Any]] = {}
    for (path, sign, _), metrics in zip(steps, _POOL.map(at, steps), strict=True):
        if metrics is not None:
            found.setdefault(path, {})[str(sign)] = {n: getattr(metrics, n) for n in _SHOWN}
    header = {"kind": "hints", "scenario": scenario_hash(run.scenario), "hints": found}
    return packed(header, {})
