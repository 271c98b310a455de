"""The Risk page through the entry point: full, moved, refused, empty and broken."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.presets import PRESETS
from core.scenario import specs
from dashboard.controls.pickers import ENSEMBLE
from dashboard.lab.component import committed
from dashboard.lab.declared import LAB_FIELDS
from dashboard.lab.wire import unpacked
from dashboard.session import Engine
from data.catalog import Catalog
from data.imports import import_book
from tests.dashboard.pages import healthy, page_text, ruined, started

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
def app() -> AppTest:
    return started("risk")


def metric(app: AppTest, name: str) -> float:
    found = re.search(rf'data-metric="{name}" data-value="([^"]+)"', page_text(app))
    assert found is not None, page_text(app)[:2000]
    return float(found.group(1))


def frame(app: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the lab is fed: header and columns."""
    mounts = [element.proto.bytes for element in app.main.get("bidi_component")]
    return unpacked(mounts[0])


def commit(app: AppTest, **values: Any) -> None:
    """Commit as the lab does when the hand lets go."""
    state = app.session_state["plimsoll.state"]
    paths = {path: values[spec.name] for path, spec in specs().items() if spec.name in values}
    app.session_state["plimsoll.state"] = committed(state, {"n": 1.0, "values": paths})
    app.run()


def test_the_page_shows_the_demo_market(app: AppTest) -> None:
    assert healthy(app)
    text = page_text(app)
    for words in ("Risk · Phase 8", "Simulated market", "without topology", "books balance ✓"):
        assert words in text
    assert -1.0 < metric(app, "max_drawdown") < 0.0
    header, columns = frame(app)
    assert header["run"]["metrics"]["cagr"] == metric(app, "cagr")
    assert len(columns["equity_portfolio"]) == len(columns["day"]) > 250
    assert "What stands out" in text
    assert "Rules at work" in text


def test_charts_say_in_words_what_they_show(app: AppTest) -> None:
    text = page_text(app)
    assert "The deepest drawdown was" in text
    assert "The floor of 60" in text


def test_every_risk_field_has_a_control(app: AppTest) -> None:
    header, _ = frame(app)
    assert {field["path"] for field in header["fields"]} == set(LAB_FIELDS)
    for field in header["fields"]:
        assert field["optional"] is specs()[field["path"]].optional


def test_controls_show_what_is_run(app: AppTest) -> None:
    values = frame(app)[0]["values"]
    assert values["risk.position_stop_loss"] == 0.12
    assert values["risk.vol_lookback_days"] == 20
    assert values["book.sector_cap"] is None


def test_a_committed_value_changes_numbers_and_chart(app: AppTest) -> None:
    stops, chart = metric(app, "stop_hits"), frame(app)[1]["equity_portfolio"]
    commit(app, position_stop_loss=0.3)
    assert healthy(app)
    assert metric(app, "stop_hits") < stops
    header, columns = frame(app)
    assert (columns["equity_portfolio"] != chart).any()
    assert (columns["equity_baseline"] == chart).all()
    assert header["run"]["baseline"]["stop_hits"] == stops
    assert "Phase 8, 1 changed" in page_text(app)
    assert "compare with Phase 8" in page_text(app)


def test_a_rule_switched_off_and_on_again(app: AppTest) -> None:
    commit(app, trailing_stop_pct=0.2)
    moved = metric(app, "stop_hits")
    commit(app, trailing_stop_pct=None)
    assert metric(app, "stop_hits") != moved
    assert "0 trailing" in page_text(app)
    on = frame(app)[0]["on"]["risk.trailing_stop_pct"]
    assert on == 0.2
    commit(app, trailing_stop_pct=on)
    assert metric(app, "stop_hits") == moved


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_taken(app: AppTest, name: str) -> None:
    app.selectbox(key="pick:preset").set_value(name).run()
    assert healthy(app)
    assert f"Risk · {name}" in page_text(app)
    risk, values = PRESETS[name].risk, frame(app)[0]["values"]
    assert values["risk.position_stop_loss"] == risk.position_stop_loss
    assert values["risk.min_position_scale"] == risk.min_position_scale


def test_a_value_sent_before_an_undo_arrived_does_not_undo_it(app: AppTest) -> None:
    app.selectbox(key="pick:preset").set_value("No overlay").run()
    sent = [w for w in states(app).widgets if "pick:preset" in w.id]
    assert len(sent) == 1
    app.button(key="undo").click().run()
    # The browser has not heard of the undo yet: what it asks for brings the pickers as they were.
    late = states(app)
    for now in [w for w in late.widgets if "pick:preset" in w.id]:
        late.widgets.remove(now)
    late.widgets.extend(sent)
    app._run(late)
    assert "Risk · Phase 8<" in page_text(app)
    assert not app.session_state["plimsoll.state"].past
    # A choice at the picker that is there now is one.
    next(p for p in app.selectbox if p.label == "Scenario").set_value("No overlay").run()
    assert "Risk · No overlay<" in page_text(app)


def states(app: AppTest) -> Any:
    """Return what a browser would send of every widget on the page."""
    return app._tree.get_widget_states()


def test_reset_brings_the_preset_back(app: AppTest) -> None:
    before = metric(app, "cagr")
    commit(app, target_annual_vol=0.08)
    assert metric(app, "cagr") != before
    app.button(key="reset").click().run()
    assert metric(app, "cagr") == before
    assert frame(app)[0]["values"]["risk.target_annual_vol"] == 0.18
    assert app.button(key="reset").disabled


def test_a_refused_change_is_explained_and_the_slider_goes_back(app: AppTest) -> None:
    before = metric(app, "cagr")
    commit(app, max_leverage=0.5)
    text = page_text(app)
    assert "This change was not taken" in text
    assert "min_position_scale must be at most max_leverage" in text
    assert frame(app)[0]["values"]["risk.max_leverage"] == 1.0
    assert metric(app, "cagr") == before
    commit(app, max_leverage=1.5)
    assert healthy(app)


def test_lag_0_is_another_result(app: AppTest) -> None:
    before = metric(app, "cagr")
    commit(app, execution_lag_days=0)
    assert healthy(app)
    assert metric(app, "cagr") != before


def test_a_period_of_ones_own(app: AppTest) -> None:
    app.date_input(key="pick:period.start").set_value(dt.date(2021, 6, 1)).run()
    app.date_input(key="pick:period.end").set_value(dt.date(2023, 6, 1)).run()
    assert healthy(app)
    assert "2021-06-01 … 2023-06-01" in page_text(app)
    assert "Phase 8, " not in page_text(app)


def test_an_empty_period_is_explained_and_the_last_good_result_stays(app: AppTest) -> None:
    before = metric(app, "cagr")
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    text = page_text(app)
    assert not app.exception
    assert "Nothing to run in this period" in text
    assert "the last good result" in text
    assert metric(app, "cagr") == before
    app.date_input(key="pick:period.start").set_value(None).run()
    assert healthy(app)


def test_a_book_of_ones_own_replaces_the_ensembles(demo_home: Path, tmp_path: Path) -> None:
    tickers = sorted(Catalog(demo_home).securities("demo")["ticker"])[:4]
    lines = ["date,ticker,weight"]
    lines += [f"{day},{name},0.25" for day in ("2020-01-31", "2021-01-29") for name in tickers]
    book = tmp_path / "mine.csv"
    book.write_text("\n".join(lines), encoding="utf-8")
    import_book(demo_home, "mine", book)
    app = started("risk")
    ensemble = metric(app, "cagr")
    app.selectbox(key="pick:book").set_value("mine").run()
    assert healthy(app)
    assert metric(app, "cagr") != ensemble
    assert "book: mine" in page_text(app)
    assert "without topology" not in page_text(app)
    app.selectbox(key="pick:book").set_value(ENSEMBLE).run()
    assert metric(app, "cagr") == ensemble


def test_without_books_there_is_no_picker_for_them(app: AppTest) -> None:
    assert "pick:book" not in {picker.key for picker in app.selectbox}


def test_ruin_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "run", ruined)
    commit(app, max_leverage=2.0)
    assert "The portfolio was ruined" in page_text(app)
    assert "the last good result" in page_text(app)
    assert not app.exception


@pytest.mark.parametrize("damaged", ["manifest.json", "prices.parquet"])
def test_a_damaged_simulated_market_is_made_again(cold_home: Path, damaged: str) -> None:
    for file in cold_home.rglob(damaged):
        file.write_bytes(file.read_bytes()[:100])
    app = started("risk")
    assert healthy(app)
    assert "Simulated market" in page_text(app)


def test_the_first_start_makes_the_simulated_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "new"))
    app = started("risk")
    assert healthy(app)
    assert "Simulated market" in page_text(app)


def test_the_rules_tables_tell_account_control_and_health(app: AppTest) -> None:
    assert "What each rule cost or saved" not in page_text(app)
    app.session_state["rules"] = True  # as a click on the expander does
    app.run()
    for _ in range(600):  # it is computed behind the page; the first one compiles
        if not app.main.button or all(b.key != "rules-again" for b in app.main.button):
            break
        assert "Being computed" in page_text(app)
        time.sleep(0.5)
        app.button(key="rules-again").click().run()
    text = page_text(app)
    assert "Being computed" not in text
    for words in ("What each rule cost or saved", "No rules", "Trailing stop", "Rule health"):
        assert words in text
    control = re.search(r'data-control="sharpe_ratio" data-value="([^"]+)"', text)
    exposure = re.search(r'data-control="average_exposure" data-value="([^"]+)"', text)
    assert control is not None
    assert exposure is not None
    assert float(control.group(1)) != metric(app, "sharpe_ratio")
    assert float(exposure.group(1)) == pytest.approx(metric(app, "average_exposure"), abs=1e-6)
