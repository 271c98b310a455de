"""What the lab asked for just before its page was left arrives on a page without a lab."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from dashboard.lab import component

    before = component.session.current()
    component._take_want()
    component._take_commit()
    st.text("untouched" if component.session.current() == before else "changed")


@pytest.mark.usefixtures("demo_home")
def test_it_changes_nothing() -> None:
    app = AppTest.from_function(page, default_timeout=180.0).run()
    assert not app.exception
    assert app.text[0].value == "untouched"
