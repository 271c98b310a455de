"""An empty app: one slider and one line of text."""

import streamlit as st

value = st.slider("Risk", 0, 100, 50)
st.text(f"value {value}")
