"""The scenario in the address: short and readable, made from the declarations, never evaluated.

``?p=phase-8.1&src=us&from=2021-06-01&stop=0.2&trail=off`` is the preset ``p`` with what differs
from it. Values are the stored ones (0.2 is 20 %), a switched-off rule is ``off``.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.presets import DEFAULT_PRESET, PRESETS, preset
from core.scenario import changed_fields, specs, with_values

__all__ = [
    "PRESET_KEY",
    "Query",
    "read_scenario",
    "scenario_to_query",
]

Query = Mapping[str, str | Sequence[str]]
PRESET_KEY: Final = "p"
LONGEST_VALUE: Final = 64
LONGEST_QUERY: Final = 4000
MOST_KEYS: Final = 160
_OFF: Final = "off"
_ESCAPE: Final = "~"  # before a text that would read as off
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_INTEGER: Final = re.compile(r"-?\d{1,9}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")  # what markets and books may be called


def scenario_to_query(scenario: Scenario, preset_name: str) -> dict[str, str]:
    """Return the keys and values of an address that restores `scenario` exactly.

    Parameters
    ----------
    scenario : Scenario
    preset_name : str
        Only fields that differ from this preset are written.

    Raises
    ------
    ConfigError
        When a market or book has a name that the store would not take.
    """
    base = preset(preset_name)
    query = {PRESET_KEY: _slug(base.name)}
    for path, (_, value) in changed_fields(base, scenario).items():
        spec = specs()[path]
        query[spec.url_key] = _written(spec, value)
    return query


def read_scenario(query: Query) -> tuple[Scenario, str, tuple[str, ...]]:
    """Read as much of an address as is right.

    What is wrong is left at the value of the preset; of fields that are wrong only together, those
    of the part they belong to are left. An address that is too long is not read at all.

    Returns
    -------
    Scenario, str, tuple of str
        The scenario, the name of its preset, and what was wrong, each naming its key.
    """
    problems: list[str] = []
    length = sum(len(key) + sum(map(len, _all(value))) + 2 for key, value in query.items())
    if length > LONGEST_QUERY or len(query) > MOST_KEYS:
        problems.append(
            f"the address must have at most {LONGEST_QUERY} characters and {MOST_KEYS} settings, "
            f"had {length} and {len(query)}. Nothing of it was read."
        )
        return preset(DEFAULT_PRESET), DEFAULT_PRESET, tuple(problems)
    base = preset(DEFAULT_PRESET)
    values: dict[str, Any] = {}
    for key, value in query.items():
        try:
            text = _single(key, value)
            if key == PRESET_KEY:
                base = _preset_of(text)
            else:
                spec = _spec_of(key)
                values[spec.path] = _read(spec, text)
        except ConfigError as error:
            problems.append(str(error))
    return _settled(base, values, problems), base.name, tuple(problems)


def _written(spec: ParameterSpec, value: Any) -> str:
    if value is None:
        return _OFF
    if isinstance(value, bool):
        return "on" if value else _OFF
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    text = str(value)
    if spec.kind == "text":
        if not _NAME.fullmatch(text):
            raise ConfigError(f"{spec.url_key} must be {_expected(spec)}, was {_clip(text)}.")
        return f"{_ESCAPE}{text}" if text == _OFF else text
    return text


def _read(spec: ParameterSpec, text: str) -> Any:
    if spec.optional and text == _OFF:
        return None
    found = _value(spec, text)
    if found is None:
        also = " or off" if spec.optional else ""
        raise ConfigError(
            f"{spec.url_key} ({spec.label}) must be {_expected(spec)}{also}, was {_clip(text)}."
            f"{_meant(text, spec)}"
        )
    return found


def _value(spec: ParameterSpec, text: str) -> Any:
    """Return the value of a text of the right form, None for any other."""
    if spec.kind == "number" and _NUMBER.fullmatch(text):
        return number if math.isfinite(number := float(text)) else None
    if spec.kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if spec.kind == "flag":
        return {"on": True, _OFF: False}.get(text)
    if spec.kind == "choice":
        return {str(choice): choice for choice in spec.choices}.get(text)
    if spec.kind == "date" and _DATE.fullmatch(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return None
    if spec.kind == "text":
        name = text.removeprefix(_ESCAPE)
        return name if _NAME.fullmatch(name) else None
    return None


def _expected(spec: ParameterSpec) -> str:
    if spec.kind == "choice":
        return "one of " + ", ".join(map(str, spec.choices))
    return {
        "number": "a number such as 0.2",
        "integer": "a whole number",
        "flag": "on or off",
        "date": "a date such as 2021-06-01",
        "text": "1 to 32 of a-z, 0-9, _ and -, starting with a letter",
    }[spec.kind]


def _meant(text: str, spec: ParameterSpec) -> str:
    known = [str(choice) for choice in spec.choices] + ([_OFF] if spec.optional else [])
    return _did_you_mean(text, known)


def _settled(base: Scenario, values: dict[str, Any], problems: list[str]) -> Scenario:
    # Leave out what is blamed until the rest holds together; each turn leaves out something.
    while True:
        try:
            return with_values(base, values)
        except ConfigError as error:
            blamed = _blamed(error, values)
            keys = ", ".join(specs()[path].url_key for path in values if path in blamed)
            problems.append(f"{keys}: {error}")
            values = {path: value for path, value in values.items() if path not in blamed}


def _blamed(error: ConfigError, values: Mapping[str, Any]) -> set[str]:
    cause = error.__cause__
    places = cause.errors() if isinstance(cause, ValidationError) else []
    prefixes = tuple(".".join(str(part) for part in item["loc"]) for item in places)
    below = {p for p in values for q in prefixes if p == q or p.startswith(f"{q}.")}
    return below or set(values)


def _single(key: str, value: str | Sequence[str]) -> str:
    given = _all(value)
    if len(given) != 1:
        raise ConfigError(f"{_clip(key)} must be given once, was given {len(given)} times.")
    if len(given[0]) > LONGEST_VALUE:
        raise ConfigError(
            f"{_clip(key)} must have at most {LONGEST_VALUE} characters, had {len(given[0])}."
        )
    return given[0]


def _all(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


@functools.cache
def _by_key() -> dict[str, ParameterSpec]:
    return {spec.url_key: spec for spec in specs().values()}


def _spec_of(key: str) -> ParameterSpec:
    found = _by_key().get(key)
    if found is None:
        hint = _did_you_mean(key, [PRESET_KEY, *_by_key()])
        raise ConfigError(f"{_clip(key)} is no setting.{hint or ' It was left out.'}")
    return found


def _preset_of(text: str) -> Scenario:
    slugs = {_slug(name): name for name in PRESETS}
    if text not in slugs:
        raise ConfigError(
            f"{PRESET_KEY} must be one of {', '.join(slugs)}, was {_clip(text)}."
            f"{_did_you_mean(text, slugs)}"
        )
    return preset(slugs[text])


def _slug(name: str) -> str:
    return name.casefold().replace(" ", "-")


def _did_you_mean(text: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(text[:LONGEST_VALUE].casefold(), list(known), 1, 0.5)
    return f" Did you mean {close[0]}?" if close else ""


def _clip(text: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return repr(shown)
