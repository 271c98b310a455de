"""A report as one file: assembled from lines, and read back."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from plotly.offline import get_plotlyjs

from dashboard.format import date
from dashboard.handout.blocks import Line, Section, json_line
from dashboard.handout.errors import DamagedReportError, ForeignReportError, ReportFormatError
from dashboard.run import Run
from dashboard.theme import FONT_STACK, LIGHT, TEXT_CONTRAST, readable

__all__ = ["FORMAT", "MADE", "RECORD", "Head", "Report", "assembled", "read_record"]

FORMAT: Final = 1
RECORD: Final = "plimsoll-report"
_MARK: Final = "<!-- Plimsoll report, format "
_END: Final = "<!-- end of the report -->"
_FILE: Final = "the file"
_ASSETS: Final = Path(__file__).resolve().parent / "assets"
#: The one line that may say anything of its form: the day on which the file was made.
MADE: Final = re.compile(r'<p class="made">Made on \d{4}-\d{2}-\d{2}\.</p>')
# Nothing is fetched from anywhere: what is not in the file cannot be seen.
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the sections."""

    title: str
    facts: tuple[str, ...]
    simulated: bool
    notice: str
    made_on: dt.date


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A finished report, without the charts' program, which is put in when it is written.

    Attributes
    ----------
    lines : tuple of Line
    name : str
        File name to offer.
    """

    lines: tuple[Line, ...]
    name: str

    def html(self) -> str:
        """Return the whole file."""
        return "".join(f"{written(line)}\n" for line in self.lines)


def written(line: Line) -> str:
    """Return what stands in the file for `line`."""
    return library() if line.kind == "library" else line.html


@functools.cache
def library() -> str:
    """Return the charts' program as a script: what the installed plotly ships."""
    return f"<script>{get_plotlyjs().rstrip()}</script>"


def head_of(run: Run, title: str, notice: str, made_on: dt.date) -> Head:
    """Return the head of the report of `run`."""
    window = f"{date(run.dates[0])} … {date(run.dates[-1])}"
    own = run.scenario.book.own_book
    facts = (run.market.source, *([f"book: {own}"] if own else []), window)
    return Head(title, facts, run.market.simulated, notice, made_on)


def assembled(
    head: Head, sections: Sequence[Section], record: Mapping[str, Any]
) -> tuple[Line, ...]:
    """Return every line of the file.

    Parameters
    ----------
    head : Head
    sections : sequence of Section
    record : mapping
        All numbers and what the report can be made again from, as JSON takes it.
    """
    lines = [*_opening(head), *_contents(sections)]
    for section in sections:
        lines.extend(section.lines())
    lines.append(Line("Record", "the record", json_line(RECORD, record), "json"))
    lines.append(Line(_FILE, "the program of the charts", "", "library"))
    script = _asset("report.js")
    lines.append(Line(_FILE, "the script", f"<script>{script}</script>"))
    lines.append(Line(_FILE, "the end", "</main></body></html>"))
    lines.append(Line(_FILE, "the end", _END))
    return tuple(lines)


def _opening(head: Head) -> Iterator[Line]:
    title = f"{escape(head.title)} · Plimsoll report"
    for html in (
        "<!doctype html>",
        f"{_MARK}{FORMAT} -->",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{title}</title>",
        f"<style>{_style()}</style>",
        "</head><body><main>",
    ):
        yield Line("Head", "the frame", html)
    yield Line("Head", "the title", f"<h1>{escape(head.title)}</h1>")
    yield Line("Head", "the facts", f'<p class="facts-line">{escape(" · ".join(head.facts))}</p>')
    made = f'<p class="made">Made on {head.made_on.isoformat()}.</p>'
    yield Line("Head", "the day", made, "made")
    style = "notice simulated" if head.simulated else "notice"
    link = ' <a href="#notice">What this is not</a>'
    yield Line("Head", "the notice", f'<p class="{style}">{escape(head.notice)}{link}</p>')


def _contents(sections: Sequence[Section]) -> Iterator[Line]:
    links = "".join(f'<a href="#{one.key}">{escape(one.title)}</a>' for one in sections)
    yield Line("Head", "the contents", f'<nav class="contents">{links}</nav>')


@functools.cache
def _style() -> str:
    tokens = dict(LIGHT.tokens())
    for role in ("better", "worse", "secondary"):
        tokens[role] = readable(tokens[role], LIGHT.page, TEXT_CONTRAST)
    variables = "".join(f"--{name}:{value};" for name, value in tokens.items())
    return f":root{{{variables}--font:{FONT_STACK};}}{_asset('report.css')}"


@functools.cache
def _asset(name: str) -> str:
    # On one line: a changed byte is then found in a line that says what it is.
    return " ".join((_ASSETS / name).read_text(encoding="utf-8").split())


def read_record(text: str) -> dict[str, Any]:
    """Return the record of a report.

    Raises
    ------
    ForeignReportError, ReportFormatError, DamagedReportError
    """
    lines = text.split("\n", 2)
    if len(lines) < 2 or lines[0] != "<!doctype html>" or not lines[1].startswith(_MARK):
        raise ForeignReportError(
            "the file must be a report of Plimsoll, was something else: its first lines are not "
            "those that `plimsoll report` writes"
        )
    number = lines[1].removeprefix(_MARK).removesuffix(" -->")
    if number != str(FORMAT):
        raise ReportFormatError(
            f"the report must be of format {FORMAT}, was {number[:20]!r}. Check it with the "
            "version of Plimsoll that made it"
        )
    if not text.endswith(f"{_END}\n"):
        raise DamagedReportError(
            "the report must end with its mark, but the end is missing: the file is not whole. "
            "Ask for it again, or make it anew with `plimsoll report`"
        )
    opening = f'<script type="application/json" id="{RECORD}">'
    start = text.find(opening)
    line = text[start + len(opening) : text.find("\n", start)].removesuffix("</script>")
    try:
        if start < 0:
            raise ValueError("it is missing")
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError("it is no object")
    except (ValueError, RecursionError) as error:
        raise DamagedReportError(
            f"the record of the report cannot be read: {error}. Ask for the file again, or make "
            "it anew with `plimsoll report`"
        ) from error
    return record
