from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from core.config import PeriodConfig, Scenario
from core.errors import HistoryError
from core.periods import history_needed, month_ends, resolve_period
from tests.markets import SHORT, make_market, weekdays

MARKET = make_market(sessions=200)  # 2019-01-01 … 2019-10-07


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


def with_period(start: str | None, end: str | None, base: Scenario = SHORT) -> Scenario:
    day = dt.date.fromisoformat
    period = PeriodConfig(start=day(start) if start else None, end=day(end) if end else None)
    return base.model_copy(update={"period": period})


def test_month_ends_are_the_last_sessions_not_the_last_days() -> None:
    sessions = days("2024-03-27", "2024-03-28", "2024-04-01", "2024-04-30", "2024-05-02")
    assert month_ends(sessions, 0, 4).tolist() == [1, 3]  # 29 March 2024 was Good Friday


def test_an_incomplete_last_month_has_no_decision() -> None:
    assert month_ends(days("2024-04-29", "2024-04-30", "2024-05-30"), 0, 2).tolist() == [1]


def test_the_last_weekday_of_a_month_ends_it_without_a_next_session() -> None:
    assert month_ends(days("2024-05-30", "2024-05-31"), 0, 1).tolist() == [1]
    # Friday the 29th: only a weekend is left.
    assert month_ends(days("2024-11-28", "2024-11-29"), 0, 1).tolist() == [1]


def test_only_the_period_counts() -> None:
    ends = month_ends(MARKET.sessions, 0, 199)
    assert len(ends) == 9
    assert month_ends(MARKET.sessions, int(ends[2]), int(ends[4])).tolist() == list(ends[2:5])
    assert month_ends(MARKET.sessions, int(ends[2]) + 1, int(ends[3]) - 1).tolist() == []


def test_a_longer_market_has_the_same_earlier_month_ends() -> None:
    sessions = weekdays(300)
    whole = month_ends(sessions, 0, 299)
    for cut in range(1, 300, 7):
        short = month_ends(sessions[: cut + 1], 0, cut)
        assert short.tolist() == [end for end in whole if end <= cut]


def test_dates_that_are_no_sessions_move_inwards() -> None:
    first, last = resolve_period(MARKET, with_period("2019-06-01", "2019-09-01"))
    assert MARKET.sessions[first] == np.datetime64("2019-06-03")  # Saturday → Monday
    assert MARKET.sessions[last] == np.datetime64("2019-08-30")  # Sunday → Friday


def test_without_a_start_every_signal_has_its_history() -> None:
    shorter = SHORT.model_copy(update={"period": PeriodConfig()})
    needed = history_needed(shorter)
    assert needed == 252  # a regime measures its drawdown from the one-year high
    market = make_market(sessions=300)
    assert resolve_period(market, shorter) == (252, 299)
    longer = SHORT.factors.model_copy(update={"momentum_lookback_days": 280})
    assert resolve_period(market, shorter.model_copy(update={"factors": longer})) == (280, 299)


def test_too_short_a_market_says_how_much_is_needed() -> None:
    with pytest.raises(
        HistoryError,
        match=r"need 252 sessions before the first date, market “made up” has sessions from "
        r"2019-01-01 to 2019-10-07, which is 200\. Set period\.start",
    ):
        resolve_period(MARKET, with_period(None, None))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-01-01", "2020-06-01"),
        ("2020-01-01", None),
        ("2018-01-01", "2018-06-01"),
        ("2019-06-01", "2019-06-02"),
        ("2019-10-07", None),
    ],
)
def test_an_empty_period_names_the_dates_there_are(start: str, end: str | None) -> None:
    with pytest.raises(
        HistoryError,
        match=r"at least two sessions.*has sessions from 2019-01-01 to 2019-10-07\. Choose",
    ):
        resolve_period(MARKET, with_period(start, end))


def test_a_start_before_the_data_begins_with_the_data() -> None:
    assert resolve_period(MARKET, with_period("2010-01-01", None)) == (0, 199)
