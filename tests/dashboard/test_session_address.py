"""A session and its address, its journal and its toolbar, through the pages' own entry points."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.presets import preset
from core.scenario import scenario_hash, with_values
from dashboard import session
from dashboard.pipeline import Pipeline
from dashboard.record import read_saved, record_run
from dashboard.state import AppState
from data.journal import Journal
from tests.dashboard.fakes import fake_run

STOP = "risk.position_stop_loss"


def page() -> None:
    """A page of one slider, its number and the toolbar."""
    import streamlit as st

    from dashboard import saved, session
    from dashboard.views.toolbar import toolbar

    def moved() -> None:
        session.put(session.current().with_values({"risk.position_stop_loss": st.session_state.s}))

    state = session.current()
    st.session_state.s = state.scenario.risk.position_stop_loss
    st.slider("Stop", 0.05, 0.5, step=0.01, key="s", on_change=moved)
    found = session.outcome(state)
    assert found.run is not None
    saved.record(state, found.run)
    baseline = None if found.baseline is None else found.baseline.metrics.stop_hits
    st.text(f"{state.title()}|{found.run.metrics.cagr!r}|{baseline}")
    toolbar(state)


@pytest.fixture
def home(demo_home: Path) -> Iterator[Path]:
    st.cache_resource.clear()
    yield demo_home
    session._engine(str(demo_home)).journal.close()
    st.cache_resource.clear()


def opened(**query: str | list[str]) -> AppTest:
    app = AppTest.from_function(page, default_timeout=180.0)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def moved(app: AppTest, stop: float) -> AppTest:
    app.slider(key="s").set_value(stop).run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.get("html"))


def address(app: AppTest) -> dict[str, list[str]]:
    shown = app.query_params.items()
    return {key: [value] if isinstance(value, str) else list(value) for key, value in shown}


def test_a_bare_address_stays_bare_until_something_is_chosen(home: Path) -> None:
    app = opened()
    assert address(app) == {}
    moved(app, 0.2)
    assert address(app) == {"p": ["phase-8"], "stop": ["0.2"]}


def test_an_address_opened_elsewhere_shows_the_same_numbers(home: Path) -> None:
    first = moved(opened(), 0.2)
    second = opened(**address(first))
    assert second.text[0].value == first.text[0].value
    assert second.slider(key="s").value == 0.2
    assert address(second) == address(first)


def test_two_sessions_do_not_disturb_each_other(home: Path) -> None:
    first, second = opened(), opened()
    before = second.text[0].value
    moved(first, 0.2)
    second.run()
    assert second.text[0].value == before
    assert address(second) == {}


def test_a_crafted_address_is_refused_in_words_and_the_rest_is_in_force(home: Path) -> None:
    app = opened(p="phase-8.1", stop="12", trail="__import__('os')", evil="<script>", k="30")
    text = told(app)
    assert "Part of this address was not understood" in text
    assert "Did you mean 0.12?" in text
    assert "<script>" not in text
    assert app.text[0].value.startswith("Phase 8.1, 1 changed|")
    assert address(app) == {"p": ["phase-8.1"], "k": ["30"]}
    moved(app, 0.2)
    assert "not understood" not in told(app)


def test_an_emptied_address_is_written_again(home: Path) -> None:
    app = moved(opened(), 0.2)
    app.query_params.clear()  # what Streamlit does when the page changes
    app.run()
    assert address(app) == {"p": ["phase-8"], "stop": ["0.2"]}
    assert app.slider(key="s").value == 0.2


def test_undo_redo_and_pin(home: Path) -> None:
    app = opened()
    assert app.button(key="undo").disabled
    before = app.text[0].value
    after = moved(app, 0.2).text[0].value
    app.button(key="undo").click().run()
    assert app.text[0].value == before
    app.button(key="redo").click().run()
    assert app.text[0].value == after
    app.button(key="pin").click().run()
    assert app.text[0].value.endswith("|None")
    assert address(app)["base"] == ["p:phase-8,stop:0.2"]
    hits = int(moved(app, 0.3).text[0].value.rpartition("|")[2])
    assert hits > 0
    assert opened(**address(app)).text[0].value == app.text[0].value
    app.button(key="pin").click().run()
    assert "base" not in address(app)


def test_every_committed_setting_is_one_trial(home: Path) -> None:
    app = moved(moved(opened(), 0.2), 0.3)
    app.run()
    app.button(key="undo").click().run()
    with Journal(home) as journal:
        records, trials = journal.trials(distinct=False), journal.trials()
        assert [t["values"][STOP] for t in records] == [0.12, 0.2, 0.3, 0.2]
        assert [t["values"][STOP] for t in trials] == [0.12, 0.2, 0.3]
        assert journal.count(trials[0]["fingerprint"]) == 3
    cagr = float(app.text[0].value.split("|")[1])
    assert records[-1]["metrics"]["cagr"] == cagr
    assert (records[0]["origin"], records[0]["preset"]) == ("page", "Phase 8")


def test_a_journal_that_fails_stops_nothing_and_is_told(home: Path) -> None:
    (home / "journal.sqlite").write_bytes(b"no database " * 500)
    app = moved(opened(), 0.2)
    assert app.text[0].value.startswith("Phase 8, 1 changed|")
    assert "This setting is in force, but it was not recorded" in told(app)
    (home / "journal.sqlite").unlink()
    app.run()
    assert "not recorded" not in told(app)
    with Journal(home) as journal:  # the first setting and the moved one, both refused before
        assert len(journal.trials()) == 2


def test_a_journal_held_by_another_stops_nothing(home: Path) -> None:
    app = opened()
    other = sqlite3.connect(home / "journal.sqlite", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        moved(app, 0.2)
        assert "held by another process" in told(app)
        other.execute("ROLLBACK")
    finally:
        other.close()
    moved(app, 0.3)
    assert "not recorded" not in told(app)


def test_a_setting_is_saved_and_opened_again(home: Path) -> None:
    app = moved(opened(), 0.2)
    before = app.text[0].value
    app.text_input(key="saved:name").set_value("Loose stop").run()
    app.button(key="save").click().run()
    assert "Saved as Loose stop." in [caption.value for caption in app.caption]
    moved(app, 0.05)
    app.button(key="load").click().run()
    assert app.text[0].value == before
    app.button(key="undo").click().run()
    assert app.slider(key="s").value == 0.05
    app.text_input(key="saved:name").set_value("  ").run()
    app.button(key="save").click().run()
    assert any("Give it a name first." in caption.value for caption in app.caption)


def test_a_saved_setting_is_validated_when_it_is_read() -> None:
    scenario = with_values(preset("Phase 8.1"), {STOP: 0.2})
    values = {STOP: 0.2}
    assert read_saved({"preset": "phase 8.1", "values": values}) == (scenario, "Phase 8.1")
    with pytest.raises(ValueError, match=r"Did you mean 0\.12"):
        read_saved({"preset": "Phase 8", "values": {STOP: 12}})


def test_a_run_of_the_command_line_is_recorded_alike(tmp_path: Path) -> None:
    run = fake_run(with_values(preset("Phase 8"), {STOP: 0.2}))
    with Journal(tmp_path) as journal:
        assert record_run(journal, run, preset_name="Phase 8", origin="cli") == ""
        (trial,) = journal.trials()
    assert trial["hash"] == scenario_hash(run.scenario)
    assert trial["fingerprint"] == run.market.fingerprint
    assert trial["metrics"]["cagr"] == run.metrics.cagr
    assert read_saved(trial)[0] == AppState(run.scenario).scenario
    (tmp_path / "file").write_text("")
    with Journal(tmp_path / "file") as broken:
        why = record_run(broken, run, preset_name="Phase 8", origin="cli")
    assert "cannot be opened" in why


def test_a_recorded_fingerprint_is_that_of_the_market(home: Path) -> None:
    opened()
    with Journal(home) as journal:
        (trial,) = journal.trials()
    assert trial["fingerprint"] == Pipeline(home).market("demo").fingerprint


def test_what_a_session_did_is_there_for_the_next_one_of_the_same_tab(home: Path) -> None:
    first = moved(moved(opened(), 0.2), 0.3)
    token = first.session_state["plimsoll.token"]
    kept = session._engine(str(home)).recent.get(token)
    assert kept is not None
    assert kept.scenario.risk.position_stop_loss == 0.3
    assert len(kept.past) == 2
