"""The adjustment: known companies, edges, and what it refuses."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.adjustment import ADJUSTED_BARS, UNUSED_REASONS, adjust, unsplit, unsplit_dividends
from data.errors import BadTableError, MissingColumnError

D = dt.date
START = D(2024, 1, 2)
TODAY = D(2026, 1, 1)

BARS = pa.schema([("date", pa.date32()), ("ticker", pa.string()), ("close", pa.float64())])
SPLITS = pa.schema(
    [("ticker", pa.string()), ("execution_date", pa.date32()), ("ratio", pa.float64())]
)
DIVIDENDS = pa.schema(
    [("ticker", pa.string()), ("ex_date", pa.date32()), ("cash_amount", pa.float64())]
)


def table(schema: pa.Schema, *rows: tuple[Any, ...]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def column(result: pa.Table, name: str) -> np.ndarray:
    return result[name].to_numpy()


# Apple in August 2020: closes as traded and the cash a holder got, from the exchange's tape and
# the company's release; 4:1 at the open of 2020-08-31.
APPLE = table(
    BARS,
    (D(2020, 8, 6), "AAPL", 455.61),
    (D(2020, 8, 7), "AAPL", 444.45),
    (D(2020, 8, 28), "AAPL", 499.23),
    (D(2020, 8, 31), "AAPL", 129.04),
)
APPLE_SPLIT = table(SPLITS, ("AAPL", D(2020, 8, 31), 4.0))
APPLE_CASH = table(DIVIDENDS, ("AAPL", D(2020, 8, 7), 0.82))


def test_apple_2020() -> None:
    bars = adjust(APPLE, APPLE_SPLIT, APPLE_CASH).bars
    np.testing.assert_allclose(
        column(bars, "close"), [113.9025, 111.1125, 124.8075, 129.04], rtol=1e-12
    )
    total = column(bars, "adj_close")
    np.testing.assert_allclose(total[1:], column(bars, "close")[1:], rtol=1e-12)
    # (444.45 / (455.61 - 0.82) - 1): the cash belongs to the share of that day.
    assert total[1] / total[0] - 1 == pytest.approx(444.45 / (455.61 - 0.82) - 1, rel=1e-12)


def test_apple_2020_as_yahoo_tells_it() -> None:
    split = table(
        BARS,
        (D(2020, 8, 6), "AAPL", 113.9025),
        (D(2020, 8, 7), "AAPL", 111.1125),
        (D(2020, 8, 28), "AAPL", 124.8075),
        (D(2020, 8, 31), "AAPL", 129.04),
    )
    raw = unsplit(split, APPLE_SPLIT, TODAY)
    np.testing.assert_allclose(column(raw, "close"), column(APPLE, "close"), rtol=1e-12)
    cash = unsplit_dividends(table(DIVIDENDS, ("AAPL", D(2020, 8, 7), 0.205)), APPLE_SPLIT, TODAY)
    np.testing.assert_allclose(column(cash, "cash_amount"), [0.82], rtol=1e-12)
    # Cash of one basis with closes of the other is four times wrong: it must be seen.
    mixed = adjust(raw, APPLE_SPLIT, table(DIVIDENDS, ("AAPL", D(2020, 8, 7), 0.205)))
    right = adjust(raw, APPLE_SPLIT, cash)
    first = column(right.bars, "adj_close")[0], column(mixed.bars, "adj_close")[0]
    assert 1 - first[0] / 113.9025 == pytest.approx(4 * (1 - first[1] / 113.9025), rel=1e-9)


def test_volume_and_ohl_follow_the_split_and_empty_stays_empty() -> None:
    bars = table(BARS, (D(2024, 1, 2), "A", 40.0), (D(2024, 1, 3), "A", 10.0))
    bars = bars.append_column("volume", pa.array([100.0, None]))
    bars = bars.append_column("high", pa.array([44.0, float("nan")]))
    done = adjust(bars, table(SPLITS, ("A", D(2024, 1, 3), 4.0)), table(DIVIDENDS)).bars
    assert done.schema == ADJUSTED_BARS
    assert done["volume"].to_pylist() == [400.0, None]
    assert done["high"].to_pylist() == [11.0, None]
    assert done["open"].to_pylist() == [None, None]


def test_split_and_dividend_on_one_day_are_of_new_shares() -> None:
    bars = table(BARS, (D(2024, 1, 2), "A", 100.0), (D(2024, 1, 3), "A", 49.0))
    done = adjust(
        bars,
        table(SPLITS, ("A", D(2024, 1, 3), 2.0)),
        table(DIVIDENDS, ("A", D(2024, 1, 3), 1.0)),
    ).bars
    np.testing.assert_allclose(column(done, "close"), [50.0, 49.0])
    np.testing.assert_allclose(column(done, "adj_close"), [49.0, 49.0])


def test_actions_on_days_without_a_bar_work_on_the_next_bar() -> None:
    bars = table(BARS, (D(2024, 1, 5), "A", 100.0), (D(2024, 1, 9), "A", 40.0))
    done = adjust(
        bars,
        table(SPLITS, ("A", D(2024, 1, 7), 2.0)),
        # 2 on old shares is 1 on new ones; two payments before one bar add up.
        table(DIVIDENDS, ("A", D(2024, 1, 6), 2.0), ("A", D(2024, 1, 8), 4.0)),
    ).bars
    np.testing.assert_allclose(column(done, "adj_close"), [50.0 * (1 - 5.0 / 50.0), 40.0])


def test_every_action_is_used_or_named() -> None:
    bars = table(BARS, (D(2024, 1, 2), "A", 10.0), (D(2024, 1, 3), "A", 10.0))
    splits = table(
        SPLITS,
        ("A", D(2024, 1, 2), 2.0),
        ("A", D(2024, 1, 4), 3.0),
        ("B", D(2024, 1, 3), 2.0),
    )
    cash = table(
        DIVIDENDS, ("A", D(2024, 1, 3), 6.0), ("A", D(2024, 1, 3), 4.0),
        ("A", D(2024, 1, 3), 5.0), ("A", D(2024, 1, 2), 1.0), ("A", D(2024, 1, 4), 1.0),
    )  # fmt: skip
    cash = cash.append_column("currency", pa.array([None, "usd", "CAD", "USD", "USD"]))
    result = adjust(bars, splits, cash)
    # 6 + 4 is all of the price: no factor can be made of it.
    assert result.bars["adj_close"].to_pylist() == [10.0, 10.0]
    assert set(result.unused["reason"].to_pylist()) == set(UNUSED_REASONS)
    assert result.unused.num_rows == splits.num_rows + cash.num_rows
    dear = result.unused.filter(pa.compute.equal(result.unused["reason"], "not_below_price"))
    assert sorted(dear["value"].to_pylist()) == [4.0, 6.0]


def test_vendor_splits_after_the_last_bar_are_undone_too() -> None:
    bars = table(BARS, (D(2024, 1, 2), "A", 10.0))
    splits = table(SPLITS, ("A", D(2024, 6, 3), 4.0), ("A", D(2025, 6, 3), 5.0))
    assert unsplit(bars, splits, D(2024, 12, 31))["close"].to_pylist() == [40.0]
    assert unsplit(bars, splits, D(2025, 6, 3))["close"].to_pylist() == [200.0]


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (table(BARS, (D(2024, 1, 2), "A", 0.0)), "bars.close must be finite and above 0, was 0.0"),
        (table(BARS, (D(2024, 1, 2), "A", float("inf"))), "bars.close must be finite"),
        (table(BARS, (D(2024, 1, 2), "A", None)), "bars.close must have a value in every row"),
        (table(BARS, *[(D(2024, 1, 2), "A", 1.0)] * 2), "one row for each date, ticker, has two"),
    ],
)
def test_bad_bars_are_refused(bars: pa.Table, message: str) -> None:
    with pytest.raises(BadTableError, match=message):
        adjust(bars, table(SPLITS), table(DIVIDENDS))


def test_bad_actions_are_refused() -> None:
    day = D(2024, 1, 2)
    bars = table(BARS, (day, "A", 1.0))
    with pytest.raises(BadTableError, match=r"splits.ratio must be finite and above 0, was -2"):
        adjust(bars, table(SPLITS, ("A", day, -2.0)), table(DIVIDENDS))
    with pytest.raises(BadTableError, match="execution_date, has two"):
        adjust(bars, table(SPLITS, ("A", day, 2.0), ("A", day, 2.0)), table(DIVIDENDS))
    with pytest.raises(BadTableError, match=r"dividends.cash_amount must be finite and ≥ 0"):
        adjust(bars, table(SPLITS), table(DIVIDENDS, ("A", day, -0.1)))
    with pytest.raises(MissingColumnError, match="ratio"):
        adjust(bars, table(SPLITS).drop_columns("ratio"), table(DIVIDENDS))


def test_threads_do_not_see_each_other() -> None:
    def level(number: int) -> float:
        name = f"T{number}"
        bars = table(BARS, (START, name, 4.0 * number), (D(2024, 1, 3), name, 1.0 * number))
        result = adjust(bars, table(SPLITS, (name, D(2024, 1, 3), 4.0)), table(DIVIDENDS))
        return float(result.bars["close"][0].as_py()) / number

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(level, range(1, 60))) == {1.0}


def test_no_rows_give_no_rows() -> None:
    result = adjust(table(BARS), table(SPLITS), table(DIVIDENDS))
    assert result.bars.schema == ADJUSTED_BARS
    assert result.bars.num_rows == result.unused.num_rows == 0
