"""The table of every scenario field for the docs, made from the declarations."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from core.parameters import ParameterSpec
from core.scenario import specs

__all__ = ["field_table_markdown"]

_HEAD = (
    "| field | default | allowed | step | unit | url | what it does | source |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def field_table_markdown() -> str:
    """Return one markdown table a section, with one row for each field of a scenario."""
    parts = []
    for section, fields in groupby(specs().values(), lambda spec: spec.section):
        rows = "".join(_row(spec) for spec in fields)
        parts.append(f"## {section}\n\n{_HEAD}{rows}")
    return "\n".join(parts)


def _row(spec: ParameterSpec) -> str:
    cells = (
        f"`{spec.path}`",
        _value(spec.default),
        _allowed(spec),
        "" if spec.step is None else f"{spec.step:g}",
        spec.unit,
        f"`{spec.url_key}`",
        spec.help,
        spec.source,
    )
    return "| " + " | ".join(cells) + " |\n"


def _allowed(spec: ParameterSpec) -> str:
    if spec.minimum is not None and spec.maximum is not None:
        edge = ">" if spec.open_minimum else "≥"
        text = f"{edge} {spec.minimum:g}, ≤ {spec.maximum:g}"
    elif spec.kind == "choice":
        text = ", ".join(_value(choice) for choice in spec.choices)
    else:
        text = {"flag": "true, false", "date": "a date", "text": "a name"}[spec.kind]
    return f"{text}, off" if spec.optional else text


def _value(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)
