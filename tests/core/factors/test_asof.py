from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.factors.asof import FilingIndex, Quarters, known_quarters
from core.market import FILING_ITEMS
from tests.markets import make_filings

YEAR_OF_QUARTERS = [
    (0, "2020-05-01", "2020-03-31", {"net_income": 1.0, "equity": 100.0}),
    (0, "2020-08-01", "2020-06-30", {"net_income": 2.0, "equity": 110.0}),
    (0, "2020-11-01", "2020-09-30", {"net_income": 3.0, "equity": 120.0}),
    (0, "2021-02-20", "2020-12-31", {"net_income": 4.0, "equity": 130.0}),
]
Row = tuple[int, str, str, dict[str, float]]


def known(rows: list[Row], date: str, names: int = 1, max_age: int = 400) -> Quarters:
    index = FilingIndex.of(make_filings(rows), FILING_ITEMS)
    return known_quarters(index, np.datetime64(date, "D"), names, max_age)


def test_a_filing_counts_from_its_own_day_on() -> None:
    assert known(YEAR_OF_QUARTERS, "2021-02-19").latest("equity") == [120.0]
    assert known(YEAR_OF_QUARTERS, "2021-02-20").latest("equity") == [130.0]


def test_a_trailing_sum_needs_four_quarters() -> None:
    # 1 + 2 + 3 + 4; the day before the fourth is filed there are three.
    assert np.isnan(known(YEAR_OF_QUARTERS, "2021-02-19").trailing_sum("net_income")).all()
    assert known(YEAR_OF_QUARTERS, "2021-02-20").trailing_sum("net_income") == [10.0]


def test_a_missing_quarter_in_between_is_not_bridged() -> None:
    rows = [(0, "2020-02-01", "2019-12-31", {"net_income": 9.0}), *YEAR_OF_QUARTERS]
    del rows[2]  # 2020-06-30: the newest four now span a year and a quarter
    assert np.isnan(known(rows, "2021-03-01").trailing_sum("net_income")).all()


def test_a_quarter_without_the_item_does_not_count_for_it() -> None:
    rows = [(0, "2020-02-01", "2019-12-31", {"net_income": 9.0}), *YEAR_OF_QUARTERS]
    rows[-1] = (0, "2021-02-20", "2020-12-31", {"equity": 130.0})
    quarters = known(rows, "2021-03-01")
    assert quarters.trailing_sum("net_income") == [15.0]  # 9 + 1 + 2 + 3: the latest known year
    assert quarters.latest("equity") == [130.0]


def test_two_datasets_that_date_a_quarter_differently_are_one_quarter() -> None:
    # The second dataset moves the period's end to the end of the month.
    rows = [
        *YEAR_OF_QUARTERS,
        (0, "2020-11-01", "2020-09-26", {"net_income": 3.5, "shares_outstanding": 7.0}),
    ]
    quarters = known(rows, "2021-03-01")
    assert quarters.trailing_sum("net_income") == [10.0]  # same day: the later row of the tie
    assert quarters.latest("shares_outstanding") == [7.0]


def test_an_item_is_known_at_its_own_rows_date() -> None:
    rows = [
        *YEAR_OF_QUARTERS,
        (0, "2021-03-15", "2020-12-31", {"shares_outstanding": 7.0}),
    ]
    assert np.isnan(known(rows, "2021-03-14").latest("shares_outstanding")).all()
    assert known(rows, "2021-03-15").latest("shares_outstanding") == [7.0]


def test_a_restatement_counts_from_its_date_on() -> None:
    rows = [*YEAR_OF_QUARTERS, (0, "2021-03-15", "2020-06-30", {"net_income": 20.0})]
    assert known(rows, "2021-03-14").trailing_sum("net_income") == [10.0]
    assert known(rows, "2021-03-15").trailing_sum("net_income") == [28.0]


def test_the_newest_word_counts_whatever_day_it_calls_the_quarters_end() -> None:
    # The first row already calls 30 September the end; the later one, 26 September, is newer.
    rows = [*YEAR_OF_QUARTERS, (0, "2020-11-10", "2020-09-26", {"net_income": 3.5})]
    assert known(rows, "2021-03-01").trailing_sum("net_income") == [10.5]


def test_quarters_of_12_and_16_weeks_are_consecutive() -> None:
    ends = ["2020-02-16", "2020-05-10", "2020-08-30", "2020-11-22"]  # 84, 112, 84 days
    rows: list[Row] = [(0, "2020-12-20", end, {"net_income": 1.0}) for end in ends]
    assert known(rows, "2021-01-04").trailing_sum("net_income") == [4.0]


def test_an_old_filing_counts_as_missing() -> None:
    # 2020-12-31 is 400 days before 2022-02-04.
    assert known(YEAR_OF_QUARTERS, "2022-02-04").latest("equity") == [130.0]
    assert known(YEAR_OF_QUARTERS, "2022-02-04").trailing_sum("net_income") == [10.0]
    assert np.isnan(known(YEAR_OF_QUARTERS, "2022-02-05").latest("equity")).all()
    assert np.isnan(known(YEAR_OF_QUARTERS, "2022-02-05").trailing_sum("net_income")).all()


def test_typical_is_the_median_of_the_newest() -> None:
    quarters = known(YEAR_OF_QUARTERS, "2021-03-01")
    assert quarters.typical("equity", 3) == [120.0]
    assert quarters.typical("equity", 4) == [115.0]
    assert quarters.typical("equity", 9) == [115.0]  # as many as there are
    assert np.isnan(quarters.typical("revenue", 3)).all()


def test_names_without_filings_have_nothing() -> None:
    quarters = known(YEAR_OF_QUARTERS, "2021-03-01", names=3)
    assert np.isnan(quarters.latest("equity")[1:]).all()
    for date in ("2019-01-01", "2031-01-01"):  # before the first, long after the last
        nothing = known(YEAR_OF_QUARTERS, date, names=3)
        assert np.isnan(nothing.latest("equity")).all()
        assert np.isnan(nothing.trailing_sum("net_income")).all()
        assert np.isnan(nothing.typical("equity", 5)).all()
    assert np.isnan(known([], "2021-03-01", names=2).latest("equity")).all()


def plain_trailing_sum(rows: list[Row], date: str, max_age: int) -> float:
    """The definition once more, in plain Python and without any table."""
    today = np.datetime64(date, "D")
    past = sorted(
        (np.datetime64(end, "D"), np.datetime64(known, "D"), place, items["net_income"])
        for place, (_, known, end, items) in enumerate(
            sorted(rows, key=lambda row: (row[0], row[1], row[2]))
        )
        if np.datetime64(known, "D") <= today and "net_income" in items
    )
    quarters: list[list[tuple[np.datetime64, np.datetime64, int, float]]] = []
    for row in past:
        if quarters and (row[0] - quarters[-1][-1][0]).astype(int) <= 45:
            quarters[-1].append(row)
        else:
            quarters.append([row])
    year = quarters[-4:]
    if len(year) < 4:
        return float("nan")
    ends = [max(row[0] for row in quarter) for quarter in year]
    span, age = (ends[3] - ends[0]).astype(int), (today - ends[3]).astype(int)
    if not 235 <= span <= 315 or age > max_age:
        return float("nan")
    return sum(max(quarter, key=lambda row: (row[1], row[2]))[3] for quarter in year)


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(-4, 4), st.integers(10, 90)), max_size=3),
        min_size=5,
        max_size=9,
    ),
    st.integers(300, 900),
)
def test_trailing_sums_equal_the_plain_definition(
    drawn: list[list[tuple[int, int]]], day: int
) -> None:
    start = np.datetime64("2019-03-31", "D")
    rows: list[Row] = []
    for quarter, reports in enumerate(drawn):
        for shift, lag in reports:
            end = start + 91 * quarter + shift
            rows.append((0, str(end + lag), str(end), {"net_income": 2.0 ** len(rows)}))
    date = str(start + day)
    assert known(rows, date, max_age=300).trailing_sum("net_income")[0] == pytest.approx(
        plain_trailing_sum(rows, date, 300), nan_ok=True
    )


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 900))
def test_later_filings_change_nothing(seed: int, day: int) -> None:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2019-03-31", "D")
    rows: list[Row] = []
    for name in range(3):
        for quarter in range(10):
            end = start + 91 * quarter + int(rng.integers(-20, 20))
            lag = int(rng.integers(5, 200))
            rows.append((name, str(end + lag), str(end), {"equity": float(rng.normal())}))
    date = str(start + day)
    past = [row for row in rows if row[1] <= date]
    everything, only_past = known(rows, date, names=3), known(past, date, names=3)
    for ask in ("latest", "trailing_sum"):
        np.testing.assert_array_equal(
            getattr(everything, ask)("equity"), getattr(only_past, ask)("equity")
        )
