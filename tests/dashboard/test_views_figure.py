"""A figure on a page: made once for each content, its words and clicks beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.figure import CHECKED, made
from dashboard.views import figure
from dashboard.views.figure import Point
from tests.dashboard.drawn import figures

ALT = 'Growth of "A" & <b>B</b>, 1\u202f%'


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Hand out the list of what was made; forget what was kept before and after."""
    calls: list[str] = []
    monkeypatch.setattr(figure, "MADE", calls, raising=False)
    figure.forget()
    yield calls
    figure.forget()


def page() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from dashboard.views import figure

    content = st.session_state.get("content")

    def one() -> go.Figure:
        figure.MADE.append(str(content))  # type: ignore[attr-defined]
        return go.Figure({"data": [{"type": "bar", "y": [1]}], "layout": {"height": 120}})

    figure.draw(
        one,
        key="one",
        alt='Growth of "A" & <b>B</b>, 1\u202f%',
        content=content,
        on_click=print if st.session_state.get("clicks") else None,
    )


def test_a_figure_of_one_content_is_made_once(counted: list[str]) -> None:
    app = AppTest.from_function(page)
    app.session_state["content"] = ("run", 1)
    app.run().run()
    assert counted == ["('run', 1)"]
    app.session_state["content"] = ("run", 2)
    app.run()
    assert counted == ["('run', 1)", "('run', 2)"]
    assert not app.exception


def other_page() -> None:
    import plotly.graph_objects as go

    from dashboard.views import figure

    def another() -> go.Figure:
        figure.MADE.append("another")  # type: ignore[attr-defined]
        return go.Figure({"data": [{"type": "pie"}], "layout": {"height": 300}})

    figure.draw(another, key="one", alt="Another", content=("run", 1))


def test_figures_of_two_pages_with_one_key_are_not_mixed_up(counted: list[str]) -> None:
    app = AppTest.from_function(page)
    app.session_state["content"] = ("run", 1)
    app.run()
    (drawn,) = figures(AppTest.from_function(other_page).run())
    assert drawn["figure"]["layout"]["height"] == 300
    assert counted == ["('run', 1)", "another"]


def test_without_a_content_it_is_made_every_time(counted: list[str]) -> None:
    AppTest.from_function(page).run().run()
    assert counted == ["None", "None"]


def test_the_browser_gets_the_figure_its_words_and_whether_it_listens(counted: list[str]) -> None:
    app = AppTest.from_function(page).run()
    (drawn,) = figures(app)
    assert drawn["alt"] == ALT
    assert drawn["clicks"] is False
    assert drawn["figure"]["layout"]["height"] == 120
    app.session_state["clicks"] = True
    assert figures(app.run())[0]["clicks"] is True


def element(sent: Any) -> dict[str, Any]:
    return {"point": sent}


def test_a_click_says_where_and_what() -> None:
    point = figure.point_of(element({"x": "2021-06-01", "mark": "2021-05-03"}))
    assert point == Point("2021-06-01", "2021-05-03")
    assert str(point.date()) == "2021-06-01 00:00:00"


@pytest.mark.parametrize(
    "sent", [None, 3, "x", [], {}, {"x": 3, "mark": ""}, {"x": "2021-06-01"}, {"mark": "a"}]
)
def test_nothing_that_a_browser_sends_is_trusted(sent: Any) -> None:
    assert figure.point_of(element(sent)) is None
    assert figure.point_of(None) is None


@pytest.mark.parametrize("x", ["", "nonsense", "NaN", "2021-99-01", "1e400"])
def test_a_click_beside_every_date_is_none(x: str) -> None:
    assert Point(x, "").date() is None


def test_an_unchecked_figure_is_the_checked_one(monkeypatch: pytest.MonkeyPatch) -> None:
    traces = [{"type": "scatter", "x": [1, 2], "y": [3.0, 4.5], "line": {"width": 2}}]
    layout = {"height": 100, "xaxis": {"range": [0, 3]}, "shapes": [{"type": "line", "x0": 1}]}
    checked = made(traces, layout)
    monkeypatch.setitem(CHECKED, "properties", False)
    assert made(traces, layout).to_json() == checked.to_json()


def test_the_tests_refuse_a_property_that_plotly_does_not_know() -> None:
    with pytest.raises(ValueError, match="heigth"):
        made([], {"heigth": 100})
    assert isinstance(made([], {"height": 100}), go.Figure)
