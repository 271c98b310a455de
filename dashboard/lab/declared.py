"""What the browser must know before any number: fields, metrics and colours."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict
from typing import Any, Final

from core.config import Scenario
from core.factors.names import REGIMES
from core.parameters import ParameterSpec
from core.scenario import specs, value_at
from dashboard.charts.exposure import BINDING
from dashboard.controls.groups import BOOK_FIELDS, OPEN_GROUPS, grouped, risk_fields
from dashboard.controls.scales import choices, scale_of, unit_text
from dashboard.definitions import DEFINITIONS
from dashboard.report.faces import ANNUAL
from dashboard.report.targets import TARGETS
from dashboard.state import AppState
from dashboard.theme import REGIME_LETTERS, SECTORS, TEXT_CONTRAST, Theme, text_on
from dashboard.views.metrics import CARDS

__all__ = ["LAB_FIELDS", "curves_key", "curves_keys", "declared", "kept_values"]

LAB_FIELDS: Final = (*risk_fields(), *BOOK_FIELDS)
# Colour of what holds exposure: "full" is nothing at all, the floor recedes.
_BINDING_RULES: Final = {
    "drawdown": "drawdown",
    "volatility": "volatility",
    "leverage": "leverage",
    "breaker": "breaker",
}


def declared(state: AppState, colours: Theme) -> tuple[str, dict[str, Any]]:
    """Return what stays the same from commit to commit, under its hash: it is sent once.

    Fields with range and help, cards, colours. A value outside the usual range of its field, or
    another theme, makes another one.
    """
    fields = _fields_json(state)
    text = json.dumps(fields, sort_keys=True) + _of_theme(colours)
    parts = {"fields": fields, "cards": _metrics_json(), "colours": _colours_json(colours)}
    return hashlib.sha256(text.encode()).hexdigest()[:12], parts


def kept_values(state: AppState) -> dict[str, Any]:
    """Return path → what a field that is switched off takes when it is switched on."""
    paths = (path for path in LAB_FIELDS if value_at(state.scenario, path) is None)
    return {path: state.on_value(specs()[path]) for path in paths}


def _fields_json(state: AppState) -> list[dict[str, Any]]:
    # In the order in which they are shown.
    found = []
    for group, paths in grouped(LAB_FIELDS).items():
        for path in paths:
            field = _field(specs()[path], state)
            if len(field.get("choices", (0, 1))) == 1:
                continue  # nothing to choose
            found.append(field | {"group": group, "open": group in OPEN_GROUPS})
    return found


def _field(spec: ParameterSpec, state: AppState) -> dict[str, Any]:
    value = value_at(state.scenario, spec.path)
    field: dict[str, Any] = {
        "path": spec.path,
        "label": spec.label,
        "kind": spec.kind,
        "unit": unit_text(spec),
        "help": spec.help,
        "source": spec.source,
        "optional": spec.optional,
    }
    if spec.kind == "choice":
        return field | {"choices": list(choices(spec, value))}
    if spec.kind == "flag":
        return field
    shown = value if value is not None else state.on_value(spec)
    scale = scale_of(spec, shown)
    return field | {
        "low": scale.stored(scale.low),
        "high": scale.stored(scale.high),
        "step": scale.stored(scale.step),
        "factor": scale.factor,
        "whole": scale.whole,
        "decimals": 0 if scale.whole else int(scale.text[2 : scale.text.index("f")]),
        "scans": spec.section == "risk",
    }


@functools.cache
def _of_theme(colours: Theme) -> str:
    return json.dumps([_metrics_json(), _colours_json(colours)], sort_keys=True)


@functools.cache
def _metrics_json() -> list[dict[str, Any]]:
    faces = []
    for face in CARDS:
        target = TARGETS.get(face.name)
        one = DEFINITIONS[face.name]
        more: dict[str, Any] = {
            "annual": face.name in ANNUAL,
            "definition": {"what": one.what, "formula": one.formula, "reading": one.reading},
        }
        if target is not None:
            more |= {"bound": target.bound, "target": target.text}
        faces.append(asdict(face) | {"label": face.label, "help": face.help} | more)
    return faces


@functools.cache
def _colours_json(colours: Theme) -> dict[str, Any]:
    # Every colour the charts use, of one theme.
    rules = {name: colours.rule(rule) for name, rule in _BINDING_RULES.items()}
    binding = {"full": colours.line, "floor": colours.ink(colours.faint)} | rules
    regimes = {name: colours.regime(name) for name in REGIMES}
    return {
        "name": colours.name,
        **colours.tokens(),
        "ghost_line": colours.ink(colours.ghost),
        "accent_text": colours.ink(colours.accent, TEXT_CONTRAST),
        "ghost_text": colours.ink(colours.ghost, TEXT_CONTRAST),
        "target": colours.rule("volatility"),
        "drawdown": colours.rule("drawdown"),
        "breaker": colours.rule("breaker"),
        "drawdown_text": colours.ink(colours.rule("drawdown"), TEXT_CONTRAST),
        "breaker_text": colours.ink(colours.rule("breaker"), TEXT_CONTRAST),
        "binding": [[name, binding[name]] for name in BINDING],
        "regimes": [
            [name, regimes[name], REGIME_LETTERS[name], text_on(regimes[name])] for name in REGIMES
        ],
        "sectors": {
            name: [colours.sector(name), colours.ink(colours.sector(name), TEXT_CONTRAST)]
            for name in SECTORS
        },
    }


def curves_key(scenario: Scenario, path: str) -> str:
    """Return what the curves along `path` depend on: every field but this one."""
    return _keys(scenario, (path,))[path]


def curves_keys(scenario: Scenario) -> dict[str, str]:
    """Return :func:`curves_key` of every field of the lab."""
    return _keys(scenario, LAB_FIELDS)


def _keys(scenario: Scenario, paths: tuple[str, ...]) -> dict[str, str]:
    lines = {path: f"{path}={value_at(scenario, path)!r}" for path in specs()}
    found = {}
    for path in paths:
        text = "\n".join([path, *(line for other, line in lines.items() if other != path)])
        found[path] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return found
