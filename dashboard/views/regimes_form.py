"""What decides regimes and what follows from them, as a form on the Regimes page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.controls.draft import form_fields
from dashboard.views import frame
from dashboard.views.fields_form import FORM_CSS, fields_form

__all__ = ["GROUPS", "regimes_form"]

GROUPS: Final = (
    "Regimes", "Turbulence", "Markov switching", "Factor timing", "Regime leverage", "Regime stops",
)  # fmt: skip


def regimes_form() -> None:
    """Draw the form, closed."""
    frame.show(FORM_CSS)
    with st.expander("Settings of regimes, factor timing, leverage and stops", key="settings"):
        _form()


@st.fragment
def _form() -> None:
    if not session.is_drawn():
        st.rerun()  # the setting was changed: the whole page shows it
    fields = [spec for group in GROUPS for spec in form_fields() if spec.group == group]
    fields_form(fields, "regimes")
    st.page_link("views/strategy.py", label="Every other field", icon=":material/list:")
