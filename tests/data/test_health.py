"""Data health: a clean market has no findings, each planted defect is found and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from data.calendar import sessions
from data.health import HealthReport, HealthTables, check_tables
from data.health_kinds import KINDS

DAYS = sessions(dt.date(2023, 1, 3), dt.date(2023, 6, 30))


def clean(*tickers: str) -> pd.DataFrame:
    """Bars of a quiet market: every session, prices that wander by less than 2 %."""
    frames = []
    for number, ticker in enumerate(tickers or ("AAA", "BBB")):
        steps = np.random.default_rng(number).uniform(-0.02, 0.02, len(DAYS))
        close = 100.0 * np.exp(np.cumsum(steps))
        frames.append(
            pd.DataFrame(
                {
                    "date": DAYS.astype("datetime64[s]"),
                    "ticker": ticker,
                    "open": close,
                    "high": close * 1.01,
                    "low": close * 0.99,
                    "close": close,
                    "volume": 1000.0,
                    "adj_close": close,
                    "basis": "full",
                    "source": "file",
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def kinds(report: HealthReport) -> set[tuple[str, str]]:
    return {(finding.kind, finding.ticker) for finding in report.findings}


def place(prices: pd.DataFrame, day: int, ticker: str = "AAA") -> int:
    return int(prices.index[prices["ticker"] == ticker][day])


def from_day(prices: pd.DataFrame, day: int, columns: list[str], factor: float) -> pd.DataFrame:
    rows = (prices["ticker"] == "AAA") & (prices["date"] >= DAYS[day].astype("datetime64[s]"))
    prices.loc[rows, columns] *= factor
    return prices


def with_gap(prices: pd.DataFrame) -> pd.DataFrame:
    return prices.drop(index=[place(prices, 30), place(prices, 31)])


def with_closed_day(prices: pd.DataFrame) -> pd.DataFrame:
    extra = prices.iloc[[place(prices, 10)]].assign(date=pd.Timestamp("2023-01-16"))
    return pd.concat([prices, extra.astype(prices.dtypes.to_dict())], ignore_index=True)


def with_duplicate(prices: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([prices, prices.iloc[[place(prices, 5)]]], ignore_index=True)


def with_stale(prices: pd.DataFrame) -> pd.DataFrame:
    rows = range(place(prices, 40), place(prices, 45))
    prices.loc[rows, ["open", "high", "low", "close", "adj_close"]] = prices["close"][
        place(prices, 40)
    ]
    return prices


def with_zero_volume(prices: pd.DataFrame) -> pd.DataFrame:
    prices.loc[place(prices, 7), "volume"] = 0.0
    return prices


def with_disorder(prices: pd.DataFrame) -> pd.DataFrame:
    prices.loc[place(prices, 7), "high"] = prices["low"][place(prices, 7)]
    return prices


def with_jump(prices: pd.DataFrame) -> pd.DataFrame:
    return from_day(prices, 50, ["open", "high", "low", "close", "adj_close"], 0.5)


def with_false_adjustment(prices: pd.DataFrame) -> pd.DataFrame:
    return from_day(prices, 50, ["adj_close"], 1.3)


def with_reuse(prices: pd.DataFrame) -> pd.DataFrame:
    prices = from_day(prices, 50, ["open", "high", "low", "close", "adj_close"], 3.0)
    gone = (prices["ticker"] == "AAA") & prices["date"].between(
        DAYS[20].astype("datetime64[s]"), DAYS[49].astype("datetime64[s]")
    )
    return prices[~gone]


def with_basis(prices: pd.DataFrame) -> pd.DataFrame:
    prices.loc[prices["ticker"] == "AAA", "basis"] = "adj_only"
    return prices


def with_splice(prices: pd.DataFrame) -> pd.DataFrame:
    prices.loc[place(prices, 60) : place(prices, len(DAYS) - 1), "source"] = "other"
    return prices


def with_end(prices: pd.DataFrame) -> pd.DataFrame:
    return prices.drop(index=range(place(prices, 80), place(prices, len(DAYS) - 1) + 1))


def with_crash(prices: pd.DataFrame) -> pd.DataFrame:
    columns = ["open", "high", "low", "close", "adj_close"]
    for day in (75, 77):
        prices = from_day(prices, day, columns, 0.65)
    return with_end(prices)


@pytest.mark.parametrize(
    ("plant", "found", "grade"),
    [
        (with_gap, {"gap"}, "B"),
        (with_closed_day, {"closed_day"}, "B"),
        (with_duplicate, {"duplicate"}, "D"),
        (with_stale, {"stale"}, "B"),
        (with_zero_volume, {"zero_volume"}, "B"),
        (with_disorder, {"ohlc_disorder"}, "B"),
        (with_jump, {"jump"}, "C"),
        (with_false_adjustment, {"false_adjustment"}, "D"),
        (with_reuse, {"symbol_reuse", "gap"}, "D"),
        (with_basis, {"adjusted_close"}, "B"),
        (with_splice, {"spliced"}, "A"),
        (with_end, {"ends_early"}, "A"),
        (with_crash, {"ends_after_crash"}, "C"),
    ],
)
def test_a_planted_defect_is_found_and_nothing_else(
    plant: Callable[[pd.DataFrame], pd.DataFrame], found: set[str], grade: str
) -> None:
    prices = plant(clean())
    before = prices.copy()
    report = check_tables(HealthTables(prices))
    pd.testing.assert_frame_equal(prices, before)
    assert kinds(report) == {(kind, "AAA") for kind in found}
    assert report.grades == {"AAA": grade, "BBB": "A"}
    for finding in report.findings:
        assert finding.done == "nothing"
        assert finding.overrule
        assert finding.kind in KINDS


def test_a_clean_market_has_no_findings() -> None:
    actions = pd.DataFrame(
        {
            "date": pd.to_datetime(["2023-02-01", "2023-03-01", "2023-05-01"]),
            "ticker": "AAA",
            "dividend": [0.10, 0.0, 0.11],
            "split": [0.0, 4.0, 0.0],
        }
    )
    report = check_tables(HealthTables(clean(), actions=actions))
    assert report.findings == ()
    assert report.grade == "A"
    assert report.not_looked_for == ()


def test_a_large_dividend_that_the_price_follows_is_no_defect() -> None:
    prices = from_day(clean(), 50, ["open", "high", "low", "close"], 0.7)
    assert check_tables(HealthTables(prices)).findings == ()


def test_dividends_on_the_wrong_side_of_a_split() -> None:
    actions = pd.DataFrame(
        {
            "date": pd.to_datetime(["2023-01-10", "2023-02-10", "2023-03-10", "2023-04-03"]),
            "ticker": "AAA",
            "dividend": [0.10, 1.02, 0.10, 0.0],
            "split": [0.0, 0.0, 0.0, 10.0],
        }
    )
    report = check_tables(HealthTables(clean(), actions=actions))
    assert kinds(report) == {("false_dividend", "AAA")}
    assert report.findings[0].first == dt.date(2023, 2, 10)
    late = actions.assign(
        date=pd.to_datetime(["2023-05-10", "2023-06-10", "2023-07-10", "2023-04-03"])
    )
    assert check_tables(HealthTables(clean(), actions=late)).findings == ()


def test_a_split_by_an_odd_ratio_is_a_remark() -> None:
    actions = pd.DataFrame(
        {
            "date": pd.to_datetime(["2023-01-04"] * 3),
            "ticker": ["AAA", "BBB", "CCC"],
            "dividend": 0.0,
            "split": [1.281, 1.5, 1 / 8],
        }
    )
    assert kinds(check_tables(HealthTables(clean(), actions=actions))) == {("odd_split", "AAA")}


def test_membership_sectors_and_filings() -> None:
    membership = pd.DataFrame(
        {
            "ticker": ["AAA", "BBB", "ZZZ", "OLD"],
            "start_date": pd.to_datetime(["2020-01-01"] * 4),
            "end_date": pd.to_datetime(["2023-06-01", None, None, "2022-01-03"]),
        }
    )
    securities = pd.DataFrame({"ticker": ["AAA", "BBB"], "sector": ["Energy", None]})
    filings = pd.DataFrame(
        {
            "ticker": ["AAA", "AAA", "BBB", "BBB"],
            "period_end": pd.to_datetime(["2022-12-31"] * 4),
            "available_date": pd.to_datetime(
                ["2022-12-31", "2023-02-01", "2023-08-01", "2023-03-01"]
            ),
            "date_kind": ["filing", "filing", "filing", "assumed_60d"],
        }
    )
    report = check_tables(HealthTables(with_end(clean()), securities, membership, filings))
    assert kinds(report) == {
        ("ends_while_member", "AAA"), ("ends_early", "AAA"), ("without_prices", "ZZZ"),
        ("no_sector", "BBB"), ("early_filing", "AAA"), ("odd_lag", "BBB"), ("assumed_date", "BBB"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data_ended", "back", "entries", "done", "words"),
    [
        (False, -0.9, (), "stated", "holders got -90.0%"),
        (False, 0.0, (), "nothing", "0 is assumed"),
        (False, 0.0, ("security AAA delisting_return 0.0: sold: whole",), "stated", "got +0.0%"),
        (False, 0.0, ("security BBB delisting_return 0.0: sold",), "nothing", "0 is assumed"),
        (False, 0.0, ("security AAA sector Energy: no delisting_return",), "nothing", "assumed"),
        (True, 0.0, (), "nothing", "only the data ended"),
    ],
)
def test_an_ending_that_is_told_is_answered(
    data_ended: bool, back: float, entries: tuple[str, ...], done: str, words: str
) -> None:
    securities = pd.DataFrame(
        {
            "ticker": ["AAA", "BBB"],
            "sector": "Energy",
            "last_session": pd.to_datetime(["2023-04-27", None]),
            "delisting_return": [back, None],
            "data_ended": [data_ended, False],
        }
    )
    report = check_tables(HealthTables(with_crash(clean()), securities), accepted=entries)
    assert {(f.kind, f.done) for f in report.findings} == {("ends_after_crash", done)}
    assert words in report.findings[0].detail
    assert report.grades["AAA"] == ("A" if done == "stated" else "C")


def test_an_accepting_entry_that_answers_nothing_is_named() -> None:
    prices = clean("AAA")
    late = prices["date"] > prices["date"].iloc[60]
    for column in ("open", "high", "low", "close", "adj_close"):
        prices.loc[late, column] *= 2.0
    accepted = (
        "accept jump AAA the first to the last: looked at",
        "accept jump BBB the first to the last: no such finding",
        "exclude prices AAA the first to the last: no acceptance at all",
    )
    report = check_tables(HealthTables(prices), accepted=accepted)
    assert [finding.done for finding in report.findings if finding.kind == "jump"] == ["accepted"]
    assert report.grades == {"AAA": "A"}
    assert report.unmatched == accepted[1:2]
