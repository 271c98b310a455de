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


def left() -> None:
    import streamlit as st

    from dashboard import session
    from dashboard.lab import component

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    session.begins("Drawdowns")  # as every page but the lab's does
    st.text(f"run {st.session_state['runs']}")
    if st.session_state["runs"] == 1:
        component.curves()  # as its fragment does when a request comes late


@pytest.mark.usefixtures("demo_home")
def test_what_answers_it_is_not_drawn_over_another_page() -> None:
    app = AppTest.from_function(left, default_timeout=180.0).run()
    assert not app.exception
    assert app.text[0].value == "run 2"  # the page that follows is drawn anew
    assert len(app.main) == 1


@pytest.mark.usefixtures("demo_home")
def test_it_changes_nothing() -> None:
    app = AppTest.from_function(page, default_timeout=180.0).run()
    assert not app.exception
    assert app.text[0].value == "untouched"
