"""A message of the lab that arrives when its page was left already."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ASKS = """
import streamlit as st
from dashboard.lab import component
assert component.CURVES_KEY not in st.session_state
component._take_want()
component._take_commit()
st.text(component.session.current().refused)
"""


def test_a_message_after_the_page_was_left_breaks_nothing(demo_home: Path) -> None:
    assert demo_home.is_dir()
    app = AppTest.from_string(ASKS).run(timeout=60)
    assert not app.exception
    assert app.text[0].value  # a change that cannot be read is refused, with words
