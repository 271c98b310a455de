"""The Regimes page through the entry point: full, empty, short, broken, weights edited."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.factors.names import FACTORS, REGIMES
from core.regime_markov import Filtered
from core.scenario import with_values
from dashboard import review_markov
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import given, heading, healthy, page_text, started, to, until
from tests.dashboard.test_review_regimes import with_regimes

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("regimes")


def weigh(app: AppTest, regime: str, *weights: float) -> AppTest:
    for factor, weight in zip(FACTORS, weights, strict=True):
        app.number_input(key=f"weight-{regime}-{factor}").set_value(weight).run()
    return app


def said(app: AppTest) -> list[str]:
    return [one.value for one in app.main.get("caption")]


def test_the_page_has_every_part_and_marks_what_knows_the_future(app: AppTest) -> None:
    text = page_text(app)
    assert healthy(app)
    assert heading(app) == "Regimes · Phase 8"
    parts = ("Regimes and what they are told from", "How often, and for how many sessions",
             "The next session, from row to column", "Bands of the VIX",
             "Weights of the factors by regime", "Returns by regime", "How late the labels were",
             "for diagnosis only: knows the future", "too few decisions")  # fmt: skip
    for words in parts:
        assert words in text
    assert re.search(r"was the most frequent regime: \d+", text)
    assert len(figures(app)) == 3
    weights = [one for one in app.number_input if (one.key or "").startswith("weight-")]
    assert len(weights) == len(REGIMES) * len(FACTORS)


def test_weights_are_taken_together_and_undone_together(app: AppTest) -> None:
    weigh(app, "sideways", 70.0, 10.0, 10.0, 10.0)
    assert heading(app) == "Regimes · Phase 8"  # nothing is run yet
    assert "4 weights differ from those that are run." in said(app)
    app.button(key="weights-run").click().run()
    assert healthy(app)
    assert heading(app) == "Regimes · Phase 8, 4 changed"
    assert "These weights are run." in said(app)
    assert app.number_input(key="weight-sideways-momentum").value == 70.0
    assert app.query_params["w.side.m"] in ("0.7", ["0.7"])  # the address restores it
    to(app, "drawdowns")
    assert heading(app) == "Drawdowns · Phase 8, 4 changed"
    to(app, "regimes")
    app.button(key="undo").click().run()
    assert heading(app) == "Regimes · Phase 8"
    assert app.number_input(key="weight-sideways-momentum").value == 25.0


def test_rows_that_do_not_sum_cannot_be_run_but_scaled(app: AppTest) -> None:
    app.number_input(key="weight-bull-momentum").set_value(60.0).run()
    assert "Not 100 % yet: bull." in said(app)
    assert app.button(key="weights-run").disabled
    assert any("≠ 100" in one.value for one in app.markdown)
    app.button(key="weights-scale").click().run()
    assert not app.button(key="weights-run").disabled
    assert app.number_input(key="weight-bull-momentum").value == 50.0
    app.button(key="weights-run").click().run()
    assert healthy(app)
    assert "changed" in heading(app)


def test_a_draft_is_kept_over_a_change_of_page_and_can_be_discarded(app: AppTest) -> None:
    app.number_input(key="weight-bear-quality").set_value(90.0).run()
    to(app, "returns")
    to(app, "regimes")
    assert app.number_input(key="weight-bear-quality").value == 90.0
    app.button(key="weights-discard").click().run()
    assert app.number_input(key="weight-bear-quality").value == 35.0
    assert "These weights are run." in said(app)


def test_a_draft_does_not_outlive_the_weights_it_was_typed_over(app: AppTest) -> None:
    weigh(app, "bull", 70.0, 10.0, 10.0, 10.0)
    app.button(key="weights-run").click().run()
    app.number_input(key="weight-bear-quality").set_value(90.0).run()
    app.button(key="reset").click().run()
    assert app.number_input(key="weight-bear-quality").value == 35.0
    assert app.number_input(key="weight-bull-momentum").value == 40.0


@pytest.mark.parametrize("sessions", [40, 320])
def test_a_short_run_without_an_index_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, sessions: int
) -> None:
    given(monkeypatch, with_regimes(fake_run(sessions=sessions), vix=False))
    app = started("regimes")
    text = page_text(app)
    assert not app.exception
    assert "This market has no volatility index" in text
    if sessions < 60:  # the window of the labels
        assert "No label (too little history) was the most frequent regime: 100" in text


def test_a_book_of_ones_own_says_that_it_does_not_use_the_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = with_values(Scenario(), {"book.own_book": "mine"})
    given(monkeypatch, with_regimes(fake_run(scenario)))
    monkeypatch.setattr("dashboard.session._source", lambda: "demo")
    app = started("regimes", book="mine")
    assert not app.exception
    assert "it does not use these weights" in page_text(app)
    weights = [one for one in app.number_input if (one.key or "").startswith("weight-")]
    assert weights
    assert all(field.disabled for field in weights)


def test_settings_are_taken_together_and_a_wrong_one_is_explained(app: AppTest) -> None:
    def number(path: str) -> Any:
        return next(one for one in app.number_input if (one.key or "").startswith(f"field:{path}:"))

    drawn = (*app.number_input, *app.selectbox)
    reached = {one.key.split(":")[1] for one in drawn if (one.key or "").startswith("field:")}
    paths = (
        "regimes.hysteresis", "factors.timing.momentum_target_vol", "regimes.detector",
        "regimes.leverage.calm", "regimes.stop_scale.bear",
    )  # fmt: skip
    assert set(paths) <= reached
    assert number("regimes.vix_release_level").value is None
    number("regimes.hysteresis").set_value(20.0).run()
    number("regimes.leverage.volatile").set_value(0.8).run()
    assert "2 typed and not applied" in " ".join(one.value for one in app.caption)
    app.button(key="form-apply-regimes-top").click().run()
    assert healthy(app)
    assert heading(app) == "Regimes · Phase 8, 2 changed"
    assert app.query_params["rhys"] in ("0.2", ["0.2"])
    number("regimes.vix_release_level").set_value(40.0).run()
    text = page_text(app).replace("\u202f", " ")
    assert "VIX release must be at most VIX level (30 index points), was 40 index points" in text
    assert app.button(key="form-apply-regimes-end").disabled


def test_the_second_detector_comes_when_it_is_asked_for(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(returns: np.ndarray, *_: object, **__: object) -> Filtered:
        risky = np.where(np.arange(len(returns)) % 100 < 30, 0.9, 0.1)
        both = np.stack([1.0 - risky, risky], axis=1)
        return Filtered(both, np.array([9]), np.array([True]), np.array([[0.25, 4.0]]))

    monkeypatch.setattr(review_markov, "filtered", quick)
    assert "Both say the same on" not in page_text(app)
    app.button(key="markov-ask").click().run()
    text = until(app, "Both say the same on")
    assert healthy(app)
    assert "1 fit, all converged." in text
