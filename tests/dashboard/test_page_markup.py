"""Names of tickers, sectors, markets and scenarios stay words on every page, whatever is in them.

Pages put words into HTML, Markdown and charts; each of them would take one of these for its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from dashboard.run import Run
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import RESULTS, after, given, page_text, started

# The word is in elements only where one of the three was taken for markup.
WORD = "zqx"
MARKUP = f"<b>{WORD}</b> *{WORD}* ${WORD}$ [{WORD}](javascript:1)"
QUERIES = {"compare": {"vs": "p:no-overlay"}}
# What Streamlit's browser side puts on the page as it is: no Markdown, no HTML.
LITERAL = {"code", "arrow_data_frame", "selectbox", "multiselect"}
# No figures: the lab draws its own, the report is a file, the run has no scores, a button asks, a
# form has none.
UNDRAWN = {"report", "risk", "factors", "robustness", "strategy"}
MARKDOWN = {"markdown", "caption", "button", "checkbox", "toggle", "progress", "button_group",
            "download_button", "slider", "date_input", "text_input", "number_input"}  # fmt: skip


def marked_run() -> Run:
    """Return a run in which every name has markup."""
    run = fake_run()
    market = replace(
        run.market,
        source=f"market {MARKUP}",
        tickers=tuple(f"{name} {MARKUP}" for name in run.market.tickers),
        sector=tuple(f"{name} {MARKUP}" for name in run.market.sector),
    )
    scenario = run.scenario.model_copy(update={"name": f"scenario {MARKUP}"})
    return replace(
        run,
        scenario=scenario,
        market=market,
        benchmark_name=f"benchmark {MARKUP}",
        notes=(f"note {MARKUP}",),
    )


class Words(HTMLParser):
    """The words of HTML, and every address that it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def misread(html: str) -> str:
    """Return what is wrong with names in `html`, "" where they stand in it as they are."""
    words = Words(html)
    if any("javascript" in link for link in words.links):
        return f"a link: {words.links}"
    left = words.text.replace(MARKUP, "")
    return left if WORD in left else ""


def leaves(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if hasattr(child, "children"):
            yield child
            yield from leaves(child)
        else:
            yield child


def strings(proto: Any) -> Iterator[str]:
    """Return every text of a protobuf message."""
    if isinstance(proto, str):
        yield proto
    elif hasattr(proto, "ListFields"):
        for _, value in proto.ListFields():
            yield from strings(value)
    elif not isinstance(proto, bytes) and hasattr(proto, "__iter__"):
        for value in proto:
            yield from strings(value)


def wrong(app: AppTest) -> list[str]:
    """Return every text on the page in which a name is taken for markup."""
    markdown = MarkdownIt("commonmark", {"html": False})
    found = []
    for leaf in leaves(app._tree):
        for text in strings(getattr(leaf, "proto", None)):
            if WORD not in text:
                continue
            if leaf.type == "html":
                bad = misread(text)
            elif leaf.type in MARKDOWN:
                bad = misread(markdown.render(text)) or "".join(
                    re.findall(rf"(?<!\\)\$.{{0,20}}{WORD}", text)
                )
            else:
                bad = "" if leaf.type in LITERAL else f"nobody said how it is read: {text}"
            if bad:
                found.append(f"{leaf.type}: {bad[:300]}")
    return found


def drawn(app: AppTest) -> list[str]:
    """Return where in a chart a name would be drawn as markup, which Plotly has of its own."""
    bold = re.compile(rf".{{0,60}}(?:<|\\u003c)b(?:>|\\u003e){WORD}")
    specs = [json.dumps(drawing["figure"]) for drawing in figures(app)]
    return [found.group() for spec in specs for found in bold.finditer(spec)]


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("name", RESULTS)
def test_a_name_is_never_markup(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, marked_run())
    app = started(name, **QUERIES.get(name, {}))
    after(app, lambda now: "pl-wait" not in page_text(now), "the end of its studies")
    assert not app.exception
    assert WORD in page_text(app)
    assert wrong(app) == []
    assert bool(figures(app)) == (name not in UNDRAWN)
    assert drawn(app) == []


def test_markup_would_be_found() -> None:
    assert misread(f"<p>{MARKUP}</p>")
    assert misread(MarkdownIt("commonmark", {"html": False}).render(MARKUP))
    assert not misread(f"<p>&lt;b&gt;{WORD}&lt;/b&gt; *{WORD}* ${WORD}$ [{WORD}](javascript:1)</p>")
