"""Numbers of the page Compare against the runs they come from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from core.attribution import rule_account
from core.config import Scenario
from core.control import exposure_matched_control
from core.errors import CancelledError, HistoryError
from core.evidence.bootstrap import compare
from core.evidence.verdict import Verdict
from core.ledger import EventKind, ExitReason
from core.presets import preset
from core.scenario import specs, with_values
from dashboard import review_compare
from dashboard.report.comparison_words import (
    day_sentence,
    difference_text,
    field_text,
    headline,
    interval_text,
    ranking_words,
    verdict_words,
)
from dashboard.review_compare import JUDGED, LETTERS, Side
from dashboard.review_disagreement import disagreements, disagreements_frame, gaps
from dashboard.review_evidence import SEED
from dashboard.run import Run
from dashboard.studies import Pace
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=400, seed=3)
OTHER = fake_run(preset("No overlay"), sessions=400, seed=3)
CONTROL, HELD = review_compare.control_of(RUN)
SIDES = [
    Side("A", "Phase 8", RUN),
    Side("B", "No overlay", OTHER),
    Side("C", "Control", HELD, CONTROL),
]
PAIRS = review_compare.judge_pairs(SIDES, resamples=400)


def test_the_control_is_that_of_the_first_with_weights() -> None:
    known = exposure_matched_control(RUN.inputs, RUN.scenario.risk, RUN.result, RUN.dates)
    np.testing.assert_array_equal(HELD.result.nav, known.result.nav)
    assert HELD.metrics == known.metrics
    assert HELD.result.weights is not None
    assert HELD.metrics.average_exposure == pytest.approx(RUN.metrics.average_exposure, abs=1e-6)
    assert HELD.scenario.risk.position_stop_loss is None
    assert review_compare.control_of(RUN) == (CONTROL, HELD)  # found once


def test_every_pair_is_compared_on_the_same_resamples() -> None:
    assert set(PAIRS) == {("B", "A"), ("C", "A"), ("C", "B")}
    known = compare(
        OTHER.result.nav,
        RUN.result.nav,
        RUN.dates,
        RUN.inputs.cash_rate,
        metrics=JUDGED,
        resamples=400,
        seed=SEED,
        initial_nav=RUN.result.initial_nav,
        labels=("B", "A"),
    )
    assert PAIRS["B", "A"] == known
    for found in PAIRS.values():
        assert tuple(found) == JUDGED


def test_two_that_are_the_same_do_not_differ() -> None:
    again = [SIDES[0], Side("B", "again", fake_run(sessions=400, seed=3))]
    pairs = review_compare.judge_pairs(again, resamples=200)
    assert {one.verdict for one in pairs["B", "A"].values()} == {Verdict.SAME}
    assert list(verdict_words(again, pairs)) == [
        "B (again) returns the same as A (Phase 8) on every session: no difference."
    ]
    assert disagreements(*again) == ()
    assert len(review_compare.changed(again)) == 0


def test_the_work_says_how_far_it_is_and_stops_when_it_is_told_to() -> None:
    shares: list[float] = []
    review_compare.judge_pairs(SIDES, Pace(lambda: False, shares.append), resamples=200)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0])
    with pytest.raises(CancelledError):
        review_compare.judge_pairs(SIDES, Pace(lambda: True, shares.append))


def test_a_short_period_has_no_verdict() -> None:
    short = fake_run(sessions=60)
    with pytest.raises(HistoryError, match="at least 60 returns"):
        review_compare.judge_pairs([Side("A", "", short), Side("B", "", short)])


@pytest.mark.parametrize("metric", review_compare.RANKED)
def test_the_ranking_is_in_order_and_agrees_with_the_verdicts(metric: str) -> None:
    order, beyond = review_compare.ranking(SIDES, PAIRS, metric)
    values = [getattr(side.run.metrics, metric) for side in order]
    assert values == sorted(values, reverse=metric != "volatility")
    assert len(order) == len(SIDES)
    verdicts = [found[metric].verdict for found in PAIRS.values()]
    judged = sum(verdict in (Verdict.BETTER, Verdict.WORSE) for verdict in verdicts)
    assert len(beyond) == judged
    for better, worse in beyond:
        assert order.index(better) < order.index(worse)


def test_a_side_without_the_metric_is_not_ranked() -> None:
    metrics = dataclasses.replace(OTHER.metrics, sharpe_ratio=float("nan"))
    sides = [SIDES[0], Side("B", "cash", dataclasses.replace(OTHER, metrics=metrics))]
    assert review_compare.ranking(sides, PAIRS, "cagr")[0] != []
    order, _ = review_compare.ranking([*sides, SIDES[2]], PAIRS, "sharpe_ratio")
    assert [side.letter for side in order] in (["A", "C"], ["C", "A"])


def test_fields_that_differ_are_those_of_the_settings_alone() -> None:
    table = review_compare.changed(SIDES)
    assert list(table.columns) == ["A", "B"]  # the control has none
    assert table.loc["risk.position_stop_loss"].tolist() == [0.12, None]
    assert "universe.source" not in table.index
    assert all(one != other for one, other in table.to_numpy(dtype=object).tolist())


def test_curves_have_a_column_a_letter_and_the_benchmark() -> None:
    curves = review_compare.curves(SIDES)
    assert list(curves["growth"].columns) == ["A", "B", "C", "benchmark"]
    assert curves["growth"]["A"].iloc[-1] == pytest.approx(1.0 + RUN.metrics.total_return)
    assert curves["drawdown"]["B"].min() == OTHER.metrics.max_drawdown
    assert curves["exposure"]["C"].mean() == pytest.approx(HELD.metrics.average_exposure)


def test_another_first_session_is_run_again_with_the_dates_of_the_first() -> None:
    asked: list[Scenario] = []

    def run_of(scenario: Scenario) -> Run:
        asked.append(scenario)
        return OTHER if scenario.period.start else fake_run(scenario, sessions=380, seed=3)

    assert review_compare.over_the_same_sessions(run_of, Scenario(), RUN) is OTHER
    first, last = RUN.dates[0].astype(dt.date), RUN.dates[-1].astype(dt.date)
    assert [one.period.start for one in asked] == [None, first]
    assert asked[-1].period.end == last
    with pytest.raises(HistoryError, match="must cover the same sessions"):
        review_compare.over_the_same_sessions(lambda s: fake_run(s, sessions=99), Scenario(), RUN)


def test_a_page_keeps_the_shares_of_an_account_alone() -> None:
    run = fake_run(sessions=120)
    own, whole = review_compare.own_account(run), review_compare.account_of(run)
    assert own.rules == whole.rules
    np.testing.assert_array_equal(own.shares.contributions, whole.shares().contributions)
    kept = sum(values.nbytes for values in (own.shares.without, own.shares.contributions))
    assert kept < 2000


def test_the_account_is_the_engines() -> None:
    fewer = with_values(
        Scenario(), {"risk.trailing_stop_pct": None, "risk.circuit_breaker_dd": None}
    )
    run, shares = fake_run(fewer, sessions=120), []
    account = review_compare.account_of(run, Pace(lambda: False, shares.append))
    assert shares[-1] == 1.0
    known = rule_account(run.inputs, run.scenario.risk, run.dates)
    np.testing.assert_allclose(account.values, known.values, rtol=1e-12)


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (0, 2), (1, 2)])
def test_the_parts_of_a_gap_sum_to_it(pair: tuple[int, int]) -> None:
    one, other = (SIDES[number] for number in pair)
    found = disagreements(one, other)
    gap = gaps(one, other)
    sizes = np.abs(gap.to_numpy())
    assert [abs(day.gap) for day in found] == sorted(sizes, reverse=True)[: len(found)]
    for day in found:
        assert day.gap == pytest.approx(gap.iloc[day.session], abs=1e-15)
        assert day.by_exposure + day.by_names + day.by_rest == pytest.approx(day.gap, abs=1e-12)
        assert day.one.exposure == one.run.result.invested[day.session - 1]


def test_exchanging_the_two_turns_every_sign() -> None:
    for day, back in zip(
        disagreements(SIDES[0], SIDES[1]), disagreements(SIDES[1], SIDES[0]), strict=True
    ):
        assert (back.session, back.gap) == (day.session, -day.gap)
        assert back.by_exposure == pytest.approx(-day.by_exposure, abs=1e-15)
        assert back.by_names == pytest.approx(-day.by_names, abs=1e-14)
        assert (back.one, back.other) == (day.other, day.one)


def test_with_the_same_names_at_another_size_the_gap_is_exposure_alone() -> None:
    # The same book always held, at two sizes: what was held returns the same.
    half = with_values(
        preset("No overlay"), {"risk.max_leverage": 0.5, "risk.cost_per_trade_bps": 0.0}
    )
    full = with_values(preset("No overlay"), {"risk.cost_per_trade_bps": 0.0})
    runs = [fake_run(scenario, sessions=60, names=1) for scenario in (half, full)]
    sides = [Side(letter, "", run) for letter, run in zip(LETTERS, runs, strict=False)]
    found = disagreements(*sides)
    assert found
    for day in found:
        assert day.by_names == pytest.approx(0.0, abs=1e-12)


def _stopped(run: Run, against: Run, t: int) -> set[str]:
    # By the trades, name by name.
    events, trades = run.result.events, run.result.trades
    assert run.result.weights is not None
    assert against.result.weights is not None
    rebalanced = events.session[events.kind == EventKind.REBALANCE]
    since = max([0, *rebalanced[rebalanced < t].tolist()])
    found = set()
    for i in range(len(trades)):
        column = int(trades.security[i])
        if trades.reason[i] not in (ExitReason.STOP, ExitReason.TRAILING):
            continue
        if not since <= trades.exit_session[i] < t or run.result.weights[t - 1, column] > 0.0:
            continue
        if against.result.weights[t - 1, against.tickers.index(run.tickers[column])] > 0.0:
            found.add(run.tickers[column])
    return found


def test_names_that_a_stop_sold_and_the_other_held_are_told() -> None:
    found = disagreements(SIDES[0], SIDES[1], 40)
    assert any(day.one.stopped for day in found)
    for day in found:
        assert set(day.one.stopped) == _stopped(RUN, OTHER, day.session)
        assert day.other.stopped == ()
        assert day.other.binding in ("", "full")


def test_a_day_in_words_has_its_numbers() -> None:
    day = next(day for day in disagreements(SIDES[0], SIDES[1]) if day.one.stopped)
    text = day_sentence(day, RUN, ("A", "B"))
    assert str(RUN.dates[day.session]) in text
    assert difference_text("cagr", day.gap)[:2] in text
    assert day.one.stopped[0] in text
    assert "from exposure" in text
    table = disagreements_frame((day,), SIDES[0], SIDES[1])
    assert table.index[0] == RUN.index[day.session]
    assert table["gap"].iloc[0] == day.gap


def test_words_say_who_is_what_before_who_is_ahead() -> None:
    said = headline(SIDES)
    assert said.index("A (Phase 8)") < said.index("B (No overlay)") < said.index("C (Control)")
    lines = list(verdict_words(SIDES, PAIRS))
    assert len(lines) == 2
    assert all("noise" in line for line in lines)
    rows = list(ranking_words(SIDES, PAIRS))
    assert [row[0] for row in rows] == ["CAGR", "Realised volatility", "Sharpe", "Max drawdown"]
    assert all(row[2] for row in rows)


@pytest.mark.parametrize(("metric", "unit"), [("cagr", "pt"), ("sharpe_ratio", "")])
def test_an_interval_is_written_in_the_unit_of_its_difference(metric: str, unit: str) -> None:
    text = interval_text(PAIRS["B", "A"][metric])
    low, high = _ends(text)
    assert low < high
    assert text.endswith(unit)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("risk.position_stop_loss", 0.125, "12.5\u202f%"),
        ("risk.position_stop_loss", 0.3, "30\u202f%"),
        ("risk.position_stop_loss", None, "off"),
        ("risk.max_leverage", 1.5, "1.5 × NAV"),
        ("risk.cost_per_trade_bps", 10.0, "10 bps"),
        ("risk.min_alpha_to_cost_ratio", 1.0, "1"),
        ("regimes.lookback_days", 60, "60 sessions"),
        ("regimes.vix_override", True, "on"),
        ("risk.execution", "next_open", "next open"),
        ("book.selection", "sector_balanced", "sector balanced"),
        ("book.beta_high", 1.0, "1"),
        ("period.start", dt.date(2021, 6, 1), "2021-06-01"),
    ],
)
def test_a_field_is_written_with_its_unit(path: str, value: object, text: str) -> None:
    assert field_text(specs()[path], value) == text


def _ends(text: str) -> Sequence[float]:
    parts = text.replace("\u2212", "-").replace("\u202fpt", "").split(" … ")
    return [float(part) for part in parts]
