"""What the present setting is compared with: a preset, the pinned one, the control, any other.

In an address each is one short text: ``p:phase-8.1`` a preset, ``p:phase-8,stop:0.2`` a setting,
``pinned`` and ``control`` what they say. It is read back by the validating constructor, never
evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qs, quote, unquote

from core.config import Scenario
from core.errors import ConfigError
from core.presets import DEFAULT_PRESET, preset
from core.scenario import changed_fields, value_at, with_values
from dashboard.url import PRESET_KEY, read_scenario, scenario_to_query

__all__ = [
    "CONTROL",
    "MOST",
    "PINNED",
    "Compared",
    "flat",
    "moved_from",
    "of_address",
    "placed",
    "preset_of",
    "read_compared",
    "saved_as",
    "text_of",
    "unflat",
]

MOST: Final = 3  # beside the present setting: four lines are what an eye can follow
LONGEST: Final = 4000
_LONGEST_ADDRESS: Final = 8000
_LONGEST_NAME: Final = 80
_NAME: Final = "as"
_PERIOD: Final = ("universe.source", "period.start", "period.end")
_BOOK: Final = "book.own_book"
_CONTROL, _PINNED = "control", "pinned"


@dataclass(frozen=True, slots=True)
class Compared:
    """One of those the present setting is compared with.

    Attributes
    ----------
    kind : {"preset", "pinned", "control", "setting"}
        A preset and the pinned setting run on the present book, a setting on its own; all of them
        on the present market and period. The control is that of the present setting.
    preset_name : str
        What a preset is called, and what a setting started from.
    scenario : Scenario, optional
        Of a setting.
    name : str
        What a setting was saved as, empty otherwise.
    """

    kind: Literal["preset", "pinned", "control", "setting"]
    preset_name: str = DEFAULT_PRESET
    scenario: Scenario | None = None
    name: str = ""


CONTROL: Final = Compared("control")
PINNED: Final = Compared("pinned")


def preset_of(name: str) -> Compared:
    """Return the preset called `name`."""
    return Compared("preset", preset(name).name)


def saved_as(name: str, scenario: Scenario, preset_name: str) -> Compared:
    """Return a setting; an empty `name` for one that has none."""
    return Compared("setting", preset_name, scenario, name)


def text_of(entry: Compared) -> str:
    """Return the text of an address.

    Raises
    ------
    ConfigError
        When a market or book has a name that the store would not take.
    """
    if entry.kind in (_CONTROL, _PINNED):
        return entry.kind
    base = preset(entry.preset_name)
    query = scenario_to_query(entry.scenario or base, base.name)
    if entry.name:
        query[_NAME] = quote(entry.name, safe="")
    return flat(query)


def read_compared(text: str) -> Compared:
    """Return what a text of an address says.

    Raises
    ------
    ConfigError
        Naming what is wrong: half a setting would compare with what nobody chose.
    """
    if len(text) > LONGEST:
        raise ConfigError(f"a setting must have at most {LONGEST} characters, had {len(text)}.")
    if text in (_CONTROL, _PINNED):
        return CONTROL if text == _CONTROL else PINNED
    query = unflat(text)
    named = query.pop(_NAME, [""])
    name = unquote(named[0]).strip()
    if len(named) > 1 or len(name) > _LONGEST_NAME or not (name.isprintable() or not name):
        raise ConfigError(f"{_NAME} must be one name of at most {_LONGEST_NAME} characters.")
    scenario, preset_name = _strictly(query)
    if not name and set(query) == {PRESET_KEY}:
        return Compared("preset", preset_name)
    return saved_as(name, scenario, preset_name)


def of_address(address: str, ignored: tuple[str, ...] = ()) -> Compared:
    """Return the setting of an address that a person gives: of a page, or its part after the ``?``.

    Parameters
    ----------
    address : str
    ignored : tuple of str
        Keys that belong to a page, not to the setting.

    Raises
    ------
    ConfigError
        When it holds no setting, or anything in it is wrong.
    """
    query = parse_qs(
        address.strip().partition("#")[0].rpartition("?")[2][:_LONGEST_ADDRESS],
        keep_blank_values=True,
    )
    rest = {key: value for key, value in query.items() if key not in ignored}
    if not rest:
        raise ConfigError(
            "an address must hold a setting, for example ?p=phase-8.1&stop=0.2: copy it from Share "
            f"or from the browser, was {address.strip()[:40]!r}."
        )
    scenario, preset_name = _strictly(rest)
    plain = set(rest) == {PRESET_KEY}
    return preset_of(preset_name) if plain else saved_as("", scenario, preset_name)


def placed(entry: Compared, present: Scenario, pinned: Scenario) -> Scenario:
    """Return what is run: the market and the period are those of `present`.

    Parameters
    ----------
    entry : Compared
        Not the control, which is found from the run of `present`.
    present, pinned : Scenario
        The setting looked at, and what stands for ``pinned``.
    """
    if entry.kind == "setting" and entry.scenario is not None:
        return _on(entry.scenario, present, _PERIOD)
    found = pinned if entry.kind == _PINNED else preset(entry.preset_name)
    return _on(found, present, (*_PERIOD, _BOOK))


def moved_from(entry: Compared, present: Scenario) -> Mapping[str, Any]:
    """Return path → value of market and period that a setting had and `present` has not.

    What an address leaves unsaid is not counted; a saved setting says everything.
    """
    if entry.scenario is None:
        return {}
    told = set(_PERIOD)
    if not entry.name:
        told &= set(changed_fields(preset(entry.preset_name), entry.scenario))
    own = {path: value_at(entry.scenario, path) for path in _PERIOD if path in told}
    return {path: value for path, value in own.items() if value != value_at(present, path)}


def flat(query: Mapping[str, str]) -> str:
    """Return the keys and values of an address as one value of another address."""
    return ",".join(f"{key}:{value}" for key, value in query.items())


def unflat(text: str) -> dict[str, list[str]]:
    """Return the keys and values that :func:`flat` put together."""
    query: dict[str, list[str]] = {}
    for part in text.split(","):
        key, _, value = part.partition(":")
        query.setdefault(key, []).append(value)
    return query


def _strictly(query: Mapping[str, list[str]]) -> tuple[Scenario, str]:
    scenario, preset_name, problems = read_scenario(query)
    if problems:
        raise ConfigError(" ".join(problems))
    return scenario, preset_name


def _on(scenario: Scenario, present: Scenario, paths: tuple[str, ...]) -> Scenario:
    return with_values(scenario, {path: value_at(present, path) for path in paths})
