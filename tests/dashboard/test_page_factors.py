"""The Factors page through the entry point: full, short, a name looked at, without scores."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from dashboard.views import factors_study
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, healthy, page_text, plain, ruined, started, until

pytestmark = pytest.mark.usefixtures("demo_home")

SUBJECTS = ("summary", "ic", "spread", "fifths", "decay", "by-year", "by-regime", "correlations",
            "ranking")  # fmt: skip


def test_every_part_arrives_and_choices_redraw_their_own() -> None:
    app = started("factors")
    text = until(app, "Side by side", gone="pl-wait")
    assert healthy(app)
    assert "Simulated market" in text
    files = {button.key for button in app.main.get("download_button")}
    assert {f"csv-factors-{name}" for name in SUBJECTS} <= files
    assert len(figures(app)) == 5
    assert re.search(r"The composite&#x27;s rank IC was|The composite's rank IC was", text)
    for term in ("rank_ic", "newey_west_t", "factor_turnover", "factor_coverage", "z_score"):
        assert f'data-definition="{term}"' in text
    assert "nan" not in plain(app).lower()
    app.segmented_control[0].set_value("value").run()
    assert "Rank IC of value by month" in page_text(app)

    last = app.selectbox(key="factors-date").value
    assert app.button(key="factors-next").disabled
    app.button(key="factors-previous").click().run()
    assert app.selectbox(key="factors-date").value < last
    held = app.selectbox(key="factors-who").value
    assert f"{held} on " in plain(app)
    out = next(
        name
        for name in app.selectbox(key="factors-who").options
        if app.dataframe[0].value["Ticker"].iloc[-1] == name
    )
    app.selectbox(key="factors-who").set_value(out).run()
    assert f"{out} on " in plain(app)
    assert "not in the book, it ranked" in plain(app)
    assert healthy(app)


def test_a_study_that_fails_is_explained_and_names_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors_study, "factors_work", lambda *_args, **_more: ruined)
    app = started("factors")
    text = until(app, "The portfolio was ruined")
    assert "A name on a rebalance date" in text
    assert not app.exception


def test_a_period_with_too_few_decisions_says_so_and_names_stay() -> None:
    app = started("factors")
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 11, 20)).run()
    text = after(app, lambda now: "Too few decisions" in page_text(now), "too few")
    assert "2 decisions from" in text
    assert "A name on a rebalance date" in text
    assert not app.exception


def test_a_run_without_scores_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, fake_run())
    app = started("factors")
    assert "This run has no scores" in page_text(app)
    assert not figures(app)
    assert healthy(app)
