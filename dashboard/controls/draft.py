"""Values of fields that were typed and not taken yet: what they would change, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.scenario import specs, value_at, with_values
from dashboard.controls.scales import scale_of
from dashboard.controls.wrong import between_text, bound_text

__all__ = [
    "PICKED",
    "Judged",
    "form_fields",
    "found_by",
    "judged",
    "pending",
    "sections",
    "shown_value",
    "stored_value",
]

#: Fields that every page has a picker for: market, period, own book.
PICKED: Final = ("universe.source", "period.start", "period.end", "book.own_book")
_TITLES: Final = MappingProxyType({"risk": "Rules"})


@dataclass(frozen=True, slots=True)
class Judged:
    """What a draft comes to.

    Attributes
    ----------
    values : mapping of path to value
        Those that differ from the scenario.
    problems : mapping of path to text
        What is wrong at a field; under "" what is wrong at none of those typed.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, str]


def form_fields() -> tuple[ParameterSpec, ...]:
    """Return every field of a scenario but those with a picker, in order of declaration."""
    return tuple(spec for path, spec in specs().items() if path not in PICKED)


def sections() -> dict[str, str]:
    """Return section → title of every part of a scenario that has a field in the form."""
    names = dict.fromkeys(spec.section for spec in form_fields())
    return {name: _TITLES.get(name, name.replace("_", " ").capitalize()) for name in names}


def found_by(text: str) -> tuple[ParameterSpec, ...]:
    """Return the fields in which every word of `text` occurs: path, label, group or help."""
    words = text.casefold().split()
    return tuple(
        spec
        for spec in form_fields()
        if all(
            word in f"{spec.path} {spec.label} {spec.group} {spec.help}".casefold()
            for word in words
        )
    )


def pending(scenario: Scenario, draft: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `draft` differs from `scenario`; fields that are no longer there are left."""
    return {
        path: value
        for path, value in draft.items()
        if path in specs() and value_at(scenario, path) != value
    }


def judged(scenario: Scenario, draft: Mapping[str, Any]) -> Judged:
    """Say what would change, and what is wrong where.

    Examples
    --------
    >>> from core.presets import preset
    >>> judged(preset("Phase 8"), {"book.position_cap": 7.0}).problems.keys()
    dict_keys(['book.position_cap'])
    """
    values = pending(scenario, draft)
    try:
        with_values(scenario, values)
    except ConfigError as error:
        return Judged(values, _placed(str(error).splitlines(), values))
    return Judged(values, {})


def _placed(lines: Iterable[str], typed: Mapping[str, Any]) -> dict[str, str]:
    # Each line begins with the path of the field, or of the part, that is wrong.
    problems: dict[str, list[str]] = {}
    for line in lines:
        path = line.split(" ", 1)[0].rstrip(":")
        mine = [one for one in typed if one == path or one.startswith(f"{path}.")]
        for one in mine or [""]:
            problems.setdefault(one, []).append(_told(line, path, typed))
    return {path: " ".join(told) for path, told in problems.items()}


def _told(line: str, path: str, typed: Mapping[str, Any]) -> str:
    # The engine names paths and fractions; the form has labels and percent.
    own = bound_text(specs()[path], typed[path]) if path in typed else None
    return own or between_text(line)


def shown_value(spec: ParameterSpec, value: Any) -> Any:
    """Return a stored value as the form shows it: fractions in percent."""
    if value is None or spec.kind not in ("number", "integer"):
        return value
    shown = scale_of(spec, value).shown(value)
    return shown if spec.kind == "integer" else float(shown)


def stored_value(spec: ParameterSpec, shown: Any, before: Any) -> Any:
    """Return what the scenario stores for what the form shows; an emptied field is off.

    A field that cannot be off keeps the value `before`.
    """
    if shown is None or shown == "":
        return None if spec.optional else before
    if spec.kind not in ("number", "integer"):
        return shown
    if before is not None and shown == shown_value(spec, before):
        return before  # digits that the form does not show are not lost
    return scale_of(spec, spec.on_value if before is None else before).stored(shown)
