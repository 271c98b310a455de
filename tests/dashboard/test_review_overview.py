"""The numbers of the Overview: evidence, account, sectors, targets."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.config import Scenario
from core.errors import CancelledError
from core.evidence.bootstrap import Verdict
from core.metrics import drawdown_series
from core.scenario import with_values
from dashboard import review_overview as numbers
from dashboard.charts.sector_names import UNMAPPED, WITHOUT_SECTOR, sector_label
from dashboard.lab.panel_work import account_work, control_work
from dashboard.studies import Pace
from dashboard.theme import LIGHT
from dashboard.views import overview_words as words
from dashboard.views.overview_rows import sector_rows
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=320, seed=3)
PACE = Pace(lambda: False, lambda _share: None)


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


def test_evidence_stops_between_its_steps_and_takes_the_control_that_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, shares = dataclasses.replace(RUN), list[float]()
    steps = iter([False, False, True])
    with pytest.raises(CancelledError):
        numbers.evidence_work(run)(Pace(lambda: next(steps), shares.append))
    assert shares == [0.0, 0.25]
    found = numbers.control_once(run)(PACE)
    monkeypatch.setattr(numbers, "control_work", lambda _run: pytest.fail("found again"))
    assert numbers.control_once(run)(PACE) is found
    assert numbers.evidence_work(run)(Pace(lambda: False, shares.append)).control is not None
    assert shares[2:] == [0.0, 0.25, 0.5, 0.75]


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
    assert sector_label(str(table.index[0])) in words.sectors_sentence(table, RUN)
    assert "no sector cap is set" in words.sectors_sentence(table, RUN)
    capped = with_values(Scenario(), {"book.sector_cap": 0.05})
    run = dataclasses.replace(RUN, scenario=capped)
    told = words.sectors_sentence(table, run)
    above = 100.0 * (float(table["held"].iloc[0]) - 0.05)
    assert f"{above:.1f}\u202fpt above the cap of 5\u202f%" in told
    assert "drift passes them" in told
    assert "Held over cap" in words.sectors_html(table, 0.05)


def test_what_has_no_sector_is_never_called_other() -> None:
    run = dataclasses.replace(RUN, scenario=with_values(Scenario(), {"book.sector_cap": 0.05}))
    table = numbers.sector_book(run).sort_values("held", key=lambda held: held.index != UNMAPPED)
    assert table.index[0] == UNMAPPED
    rows = sector_rows(table, 0.05, LIGHT)
    spells = dataclasses.replace(run, market=dataclasses.replace(
        run.market, sector=(UNMAPPED,) * len(run.tickers)))  # fmt: skip
    said = [
        words.sectors_sentence(table, run), words.sectors_sentence(table, spells),
        words.sectors_html(table, 0.05), words.sectors_alt(table, 0.05), rows[0].label,
    ]  # fmt: skip
    for text in said:
        assert "Other" not in text
        assert WITHOUT_SECTOR in text or text == "No sector"
    assert said[1].count(WITHOUT_SECTOR) == 2  # the largest, and the spell above the cap


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


def test_the_figure_says_when_each_curve_fell_most() -> None:
    equity, drawdown = numbers.curves(RUN, control_work(RUN)(PACE))
    text = words.overview_alt(equity, drawdown, RUN)
    assert "the control ended at" in text
    assert str(drawdown["portfolio"].idxmin().date()) in text
    worst = words.worst_sentence(drawdown["portfolio"], drawdown["benchmark"], "X")
    assert f"{-100 * drawdown['portfolio'].min():.1f}\u202f% below the peak" in worst
    flat = pd.Series([0.0, 0.0])
    assert words.worst_sentence(flat, flat, "X") == "NAV never fell below its peak."
