"""The Risk page through the entry point: full, moved, refused, empty and broken."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.errors import RuinError
from core.presets import PRESETS
from core.scenario import specs
from dashboard.controls.fields import field_key, switch_key
from dashboard.controls.groups import BOOK_FIELDS, risk_fields
from dashboard.controls.pickers import ENSEMBLE
from dashboard.run import Run
from dashboard.session import Engine
from data.catalog import Catalog
from data.imports import import_book

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    assert demo_home.is_dir()
    return AppTest.from_file(APP, default_timeout=LIMIT).run()


def page_text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def metric(app: AppTest, name: str) -> float:
    found = re.search(rf'data-metric="{name}" data-value="([^"]+)"', page_text(app))
    assert found is not None, page_text(app)[:2000]
    return float(found.group(1))


def figures(app: AppTest) -> list[str]:
    return [chart.proto.spec for chart in app.get("plotly_chart")]


def healthy(app: AppTest) -> bool:
    return not app.exception and 'role="alert"' not in page_text(app)


def test_the_page_shows_the_demo_market(app: AppTest) -> None:
    assert healthy(app)
    text = page_text(app)
    for words in ("Risk · Phase 8", "Simulated market", "without topology", "books balance ✓"):
        assert words in text
    assert -1.0 < metric(app, "max_drawdown") < 0.0
    assert len(figures(app)) == 2
    assert "What stands out" in text
    assert "Rules at work" in text


def test_charts_say_in_words_what_they_show(app: AppTest) -> None:
    main, curve = (chart.proto.alt for chart in app.get("plotly_chart"))
    assert "The deepest drawdown was" in main
    assert "The floor of 60" in curve


def test_every_risk_field_has_a_control(app: AppTest) -> None:
    drawn = {e.key for kind in ("slider", "toggle", "button_group") for e in app.get(kind)}
    for path in (*risk_fields(), *BOOK_FIELDS):
        assert field_key(path) in drawn, path
        if specs()[path].optional:
            assert switch_key(path) in drawn, path


def test_controls_show_what_is_run(app: AppTest) -> None:
    assert app.slider(key=field_key("risk.position_stop_loss")).value == 12.0
    assert app.slider(key=field_key("risk.vol_lookback_days")).value == 20
    assert app.toggle(key=switch_key("book.sector_cap")).value is False
    assert app.slider(key=field_key("book.sector_cap")).disabled


def test_a_moved_slider_changes_numbers_and_chart(app: AppTest) -> None:
    stops, chart = metric(app, "stop_hits"), figures(app)[0]
    app.slider(key=field_key("risk.position_stop_loss")).set_value(30.0).run()
    assert healthy(app)
    assert metric(app, "stop_hits") < stops
    assert figures(app)[0] != chart
    assert "Phase 8, 1 changed" in page_text(app)
    assert "compare with Phase 8" in page_text(app)


def test_a_rule_switched_off_and_on_again(app: AppTest) -> None:
    app.slider(key=field_key("risk.trailing_stop_pct")).set_value(20.0).run()
    moved = metric(app, "stop_hits")
    app.toggle(key=switch_key("risk.trailing_stop_pct")).set_value(False).run()
    assert metric(app, "stop_hits") != moved
    assert "0 trailing" in page_text(app)
    app.toggle(key=switch_key("risk.trailing_stop_pct")).set_value(True).run()
    assert app.slider(key=field_key("risk.trailing_stop_pct")).value == 20.0
    assert metric(app, "stop_hits") == moved


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_taken(app: AppTest, name: str) -> None:
    app.selectbox(key="pick:preset").set_value(name).run()
    assert healthy(app)
    assert f"Risk · {name}" in page_text(app)
    risk = PRESETS[name].risk
    assert app.toggle(key=switch_key("risk.position_stop_loss")).value is (
        risk.position_stop_loss is not None
    )
    assert app.slider(key=field_key("risk.min_position_scale")).value == pytest.approx(
        100.0 * risk.min_position_scale
    )


def test_reset_brings_the_preset_back(app: AppTest) -> None:
    before = metric(app, "cagr")
    app.slider(key=field_key("risk.target_annual_vol")).set_value(8.0).run()
    assert metric(app, "cagr") != before
    app.button(key="reset").click().run()
    assert metric(app, "cagr") == before
    assert app.slider(key=field_key("risk.target_annual_vol")).value == 18.0
    assert app.button(key="reset").disabled


def test_a_refused_change_is_explained_and_the_slider_goes_back(app: AppTest) -> None:
    before = metric(app, "cagr")
    app.slider(key=field_key("risk.max_leverage")).set_value(0.5).run()
    text = page_text(app)
    assert "This change was not taken" in text
    assert "min_position_scale must be at most max_leverage" in text
    assert app.slider(key=field_key("risk.max_leverage")).value == 1.0
    assert metric(app, "cagr") == before
    app.slider(key=field_key("risk.max_leverage")).set_value(1.5).run()
    assert healthy(app)


def test_lag_0_is_another_result(app: AppTest) -> None:
    before = metric(app, "cagr")
    app.button_group(key=field_key("risk.execution_lag_days")).set_value(0).run()
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


def test_the_window_changes_the_chart_and_no_number(app: AppTest) -> None:
    before, chart = metric(app, "cagr"), figures(app)[0]
    app.button_group(key="view:window").set_value("1Y").run()
    assert healthy(app)
    assert metric(app, "cagr") == before
    assert len(figures(app)[0]) < len(chart)


def test_a_log_scale_is_offered_beyond_five_years(app: AppTest) -> None:
    app.toggle(key="view:log").set_value(True).run()
    assert "log scale" in figures(app)[0]
    app.date_input(key="pick:period.start").set_value(dt.date(2022, 6, 1)).run()
    assert "view:log" not in {toggle.key for toggle in app.toggle}
    assert "log scale" not in figures(app)[0]


def test_a_book_of_ones_own_replaces_the_ensembles(demo_home: Path, tmp_path: Path) -> None:
    tickers = sorted(Catalog(demo_home).securities("demo")["ticker"])[:4]
    lines = ["date,ticker,weight"]
    lines += [f"{day},{name},0.25" for day in ("2020-01-31", "2021-01-29") for name in tickers]
    book = tmp_path / "mine.csv"
    book.write_text("\n".join(lines), encoding="utf-8")
    import_book(demo_home, "mine", book)
    app = AppTest.from_file(APP, default_timeout=LIMIT).run()
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
    def ruined(_engine: Engine, _scenario: Scenario) -> Run:
        raise RuinError(12, -5.0)

    monkeypatch.setattr(Engine, "run", ruined)
    app.slider(key=field_key("risk.max_leverage")).set_value(2.0).run()
    assert "The portfolio was ruined" in page_text(app)
    assert "the last good result" in page_text(app)
    assert not app.exception


def test_a_market_that_is_gone_is_explained(app: AppTest, demo_home: Path) -> None:
    folders = [path for path in demo_home.rglob("demo") if path.is_dir()]
    for folder in folders:
        shutil.rmtree(folder)
    app.slider(key=field_key("risk.max_leverage")).set_value(2.0).run()
    assert "This market is not in the store" in page_text(app)
    assert not app.exception


@pytest.mark.parametrize("damaged", ["manifest.json", "prices.parquet"])
def test_a_damaged_simulated_market_is_made_again(demo_home: Path, damaged: str) -> None:
    for file in demo_home.rglob(damaged):
        file.write_bytes(file.read_bytes()[:100])
    app = AppTest.from_file(APP, default_timeout=LIMIT).run()
    assert healthy(app)
    assert "Simulated market" in page_text(app)


def test_the_first_start_makes_the_simulated_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "new"))
    app = AppTest.from_file(APP, default_timeout=LIMIT).run()
    assert healthy(app)
    assert "Simulated market" in page_text(app)
