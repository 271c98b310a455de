"""The table of every scenario field, made from the declarations."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.scenario import specs

__all__ = ["fields_table", "range_text"]


def range_text(spec: ParameterSpec) -> str:
    """Say which values a field takes."""
    if spec.kind == "choice":
        text = " | ".join(str(choice) for choice in spec.choices)
    elif spec.minimum is not None and spec.maximum is not None:
        edge = ">" if spec.open_minimum else ""
        text = f"{edge}{spec.minimum:g} … {spec.maximum:g}"
    else:
        text = {"flag": "true | false", "date": "date"}.get(spec.kind, "name")
    return f"{text} | off" if spec.optional else text


def fields_table(section: str | None = None) -> Table:
    """Return a table of path, default, range, unit and help of every field of `section`."""
    chosen = [s for s in specs().values() if section is None or s.section == section]
    if not chosen:
        known = ", ".join(dict.fromkeys(s.section for s in specs().values()))
        raise ConfigError(f"section must be one of {known}, was {section}")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("field", overflow="fold")
    for spec in chosen:
        default = "off" if spec.default is None else str(spec.default)
        unit = f" {spec.unit}" if spec.unit else ""
        # One column: the meaning keeps its width in a narrow terminal. Texts, never markup.
        row = Text(spec.path, style="bold")
        row.append(f"  {default}  ({range_text(spec)}{unit})\n  {spec.help}", style="not bold")
        table.add_row(row)
    return table
