"""The Exposure page through the entry point: full, empty, short, broken, source gone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.presets import preset
from core.scenario import with_values
from dashboard import review_exposure, review_holdings
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import given, healthy, page_text, ruined, started, to, until

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("exposure")


def test_the_page_says_the_largest_sector_and_shows_every_part(app: AppTest) -> None:
    text = page_text(app)
    assert healthy(app)
    assert "Simulated market" in text
    first = re.search(r'<p class="pl-words">(.*?) <span>', text)
    assert first is not None
    assert re.search(r"was the largest sector: .* of NAV on average", first.group(1))
    for words in ("Sectors", "Each sector against", "Weights above a cap", "The book of a day",
                  "Its sectors", "Its largest names", "Risk and factors"):  # fmt: skip
        assert words in text
    assert len(figures(app)) == 4
    files = {button.key for button in app.main.get("download_button")}
    assert {"csv-sectors", "csv-each-sector", "csv-breaches", "csv-book", "csv-book-risk"} <= files


def test_risk_and_factors_arrive_and_sum(app: AppTest) -> None:
    text = until(app, "Day by day NAV moved")
    assert healthy(app)
    assert "Return of the period" in text
    assert "<td>…</td>" not in text


def test_the_cap_of_the_scenario_is_the_one_in_the_sentence_and_the_log(app: AppTest) -> None:
    assert "No sector cap is set; held against 25" in page_text(app)
    app.selectbox(key="pick:preset").set_value("Phase 8.1").run()
    text = page_text(app)
    assert "passed its cap of 25" in text
    assert "Each sector against its cap" in text
    assert list(app.dataframe[0].value["What"]) == ["Financials"]


def test_the_book_of_a_day_is_chosen_by_steps_date_and_slider(app: AppTest) -> None:
    assert "2024-12-31: " in page_text(app)
    assert app.button(key="book-next").disabled
    app.button(key="book-previous").click().run()
    assert "2024-12-30: " in page_text(app)
    app.date_input(key="book-date").set_value(dt.date(2022, 1, 1)).run()  # a Saturday
    assert "2021-12-31: " in page_text(app)
    app.slider(key="book-slider").set_value(dt.date(2020, 3, 16)).run()
    assert "2020-03-16: " in page_text(app)
    assert app.date_input(key="book-date").value == dt.date(2020, 3, 16)
    to(app, "drawdowns")
    assert "2020-03-16: " in page_text(to(app, "exposure"))  # remembered over a change of page
    app.button(key="book-last").click().run()
    assert "2024-12-31: " in page_text(app)
    assert healthy(app)


def test_a_day_on_which_nothing_was_held_says_so(app: AppTest) -> None:
    app.slider(key="book-slider").set_value(dt.date(2019, 1, 3)).run()
    assert "Nothing was held on 2019-01-03" in page_text(app)
    assert healthy(app)


def test_a_study_that_fails_is_explained_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(review_holdings, "risk_study", ruined)
    app = started("exposure")
    text = until(app, "The portfolio was ruined")
    assert "was the largest sector" in text
    assert not app.exception


@pytest.mark.parametrize("sessions", [40, 320])
def test_a_short_run_and_one_without_scores_or_benchmark(
    monkeypatch: pytest.MonkeyPatch, sessions: int
) -> None:
    given(monkeypatch, fake_run(sessions=sessions))
    app = started("exposure")
    text = until(app, "Day by day" if sessions > 252 else "too few sessions to hold")
    assert not app.exception
    assert "have no sector (grey" in text
    assert ("no volatility can be said" in text) == (sessions <= 252)


def test_a_book_of_ones_own_has_no_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, fake_run(with_values(preset("No overlay"), {"book.own_book": "mine"})))
    app = started("exposure")
    text = page_text(app)
    assert text.count("Caps do not apply to a book of one's own") >= 1
    assert "No cap is in force" in text
    assert not app.exception


def test_a_portfolio_that_stayed_in_cash_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake_run()
    assert run.result.weights is not None
    result = replace(run.result, weights=np.zeros_like(run.result.weights))
    given(monkeypatch, replace(run, result=result))
    app = started("exposure")
    text = page_text(app)
    assert "Nothing was held" in text
    assert not review_exposure.is_held(replace(run, result=result))
    assert not figures(app)
    assert not app.exception
