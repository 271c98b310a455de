"""What one browser session looks at: a frozen state and the steps from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.presets import DEFAULT_PRESET
from core.scenario import changed_fields, preset, specs, value_at, with_values
from dashboard.compared import MOST, Compared

__all__ = ["CONTEXT", "FALLS", "HISTORY", "STORY_STEPS", "WINDOWS", "AppState", "Pin", "Step"]

# Where and on what a scenario runs: kept when another preset is taken, never "changed".
CONTEXT: Final = ("universe.source", "period.start", "period.end", "book.own_book")
WINDOWS: Final = ("1Y", "3Y", "All")
HISTORY: Final = 100
FALLS: Final = 10  # of the Drawdowns page
STORY_STEPS: Final = 6  # of the presenter on the Overview page
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """One setting that undo and redo can come back to."""

    scenario: Scenario
    preset_name: str
    kept: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Pin:
    """The setting that results are compared with instead of the preset."""

    scenario: Scenario
    preset_name: str

    @property
    def title(self) -> str:
        """Name of the pinned setting."""
        return _title(self.scenario, self.preset_name)


@dataclass(frozen=True, slots=True)
class AppState:
    """Every choice of one browser session; each method returns a new state.

    Attributes
    ----------
    scenario : Scenario
        What is run.
    preset_name : str
        What it is reset to, and compared with unless something is pinned.
    window, log : str, bool
        What part of the period the charts show, and whether equity is on a log scale.
    kept : mapping of path to value
        Last value of each rule that was switched off, for when it is switched on again.
    refused : str
        Why the last change was not taken; empty when it was.
    past, future : tuple of Step
        What undo and redo come back to, the nearest last; at most ``HISTORY`` each.
    pinned : Pin, optional
        What results are compared with instead of the preset.
    compared : tuple of Compared
        What the page Compare lays beside it, at most ``MOST``, each once.
    notices : tuple of str
        What was not understood in the address or saved setting that this state was opened from.
    story : int
        Step of the presenter, from 1 to ``STORY_STEPS``; 0 = nobody presents.
    fall : int
        Number by depth of the fall that the Drawdowns page looks at, to ``FALLS``; 0 = none.
    """

    scenario: Scenario
    preset_name: str = DEFAULT_PRESET
    window: str = "All"
    log: bool = False
    kept: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    refused: str = ""
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()
    pinned: Pin | None = None
    compared: tuple[Compared, ...] = ()
    notices: tuple[str, ...] = ()
    story: int = 0
    fall: int = 0

    @classmethod
    def initial(cls, source: str) -> AppState:
        """Return the state a session starts from, on the market called `source`."""
        return cls(with_values(preset(DEFAULT_PRESET), {"universe.source": source}))

    def with_values(self, values: Mapping[str, Any]) -> AppState:
        """Set fields; a value that is not allowed leaves the scenario and fills ``refused``."""
        try:
            scenario = with_values(self.scenario, values)
        except ConfigError as error:
            return replace(self, refused=str(error))
        kept = dict(self.kept)
        for path, value in values.items():
            before = value_at(self.scenario, path)
            if value is None and before is not None:
                kept[path] = before
        return self._moved(Step(scenario, self.preset_name, MappingProxyType(kept)))

    def with_source(self, source: str) -> AppState:
        """Run on another market; dates of the old one mean nothing there."""
        return self.with_values(
            {"universe.source": source, "period.start": None, "period.end": None}
        )

    def with_preset(self, name: str) -> AppState:
        """Take a preset, on the same market, period and own book."""
        known = preset(name)
        return self._moved(Step(self._here(known), known.name))

    def with_scenario(self, scenario: Scenario, preset_name: str) -> AppState:
        """Take a whole setting, for example one that was saved; undo comes back."""
        return self._moved(Step(scenario, preset(preset_name).name))

    def undo(self) -> AppState:
        """Go back to the setting before the last change; the same state where there is none."""
        if not self.past:
            return self
        future = (*self.future, self._step())[-HISTORY:]
        return self._at(self.past[-1], self.past[:-1], future)

    def redo(self) -> AppState:
        """Take back the last undo; the same state where there is none."""
        if not self.future:
            return self
        past = (*self.past, self._step())[-HISTORY:]
        return self._at(self.future[-1], past, self.future[:-1])

    def to(self, scenario: Scenario, preset_name: str) -> AppState:
        """Go to a setting: the shortest way through the history, or else as a new step."""
        if (self.scenario, self.preset_name) == (scenario, preset_name):
            return self
        ways = []
        for steps, move in ((self.past, AppState.undo), (self.future, AppState.redo)):
            for count, step in enumerate(reversed(steps), 1):
                if (step.scenario, step.preset_name) == (scenario, preset_name):
                    ways.append((count, move))
        if not ways:
            return self.with_scenario(scenario, preset_name)
        state, (count, move) = self, min(ways, key=lambda way: way[0])
        for _ in range(count):
            state = move(state)
        return state

    def with_view(self, window: object, log: object) -> AppState:
        """Show another part of the period or scale; what is neither changes nothing."""
        known = str(window) if window in WINDOWS else self.window
        return replace(self, window=known, log=log if isinstance(log, bool) else self.log)

    def with_story(self, step: int) -> AppState:
        """Go to a step of the presenter, held between the first and the last; 0 ends it."""
        return replace(self, story=min(max(step, 0), STORY_STEPS))

    def with_fall(self, number: int) -> AppState:
        """Look at a fall by its number, held to what is listed; 0 is the whole period."""
        return replace(self, fall=min(max(number, 0), FALLS))

    def pin(self) -> AppState:
        """Compare from now on with the present setting instead of the preset."""
        return replace(self, pinned=Pin(self.scenario, self.preset_name))

    def unpin(self) -> AppState:
        """Compare with the preset again."""
        return replace(self, pinned=None)

    def with_compared(self, entries: Iterable[Compared]) -> AppState:
        """Lay these beside the setting, the first ``MOST`` of them."""
        return replace(self, compared=tuple(dict.fromkeys(entries))[:MOST])

    def baseline(self) -> Scenario:
        """Return what is compared with, in the same context: what is pinned, or the preset."""
        return self._here(preset(self.preset_name) if self.pinned is None else self.pinned.scenario)

    def baseline_name(self) -> str:
        """Return the name of what is compared with."""
        return self.preset_name if self.pinned is None else f"pinned: {self.pinned.title}"

    def differs(self) -> bool:
        """Return whether there is anything to compare: the scenario is not its baseline."""
        return bool(changed_fields(self.baseline(), self.scenario))

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Return path → (value of the preset, value now) of every field that differs."""
        return changed_fields(self._here(preset(self.preset_name)), self.scenario)

    def on_value(self, spec: ParameterSpec) -> Any:
        """Return what a switched-off rule takes when it is switched on."""
        kept = self.kept.get(spec.path)
        return spec.on_value if kept is None else kept

    def title(self) -> str:
        """Return the name of what is run: a changed preset says so."""
        return _title(self.scenario, self.preset_name)

    def changed_labels(self) -> tuple[str, ...]:
        """Return the labels of the changed fields, in order of declaration."""
        return tuple(specs()[path].label for path in self.changed())

    def _here(self, scenario: Scenario) -> Scenario:
        return _in_context_of(self.scenario, scenario)

    def _step(self) -> Step:
        return Step(self.scenario, self.preset_name, self.kept)

    def _moved(self, step: Step) -> AppState:
        # What leaves the setting as it is is no step that undo would come back to.
        if (step.scenario, step.preset_name) == (self.scenario, self.preset_name):
            return self._at(step, self.past, self.future)
        return self._at(step, (*self.past, self._step())[-HISTORY:], ())

    def _at(self, step: Step, past: tuple[Step, ...], future: tuple[Step, ...]) -> AppState:
        return replace(
            self,
            scenario=step.scenario,
            preset_name=step.preset_name,
            kept=step.kept,
            refused="",
            notices=(),
            past=past,
            future=future,
        )


def _in_context_of(there: Scenario, scenario: Scenario) -> Scenario:
    return with_values(scenario, {path: value_at(there, path) for path in CONTEXT})


def _title(scenario: Scenario, preset_name: str) -> str:
    number = len(changed_fields(_in_context_of(scenario, preset(preset_name)), scenario))
    return f"{preset_name}, {number} changed" if number else preset_name
