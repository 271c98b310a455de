"""The numbers of the Overview: evidence, account, sectors, targets, falls, and the last close."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.config import Scenario
from core.crises import CRISES
from core.evidence.bootstrap import Verdict
from core.metrics import drawdown_series
from core.rules import Rule
from core.scenario import with_values
from dashboard import review_overview as numbers
from dashboard.lab.panel_work import account_work, control_work
from dashboard.review_today import age, as_of_last_session, is_current, today_of, today_work
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.views import overview_words as words
from dashboard.views.today_words import (
    cards,
    cards_html,
    near_html,
    rules_sentence,
    today_sentence,
)
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=320, seed=3)
PACE = Pace(lambda: False, lambda _share: None)
OFF = {f"risk.{field}": None for field in (
    "max_allowed_drawdown", "target_annual_vol", "position_stop_loss", "trailing_stop_pct",
    "circuit_breaker_dd", "vol_rebalance_threshold",
)}  # fmt: skip


@pytest.fixture(scope="module")
def evidence() -> numbers.Evidence:
    return numbers.evidence_work(RUN)(PACE)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return account_work(RUN)(PACE)


def test_evidence_is_of_the_figures_that_are_shown(evidence: numbers.Evidence) -> None:
    assert evidence.ranges["cagr"].estimate == pytest.approx(RUN.metrics.cagr)
    assert evidence.ranges["sharpe_ratio"].estimate == pytest.approx(RUN.metrics.sharpe_ratio)
    for name, one in evidence.benchmark.items():
        assert one.value_a == pytest.approx(getattr(RUN.metrics, name))
        assert one.value_b == pytest.approx(getattr(RUN.benchmark_metrics, name))
    control = control_work(RUN)(PACE)
    assert evidence.control is not None
    assert evidence.control["max_drawdown"].value_b == pytest.approx(control.control.max_drawdown)


def test_words_say_what_is_within_noise(evidence: numbers.Evidence) -> None:
    text = " ".join(words.evidence_words(evidence, RUN))
    assert "years are one history" in text
    assert f"Against {RUN.benchmark_name}:" in text
    for name, one in evidence.benchmark.items():
        if one.verdict is Verdict.NOISE:
            assert words._NAMED[name] in text
    only_noise = {
        name: dataclasses.replace(one, verdict=Verdict.NOISE)
        for name, one in evidence.benchmark.items()
    }
    found = words.evidence_words(dataclasses.replace(evidence, benchmark=only_noise), RUN)
    assert found[1].endswith("within noise.")
    assert "beyond noise" not in found[1]


def test_a_range_without_zero_excludes_a_loss(evidence: numbers.Evidence) -> None:
    ranges = {
        "cagr": dataclasses.replace(evidence.ranges["cagr"], low=0.01, high=0.2),
        "sharpe_ratio": dataclasses.replace(
            evidence.ranges["sharpe_ratio"], estimate=0.8, low=0.1, high=1.4
        ),
    }
    text = words.evidence_words(dataclasses.replace(evidence, ranges=ranges, control=None), RUN)[0]
    assert "a loss is not excluded" not in text
    assert "better than cash beyond noise" in text


def test_curves_take_the_control_in_once_it_is_known() -> None:
    equity, drawdown = numbers.curves(RUN, None)
    assert list(equity) == list(drawdown) == ["portfolio", "benchmark"]
    control = control_work(RUN)(PACE)
    equity, drawdown = numbers.curves(RUN, control)
    assert equity["control"].to_numpy() == pytest.approx(control.growth)
    assert drawdown["control"].to_numpy() == pytest.approx(drawdown_series(control.growth, 1.0))
    assert float(drawdown["control"].min()) == pytest.approx(control.control.max_drawdown)


@pytest.mark.parametrize("column", list(numbers.ACCOUNT_COLUMNS))
def test_the_account_adds_up(told: dict[str, Any], column: int) -> None:
    account = numbers.account_of(told, column)
    first, *rules, last = account.steps
    at = first.length
    for step in rules:
        assert step.rule is not None
        assert step.start == pytest.approx(at)
        at += step.length
    assert at == pytest.approx(last.length, abs=1e-12)
    name = ("total_return", "cagr", "volatility", "sharpe_ratio", "max_drawdown")[column]
    assert last.length == pytest.approx(getattr(RUN.metrics, name))
    assert f"the scenario {words.FORMATS[account.kind](last.length)}" in words.account_alt(account)


def test_the_account_is_a_row_a_rule(told: dict[str, Any]) -> None:
    accounts = [numbers.account_of(told, column) for column in numbers.ACCOUNT_COLUMNS]
    table = words.account_table(accounts)
    assert table.count("<tr>") == len(accounts[0].steps) + 1
    assert "Trailing stop" in table
    assert words.share_of_account("percent", 0.0) == "–"


def test_sectors_sum_to_what_is_invested() -> None:
    table = numbers.sector_book(RUN)
    assert table["held"].sum() == pytest.approx(RUN.result.invested[-1])
    assert table["target"].sum() == pytest.approx(1.0)
    assert table["held"].is_monotonic_decreasing
    assert str(table.index[0]) in words.sectors_sentence(table, RUN)
    assert "no sector cap is set" in words.sectors_sentence(table, RUN)
    capped = with_values(Scenario(), {"book.sector_cap": 0.05})
    run = dataclasses.replace(RUN, scenario=capped)
    told = words.sectors_sentence(table, run)
    above = 100.0 * (float(table["held"].iloc[0]) - 0.05)
    assert f"{above:.1f}\u202fpt above the cap of 5\u202f%" in told
    assert "drift passes them" in told
    assert "Held over cap" in words.sectors_html(table, 0.05)


def test_the_target_of_the_book_is_that_of_the_last_fill() -> None:
    sessions = len(RUN.dates)
    book = np.zeros((2, 20))
    book[0, 0], book[1, 1] = 0.5, 0.5
    inputs = dataclasses.replace(
        RUN.inputs, rebalance=np.array([5, sessions - 1]), target=book, alpha=None,
        leverage=None, stop_scale=None,
    )  # fmt: skip
    table = numbers.sector_book(dataclasses.replace(RUN, inputs=inputs))
    assert table["target"].idxmax() == RUN.sectors[0]
    assert table["target"].max() == 0.5


def test_targets_are_met_or_missed_by_a_distance() -> None:
    rows = {row.label: row for row in numbers.target_rows(RUN)}
    assert rows["CAGR"].met == (RUN.metrics.cagr > 0.18)
    assert rows["Max drawdown"].met == (RUN.metrics.max_drawdown > -0.15)
    met = sum(bool(row.met) for row in rows.values())
    assert words.targets_sentence(list(rows.values())).startswith(f"{met} of 5 targets")
    html = words.targets_html(list(rows.values()))
    assert html.count("✓ met") == met
    assert "Distance" not in words.targets_html(list(rows.values()), narrow=True)
    short = numbers.target_rows(fake_run(sessions=40))
    assert [row.met for row in short if row.label in ("CAGR", "Sharpe", "Calmar")] == [None] * 3
    assert "cannot be told" in words.targets_sentence(short)


def test_headline_names_yearly_figures_only_where_there_are_any() -> None:
    assert "a year" in words.headline(RUN)
    assert f"+{100 * RUN.metrics.total_return:.1f}" in words.headline(RUN) or (
        RUN.metrics.total_return < 0
    )
    short = words.headline(fake_run(sessions=60))
    assert "60 sessions" in short
    assert " a year and" not in short
    assert "too short for a yearly figure" in short
    lost = dataclasses.replace(RUN, metrics=dataclasses.replace(RUN.metrics, cagr=-0.031))
    assert "lost 3.1\u202f% a year" in words.headline(lost)
    flat = dataclasses.replace(RUN, metrics=dataclasses.replace(RUN.metrics, max_drawdown=0.0))
    assert "and never fell;" in words.headline(flat)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_falls_are_told_for_period_and_data() -> None:
    table = numbers.crises_table(
        (day("2021-06-01"), day("2024-05-31")), (day("2015-01-02"), day("2024-12-06")),
        simulated=False,
    )  # fmt: skip
    assert len(table) == len(CRISES)
    assert table["name"].iloc[0] == "Tariffs"
    assert table.set_index("name")["store"].to_dict()["Covid"] == "whole"
    text = words.crises_sentence(table, simulated=False)
    assert text.startswith("It saw Inflation bear market (2022, −25\u202f%).")
    assert "never saw 11 of 12, such as Financial crisis (2007–2009, −57\u202f%)" in text
    for options in ({}, {"large": True}, {"narrow": True}):
        html = words.crises_html(table, **options)
        assert html.count("<tr>") == len(CRISES) + 1
    part = numbers.crises_table(
        (day("2008-01-02"), day("2020-12-31")), (day("2008-01-02"), day("2020-12-31")),
        simulated=False,
    )  # fmt: skip
    assert "and part of Financial crisis" in words.crises_sentence(part, simulated=False)


def test_a_simulated_market_saw_nothing() -> None:
    table = numbers.crises_table(
        (day("2000-01-03"), day("2024-12-31")), (day("2000-01-03"), day("2024-12-31")),
        simulated=True,
    )  # fmt: skip
    assert set(table["period"]) == set(table["store"]) == {"never"}


def test_today_is_the_last_close() -> None:
    today = today_of(RUN)
    result = RUN.result
    assert today.date == today.period_end == RUN.dates[-1].astype(object)
    assert (today.applied, today.wanted, today.invested) == (
        result.applied_exposure[-1], result.wanted_exposure[-1], result.invested[-1],
    )  # fmt: skip
    assert today.drawdown == result.risk_drawdown[-1]
    assert today.held == result.holdings[-1]
    distances = [max(one.to_stop, one.to_trailing) for one in today.near]
    assert distances == sorted(distances, reverse=True)
    assert today.rebalance is not None
    assert "last session of the data and of this period" in today_sentence(today)
    found = cards(today, today.date + dt.timedelta(days=9))
    assert found[0].label == "Exposure"
    breaker = today.trigger(Rule.CIRCUIT_BREAKER)
    assert breaker is not None
    assert f"{100 * breaker.room:.1f}" in found[1].number
    assert "simulated" in found[5].said
    assert cards_html(found).count("pl-tile") == 6
    assert near_html(today).count("<tr>") == len(today.near) + 1
    assert "last rebalance on" in rules_sentence(today)


def test_age_counts_days_and_weekdays() -> None:
    friday = day("2024-12-06")
    assert age(friday, friday) == (0, 0)
    assert age(friday, day("2024-12-08")) == (2, 0)
    assert age(friday, day("2024-12-09")) == (3, 1)
    real = dataclasses.replace(today_of(fake_run(simulated=False)), date=friday)
    card = cards(real, day("2024-12-16"))[5]
    assert card.said == "10 days ago, about 6 sessions (weekdays)"
    assert card.warn
    assert cards(real, friday)[5].said == "today"


def test_today_runs_on_where_the_period_ends_before_the_data() -> None:
    assert is_current(RUN)
    cut = with_values(RUN.scenario, {"period.end": dt.date(2021, 12, 31)})
    assert as_of_last_session(cut).period.end is None
    asked: list[Scenario] = []

    def running(scenario: Scenario) -> Run:
        asked.append(scenario)
        return RUN

    short = dataclasses.replace(fake_run(sessions=100), scenario=cut, market=RUN.market)
    assert not is_current(short)
    today = today_work(short, running)(PACE)
    assert asked == [as_of_last_session(cut)]
    assert today.date == RUN.dates[-1].astype(object)
    assert today.period_end == short.dates[-1].astype(object)
    assert "run on to the end of the data" in today_sentence(today)


def test_rules_that_are_off_say_so() -> None:
    bare = with_values(Scenario(), {**OFF, "risk.min_position_scale": 0.0})
    found = cards(today_of(fake_run(bare)), dt.date(2024, 1, 1))
    said = [card.said for card in found]
    assert said[1:4] == [
        "the circuit breaker is off", "drawdown scaling is off", "the volatility target is off",
    ]  # fmt: skip
    assert found[4].number == "–"


def test_a_breaker_that_is_out_says_so() -> None:
    result = RUN.result
    wanted = result.wanted_exposure.copy()
    wanted[-1] = math.nan
    out = dataclasses.replace(
        today_of(RUN), wanted=math.nan, binding="breaker",
        triggers=tuple(
            dataclasses.replace(one, acts=True) if one.rule is Rule.CIRCUIT_BREAKER else one
            for one in today_of(RUN).triggers
        ),
    )  # fmt: skip
    found = cards(out, dt.date(2024, 1, 1))
    assert found[0].said.startswith("the breaker holds it in cash; wanted out")
    assert found[1].number == "out"


def test_the_figure_says_when_each_curve_fell_most() -> None:
    equity, drawdown = numbers.curves(RUN, control_work(RUN)(PACE))
    text = words.overview_alt(equity, drawdown, RUN)
    assert "the control ended at" in text
    assert str(drawdown["portfolio"].idxmin().date()) in text
    worst = words.worst_sentence(drawdown["portfolio"], drawdown["benchmark"], "X")
    assert f"{-100 * drawdown['portfolio'].min():.1f}\u202f% below the peak" in worst
    flat = pd.Series([0.0, 0.0])
    assert words.worst_sentence(flat, flat, "X") == "NAV never fell below its peak."
