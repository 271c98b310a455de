"""What one browser session looks at: a frozen state and the steps from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.presets import DEFAULT_PRESET
from core.scenario import changed_fields, preset, specs, value_at, with_values

__all__ = ["CONTEXT", "WINDOWS", "AppState"]

# Where and on what a scenario runs: kept when another preset is taken, never "changed".
CONTEXT: Final = ("universe.source", "period.start", "period.end", "book.own_book")
WINDOWS: Final = ("1Y", "3Y", "All")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AppState:
    """Every choice of one browser session; each method returns a new state.

    Attributes
    ----------
    scenario : Scenario
        What is run.
    preset_name : str
        What it is compared with and reset to.
    window, log : str, bool
        What part of the period the charts show, and whether equity is on a log scale.
    kept : mapping of path to value
        Last value of each rule that was switched off, for when it is switched on again.
    refused : str
        Why the last change was not taken; empty when it was.
    """

    scenario: Scenario
    preset_name: str = DEFAULT_PRESET
    window: str = "All"
    log: bool = False
    kept: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    refused: str = ""

    @classmethod
    def initial(cls, source: str) -> AppState:
        """Return the state a session starts from, on the market called `source`."""
        return cls(with_values(preset(DEFAULT_PRESET), {"universe.source": source}))

    def with_values(self, values: Mapping[str, Any]) -> AppState:
        """Set fields; a value that is not allowed leaves the scenario and fills ``refused``."""
        kept = dict(self.kept)
        for path, value in values.items():
            before = value_at(self.scenario, path)
            if value is None and before is not None:
                kept[path] = before
        try:
            scenario = with_values(self.scenario, values)
        except ConfigError as error:
            return replace(self, refused=str(error))
        return replace(self, scenario=scenario, kept=MappingProxyType(kept), refused="")

    def with_source(self, source: str) -> AppState:
        """Run on another market; dates of the old one mean nothing there."""
        return self.with_values(
            {"universe.source": source, "period.start": None, "period.end": None}
        )

    def with_preset(self, name: str) -> AppState:
        """Take a preset, on the same market, period and own book."""
        context = {path: value_at(self.scenario, path) for path in CONTEXT}
        scenario = with_values(preset(name), context)
        return replace(self, scenario=scenario, preset_name=name, kept=_NOTHING, refused="")

    def baseline(self) -> Scenario:
        """Return the untouched preset in the same context."""
        return self.with_preset(self.preset_name).scenario

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Return path → (value of the preset, value now) of every field that differs."""
        return changed_fields(self.baseline(), self.scenario)

    def on_value(self, spec: ParameterSpec) -> Any:
        """Return what a switched-off rule takes when it is switched on."""
        kept = self.kept.get(spec.path)
        return spec.on_value if kept is None else kept

    def title(self) -> str:
        """Return the name of what is run: a changed preset says so."""
        number = len(self.changed())
        return f"{self.preset_name}, {number} changed" if number else self.preset_name

    def changed_labels(self) -> tuple[str, ...]:
        """Return the labels of the changed fields, in order of declaration."""
        return tuple(specs()[path].label for path in self.changed())
