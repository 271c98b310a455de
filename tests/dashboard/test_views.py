"""Pieces of pages: cards, tables, words and notices, from the numbers of a run."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from core.metrics import Metrics
from core.presets import preset
from core.scenario import with_values
from dashboard.charts.alt import facts_alt, timeline_alt
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sector_names import sector_label
from dashboard.format import DASH, percent, ratio
from dashboard.problems import Problem
from dashboard.report.faces import ANNUAL, FACES
from dashboard.report.targets import TARGETS
from dashboard.theme import DARK, LIGHT
from dashboard.views.cards import beside, cards_html
from dashboard.views.facts import timeline_facts
from dashboard.views.findings import findings, headline
from dashboard.views.frame import header_html, problem_html, refusal_html, stale_html
from dashboard.views.frames import levels, timeline_frames
from dashboard.views.metrics import CARDS, value_of
from dashboard.views.style import style_sheet
from dashboard.views.tables import metrics_table, rules_table, sectors_table, timings_table
from tests.dashboard.fakes import fake_run

RUN = fake_run()


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "|", html)


def card(html: str, name: str) -> str:
    found = re.search(rf'data-metric="{name}".*?(?=<div class="pl-card"|$)', html, re.S)
    assert found is not None
    return found.group()


def undefined(metrics: Metrics) -> Metrics:
    return replace(metrics, sharpe_ratio=math.nan, win_rate=math.nan, calmar_ratio=math.nan)


def test_every_card_shows_its_number() -> None:
    html = cards_html(RUN.metrics, benchmark=RUN.benchmark_metrics, beside=beside(RUN))
    for face in CARDS:
        shown = re.search(r'data-value="([^"]+)"', card(html, face.name))
        assert shown is not None
        assert float(shown.group(1)) == value_of(RUN.metrics, face)
    assert percent(RUN.metrics.cagr) in card(html, "cagr")
    assert f"benchmark {ratio(RUN.benchmark_metrics.sharpe_ratio)}" in card(html, "sharpe_ratio")
    assert "benchmark" not in card(html, "win_rate")
    assert f"{RUN.metrics.position_stops} position" in card(html, "stop_hits")


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_targets_are_marked_met_or_missed(name: str) -> None:
    bound = TARGETS[name].bound
    for value, mark, words in ((bound + 0.01, "✓", "met"), (bound - 0.01, "✗", "missed")):
        metrics = replace(RUN.metrics, **{name: value})  # type: ignore[arg-type]
        text = card(cards_html(metrics), name)
        assert mark in text
        assert f"target {words}" in text
        short = card(cards_html(metrics, short=True), name)
        assert "too short" in short
        assert mark not in short


def test_what_is_undefined_says_why() -> None:
    html = cards_html(undefined(RUN.metrics))
    for name, reason in (
        ("sharpe_ratio", "returns do not vary"),
        ("win_rate", "no trade was closed"),
        ("calmar_ratio", "there was no drawdown"),
    ):
        text = card(html, name)
        assert DASH in text
        assert reason in text
        assert "data-value" not in text
    assert "nan" not in html


def test_differences_to_the_preset_have_arrow_sign_and_tone() -> None:
    better = replace(RUN.metrics, cagr=RUN.metrics.cagr + 0.01, cost_bps=RUN.metrics.cost_bps + 5)
    html = cards_html(better, baseline=RUN.metrics, baseline_name="Phase 8")
    assert ">+1.0" in card(html, "cagr")
    assert "pl-better" in card(html, "cagr").split("pl-foot")[0]
    assert ">+5" in card(html, "cost_bps")
    assert "pl-worse" in card(html, "cost_bps")
    assert "pl-delta" not in card(html, "sharpe_ratio")


def test_names_from_outside_cannot_become_markup() -> None:
    evil = replace(RUN, benchmark_name="<script>x</script>", notes=("<b>",))
    for html in (
        header_html("Risk", "<i>mine</i>", evil),
        metrics_table(evil, None, ""),
        problem_html(Problem("<u>", "<script>", "<s>", "<a>")),
        refusal_html("<script>"),
        stale_html("<script>"),
    ):
        assert "<script" not in html
        assert "<i>mine" not in html


def test_the_header_says_simulated_without_topology_and_balanced_books() -> None:
    text = plain(header_html("Risk", "Phase 8", RUN))
    for part in ("Risk · Phase 8", "demo", "2021-06-01", "Simulated market", "without topology"):
        assert part in text
    assert re.search(r"books balance ✓ \de[-+]\d\d", text)
    assert "<h1>Ladder</h1>" in header_html("Ladder", "", RUN)  # shows presets, no setting


def test_a_real_market_is_not_called_simulated() -> None:
    real = replace(RUN, market=replace(RUN.market, simulated=False), notes=())
    text = plain(header_html("Risk", "Phase 8", real))
    assert "Simulated" not in text
    assert "topology" not in text


def test_an_error_says_what_happened_what_is_safe_and_what_to_do() -> None:
    text = plain(problem_html(Problem("Title", "What.", "Safe.", "Do.")))
    assert all(part in text for part in ("Title", "What.", "Safe.", "Do."))


def test_the_words_are_those_of_the_run() -> None:
    said = " ".join((headline(RUN), *findings(RUN)))
    assert percent(RUN.metrics.max_drawdown) in said
    assert f"The floor binds from {percent(floor_binds_at(0.30, 0.60))}" in said
    assert f"{RUN.metrics.position_stops} by the position stop" in said
    assert "never tripped" in said
    assert "nan" not in said


def test_the_description_is_that_of_the_frames() -> None:
    for run in (RUN, fake_run(preset("No overlay"))):
        there, lines = timeline_frames(run), levels(run.scenario)
        assert facts_alt(timeline_facts(run), lines, "Index") == timeline_alt(there, lines, "Index")


def test_a_short_period_has_no_yearly_figure() -> None:
    short = cards_html(RUN.metrics, short=True)
    for face in CARDS:
        text = card(short, face.name)
        assert (DASH in text) == (face.yearly or face.name in ANNUAL)
        assert f'data-value="{value_of(RUN.metrics, face)!r}"' in text  # exact all the same


def test_a_win_rate_of_few_trades_is_not_judged() -> None:
    few = card(cards_html(replace(RUN.metrics, trades=29, win_rate=1.0)), "win_rate")
    assert "few trades" in few
    assert "✓" not in few
    assert "✓" in card(cards_html(replace(RUN.metrics, trades=30, win_rate=1.0)), "win_rate")


def test_a_book_that_ends_empty_is_said() -> None:
    assert "Nothing was held" not in " ".join(findings(RUN))
    invested = RUN.result.invested.copy()
    invested[-40:] = 0.0
    empty = replace(RUN, result=replace(RUN.result, invested=invested))
    said = " ".join(findings(empty))
    assert f"on the last 40 sessions, from {RUN.dates[-40]} on" in said


def test_the_words_of_rules_that_are_off() -> None:
    run = fake_run(preset("No overlay"))
    said = " ".join(findings(run))
    for words in ("Drawdown scaling is off", "volatility target is off", "Both stops are off",
                  "The breaker is off"):  # fmt: skip
        assert words in said


def test_the_words_of_a_breaker_that_tripped() -> None:
    scenario = with_values(
        preset("No overlay"), {"risk.circuit_breaker_dd": 0.05, "risk.breaker_cooldown_days": 5}
    )
    run = fake_run(scenario)
    assert run.metrics.breaker_trips > 0
    said = " ".join(findings(run))
    trips = run.result.events.session[run.result.events.kind == 2]
    assert f"first on {run.dates[trips[0]]}" in said
    assert (timeline_frames(run).binding == "breaker").any()


def test_sectors_above_their_cap_are_said() -> None:
    run = fake_run(with_values(preset("No overlay"), {"book.sector_cap": 0.15}))
    said = " ".join(findings(run))
    found = run.cap_breaches
    furthest = int((found.peak_weight - found.cap).argmax())
    assert f"at times: {found.name[furthest]} {percent(found.peak_weight[furthest])}" in said
    assert f"{len(found)} spells in all" in said
    caps = {"book.sector_cap": 0.99, "book.position_cap": 0.99}
    loose = fake_run(with_values(preset("No overlay"), caps))
    said = " ".join(findings(loose))
    assert "no name above its cap of 99.0" in said
    assert "no sector above its cap of 99" in said
    off = fake_run(with_values(preset("No overlay"), {"book.position_cap": 0.99}))
    assert "no sector cap is set" in " ".join(findings(off))


def test_caps_do_not_apply_to_an_own_book() -> None:
    run = fake_run(
        with_values(preset("No overlay"), {"book.sector_cap": 0.15, "book.own_book": "mine"})
    )
    assert len(run.cap_breaches) == 0
    assert "cap" not in " ".join(findings(run))


def test_tables_hold_every_metric_rule_and_sector() -> None:
    table = plain(metrics_table(RUN, RUN.metrics, "Phase 8"))
    assert all(face.label in table for face in FACES.values())
    assert "Simulated index" in table
    rules = plain(rules_table(RUN, LIGHT))
    assert f"Position stop sold||{RUN.metrics.position_stops}||positions|" in rules
    assert "What a rule did||Times||Counted||Last" in rules
    assert "Average share of what was invested" in plain(sectors_table(RUN, DARK))
    sectors = plain(sectors_table(RUN, DARK))
    assert all(sector_label(name) in sectors for name in set(RUN.sectors))
    assert "Other" not in sectors
    assert "1.2" in plain(timings_table(RUN))


def test_what_has_no_sector_is_reported_even_when_it_is_nothing() -> None:
    market = replace(RUN.market, sector=("Energy",) * len(RUN.market.sector))
    assert "Without a sector||" in plain(sectors_table(replace(RUN, market=market), LIGHT))


def test_frames_of_a_run_line_up_with_its_dates() -> None:
    frames = timeline_frames(RUN, fake_run(preset("No overlay")))
    assert list(frames.equity.columns) == ["portfolio", "benchmark", "baseline"]
    np.testing.assert_allclose(frames.equity["portfolio"], RUN.result.nav / RUN.result.initial_nav)
    assert frames.equity.index.equals(frames.binding.index)


def test_a_preset_without_scaling_draws_no_floor() -> None:
    assert levels(preset("Phase 8")).floor == 0.60
    assert levels(preset("No overlay")).floor is None
    assert levels(preset("Phase 8.1")).sector_cap == 0.25


def test_the_style_sheet_carries_every_token() -> None:
    for colours in (LIGHT, DARK):
        css = style_sheet(colours)
        assert all(f"--pl-{name}:" in css for name in colours.tokens())
        assert "tabular-nums" in css
        used = set(re.findall(r"var\(--pl-([a-z_]+)\)", css))
        assert used <= set(colours.tokens()) | {"font", "radius"}
