"""The Evidence page through the entry point: full, alone, short, broken, locked, no source."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.config import Scenario
from core.scenario import with_values
from dashboard.record import record_run
from dashboard.run import Run
from dashboard.session import Engine
from dashboard.studies import Study
from dashboard.views import evidence_parts, evidence_tiles
from data.journal import Journal
from tests.dashboard.drawn import figures
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, healthy, lost, page_text, plain, ruined, started

pytestmark = pytest.mark.usefixtures("demo_home")


def complete(app: AppTest) -> str:
    return after(app, lambda now: "pl-wait" not in page_text(now), "the end of its studies")


def tried(home: Path, *stops: float) -> None:
    with Journal(home) as journal:
        for stop in stops:
            scenario = with_values(Scenario(), {"risk.position_stop_loss": stop})
            run = fake_run(scenario, sessions=170, seed=3)
            assert record_run(journal, run, preset_name="Phase 8", origin="cli") == ""


def test_a_setting_among_others(monkeypatch: pytest.MonkeyPatch, demo_home: Path) -> None:
    tried(demo_home, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("evidence")
    text = complete(app)
    assert healthy(app)
    words = plain(app)
    for part in ("Settings tried", "Deflated Sharpe", "simulated", "balance ✓",
                 "7 settings were tried on this market", "Their returns are all known",
                 "with a standard error of",
                 "Best trial against cash: p", "Probability of overfitting",
                 "95 of 100 resampled histories", "Everything that was tried"):  # fmt: skip
        assert part in words, part
    assert "trials 7 (" in text
    assert "deflated Sharpe " in text
    assert "nan" not in words.lower().split()
    assert len(figures(app)) == 1
    (grid,) = app.main.dataframe
    assert len(grid.value) == 7
    assert "Position stop 3\u202f%" in grid.value["Changed"].iloc[-1]
    assert {button.key for button in app.main.get("download_button")} >= {
        "csv-luck", "csv-intervals", "csv-trials"
    }  # fmt: skip


def test_settings_that_all_gave_the_same_are_one_chance(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    tried(demo_home, 0.9, 0.91, 0.92, 0.93, 0.94)
    scenario = with_values(Scenario(), {"risk.position_stop_loss": 0.95})
    given(monkeypatch, fake_run(scenario, sessions=170, seed=3))
    app = started("evidence")
    complete(app)
    assert healthy(app)
    told = re.search(r"amount to (\d+\.\d) independent chance", plain(app))
    assert told is not None
    assert 1.0 <= float(told.group(1)) < 2.0


@pytest.mark.parametrize("sessions", [2, 40])
def test_a_short_run_has_no_verdict(monkeypatch: pytest.MonkeyPatch, sessions: int) -> None:
    given(monkeypatch, fake_run(sessions=sessions))
    app = started("evidence")
    complete(app)
    assert not app.exception
    assert "Too short" in plain(app)
    after(app, lambda now: "deflated Sharpe: too short" in page_text(now), "the strip")


def test_a_portfolio_that_never_moves_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    still = fake_run(sessions=120)
    flat = np.full(120, still.result.initial_nav)
    object.__setattr__(still.result, "nav", flat)
    object.__setattr__(still.inputs, "cash_rate", np.zeros(120))
    given(monkeypatch, still)
    app = started("evidence")
    complete(app)
    assert not app.exception
    assert "what never moves has no Sharpe ratio" in plain(app)


def test_a_broken_chain_is_shown_in_red_everywhere(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    tried(demo_home, 0.03, 0.04)
    connection = sqlite3.connect(demo_home / "journal.sqlite")
    connection.execute("DROP TRIGGER trials_update")
    connection.execute("UPDATE trials SET metrics = '{}' WHERE id = 1")
    connection.commit()
    connection.close()
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("evidence")
    text = complete(app)
    assert not app.exception
    assert "The trial log cannot be trusted" in text
    assert "row 1 of trials" in text
    assert 'pl-badge bad" title="row 1' in text
    app.switch_page("views/drawdowns.py").run()
    assert "trial log broken" in page_text(app)


def test_a_journal_that_cannot_be_read_is_explained(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    (demo_home / "journal.sqlite").write_bytes(b"no database " * 500)
    given(monkeypatch, fake_run(sessions=170, seed=3))
    app = started("evidence")
    text = complete(app)
    assert not app.exception
    assert "The trials cannot be counted" in text
    assert "trials not counted" in text
    assert "95 of 100 resampled histories" not in text


def test_real_data_have_their_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    report = SimpleNamespace(grade="C", grades={"a": "C", "b": "D"})
    monkeypatch.setattr(evidence_parts, "grade_study", lambda _run: Study("done", result=report))
    monkeypatch.setattr(evidence_tiles, "HealthReport", SimpleNamespace)
    given(monkeypatch, fake_run(sessions=40, simulated=False))
    app = started("evidence")
    complete(app)
    assert "Returns doubtful: the best grade that 95\u202f% of the names reach. 1 have D." in plain(
        app
    )
    assert 'pl-tile warn"><span>Data grade</span><b>C</b>' in page_text(app)


def test_a_run_that_fails_and_a_market_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path
) -> None:
    monkeypatch.setattr(Engine, "run", ruined)
    app = started("evidence")
    assert "The portfolio was ruined" in page_text(app)
    assert not app.exception
    monkeypatch.undo()
    monkeypatch.setenv("PLIMSOLL_HOME", str(demo_home))
    lost(demo_home)
    app = started("evidence", src="mars")
    assert not app.exception
    assert 'role="alert"' in page_text(app)


def test_a_run_is_none_of_its_own_rivals(monkeypatch: pytest.MonkeyPatch, demo_home: Path) -> None:
    run: Run = fake_run(sessions=170, seed=3)
    given(monkeypatch, run)
    app = started("evidence")
    complete(app)
    app.switch_page("views/returns.py").run()
    app.switch_page("views/evidence.py").run()
    complete(app)
    with Journal(demo_home) as journal:
        assert len(journal.tried("demo")) == 1
    words = plain(app)
    assert healthy(app)
    assert "A single setting: nothing was chosen" in words
    assert "a PBO must compare at least 2 different trials" in words


def test_a_holdout_is_sealed_and_opened_on_the_page() -> None:
    app = started("evidence")
    assert "Nothing is withheld" in plain(app)
    assert "hides these months from every page" in plain(app)
    app.number_input(key="plimsoll.holdout_months").set_value(6)
    app.button(key="holdout-seal-button").click().run()
    assert not app.exception
    complete(app)
    assert "Sealed: nothing from 2024-07-01 on" in plain(app)
    assert "2019-01-03 … 2024-06-28" in plain(app)
    assert "holdout sealed from 2024-07-01" in page_text(app)
    assert "Write at least 20 characters" in plain(app)
    app.button(key="holdout-open-button").click().run()
    assert "a decision of at least 20 characters" in plain(app)
    app.text_area(key="plimsoll.holdout_decision").set_value("Phase 8 as it is, whatever comes")
    app.button(key="holdout-open-button").click().run()
    complete(app)
    assert not app.exception
    assert "once and for good: “Phase 8 as it is, whatever comes”" in plain(app)
    assert "Inside it this setting made" in plain(app)
    app.switch_page("views/drawdowns.py").run()
    assert 'pl-badge warn" title="From 2024-07-01 on; opened' in page_text(app)
