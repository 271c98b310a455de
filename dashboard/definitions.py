"""What every number means: one definition each, for pages, reports and the help overlay.

The texts are a file that browsers read as well, so that they travel once and not with every run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Final

__all__ = ["DEFINITIONS", "DEFINITIONS_FILE", "Definition", "labelled_html", "term_html"]

DEFINITIONS_FILE: Final = (
    Path(__file__).resolve().parent / "views" / "help_assets" / "definitions.json"
)


@dataclass(frozen=True, slots=True)
class Definition:
    """One number in words.

    Attributes
    ----------
    name : str
        As in ``core.metrics.Metrics`` where it is one of those.
    label, what : str
        How it is called, and what it is in one sentence.
    formula, unit : str
        In the program's own convention, and what the value is counted in.
    reading : str
        What a reader must know to judge a value.
    source : str
        A paper, a standard, or the place in ``docs/``.
    """

    name: str
    label: str
    what: str
    formula: str
    unit: str
    reading: str
    source: str

    def __post_init__(self) -> None:
        empty = [field.name for field in fields(self) if not getattr(self, field.name).strip()]
        if empty:
            raise ValueError(f"the definition of {self.name!r} must have a text, had no {empty}")


def _read(file: Path) -> Mapping[str, Definition]:
    read = [Definition(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))]
    names = [one.name for one in read]
    if len(set(names)) != len(names):
        raise ValueError(f"{file.name} must define every name once, had {sorted(names)}")
    return MappingProxyType({one.name: one for one in read})


#: By name, in the order in which people read them.
DEFINITIONS: Final = _read(DEFINITIONS_FILE)


_BY_LABEL: Final = {one.label: one.name for one in DEFINITIONS.values()}


def labelled_html(label: str) -> str:
    """Return `label` as the term that is called so; as plain text where none is."""
    name = _BY_LABEL.get(label)
    return escape(label) if name is None else term_html(name)


def term_html(name: str, text: str = "") -> str:
    """Return a term as a button that opens its definition.

    Parameters
    ----------
    name : str
        Key of ``DEFINITIONS``.
    text : str
        What is shown instead of the label.
    """
    one = DEFINITIONS[name]
    return (
        f'<button type="button" class="pl-term" data-definition="{escape(name)}" '
        f'title="{escape(one.what)}">{escape(text or one.label)}</button>'
    )
