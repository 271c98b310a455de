from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.book import imported_book
from core.caps import ROUNDING
from core.errors import HistoryError, InputsError
from core.factors.names import REGIMES
from tests.markets import make_market

OWN = pd.DataFrame(
    {
        "date": ["2019-02-01", "2019-02-01", "2019-03-02", "2019-03-02", "2019-03-03"],
        "ticker": ["T01", "T03", "T01", "T02", "T05"],
        "weight": [0.6, 0.4, 0.5, 0.5, 1.0],
    }
)


def test_an_own_book_decides_on_its_date_or_the_next_session() -> None:
    market = make_market()
    book = imported_book(market, OWN, 0, 199)
    # 1 February 2019 is a Friday. 2 and 3 March are a weekend: both mean Monday the 4th, and the
    # newer one counts.
    assert market.sessions[book.rebalance].astype(str).tolist() == ["2019-02-01", "2019-03-04"]
    assert book.target[0, [1, 3]].tolist() == [0.6, 0.4]
    assert np.flatnonzero(book.target[1]).tolist() == [5]
    assert book.target.sum(axis=1).tolist() == [1.0, 1.0]
    assert book.alpha is None
    assert np.isnan(book.composite).all()
    assert [REGIMES[code] for code in book.regime] == ["default", "default"]
    assert book.notes == (
        "own book: alpha-to-cost gate off, since its expected returns are not known",
        "own book: position and sector cap do not apply to it",
        "own book: 1 dates are replaced by a later one before the next session",
    )


def test_an_own_book_may_carry_regimes_and_dates_outside_the_period() -> None:
    market = make_market()
    regime = np.arange(200) % 6
    book = imported_book(market, OWN, 30, 199, regime)
    assert book.rebalance.tolist() == [44]
    assert book.regime.tolist() == [44 % 6]
    assert "own book: 1 of 3 dates lie outside the period" in book.notes


def test_an_own_book_outside_the_period_says_what_there_is() -> None:
    with pytest.raises(
        HistoryError,
        match=r"a date within 2019-05-21 … 2019-10-07, its dates are 2019-02-01 … 2019-03-03",
    ):
        imported_book(make_market(), OWN, 100, 199)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("ticker", ["T01", "X99", "T0l", "T02", "T05"], r"unknown: T0l \(did you mean T..\?\), X9"),
        ("weight", [60.0, 40.0, 0.5, 0.5, 1.0], r"0\.02 is 2 %\).*the largest sum 100\. `plimsoll"),
        ("weight", [-0.1, 0.4, 0.5, 0.5, 1.0], r"the least weight was -0\.1, "),
        ("weight", [np.nan, 0.4, 0.5, 0.5, 1.0], r"the least weight was nan, "),
        ("weight", [np.inf, 0.4, 0.5, 0.5, 1.0], r"the largest sum inf\."),
        ("weight", [0.6000011, 0.4, 0.5, 0.5, 1.0], r"sum 1\.0000011\..*Leverage is risk\.max_lev"),
        (
            "date",
            [None, "2019-02-01", "2019-03-02", "2019-03-02", "2019-03-03"],
            r"must have a date",
        ),
    ],
)
def test_a_wrong_own_book_is_refused(column: str, values: list[object], message: str) -> None:
    with pytest.raises(InputsError, match=message):
        imported_book(make_market(), OWN.assign(**{column: values}), 0, 199)


def test_an_own_book_without_a_column_or_a_row_is_refused() -> None:
    with pytest.raises(InputsError, match=r"it was without weight\. Import it again"):
        imported_book(make_market(), OWN.drop(columns="weight"), 0, 199)
    with pytest.raises(InputsError, match=r"it was empty\. Import it again"):
        imported_book(make_market(), OWN.iloc[:0], 0, 199)


def test_sixths_printed_with_six_digits_are_made_to_fit() -> None:
    names = [f"T{number:02}" for number in range(6)]
    frame = pd.DataFrame({"date": "2019-02-01", "ticker": names, "weight": 0.166667})
    book = imported_book(make_market(), frame, 0, 199)
    assert book.target.sum() == pytest.approx(1.0, abs=ROUNDING)


def test_rows_of_one_name_and_date_add_up() -> None:
    book = imported_book(make_market(), OWN.assign(ticker=["T01", "T01", *OWN.ticker[2:]]), 0, 199)
    assert book.target[0, 1] == pytest.approx(1.0)


def test_weights_that_miss_1_by_their_printed_digits_are_made_to_fit() -> None:
    third = OWN.iloc[:3].assign(date="2019-02-01", ticker=["T01", "T02", "T03"], weight=0.3333335)
    book = imported_book(make_market(), third, 0, 199)
    assert book.target.sum() <= 1.0 + ROUNDING
    assert book.target[0, 1] == pytest.approx(1.0 / 3.0)
