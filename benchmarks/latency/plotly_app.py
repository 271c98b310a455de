"""A bare app with one Plotly chart of three years: what the start of the lab is compared with."""

import plotly.graph_objects as go
import streamlit as st

st.plotly_chart(go.Figure({"data": [{"type": "scatter", "y": [i % 97 for i in range(756)]}]}))
