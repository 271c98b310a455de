from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InputsError
from core.factors.filings import PRIMARY_DATASET, filings_from_frame

TICKERS = ("AAA", "BBB")


def frame(**changes: object) -> pd.DataFrame:
    rows = {
        "ticker": ["BBB", "AAA", "AAA", "ZZZ"],
        "period_end": ["2020-03-31", "2020-06-30", "2020-03-31", "2020-03-31"],
        "available_date": ["2020-05-01", "2020-08-01", "2020-05-02", "2020-05-01"],
        "date_kind": ["filing", "filing", "filing", "filing"],
        "net_income": [1.0, 2.0, 3.0, 4.0],
        "equity": [10.0, np.nan, 30.0, 40.0],
        "dataset": ["fundamentals"] * 4,
    }
    return pd.DataFrame(rows | changes)


def test_rows_are_sorted_and_lined_up() -> None:
    filings, notes = filings_from_frame(frame(), TICKERS)
    assert filings.security.tolist() == [0, 0, 1]  # ZZZ is not of this market
    assert filings.available.astype(str).tolist() == ["2020-05-02", "2020-08-01", "2020-05-01"]
    assert filings.items["net_income"].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(filings.items["equity"][1])
    assert np.isnan(filings.items["shares_outstanding"]).all()  # nobody states it
    assert notes == ()
    assert len(filings) == 3


@pytest.mark.parametrize("kind", ["str", "object", "s", "ns"])
def test_dates_may_come_in_any_dress(kind: str) -> None:
    rows = frame()
    for column in ("period_end", "available_date"):
        if kind == "object":
            rows[column] = pd.to_datetime(rows[column]).dt.date
        elif kind != "str":
            rows[column] = pd.to_datetime(rows[column]).astype(f"datetime64[{kind}]")
    filings, _ = filings_from_frame(rows, TICKERS)
    assert filings.available.dtype == np.dtype("datetime64[D]")
    assert filings.period_end.astype(str).tolist() == ["2020-03-31", "2020-06-30", "2020-03-31"]


def test_rows_that_would_look_ahead_are_left_out_and_counted() -> None:
    rows = frame(available_date=["2020-03-31", "2020-08-01", None, "2020-05-01"])
    filings, notes = filings_from_frame(rows, TICKERS)
    assert filings.available.astype(str).tolist() == ["2020-08-01"]
    assert notes == (
        "fundamentals: 1 of 3 rows left out: no period end or no availability date",
        "fundamentals: 1 of 3 rows left out: available on or before the end of the period "
        "it reports",
    )


def test_an_assumed_date_is_used_and_said() -> None:
    rows = frame(date_kind=["assumed_60d", "filing", "filing", "assumed_60d"])
    filings, notes = filings_from_frame(rows, TICKERS)
    assert len(filings) == 3
    assert notes == (
        "fundamentals: 1 of 3 rows used with an assumed filing date, 60 days after the period",
    )


def test_two_datasets_stay_two_rows_with_the_primary_last() -> None:
    rows = frame(
        ticker=["AAA"] * 4,
        period_end=["2020-03-31"] * 4,
        available_date=["2020-05-01", "2020-05-01", "2020-05-01", "2020-04-20"],
        dataset=[PRIMARY_DATASET, "fundamentals", "other", PRIMARY_DATASET],
    )
    filings, _ = filings_from_frame(rows, TICKERS)
    assert filings.items["net_income"].tolist() == [4.0, 2.0, 3.0, 1.0]


def test_optional_columns_may_be_missing_or_empty() -> None:
    rows = frame().drop(columns=["dataset", "date_kind"])
    filings, notes = filings_from_frame(rows, TICKERS)
    assert len(filings) == 3
    assert notes == ()
    none, notes = filings_from_frame(rows.iloc[:0], TICKERS)
    assert len(none) == 0
    assert notes == ()


def test_infinite_numbers_count_as_not_stated() -> None:
    filings, _ = filings_from_frame(frame(net_income=[np.inf, 2.0, 3.0, 4.0]), TICKERS)
    assert np.isnan(filings.items["net_income"][2])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputsError, match=r"missing: period_end\. Import the market again"):
        filings_from_frame(frame().drop(columns="period_end"), TICKERS)
