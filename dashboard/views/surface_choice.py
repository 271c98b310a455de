"""Which surface the Risk page is to open with, where another page leads to one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

__all__ = ["chosen_surface", "lead_to_surface"]

_CHOSEN: Final = "plimsoll.surface"


def lead_to_surface(x: str, y: str) -> None:
    """Have the Risk page show the surface over `x` and `y` when it is next drawn.

    Once: what is chosen there afterwards stays, until another pair is led to.
    """
    before = chosen_surface()
    if before is None or (before["x"], before["y"]) != (x, y):
        st.session_state[_CHOSEN] = {"x": x, "y": y, "asked": secrets.token_hex(4)}


def chosen_surface() -> Mapping[str, Any] | None:
    """Return path of x and y, and what is another for every choice; None without one."""
    found: Mapping[str, Any] | None = st.session_state.get(_CHOSEN)
    return found
