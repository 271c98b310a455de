"""Where a scenario stands at the last close of the data, in numbers and words."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import pytest

from core.config import Scenario
from core.errors import CancelledError
from core.rules import Rule
from core.scenario import with_values
from dashboard.charts.sector_names import UNMAPPED, WITHOUT_SECTOR
from dashboard.review_today import age, as_of_last_session, is_current, today_of, today_work
from dashboard.run import Run
from dashboard.studies import Pace
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


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


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

    as_it_is = today_work(RUN, running)(PACE)
    assert as_it_is.date == as_it_is.period_end
    assert not asked  # it ends with the data: nothing is run
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


def test_before_the_first_fill_nothing_is_said_to_hold_exposure() -> None:
    run = fake_run(sessions=21)  # decided at its last close: the fill is still to come
    exposure = cards(today_of(run), dt.date(2024, 1, 1))[0]
    assert (exposure.number, exposure.said) == (
        "0\u202f%",
        "nothing bought yet: no order is filled",
    )


def test_a_study_of_today_stops_when_nobody_wants_it() -> None:
    with pytest.raises(CancelledError):
        today_work(RUN, lambda _scenario: pytest.fail("ran"))(Pace(lambda: True, lambda _: None))


def test_a_name_without_a_sector_is_not_called_other() -> None:
    near = dataclasses.replace(today_of(RUN).near[0], sector=UNMAPPED)
    html = near_html(dataclasses.replace(today_of(RUN), near=(near,)))
    assert WITHOUT_SECTOR in html
    assert UNMAPPED not in html
