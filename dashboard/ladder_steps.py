"""From one preset to the next, one change at a time: the steps of the phase ladder.

What a change is follows from the fields in which two presets differ: fields of one rule or one idea
go together, every other field is a step of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from core.config import Scenario
from core.errors import ConfigError
from core.presets import preset
from core.scenario import changed_fields, specs, value_at, with_values
from dashboard.report.comparison_words import field_text

__all__ = ["PHASES", "Rung", "changes", "rungs"]

#: What `plimsoll compare --presets` is for, and what the page Ladder begins with.
PHASES: Final = ("No overlay", "Phase 8", "Phase 8.1", "Phase 9")
_CONTEXT: Final = ("universe.source", "period.start", "period.end", "book.own_book")
#: Changes that go together, in the order of the origin report; where two presets differ in none of
#: the fields there is no such step. A part that ends with a dot stands for every field below it.
_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Sector cap": ("book.sector_cap",),
        "Drawdown scaling": ("risk.max_allowed_drawdown", "risk.min_position_scale"),
        "Volatility target": (
            "risk.target_annual_vol", "risk.vol_lookback_days", "risk.vol_rebalance_threshold",
        ),
        "Position stop": ("risk.position_stop_loss",),
        "Trailing stop": ("risk.trailing_stop_pct",),
        "Circuit breaker": ("risk.circuit_breaker_dd", "risk.breaker_cooldown_days"),
        "Turnover cap": ("risk.max_turnover_per_rebal",),
        "Alpha gate": ("risk.min_alpha_to_cost_ratio",),
        "Regime window": ("regimes.lookback_days",),
        "VIX override": ("regimes.vix_override",),
        "Factor timing": ("factors.timing.",),
        "Stops by regime": ("regimes.stop_scale.",),
        "Universe": ("universe.",),
        "Selection": ("book.selection",),
        "Leverage by regime": ("regimes.leverage.", "risk.max_leverage"),
        "Weights of the factors": ("factors.weights.",),
        "Topology": ("factors.topology.",),
        "Markov switching": ("regimes.detector", "regimes.markov."),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder, with all those before it.

    Attributes
    ----------
    title : str
        What was changed, or the name of the preset that the ladder begins with.
    toward : str
        Preset that the change belongs to.
    is_phase : bool
        Whether the scenario is that preset: its last change, or the beginning.
    fields : mapping of path to (value before, value now)
    scenario : Scenario
    """

    title: str
    toward: str
    is_phase: bool
    fields: Mapping[str, tuple[Any, Any]]
    scenario: Scenario

    @property
    def detail(self) -> str:
        """Every field that changed, in words."""
        told = []
        for path, (before, now) in self.fields.items():
            spec = specs()[path]
            told.append(f"{spec.label} {field_text(spec, before)} → {field_text(spec, now)}")
        return "; ".join(told)

    @property
    def label(self) -> str:
        """Title, with the preset that is reached by it."""
        return f"{self.title} = {self.toward}" if self.is_phase and self.fields else self.title


def rungs(names: Sequence[str], context: Scenario | None = None) -> tuple[Rung, ...]:
    """Return every step from the first preset to the last, one change at a time.

    Parameters
    ----------
    names : sequence of str
        Presets in order, at least two.
    context : Scenario, optional
        Whose market and period all of them run on.

    Raises
    ------
    ConfigError
        There are fewer than two, one is no preset, or two neighbours do not differ.
    """
    if len(names) < 2:
        raise ConfigError(f"a ladder must go over at least two presets, had {len(names)}")
    now = _placed(preset(names[0]), context)
    found = [Rung(preset(names[0]).name, preset(names[0]).name, True, {}, now)]
    for name in names[1:]:
        goal = _placed(preset(name), context)
        steps = list(_toward(now, goal))
        if not steps:
            raise ConfigError(f"a step to {preset(name).name} must change something, did not")
        for number, (title, scenario) in enumerate(steps, 1):
            fields = changed_fields(found[-1].scenario, scenario)
            last = number == len(steps)
            found.append(Rung(title, preset(name).name, last, fields, scenario))
        now = goal
    return tuple(found)


def changes(before: Scenario, after: Scenario) -> dict[str, tuple[str, ...]]:
    """Return title → paths of the changes between two scenarios, in the order of a ladder."""
    left = [path for path in changed_fields(before, after) if path not in _CONTEXT]
    found: dict[str, tuple[str, ...]] = {}
    for title, parts in _TOGETHER.items():
        own = tuple(path for path in left if _is_part(path, parts))
        if own:
            found[title] = own
            left = [path for path in left if path not in own]
    for path in left:
        spec = specs()[path]
        title = spec.label if spec.label not in found else f"{spec.group}: {spec.label}"
        found[title] = (path,)
    return found


def _is_part(path: str, parts: Sequence[str]) -> bool:
    return any(path.startswith(part) if part.endswith(".") else path == part for part in parts)


def _toward(before: Scenario, goal: Scenario) -> Iterator[tuple[str, Scenario]]:
    # What cannot be without a later change is made together with it.
    titles: list[str] = []
    values: dict[str, Any] = {}
    for title, paths in changes(before, goal).items():
        titles.append(title)
        values |= {path: value_at(goal, path) for path in paths}
        try:
            before = with_values(before, values)
        except ConfigError:
            continue
        yield " and ".join(titles), before
        titles, values = [], {}


def _placed(scenario: Scenario, context: Scenario | None) -> Scenario:
    if context is None:
        return scenario
    return with_values(scenario, {path: value_at(context, path) for path in _CONTEXT[:3]})
