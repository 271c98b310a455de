"""The Strategy page: a control for every field; what is typed is judged at once and not lost."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.axes import parse_axis
from core.parameters import ParameterSpec
from core.scenario import PRESETS, parse_assignment, preset, specs, value_at, with_values
from dashboard.controls.draft import (
    PICKED,
    form_fields,
    found_by,
    judged,
    pending,
    sections,
    shown_value,
    stored_value,
)
from dashboard.session import Engine
from dashboard.sleeve_funds import idle_text
from tests.dashboard.pages import heading, healthy, page_text, started, to

START = preset("Phase 8")


def _drawn(app: AppTest) -> list[Any]:
    kinds = (app.number_input, app.selectbox, app.checkbox, app.text_input, app.date_input)
    return [one for kind in kinds for one in kind if (one.key or "").startswith("field:")]


def _control(app: AppTest, path: str) -> Any:
    return next(one for one in _drawn(app) if one.key.split(":")[1] == path)


def _part(app: AppTest, name: str) -> None:
    part = next(one for one in app.segmented_control if one.key == "strategy-part")
    part.set_value(name).run()


@pytest.mark.usefixtures("demo_home")
def test_every_field_of_the_scenario_has_a_control() -> None:
    app = started("strategy")
    assert healthy(app)
    found: set[str] = set()
    for name in sections():
        _part(app, name)
        assert healthy(app)
        for one in _drawn(app):
            path = one.key.split(":")[1]
            found.add(path)
            spec = specs()[path]
            assert spec.label in one.label
            assert spec.help in one.help
            assert spec.source in one.help
            assert one.value == shown_value(spec, value_at(START, path))
    # Those that are left have a picker on every page; that of a book stands where there are books.
    assert set(specs()) - found == set(PICKED)
    keys = {(one.key or "").partition(":")[2] for one in (*app.selectbox, *app.date_input)}
    assert {"source", "period.start", "period.end"} <= keys


@pytest.mark.usefixtures("demo_home")
def test_a_draft_is_judged_kept_and_applied_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    app = started("strategy")
    _part(app, "factors")
    assert app.button(key="form-apply-strategy-top").disabled
    _control(app, "factors.winsor_limit").set_value(2.5).run()
    _control(app, "factors.filing_max_age_days").set_value(500_000).run()
    text = page_text(app).replace("\u202f", " ")
    assert (
        "Oldest filing must be a whole number between 90 calendar days and 1 500 calendar days, "
        "was 500 000 calendar days." in text
    )
    assert app.button(key="form-apply-strategy-top").disabled
    # Another part, another page: what was typed is still there.
    _part(app, "book")
    _control(app, "book.names_held").set_value(40).run()
    to(app, "regimes")  # whose Apply takes the same draft: why it cannot is said there too
    assert "Oldest filing must be a whole number" in page_text(app)
    to(app, "strategy")
    _part(app, "factors")
    assert _control(app, "factors.winsor_limit").value == 2.5
    assert _control(app, "factors.filing_max_age_days").value == 500_000
    app.button(key="reset:factors.filing_max_age_days").click().run()
    assert _control(app, "factors.filing_max_age_days").value == 400
    ran: list[Any] = []
    run = Engine.run
    monkeypatch.setattr(
        Engine, "run", lambda engine, scenario: (ran.append(scenario), run(engine, scenario))[1]
    )
    assert heading(app) == "Strategy · Phase 8"
    app.button(key="form-apply-strategy-end").click().run()
    assert healthy(app)
    assert heading(app) == "Strategy · Phase 8, 2 changed"
    changed = {(s.factors.winsor_limit, s.book.names_held) for s in ran}
    assert changed == {(2.5, 40), (START.factors.winsor_limit, START.book.names_held)}
    assert app.button(key="form-apply-strategy-top").disabled
    assert "2 fields differ from Phase 8" in page_text(app)
    app.button(key="undo").click().run()
    assert heading(app) == "Strategy · Phase 8"
    assert "no field differs from Phase 8" in page_text(app)
    assert _control(app, "factors.winsor_limit").value == START.factors.winsor_limit


@pytest.mark.usefixtures("demo_home")
def test_a_field_is_found_by_its_words_and_a_draft_is_thrown_away() -> None:
    app = started("strategy")
    find = next(one for one in app.text_input if one.key == "strategy-search")
    find.set_value("trailing stop").run()
    assert {one.key.split(":")[1] for one in _drawn(app)} >= {"risk.trailing_stop_pct"}
    _control(app, "risk.trailing_stop_pct").set_value(None).run()
    assert "1 typed and not applied." in [one.value for one in app.caption]
    app.button(key="form-discard-strategy-top").click().run()
    assert _control(app, "risk.trailing_stop_pct").value == 15.0
    find = next(one for one in app.text_input if one.key == "strategy-search")
    find.set_value("no such thing").run()
    assert not _drawn(app)
    assert healthy(app)


@pytest.mark.usefixtures("demo_home")
def test_a_field_that_cannot_be_off_goes_back_when_it_is_emptied() -> None:
    app = started("strategy")
    _part(app, "risk")
    assert _control(app, "risk.min_position_scale").value == 60.0
    _control(app, "risk.min_position_scale").set_value(None).run()
    assert _control(app, "risk.min_position_scale").value == 60.0
    assert app.button(key="form-apply-strategy-top").disabled
    _control(app, "risk.min_position_scale").set_value(55.0).run()
    _control(app, "risk.min_position_scale").set_value(None).run()
    assert _control(app, "risk.min_position_scale").value == 55.0


@pytest.mark.parametrize(
    ("path", "typed", "told"),
    [
        ("risk.position_stop_loss", 500.0,
         "Position stop must be above 0 % and at most 100 %, was 500 %. Empty switches it off."),
        ("risk.position_stop_loss", -5.0,
         "Position stop must be above 0 % and at most 100 %, was −5 %. Empty switches it off."),
        ("book.eafe.weight", 95.0, "EAFE: Fixed weight must be between 0 % and 50 %, was 95 %."),
        ("risk.min_position_scale", 150.0,
         "Exposure floor must be at most Leverage limit (100 %), was 150 %."),
        ("risk.maintenance_margin", 99.5, None),
        ("risk.max_leverage", 20.0, "Leverage limit must be above 0 × NAV and at most 10 × NAV, "
         "was 20 × NAV."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_the_unit_of_the_control(
    path: str, typed: float, told: str | None
) -> None:
    spec = specs()[path]
    found = judged(START, {path: stored_value(spec, typed, value_at(START, path))}).problems[path]
    assert path not in found
    assert "Did you mean" not in found
    assert "a fraction" not in found
    assert told is None or found.replace("\u202f", " ") == told


@pytest.mark.usefixtures("demo_home")
def test_a_sleeve_is_not_offered_where_the_market_has_no_fund() -> None:
    app = started("strategy")
    _part(app, "book")
    assert _control(app, "book.eafe.enabled").disabled
    assert "This market has none of its funds (EFA, VEA)." in page_text(app)
    assert _control(app, "book.eafe.weight").disabled
    assert not _control(app, "book.position_cap").disabled


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("page", ["strategy", "risk", "overview"])
def test_a_sleeve_without_its_fund_is_switched_off_where_it_is_told(page: str) -> None:
    app = started(page, **{"efa.on": "on"})
    assert not app.exception
    text = page_text(app)
    assert "This market does not have the fund of a sleeve" in text
    assert "market that the book was made for" not in text
    if page == "strategy":
        sleeve = _control(app, "book.eafe.enabled")  # its part is the one that is open
        assert sleeve.value is True
        assert not sleeve.disabled
    app.button(key="sleeve-off").click().run()
    assert healthy(app)
    assert heading(app).endswith("· Phase 8")
    assert not [one for one in app.button if one.key == "sleeve-off"]


def test_fields_of_a_sleeve_act_as_it_is_set() -> None:
    def idle(path: str, **own: Any) -> str:
        values = {f"book.eafe.{name}": value for name, value in own.items()}
        return idle_text(path, lambda one: values.get(one, value_at(START, one)), ("EFA",))

    assert idle("book.eafe.enabled") == ""
    assert idle("book.small_value.enabled") != ""
    assert idle("book.eafe.lowest") != ""
    assert idle("book.eafe.lowest", enabled=True) == ""
    assert idle("book.eafe.weight", enabled=True) == ""
    assert idle("book.eafe.weight", enabled=True, set_by="regime") != ""
    assert idle("book.eafe.weights.bull", enabled=True) != ""
    assert idle("book.eafe.weights.bull", enabled=True, set_by="regime") == ""
    assert idle("risk.position_stop_loss") == ""
    assert idle_text("book.eafe.enabled", lambda _: False, None) == ""


@pytest.mark.parametrize("spec", specs().values(), ids=lambda s: s.path)
def test_every_field_is_a_flag_an_axis_and_documented(spec: ParameterSpec) -> None:
    assert spec.help
    assert spec.source
    assert spec.group
    shown = "off" if spec.default is None else str(spec.default).lower()
    assert parse_assignment(f"{spec.path}={shown}") == (spec.path, spec.default)
    assert parse_axis(f"{spec.path}={shown}").levels == (spec.default,)


@pytest.mark.parametrize("spec", form_fields(), ids=lambda s: s.path)
def test_what_the_form_shows_is_what_is_stored(spec: ParameterSpec) -> None:
    for value in {value_at(one, spec.path) for one in PRESETS.values()} | {spec.on_value}:
        assert stored_value(spec, shown_value(spec, value), value) == value
        if spec.kind in ("number", "integer") and value is not None:
            fresh = stored_value(spec, shown_value(spec, value), None)
            assert fresh == pytest.approx(value, abs=1e-12)
    emptied = stored_value(spec, None, spec.default)
    assert emptied is None if spec.optional else emptied == spec.default


def test_what_is_wrong_is_told_at_its_field() -> None:
    typed = {"book.position_cap": 7.0, "factors.weights.bull.momentum": 0.9, "book.names_held": 50}
    found = judged(START, typed)
    assert set(found.values) == set(typed) - {"book.names_held"}
    assert "must be" in found.problems["book.position_cap"]
    assert "sum to 100" in found.problems["factors.weights.bull.momentum"]
    assert judged(START, {"book.names_held": 60}).problems == {}
    # What names no field that was typed is told above the form.
    # What is wrong in a part as a whole is told at what was typed of it.
    crossed = judged(START, {"risk.min_position_scale": 1.4, "book.names_held": 60})
    assert set(crossed.problems) == {"risk.min_position_scale"}
    assert judged(START, {"gone.field": 1}).problems == {}
    other = with_values(START, {"book.names_held": 60})
    assert pending(other, {"book.names_held": 60, "gone.field": 1}) == {}
    assert {spec.path for spec in found_by("STOP loss")} >= {"risk.position_stop_loss"}
