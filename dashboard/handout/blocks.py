"""What a report is made of: sections of words, tables and charts, written line by line.

Every line belongs to a section and says what it shows, so that a changed one can be named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

import plotly.graph_objects as go

__all__ = [
    "Block",
    "Chart",
    "Line",
    "Pair",
    "Rows",
    "Section",
    "Words",
    "json_line",
    "plain",
    "text_of",
]

_TAG: Final = re.compile(r"<[^>]*>")
_SPACE: Final = re.compile(r"[ \t\n]+")
# The pages' tables open a definition by a button; in a file it is a link to the appendix.
_TERM: Final = re.compile(
    r'<button type="button" class="pl-term" data-definition="([^"]*)"[^>]*>(.*?)</button>'
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file.

    Attributes
    ----------
    section, metric : str
        Where a reader finds it, and what it shows.
    html : str
        Without the line feed at its end.
    kind : {"text", "json", "library", "made"}
        A text must be the same; numbers in JSON may differ by rounding; the library is the charts'
        program; of "made" only the form is fixed.
    """

    section: str
    metric: str
    html: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, and how to read what stands beside it."""

    text: str
    aside: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A table under a small heading; `html` as :func:`dashboard.views.tables.html_table`."""

    title: str
    html: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A figure under a small heading, and what it shows in words."""

    key: str
    title: str
    figure: go.Figure
    alt: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tables side by side where there is room."""

    left: Rows
    right: Rows


Block = Words | Rows | Pair | Chart


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of the report; on paper it begins a page where `page` is set."""

    key: str
    title: str
    blocks: Sequence[Block]
    page: bool = True

    def lines(self) -> Iterator[Line]:
        """Yield the section, opening and closing included."""
        style = "part page" if self.page else "part"
        yield self._line("the section", f'<section id="{self.key}" class="{style}">')
        yield self._line("its title", f"<h2>{escape(self.title)}</h2>")
        for block in self.blocks:
            yield from self._block(block)
        yield self._line("the section's end", "</section>")

    def _line(self, metric: str, html: str, kind: str = "text") -> Line:
        return Line(self.title, metric, html, kind)

    def _block(self, block: Block) -> Iterator[Line]:
        if isinstance(block, Words):
            aside = f" <span>{escape(block.aside)}</span>" if block.aside else ""
            style = "pl-words quiet" if block.quiet else "pl-words"
            yield self._line(
                "the words", f'<p class="{style}">{_flat(escape(block.text))}{aside}</p>'
            )
        elif isinstance(block, Rows):
            yield from self._rows(block)
        elif isinstance(block, Pair):
            name = f"the tables “{block.left.title}” and “{block.right.title}”"
            yield self._line(name, '<div class="pair">')
            yield from self._rows(block.left)
            yield from self._rows(block.right)
            yield self._line(name, "</div>")
        else:
            yield from self._chart(block)

    def _rows(self, block: Rows) -> Iterator[Line]:
        yield self._line(f"the table “{block.title}”", '<div class="block">')
        yield self._line(f"the table “{block.title}”", f"<h3>{escape(block.title)}</h3>")
        html = _TERM.sub(r'<a class="term" href="#definition-\1">\2</a>', _flat(block.html))
        for piece in html.replace("<tr>", "\n<tr>").split("\n"):
            name = _first_cell(piece) or f"the table “{block.title}”"
            yield self._line(name, piece)
        note = f'<p class="pl-words quiet">{escape(block.note)}</p>' if block.note else ""
        yield self._line(f"the table “{block.title}”", f"{note}</div>")

    def _chart(self, block: Chart) -> Iterator[Line]:
        name = f"the chart “{block.title}”"
        figure = json.loads(block.figure.to_json())
        # Plotly adds the default look of whatever runs: Streamlit's in a page, its own elsewhere.
        figure["layout"].pop("template", None)
        height = int(figure["layout"]["height"])
        yield self._line(name, f'<figure class="block"><h3>{escape(block.title)}</h3>')
        yield self._line(
            name,
            f'<div class="plot" id="plot-{block.key}" role="img" style="height:{height}px" '
            f'aria-label="{escape(block.alt)}"></div>',
        )
        yield self._line(name, json_line(f"figure-{block.key}", figure), "json")
        yield self._line(name, f'<figcaption class="unseen">{escape(block.alt)}</figcaption>')
        yield self._line(name, "</figure>")


def json_line(key: str, value: Any) -> str:
    """Return `value` as a script element that a browser keeps as data."""
    return f'<script type="application/json" id="{key}">{plain(value)}</script>'


def plain(value: Any) -> str:
    """Return `value` as JSON on one line that can stand in a page; always the same."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in ("<", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def text_of(html: str) -> str:
    """Return what a reader sees of a piece of HTML.

    Examples
    --------
    >>> text_of("<td>Sharpe</td><td>0.66 &amp; more</td>")
    'Sharpe 0.66 & more'
    """
    # Narrow spaces inside numbers are kept.
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", html))).strip(" ")


def _first_cell(html: str) -> str:
    if not html.startswith("<tr>"):
        return ""
    return text_of(html.partition("</td>")[0].partition("</th>")[0])


def _flat(text: str) -> str:
    return " ".join(text.splitlines())
