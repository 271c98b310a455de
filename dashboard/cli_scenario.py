"""The scenario that a command starts from."""

from __future__ import annotations

from pathlib import Path

from core.config import Scenario
from core.errors import ConfigError
from core.presets import DEFAULT_PRESET
from core.scenario import preset, scenario_from_toml

__all__ = ["base_scenario"]


def base_scenario(preset_name: str | None, scenario_file: Path | None) -> Scenario:
    """Return the preset of that name, or what a TOML file says; the default preset for neither.

    Raises
    ------
    ConfigError
        Both were given, the file cannot be read, or the scenario is not allowed.
    """
    if preset_name is not None and scenario_file is not None:
        raise ConfigError(
            "give --preset or --scenario, not both: a scenario file names its preset itself, "
            'with a line such as preset = "Phase 8.1"'
        )
    if scenario_file is None:
        return preset(preset_name or DEFAULT_PRESET)
    try:
        text = scenario_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the scenario file {scenario_file} must be a readable text file: {error}"
        ) from error
    return scenario_from_toml(text)
