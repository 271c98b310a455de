"""From what people write (TOML, flags, URL keys) to a validated scenario, and back."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from core.config import Scenario
from core.errors import ConfigError
from core.factors.config import TopologyConfig
from core.parameters import ParameterSpec, declared
from core.presets import DEFAULT_PRESET, PRESETS, preset

__all__ = [
    "PRESETS",
    "changed_fields",
    "parse_assignment",
    "preset",
    "scenario_from_mapping",
    "scenario_from_toml",
    "scenario_hash",
    "specs",
    "value_at",
    "with_values",
]

_OFF = ("none", "off", "null", "")
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
#: Fields that came later: at their default they are in no hash, so those of before stay good. The
#: default of such a field can therefore never change.
_LATER = (
    "universe.selection",
    "factors.timing.",
    "regimes.vix_release_level",
    "regimes.vix_calm_level",
    "regimes.hysteresis",
    "regimes.min_dwell_days",
    "regimes.detector",
    "regimes.markov.",
    "regimes.turbulence.",
    "regimes.leverage.",
    "regimes.stop_scale.",
    "book.selection",
    "book.defensive_share",
    "book.rank_buffer",
    "book.covariance_lookback_days",
    "book.no_trade_band",
    "book.beta_",
    "book.eafe.",
    "book.small_value.",
    "risk.maintenance_margin",
)
_PERCENT = re.compile(r"([+-]?[0-9.]+)\s*%")


@functools.cache
def specs() -> Mapping[str, ParameterSpec]:
    """Return the declaration of every field, by path, in order of declaration."""
    return {spec.path: spec for spec in declared(Scenario())}


def value_at(scenario: Scenario, path: str) -> Any:
    """Return the value of the field at a dotted `path`."""
    value: Any = scenario
    for part in path.split("."):
        value = getattr(value, part)
    return value


def changed_fields(base: Scenario, other: Scenario) -> dict[str, tuple[Any, Any]]:
    """Return path → (value in `base`, value in `other`) of every field that differs."""
    pairs = {path: (value_at(base, path), value_at(other, path)) for path in specs()}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def scenario_hash(scenario: Scenario, sections: Iterable[str] | None = None) -> str:
    """Return 12 hex digits that depend on the values of the fields and on nothing else.

    Parameters
    ----------
    scenario : Scenario
    sections : iterable of str, optional
        Only these parts ("universe", "factors", …); all of them when not given. The name of the
        scenario is never part of its hash.
    """
    wanted = None if sections is None else set(sections)
    # Hashes of before there was topology stay good: as declared it is off and changes nothing.
    plain = scenario.factors.topology == TopologyConfig()
    values = {
        path: value_at(scenario, path)
        for path, spec in specs().items()
        if (wanted is None or spec.section in wanted)
        and not (plain and path.startswith("factors.topology."))
        and not (path.startswith(_LATER) and value_at(scenario, path) == spec.default)
    }
    text = json.dumps(values, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return `scenario` with the fields at the given dotted paths set, all of them validated.

    Raises
    ------
    ConfigError
        When a path is unknown or a value is not allowed.
    """
    tree = scenario.model_dump()
    for path, value in values.items():
        spec = _known(path)
        # Python takes True for 1; a person who writes true for a number means something else.
        if isinstance(value, bool) and spec.kind in ("number", "integer", "choice"):
            raise ConfigError(_message(spec, value))
        *parents, name = path.split(".")
        node = tree
        for part in parents:
            node = node[part]
        node[name] = value
    return _validated(tree)


def scenario_from_mapping(mapping: Mapping[str, Any]) -> Scenario:
    """Build a scenario from nested tables over the preset that its key `preset` names.

    Raises
    ------
    ConfigError
        When a key is unknown or a value is not allowed.
    """
    rest = dict(mapping)
    base = preset(str(rest.pop("preset", DEFAULT_PRESET)))
    if "name" in rest:
        base = base.model_copy(update={"name": str(rest.pop("name"))})
    return with_values(base, dict(_leaves(rest, "")))


def scenario_from_toml(text: str) -> Scenario:
    """Build a scenario from the text of a TOML file, see :func:`scenario_from_mapping`.

    A switched-off rule is written ``"off"``, since TOML has no null.
    """
    try:
        mapping = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and numbers of thousands of digits
        raise ConfigError(
            f"the scenario file must be TOML, was not: {error}. "
            "Write for example: [risk] and below it position_stop_loss = 0.2"
        ) from error
    return scenario_from_mapping(mapping)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``path=value`` as given to ``--set`` and read the value by the field's declaration.

    Examples
    --------
    >>> parse_assignment("risk.position_stop_loss=0.2")
    ('risk.position_stop_loss', 0.2)
    >>> parse_assignment("risk.position_stop_loss=off")
    ('risk.position_stop_loss', None)
    """
    path, equals, raw = (part.strip() for part in text.partition("="))
    if not equals:
        raise ConfigError(
            f"--set must be path=value, was {text!r}. For example: risk.position_stop_loss=0.2"
        )
    return path, _read(_known(path), raw)


def _known(path: str) -> ParameterSpec:
    found = specs().get(path)
    if found is not None:
        return found
    by_name = [p for p, s in specs().items() if s.name == path.rpartition(".")[2]]
    close = by_name[:1] or difflib.get_close_matches(path, specs(), 1, 0.5)
    hint = f" Did you mean {close[0]}?" if close else " `plimsoll fields` lists them."
    raise ConfigError(f"{path} is not a field of a scenario.{hint}")


def _read(spec: ParameterSpec, raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    word = raw.strip().casefold()
    if spec.optional and word in _OFF:
        return None
    if spec.kind == "flag" and word in (*_TRUE, *_FALSE):
        return word in _TRUE
    if spec.kind == "choice":
        return next((choice for choice in spec.choices if str(choice).casefold() == word), raw)
    if spec.kind in ("number", "integer"):
        try:
            number = float(word)
        except ValueError:
            return raw
        return int(number) if spec.kind == "integer" and number.is_integer() else number
    return raw


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, _read(_known(path), value)


def _validated(tree: Mapping[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("\n".join(_messages(error))) from error


def _messages(error: ValidationError) -> Iterable[str]:
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"])
        spec = specs().get(path)
        if spec is None:
            yield f"{path}: {item['msg'].removeprefix('Value error, ')}."
        else:
            yield _message(spec, item["input"])


def _message(spec: ParameterSpec, value: Any) -> str:
    """Say what the field takes, what it was given and what was probably meant."""
    text = f"{spec.path} must be {_expected(spec)}, was {_shown(value)}."
    meant = _fraction_meant(spec, value)
    if meant:
        return f"{text} Did you mean {meant}?"
    if spec.optional and value is not None:
        text += " Write off to switch it off."
    return text


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**15):
        return f"{value:g}"
    return str(value)


def _fraction_meant(spec: ParameterSpec, value: Any) -> str:
    # The fraction behind 30 or "30%", where one is allowed; "" otherwise.
    if not spec.is_fraction or spec.maximum is None or isinstance(value, bool):
        return ""
    percent = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        number = float(percent[1] if percent else value)
    except (ValueError, TypeError, OverflowError):
        return ""
    meant = number / 100.0
    above = percent is not None or number > spec.maximum
    if not above or not (spec.minimum or 0.0) <= meant <= spec.maximum:
        return ""
    short, full = f"{meant:.2f}", f"{meant:.10g}"
    return short if percent is None and float(short) == float(full) else full


def _expected(spec: ParameterSpec) -> str:
    if spec.kind == "choice":
        return "one of " + ", ".join(str(choice) for choice in spec.choices)
    if spec.kind == "date":
        return f"a date such as {dt.date(2021, 6, 1)}"
    if spec.kind in ("flag", "text"):
        return {"flag": "true or false", "text": "a name"}[spec.kind]
    what = "a whole number" if spec.kind == "integer" else "a number"
    if spec.minimum is not None and spec.maximum is not None:
        edge = "above" if spec.open_minimum else "between"
        join = "and at most" if spec.open_minimum else "and"
        article = "a whole number " if spec.kind == "integer" else ""
        what = f"{article}{edge} {spec.minimum:g} {join} {spec.maximum:g}"
    unit = "a fraction: 0.30 is 30 %" if spec.is_fraction else spec.unit
    return f"{what} ({unit})" if unit else what
