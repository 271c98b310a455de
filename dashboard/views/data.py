"""Data: which markets there are, who provides them, what is missing, what looks wrong."""

from __future__ import annotations

import streamlit as st

from dashboard import review_data
from dashboard.home import home_folder
from dashboard.views.data_coverage import coverage_part
from dashboard.views.data_fetch import fetch_part, providers_part
from dashboard.views.data_findings import findings_part
from dashboard.views.data_parts import head, looked_at, markets_part
from dashboard.views.data_stored import quarantine_part, reconcile_part

state = head()
rows = review_data.markets(home_folder())
left, right = st.columns((1, 1), gap="large")
with left:
    markets_part(state, rows)
with right:
    fetch_part(rows)
    providers_part()
market = looked_at(state, rows)
if market is not None:
    coverage_part(market)
    findings_part(market)
    quarantine_part(market)
reconcile_part()
