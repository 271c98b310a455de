"""The page Compare through the entry point: empty, full, waiting, short, broken, source gone."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.presets import preset
from core.scenario import with_values
from dashboard import review_compare, session
from dashboard.record import save_named
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.studies import Pace
from dashboard.views.compare_choice import offered
from tests.dashboard.drawn import figures
from tests.dashboard.pages import healthy, page_text, ruined, started, until

WITH = "compare:with"
NO_OVERLAY = "p:no-overlay"
ORDER = "Order, now that the noise is known"


def opened(**query: str) -> AppTest:
    return started("compare", **query)


pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return opened()


def legend(app: AppTest) -> list[str]:
    found = re.search(r'<div class="pl-legend">(.*?)</div>', page_text(app))
    assert found is not None
    return re.findall(r"<b>([A-D])</b> ([^<]+)</span>", found.group(1))


def test_the_empty_page_suggests_what_to_begin_with(app: AppTest) -> None:
    text = page_text(app)
    assert healthy(app)
    assert "Nothing to compare with yet" in text
    assert "Phase 8 beside No overlay and Exposure-matched control" in text
    assert not figures(app)
    app.button(key="compare-suggested").click().run()
    assert healthy(app)
    assert legend(app) == [
        ("A", "Phase 8"), ("B", "No overlay"), ("C", "Exposure-matched control"),
    ]  # fmt: skip
    assert _one(app.query_params["vs"]) == "p:no-overlay;control"
    assert "Nothing to compare" not in page_text(app)


def test_the_picker_is_told_its_choice_with_every_run(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY]).run()
    for _ in range(2):  # what told the browser may never have arrived
        app.run()
        picker = app.multiselect(key=WITH)
        assert picker.proto.set_value
        assert picker.value == [NO_OVERLAY]


def test_no_ranking_is_shown_before_the_verdict(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = review_compare.judge_pairs
    wait = [True]

    def slow(sides: Any, pace: Pace) -> Any:
        while wait[0] and not pace.cancelled():
            time.sleep(0.02)
        return known(sides, pace)

    monkeypatch.setattr(review_compare, "judge_pairs", slow)
    app.multiselect(key=WITH).set_value([NO_OVERLAY]).run()
    text = page_text(app)
    assert "Which one is ahead is said once" in text
    assert ORDER not in text
    assert "beyond noise" not in text
    assert '<div class="pl-sub">…</div>' in text
    wait[0] = False
    text = until(app, ORDER)
    assert healthy(app)
    assert "Which one is ahead is said once" not in text
    assert "B (No overlay) against A (Phase 8)" in text


def test_the_page_has_every_part(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY, "control"]).run()
    text = until(app, ORDER, gone="<td>…</td>")
    parts = (
        "Growth, drawdown and exposure", "Is the difference more than luck?", "Metrics",
        "Changed fields", "What each rule did", "When they parted", "The largest gaps",
    )  # fmt: skip
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "has no fields of its own: the book of A at" in text
    assert "A (Phase 8) on 20" in text
    assert "Decided at this close" in text
    assert len(figures(app)) == 2
    assert {button.key for button in app.main.get("download_button")} == {
        f"{kind}-compare{name}" for kind in ("csv", "parquet")
        for name in ("", "-metrics", "-fields", "-accounts", "-days", "-gaps")
    }  # fmt: skip
    assert len(app.dataframe[0].value) == 12


def test_a_pair_can_be_chosen_for_the_days(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY, "control"]).run()
    assert "Return of B minus A" in page_text(app)
    groups = {group.key: group for group in app.main.get("button_group")}
    groups["compare-pair-B-C"].set_value("C").run()
    assert healthy(app)
    assert "Return of C minus A" in page_text(app)


def test_the_choice_survives_a_change_of_page_and_a_refresh(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY, "p:phase-8.1"]).run()
    app.switch_page("views/returns.py").run()
    app.switch_page("views/compare.py").run()
    assert app.multiselect(key=WITH).value == [NO_OVERLAY, "p:phase-8.1"]
    address = {key: _one(app.query_params[key]) for key in app.query_params}
    again = opened(**address)
    assert again.multiselect(key=WITH).value == [NO_OVERLAY, "p:phase-8.1"]


def _one(value: Any) -> str:
    return value if isinstance(value, str) else str(value[0])


def test_a_book_of_its_own_is_built_behind_the_page(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY, "p:phase-8.1"]).run()
    until(app, "Phase 8.1</span>")
    assert [letter for letter, _ in legend(app)] == ["A", "B", "C"]
    assert "Building the book" not in page_text(app)
    assert healthy(app)


def test_pinned_saved_and_recent_settings_are_offered(app: AppTest, demo_home: Path) -> None:
    wide = with_values(
        preset("Phase 8"), {"risk.position_stop_loss": 0.3, "universe.source": "elsewhere"}
    )
    save_named(session._engine(str(demo_home)).journal, "Wide stop", wide, "Phase 8")
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    app.button(key="pin").click().run()
    app.selectbox(key="pick:preset").set_value("Phase 8").run()
    titles = set(app.multiselect(key=WITH).options)
    assert {"Exposure-matched control", "Pinned: No overlay", "Wide stop", "No overlay"} <= titles
    assert "Phase 8" not in titles  # it is the one looked at
    known = offered(app.session_state["plimsoll.state"])
    saved = next(text for text, title in known.items() if title == "Wide stop")
    app.multiselect(key=WITH).set_value([saved, "pinned"]).run()
    assert healthy(app)
    assert legend(app)[1:] == [("B", "Wide stop"), ("C", "Pinned: No overlay")]
    text = page_text(app)
    assert "B (Wide stop) was made for market elsewhere. It is run on demo" in text


def test_a_recent_setting_is_offered_until_it_is_looked_at(demo_home: Path) -> None:
    app = opened(p="phase-8", stop="0.2")
    title = "Phase 8, position stop 20\u202f%"
    assert title not in app.multiselect(key=WITH).options
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    assert title in app.multiselect(key=WITH).options
    app.multiselect(key=WITH).set_value(["p:phase-8,stop:0.2"]).run()
    assert healthy(app)
    assert legend(app) == [("A", "No overlay"), ("B", title)]


def test_an_address_can_be_pasted_and_a_wrong_one_is_refused(app: AppTest, demo_home: Path) -> None:
    app.text_input(key="compare:address").set_value("http://x/?p=phase-8&stop=12").run()
    app.button(key="compare-add").click().run()
    text = page_text(app)
    assert "Not added: " in text
    assert "Did you mean 0.12" in text
    assert not app.multiselect(key=WITH).value
    app.text_input(key="compare:address").set_value("http://x/?p=phase-8&stop=0.2&view=1Y").run()
    app.button(key="compare-add").click().run()
    assert healthy(app)
    assert app.multiselect(key=WITH).value == ["p:phase-8,stop:0.2"]
    assert legend(app)[1] == ("B", "Phase 8, position stop 20\u202f%")
    trials = session._engine(str(demo_home)).journal.trials()
    assert trials[-1]["values"]["risk.position_stop_loss"] == 0.2  # looked at is tried
    assert "Not added" not in page_text(app)


def test_a_setting_that_cannot_run_is_named_and_the_rest_is_compared(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Engine.run

    def some(engine: Engine, scenario: Scenario) -> Run:
        return ruined() if scenario.risk.position_stop_loss is None else known(engine, scenario)

    monkeypatch.setattr(Engine, "run", some)
    app.multiselect(key=WITH).set_value([NO_OVERLAY, "control"]).run()
    assert not app.exception
    assert "B (No overlay): The portfolio was ruined" in page_text(app)
    assert legend(app) == [("A", "Phase 8"), ("C", "Exposure-matched control")]


def test_verdict_and_account_that_fail_are_explained(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_compare, "judge_pairs", ruined)
    monkeypatch.setattr(review_compare, "account_of", ruined)
    app.multiselect(key=WITH).set_value([NO_OVERLAY]).run()
    text = until(app, "The portfolio was ruined", gone="<td>…</td>")
    assert not app.exception
    assert ORDER not in text
    assert text.count(", no verdict") == len(review_compare.JUDGED)
    assert "…</div>" not in text
    assert "When they parted" in text


def test_an_empty_period_is_explained_and_the_last_good_result_is_compared(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY]).run()
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert not app.exception
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    assert legend(app) == [("A", "last good result"), ("B", "No overlay")]


def test_a_short_period_has_numbers_but_no_verdict(app: AppTest) -> None:
    app.multiselect(key=WITH).set_value([NO_OVERLAY]).run()
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 10, 15)).run()
    until(app, "Too short for a verdict")
    assert not app.exception
    assert ORDER not in page_text(app)
    assert "<th>Metric</th>" in page_text(app)
    assert page_text(app).count(", no verdict") == len(review_compare.JUDGED)
    assert "in all with a worst loss" in page_text(app)
    assert "Too short for yearly figures" in page_text(app)


def test_a_day_is_explained_in_every_way_of_execution(demo_home: Path) -> None:
    app = opened(vs="p:no-overlay,exec:next_open")
    assert not app.exception
    text = page_text(app)
    assert "not explained" not in text
    assert "B (" in text
    assert "A (Phase 8) on 20" in text
