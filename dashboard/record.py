"""Between runs and the journal: what is written of a run, and saved settings read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from core.config import Scenario
from core.presets import preset
from core.scenario import scenario_hash, specs, value_at, with_values
from dashboard.compared import Compared
from dashboard.evidence_trials import returns_of
from dashboard.run import Run
from data.journal import Journal, TrialReturns
from data.journal_pending import record_or_keep

__all__ = [
    "Recorded",
    "is_trial",
    "read_saved",
    "record_many",
    "record_run",
    "save_named",
    "scenario_values",
]


_Found = TypeVar("_Found")


@dataclass(slots=True, eq=False)
class Recorded(Generic[_Found]):
    """What was worked out behind a page and belongs into the journal.

    Attributes
    ----------
    found : object
    record : callable
        Writes it into the journal; returns why it could not be, "" where it was.
    unrecorded : str
        What that last said; it is called once at the beginning.
    """

    found: _Found
    record: Callable[[], str]
    unrecorded: str = field(init=False)

    def __post_init__(self) -> None:
        """Write it: before anybody sees it."""
        self.unrecorded = self.record()

    def try_again(self) -> None:
        """Write it now where it could not be written before."""
        if self.unrecorded:
            self.unrecorded = self.record()


def is_trial(entry: Compared) -> bool:
    """Return whether a comparison tries a setting that somebody made.

    Presets and the control come with the program, and the pinned setting was a trial when it was
    the present one.
    """
    return entry.kind == "setting"


def record_run(journal: Journal, run: Run, *, preset_name: str, origin: str) -> str:
    """Write a finished run as a trial; a journal that fails never stops what was run.

    Parameters
    ----------
    journal : Journal
    run : Run
    preset_name : str
        Preset that the scenario started from.
    origin : str
        "page", "cli" or "sweep".

    Returns
    -------
    str
        Why it was not recorded; empty when it was.
    """
    return record_or_keep(
        journal,
        scenario_hash=scenario_hash(run.scenario),
        fingerprint=run.market.fingerprint,
        values=scenario_values(run.scenario),
        preset=preset_name,
        origin=origin,
        metrics=run.metrics.as_dict(),
        returns=returns_of(run),
    )


def record_many(
    journal: Journal,
    base: Scenario,
    axes: Mapping[str, str],
    *,
    design: str,
    setting: str,
    fingerprint: str,
    preset_name: str,
    runs: int,
    different: int,
    returns: Sequence[TrialReturns] = (),
) -> str:
    """Write many settings around `base` as one row that counts as its different results.

    Parameters
    ----------
    axes : mapping of str to str
        Path → its levels in words.
    design : str
        How the settings were laid out: "grid", "surface", "strips", …
    setting : str
        Hash of all of them together; the same ones again are no further trials.
    runs, different : int
        Settings, and those of them that ended with different results.
    returns : sequence of TrialReturns
        Of a sample.

    Returns
    -------
    str
        Why it was not recorded; empty when it was.
    """
    swept = {"sweep.axes": dict(axes), "sweep.design": design, "sweep.runs": runs}
    return record_or_keep(
        journal,
        scenario_hash=setting,
        fingerprint=fingerprint,
        values=scenario_values(base) | swept,
        preset=preset_name,
        origin="sweep",
        metrics={"runs": runs, "different": different},
        returns=returns,
    )


def save_named(journal: Journal, name: str, scenario: Scenario, preset_name: str) -> None:
    """Write `scenario` under a name.

    Raises
    ------
    data.journal.JournalError, ValueError
        The journal failed, or the name cannot be one.
    """
    journal.save_scenario(
        name,
        scenario_hash=scenario_hash(scenario),
        values=scenario_values(scenario),
        preset=preset_name,
    )


def read_saved(saved: Mapping[str, Any]) -> tuple[Scenario, str]:
    """Return the scenario of a row of the journal and its preset, validated again.

    Raises
    ------
    core.errors.ConfigError
        It was written by a version with other fields or other limits.
    """
    base = preset(saved["preset"])
    return with_values(base, saved["values"]), base.name


def scenario_values(scenario: Scenario) -> dict[str, Any]:
    """Return path → value of every field; dates become text when this is written."""
    return {path: value_at(scenario, path) for path in specs()}
