"""The scenario that a command starts from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from core.config import Scenario
from core.errors import ConfigError
from core.presets import DEFAULT_PRESET
from core.scenario import PRESETS, parse_assignment, preset, scenario_from_toml, with_values

__all__ = ["base_scenario", "chosen_scenario", "scenario_options"]

_OPTIONS = (
    click.option("--source", help="Market in the store; `demo` is the simulated one."),
    click.option("--preset", "preset_name", help="One of: " + ", ".join(PRESETS) + "."),
    click.option("--scenario", "scenario_file", type=click.Path(path_type=Path), help="TOML file."),
    click.option(
        "--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set one field."
    ),
    click.option("--book", help="Imported book of weights instead of the ensemble's."),
    click.option("--start", help="First simulated date, for example 2021-06-01."),
    click.option("--end", help="Last simulated date."),
)


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose a scenario; :func:`chosen_scenario` takes them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_scenario(
    preset_name: str | None,
    scenario_file: Path | None,
    assignments: tuple[str, ...],
    source: str | None,
    book: str | None,
    start: str | None,
    end: str | None,
) -> Scenario:
    """Return the scenario that the options of :func:`scenario_options` choose."""
    named = {
        "universe.source": source,
        "book.own_book": book,
        "period.start": start,
        "period.end": end,
    }
    values = {path: value for path, value in named.items() if value is not None}
    scenario = base_scenario(preset_name, scenario_file)
    return with_values(scenario, values | dict(parse_assignment(a) for a in assignments))


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
