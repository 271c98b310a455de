from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from core.errors import CancelledError
from core.scenario import scenario_hash, specs, with_values
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import DEFINITIONS
from dashboard.format import percent, points, ratio
from dashboard.handout.blocks import text_of
from dashboard.handout.errors import LeakError
from dashboard.handout.identity import count_trials
from dashboard.handout.make import make_report
from dashboard.handout.page import read_record
from dashboard.handout.parts import PARTS
from dashboard.pipeline import Pipeline
from dashboard.review_exposure import sector_cap, sectors_table
from dashboard.views.exposure_words import exposure_headline
from data.journal import Journal
from tests.dashboard.handout.conftest import Made


def _own(made: Made) -> str:
    """Return the file without the program of the charts."""
    return "\n".join(line.html for line in made.report.lines if line.kind != "library")


def _row(made: Made, section: str, metric: str) -> str:
    (line,) = [
        one for one in made.report.lines
        if (one.section, one.metric) == (section, metric) and one.html.startswith("<tr>")
    ]  # fmt: skip
    return text_of(line.html)


def test_the_same_run_and_recipe_give_the_same_bytes(made: Made) -> None:
    again = make_report(made.run, made.recipe, made.home).html()
    first = next(
        (at for at, pair in enumerate(zip(again, made.text, strict=False)) if len(set(pair)) > 1),
        None,
    )
    assert first is None, (again[first - 60 : first + 60], made.text[first - 60 : first + 60])
    assert len(again) == len(made.text)


def test_the_day_is_the_only_clock(made: Made) -> None:
    other = dataclasses.replace(made.recipe, made_on=made.recipe.made_on.replace(year=2030))
    changed = make_report(made.run, other, made.home).lines
    differs = [a.kind for a, b in zip(made.report.lines, changed, strict=True) if a != b]
    assert differs == ["made"]
    assert "timing" not in read_record(made.text)["numbers"]


def test_nothing_is_fetched_and_the_library_is_in_once(made: Made) -> None:
    own = _own(made)
    assert not re.search(r'(src|href)="(?!#)', own)
    assert "url(" not in own
    assert "@import" not in own
    assert "default-src 'none'" in own
    assert made.text.count("plotly.js v") == 1
    assert len(own) < 1_500_000


def test_every_metric_is_shown_as_the_record_has_it(made: Made) -> None:
    numbers = read_record(made.text)["numbers"]
    shown = _row(made, "Result", "Sharpe")
    own, other = numbers["metrics"]["sharpe_ratio"], numbers["benchmark"]["metrics"]["sharpe_ratio"]
    assert shown.startswith(f"Sharpe {ratio(own)} {ratio(other)} > 1.2,")
    depth = numbers["metrics"]["max_drawdown"]
    assert f"Its deepest fall was {percent(depth)}" in text_of(_own(made))
    assert numbers["metrics"]["total_return"] == pytest.approx(
        numbers["series"]["nav"][-1] / made.run.result.initial_nav - 1.0, rel=1e-12
    )


def test_the_rule_account_sums_in_the_file(made: Made) -> None:
    account = read_record(made.text)["numbers"]["account"]
    for columns in account.values():
        for name, column in columns.items():
            first, *parts, last = column.values()
            assert first + sum(parts) == pytest.approx(last, abs=1e-9), name
    share = account["total"]["total_return"]["Trailing stop"]
    row = next(
        text_of(one.html) for one in made.report.lines
        if one.metric == "Trailing stop" and one.section == PARTS["rules"]
    )  # fmt: skip
    assert row.startswith(f"Trailing stop {points(share)}")


def test_settings_are_complete_and_changed_ones_are_marked(made: Made) -> None:
    own = _own(made)
    for path in specs():
        assert f"<code>{path}</code>" in own
    assert "2 changed from the preset Phase 8: Position stop, Circuit breaker." in own
    assert own.count("changed, preset:") == 2
    assert "changed, preset: 0.12" in own
    assert "<h1>Phase 8, 2 changed</h1>" in own


def test_definitions_are_in_and_linked(made: Made) -> None:
    own = _own(made)
    anchors = set(re.findall(r'id="definition-([^"]*)"', own))
    assert anchors == set(DEFINITIONS)
    links = set(re.findall(r'href="#definition-([^"]*)"', own))
    assert links
    assert links <= anchors
    assert "<button" not in own


def test_origin_and_notice(made: Made) -> None:
    own = text_of(_own(made))
    for words in (
        made.run.market.fingerprint,
        made.recipe.made.code,
        scenario_hash(made.scenario),
        "Simulated market: no figure here is about real companies",
        "The performance shown is hypothetical",
        "1 setting had been tried on this market",
        "plimsoll verify",
        "Covid 2020-02-19 2020-03-23 \u221234\u202f% never",
    ):
        assert words in own


def test_only_chosen_parts_are_in(made: Made) -> None:
    recipe = dataclasses.replace(made.recipe, parts=("returns",))
    report = make_report(made.run, recipe, made.home)
    sections = list(dict.fromkeys(line.section for line in report.lines))
    assert PARTS["returns"] in sections
    assert PARTS["rules"] not in sections
    assert {"Result", "Settings", "Definitions", "Where it comes from", "What this is not"} <= set(
        sections
    )
    record = read_record(report.html())
    assert record["parts"] == ["returns"]
    assert record["numbers"]["account"] is None
    assert record["numbers"]["health"] == []


def test_trials_count_settings_and_runs_of_sweeps(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    def trial(name: str, market: str = "m", runs: int | None = None) -> None:
        metrics = {} if runs is None else {"runs": runs}
        journal.record_trial(
            scenario_hash=name, fingerprint=market, values={}, preset="Phase 8", origin="cli",
            metrics=metrics,
        )  # fmt: skip

    assert count_trials(journal, "m").settings == 0
    trial("a")
    trial("sweep", runs=100)
    counted = count_trials(journal, "m")
    assert (counted.settings, counted.runs, counted.last) == (2, 101, 2)
    trial("a")
    trial("b", "other")
    assert count_trials(journal, "m") == counted
    trial("c")
    assert count_trials(journal, "m").runs == 102
    assert count_trials(journal, "m", until=2) == counted


def test_a_secret_keeps_the_report_from_being_made(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_API_KEY", "hunter2-hunter2")
    run = dataclasses.replace(made.run, notes=("fetched with hunter2-hunter2",))
    with pytest.raises(LeakError, match="VENDOR_API_KEY") as told:
        make_report(run, made.recipe, made.home)
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("note", "what"),
    [
        ("read from {home}/prices.csv", "the folder of the store"),
        ("used AKIAABCDEFGHIJKLMNOP", "an access key"),
    ],
)
def test_paths_and_keys_do_not_leave(made: Made, note: str, what: str) -> None:
    run = dataclasses.replace(made.run, notes=(note.format(home=made.home),))
    with pytest.raises(LeakError, match=what):
        make_report(run, made.recipe, made.home)


def test_texts_of_people_are_no_markup(made: Made) -> None:
    run = dataclasses.replace(made.run, notes=("</script><script>alert(1)</script>",))
    report = make_report(run, dataclasses.replace(made.recipe, parts=()), made.home)
    own = "\n".join(line.html for line in report.lines if line.kind != "library")
    assert "alert(1)" in own
    assert "<script>alert" not in own
    notes = read_record(report.html())["numbers"]["notes"]
    assert notes == list(run.notes)


def test_it_can_be_stopped(made: Made) -> None:
    with pytest.raises(CancelledError):
        make_report(made.run, made.recipe, made.home, cancelled=lambda: True)


def test_figures_are_json_without_the_look_of_the_host(made: Made) -> None:
    figures = [line for line in made.report.lines if line.html.startswith("<script type=") and (
        'id="figure-' in line.html)]  # fmt: skip
    assert len(figures) == 7
    for line in figures:
        body = line.html.partition(">")[2].removesuffix("</script>")
        assert "template" not in json.loads(body)["layout"]


def test_a_short_period_has_no_yearly_verdict(made: Made) -> None:
    scenario = with_values(made.scenario, {"period.end": "2022-02-15"})
    run = Pipeline(made.home).run(scenario)
    report = make_report(run, dataclasses.replace(made.recipe, parts=tuple(PARTS)), made.home)
    text = text_of("\n".join(one.html for one in report.lines if one.kind == "text"))
    assert "The period is too short for yearly figures" in text
    assert "> 18 %, too short to judge" in text
    assert "No interval: a bootstrap must have at least 60 returns" in text
    assert ", missed" not in text
    assert " a year, " not in text.partition("Every metric")[0]


def test_what_passed_a_cap_is_told_with_its_first_date(made: Made) -> None:
    scenario = with_values(made.scenario, {"book.sector_cap": 0.10})
    run = Pipeline(made.home).run(scenario)
    first = min(run.cap_breaches.first_session)
    recipe = dataclasses.replace(made.recipe, parts=("exposure",))
    text = text_of("\n".join(one.html for one in make_report(run, recipe, made.home).lines
                             if one.kind == "text"))  # fmt: skip
    spells = len(run.cap_breaches.name)
    assert f"{spells} spells above a cap, the first on {run.dates[first]}: " in text


def test_sectors_through_time_are_those_of_the_exposure_page(made: Made) -> None:
    run, section = made.run, PARTS["exposure"]
    table = sectors_table(run)
    largest, first = str(table.index[0]), table.iloc[0]
    row = _row(made, section, sector_label(largest, short=True))
    assert percent(first["mean"]) in row
    assert f"{percent(first['peak'])}, {first['peak_date']:%Y-%m-%d}" in row
    lines = [line for line in made.report.lines if line.section == section]
    (words,) = [line.html for line in lines if "was the largest sector" in line.html]
    assert exposure_headline(run, sector_cap(run)) in words
    shares = [run.sector_shares()[str(name)] for name in table.index]
    assert sum(shares) == pytest.approx(1.0, abs=1e-9)
    # Both charts are data, which verifying compares point by point.
    assert [line.metric for line in lines if line.kind == "json"] == [
        "the chart “Sectors, and the largest of them”",
        "the chart “Each sector against a yardstick, no cap is set”",
    ]
