"""Funds of the market that is looked at, and the way out where a sleeve has none there."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.problems import EXPECTED
from dashboard.sleeve_funds import switched_off
from dashboard.state import AppState

__all__ = ["funds_of", "lacks_fund", "sleeve_off_button"]


def funds_of(source: str) -> tuple[str, ...] | None:
    """Return the funds that a market has prices of, None when it cannot be read."""
    try:
        found = session.engine().pipeline.market(source).funds
    except EXPECTED:
        return None
    return () if found is None else found.tickers


def lacks_fund(state: AppState) -> dict[str, bool]:
    """Return path → False for every sleeve that is on and cannot run on this market."""
    funds = funds_of(state.scenario.universe.source)
    return {} if funds is None else switched_off(state.scenario.book, funds)


def sleeve_off_button(state: AppState) -> None:
    """Draw what switches off the sleeves that cannot run; nothing where all can."""
    off = lacks_fund(state)
    if off:
        st.button(
            "Switch the sleeve off" if len(off) == 1 else "Switch the sleeves off",
            key="sleeve-off", type="primary", on_click=_take, args=(off,),
        )  # fmt: skip


def _take(off: dict[str, bool]) -> None:
    session.put(session.current().with_values(off))
