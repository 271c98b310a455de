from __future__ import annotations

import math

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputsError
from core.metrics import daily_returns
from core.returns_tables import (
    calendar_year_returns,
    month_grid,
    monthly_returns,
    return_summary,
)
from tests.curves import curve
from tests.markets import weekdays

seeds = st.integers(0, 2**32)


@settings(max_examples=40)
@given(seeds, st.integers(2, 900), st.integers(0, 400), st.floats(0.9, 1.1))
def test_agrees_with_empyrical_and_compounds_to_the_total(
    seed: int, sessions: int, offset: int, start: float
) -> None:
    dates = weekdays(sessions + offset)[offset:]
    nav = curve(seed, sessions)
    initial = nav[0] * start
    before = nav.copy()
    series = pd.Series(daily_returns(nav, initial), pd.DatetimeIndex(dates[1:]))
    for found, period in (
        (monthly_returns(nav, dates, initial_nav=initial, benchmark=nav), "monthly"),
        (calendar_year_returns(nav, dates, initial_nav=initial, benchmark=nav), "yearly"),
    ):
        expected = empyrical.aggregate_returns(series, period)
        np.testing.assert_allclose(found.returns, expected.to_numpy(), rtol=1e-12, atol=1e-12)
        assert np.prod(1.0 + found.returns) == pytest.approx(nav[-1] / initial, rel=1e-12)
        assert np.prod(1.0 + found.benchmark) == pytest.approx(nav[-1] / nav[0], rel=1e-12)
        assert found.sessions.sum() == sessions - 1
        assert not found.partial[1:-1].any()
    assert np.array_equal(nav, before)


def test_a_hand_made_table() -> None:
    # From the close of Wednesday 2023-12-27 to Friday 2024-02-02.
    dates = np.array(["2023-12-27", "2023-12-29", "2024-01-31", "2024-02-02"], "datetime64[D]")
    nav = np.array([100.0, 110.0, 99.0, 198.0])
    months = monthly_returns(nav, dates, benchmark=np.array([1.0, 2.0, 2.0, 3.0]))
    assert months.period.astype(str).tolist() == ["2023-12", "2024-01", "2024-02"]
    assert months.returns == pytest.approx([0.1, -0.1, 1.0])
    assert months.benchmark == pytest.approx([1.0, 0.0, 0.5])
    assert months.sessions.tolist() == [1, 1, 1]
    assert months.partial.tolist() == [True, False, True]
    years = calendar_year_returns(nav, dates)
    assert years.returns == pytest.approx([0.1, 0.8])
    assert np.isnan(years.benchmark).all()
    assert years.partial.tolist() == [True, True]
    frame = months.frame()
    assert frame.index.astype(str).tolist() == ["2023-12", "2024-01", "2024-02"]
    assert frame["difference"].tolist() == pytest.approx([-0.9, -0.1, 0.5])
    assert years.frame().index.astype(str).tolist() == ["2023", "2024"]


def test_a_run_from_the_last_close_of_a_period_has_no_row_for_it() -> None:
    dates = np.array(["2023-12-29", "2024-01-02", "2024-01-31"], "datetime64[D]")
    nav = np.array([99.0, 101.0, 102.0])
    months = monthly_returns(nav, dates, initial_nav=100.0)
    # The cost of session 0 belongs to the first interval, hence to January, which is complete.
    assert months.period.astype(str).tolist() == ["2024-01"]
    assert months.returns == pytest.approx([0.02])
    assert months.partial.tolist() == [False]
    assert calendar_year_returns(nav, dates).partial.tolist() == [True]


def test_the_calendar_says_whether_the_last_month_is_complete() -> None:
    # 2024-03-29 was Good Friday: the exchange's last session of the month is the 28th.
    dates = np.array(["2024-02-29", "2024-03-01", "2024-03-28"], "datetime64[D]")
    nav = np.array([1.0, 1.1, 1.2])
    assert monthly_returns(nav, dates).partial.tolist() == [True]
    calendar = np.append(dates, np.datetime64("2024-04-01"))
    assert monthly_returns(nav, dates, calendar=calendar).partial.tolist() == [False]
    later = np.append(dates, np.datetime64("2024-03-29"))
    assert monthly_returns(nav, dates, calendar=later).partial.tolist() == [True]
    with pytest.raises(InputsError, match=r"calendar must hold the run's last session, 2024-03-28"):
        monthly_returns(nav, dates, calendar=calendar[-1:])


def test_a_complete_year_ends_with_december() -> None:
    dates = weekdays(262, "2023-12-29")  # to 2024-12-30
    nav = curve(0, 262)
    assert calendar_year_returns(nav, dates).partial.tolist() == [True]
    dates, nav = weekdays(263, "2023-12-29"), curve(0, 263)
    assert dates[-1] == np.datetime64("2024-12-31")
    assert calendar_year_returns(nav, dates).partial.tolist() == [False]


def test_one_session_has_no_table() -> None:
    months = monthly_returns(np.ones(1), weekdays(1))
    assert len(months.returns) == 0
    assert months.frame().empty
    years, grid, partial = month_grid(months)
    assert (years.shape, grid.shape, partial.shape) == ((0,), (0, 12), (0, 12))
    summary = return_summary(np.ones(1), weekdays(1))
    assert math.isnan(summary.best_day.value)
    assert summary.best_month.period is None
    assert math.isnan(summary.positive_months)


@given(seeds, st.integers(2, 800), st.integers(0, 300))
def test_the_grid_holds_every_month_at_its_place(seed: int, sessions: int, offset: int) -> None:
    dates = weekdays(sessions + offset)[offset:]
    months = monthly_returns(curve(seed, sessions), dates)
    years, grid, partial = month_grid(months)
    assert np.isfinite(grid).sum() == len(months.returns)
    assert partial.sum() == months.partial.sum()
    for period, value in zip(months.period.astype(str), months.returns, strict=True):
        year, month = (int(part) for part in period.split("-"))
        assert grid[year - years[0], month - 1] == value


def test_best_and_worst() -> None:
    dates = np.array(
        ["2023-12-27", "2023-12-29", "2024-01-30", "2024-01-31", "2024-02-02"], "datetime64[D]"
    )
    nav = np.array([100.0, 110.0, 104.5, 104.5, 125.4])
    found = return_summary(nav, dates)
    assert found.best_day.value == pytest.approx(0.2)
    assert str(found.best_day.period) == "2024-02-02"
    assert found.worst_day.value == pytest.approx(-0.05)
    assert str(found.worst_day.period) == "2024-01-30"
    assert (str(found.best_month.period), found.best_month.partial) == ("2024-02", True)
    assert (str(found.worst_month.period), found.worst_month.partial) == ("2024-01", False)
    assert str(found.best_year.period) == "2024"
    assert found.worst_year.value == pytest.approx(0.1)
    assert found.positive_days == 0.5  # a return of 0 is no gain
    assert found.positive_months == pytest.approx(2.0 / 3.0)
    assert found.positive_years == 1.0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputsError, match="benchmark must have one entry a session"):
        monthly_returns(np.ones(3), weekdays(3), benchmark=np.ones(2))
    with pytest.raises(InputsError, match="benchmark must be finite and above 0"):
        monthly_returns(np.ones(3), weekdays(3), benchmark=np.array([1.0, np.nan, 1.0]))
    with pytest.raises(InputsError, match="dates must increase"):
        monthly_returns(np.ones(3), weekdays(3)[::-1])
