"""The web app: page settings and navigation, nothing else."""

from __future__ import annotations

import streamlit as st

from dashboard.mark import mark_svg
from dashboard.theme import LIGHT

st.set_page_config(
    page_title="Plimsoll",
    page_icon=mark_svg(LIGHT.accent),
    layout="wide",
    initial_sidebar_state=320,
)
st.navigation(
    {
        "": [
            st.Page("views/overview.py", title="Overview", icon=":material/dashboard:"),
            st.Page("views/risk.py", title="Risk", icon=":material/tune:", default=True),
            st.Page("views/strategy.py", title="Strategy", icon=":material/list:"),
            st.Page("views/report.py", title="Report", icon=":material/description:"),
        ],
        "Review": [
            st.Page("views/compare.py", title="Compare", icon=":material/compare_arrows:"),
            st.Page("views/ladder.py", title="Ladder", icon=":material/stairs:"),
            st.Page("views/drawdowns.py", title="Drawdowns", icon=":material/trending_down:"),
            st.Page("views/exposure.py", title="Exposure", icon=":material/pie_chart:"),
            st.Page("views/returns.py", title="Returns", icon=":material/calendar_month:"),
            st.Page("views/regimes.py", title="Regimes", icon=":material/wb_sunny:"),
            st.Page("views/trades.py", title="Trades", icon=":material/receipt_long:"),
        ],
        "Research": [
            st.Page("views/factors.py", title="Factors", icon=":material/science:"),
            st.Page("views/evidence.py", title="Evidence", icon=":material/balance:"),
            st.Page("views/robustness.py", title="Robustness", icon=":material/directions_walk:"),
            st.Page("views/data.py", title="Data", icon=":material/database:"),
        ],
    },
    position="top",  # the lab needs the width
).run()
