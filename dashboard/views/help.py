"""The help overlay of every page: its keys, and what each number means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.views.served import served_component

__all__ = ["PAGE_KEYS", "help_button", "help_overlay"]

_FOLDER: Final = Path(__file__).resolve().with_name("help_assets")
_HTML: Final = '<div class="pl-help-root">\n</div>'
_OPENER: Final = "help"
_EVERYWHERE: Final = (
    ("?", "This help"),
    ("Tab", "To the next control; Shift+Tab to the one before"),
    ("Esc", "Close what is open"),
)
#: Keys that only one page knows, by the page's title.
PAGE_KEYS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Risk": (
        ("← →", "Move the slider that has the focus by one step"),
        ("Home End", "To the least and the greatest value"),
        ("Enter", "Take a number that was typed; Esc takes it back"),
        ("Ctrl+Z", "Undo; Ctrl+Y or Ctrl+Shift+Z redo"),
    ),
    "Overview": (
        ("p", "Present: large type, a step at a time"),
        ("→ Space", "The next step; also ↓ and Page Down"),
        ("←", "The step before; also ↑ and Page Up"),
        ("Esc", "Leave the presentation"),
    ),
    "Exposure": (
        ("] [", "The book of the next and the previous session"),
        ("Esc", "The book of the last session"),
    ),
    "Drawdowns": (
        ("] [", "The next and the previous drawdown by depth"),
        ("Esc", "The whole period again"),
    ),
}


def help_button() -> None:
    """Draw the button that opens the overlay; the key ``?`` does the same."""
    st.button(
        "Help", key=_OPENER, icon=":material/help:", type="tertiary", on_click=None,
        help="Keys of this page, and what each number means (key ?).",
    )  # fmt: skip


def help_overlay(page: str) -> None:
    """Mount the overlay of the page called `page`; it opens without a run of the page.

    Any element with ``data-definition`` (see :func:`dashboard.definitions.term_html`) opens it at
    that definition.
    """
    keys = [*PAGE_KEYS.get(page, ()), *_EVERYWHERE]
    component = served_component(_FOLDER, html=_HTML, css="help.css", js="help.js")
    told = json.dumps({"page": page, "keys": keys}, separators=(",", ":"))
    component(key="help-overlay", data=told, height=1)
