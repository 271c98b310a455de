"""The web app: page settings and navigation, nothing else."""

from __future__ import annotations

import streamlit as st

st.set_page_config(
    page_title="Plimsoll",
    page_icon=":material/water_lux:",
    layout="wide",
    initial_sidebar_state="auto",
)
st.navigation([st.Page("views/risk.py", title="Risk", icon=":material/tune:", default=True)]).run()
