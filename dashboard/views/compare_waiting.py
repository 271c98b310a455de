"""What the page Compare says while a book is being built behind it."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from dashboard.run import Run
from dashboard.state import AppState
from dashboard.views import frame
from dashboard.views.compare_work import Gathered, gather

__all__ = ["waiting"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks


def waiting(state: AppState, run: Run, found: Gathered) -> None:
    """Say which sides are under way; the page is drawn anew when one of them is there."""
    if found.pending:
        st.fragment(_look, run_every=_LOOK_AGAIN)(state, run, list(found.pending))


def _look(state: AppState, run: Run, before: list[str]) -> None:
    pending = gather(state, run).pending
    if pending != before:
        st.rerun()
    told = " and ".join(pending)
    words = f"Building the book of {told}: it is added here when it is ready."
    frame.show(f'<div class="pl-box" role="status"><p>{escape(words)}</p></div>')
