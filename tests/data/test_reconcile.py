"""Two providers' series of one name: what differs is found, and what agrees is left in peace."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.calendar import sessions
from data.errors import BadTableError
from data.reconcile import (
    FINDINGS,
    RECONCILE_KINDS,
    SUMMARY,
    ProviderSeries,
    reconcile,
    summary_table,
)

DAYS: list[dt.date] = sessions(dt.date(2020, 1, 2), dt.date(2021, 6, 30)).tolist()
AS_OF = dt.date(2021, 7, 1)
SPLIT = (DAYS[120], 4.0)
DIVIDENDS = {DAYS[60]: 0.82, DAYS[200]: 0.22}
# Closes as traded: a fall to a quarter at the split.
RAW = {
    day: round(100.0 * (1 + 0.001 * place) / (4.0 if day >= SPLIT[0] else 1.0), 2)
    for place, day in enumerate(DAYS)
}


def bars(closes: dict[dt.date, float]) -> pa.Table:
    rows = [{"date": day, "ticker": "AAA", "close": close} for day, close in closes.items()]
    schema = [("date", pa.date32()), ("ticker", pa.string()), ("close", pa.float64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def splits(*told: tuple[dt.date, float]) -> pa.Table:
    rows = [{"ticker": "AAA", "execution_date": day, "ratio": ratio} for day, ratio in told]
    schema = [("ticker", pa.string()), ("execution_date", pa.date32()), ("ratio", pa.float64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def dividends(told: dict[dt.date, float]) -> pa.Table:
    rows = [{"ticker": "AAA", "ex_date": day, "cash_amount": cash} for day, cash in told.items()]
    schema = [("ticker", pa.string()), ("ex_date", pa.date32()), ("cash_amount", pa.float64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def polygon(
    closes: dict[dt.date, float] | None = None,
    told: tuple[tuple[dt.date, float], ...] = (SPLIT,),
    cash: dict[dt.date, float] | None = None,
) -> ProviderSeries:
    paid = DIVIDENDS if cash is None else cash
    used = RAW if closes is None else closes
    return ProviderSeries("polygon", "raw", bars(used), splits(*told), dividends(paid), AS_OF)


def yahoo() -> ProviderSeries:
    closes = {day: close / (4.0 if day < SPLIT[0] else 1.0) for day, close in RAW.items()}
    paid = {day: cash / (4.0 if day < SPLIT[0] else 1.0) for day, cash in DIVIDENDS.items()}
    return ProviderSeries("yahoo", "split", bars(closes), splits(SPLIT), dividends(paid), AS_OF)


def found(left: ProviderSeries, right: ProviderSeries, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reconcile("AAA", left, right, **more).findings.to_pylist()
    return rows


def test_one_market_told_on_two_bases_agrees() -> None:
    result = reconcile("AAA", polygon(), yahoo())
    assert result.findings.num_rows == 0
    assert result.findings.schema.equals(FINDINGS)
    assert result.days == result.agreeing == len(DAYS)
    assert result.worst < 1e-12
    assert (result.first, result.last) == (DAYS[0], DAYS[-1])
    assert (result.left, result.right, result.counts()) == ("polygon", "yahoo", {})


def test_a_day_that_differs_is_named_with_what_both_say() -> None:
    closes = {**RAW, DAYS[30]: RAW[DAYS[30]] * 1.05}
    (row,) = found(polygon(closes), yahoo())
    assert (row["kind"], row["date"], row["until"]) == ("close", DAYS[30], None)
    assert row["left"] == pytest.approx(row["right"] * 1.05)
    assert row["difference"] == pytest.approx(0.05)
    assert found(polygon(closes), yahoo(), tolerance=0.06) == []


def test_days_that_one_side_lacks_are_named() -> None:
    one = {day: close for day, close in RAW.items() if day not in (DAYS[5], DAYS[6])}
    rows = found(polygon(one), yahoo())
    assert [(row["kind"], row["date"]) for row in rows] == [
        ("missing_left", DAYS[5]),
        ("missing_left", DAYS[6]),
    ]
    assert [row["kind"] for row in found(yahoo(), polygon(one))] == ["missing_right"] * 2


def test_only_days_that_both_cover_are_compared() -> None:
    some = {day: close for day, close in RAW.items() if DAYS[100] <= day <= DAYS[150]}
    result = reconcile("AAA", polygon(some), yahoo())
    assert (result.first, result.last, result.days) == (DAYS[100], DAYS[150], 51)
    assert result.findings.num_rows == 0
    before = {day: close for day, close in RAW.items() if day < DAYS[10]}
    after = {day: close for day, close in RAW.items() if day > DAYS[10]}
    none = reconcile("AAA", polygon(before), polygon(after))
    assert (none.first, none.days, none.findings.num_rows) == (None, 0, 0)
    assert reconcile("AAA", polygon({}), yahoo()).first is None


def test_a_missing_split_is_one_stretch_and_not_hundreds_of_days() -> None:
    lacking = replace(yahoo(), splits=splits(), dividends=dividends(DIVIDENDS))
    rows = found(polygon(), lacking)
    assert [row["kind"] for row in rows] == ["scale", "split_missing_right"]
    scale = rows[0]
    assert (scale["date"], scale["until"]) == (DAYS[0], DAYS[119])
    assert scale["difference"] == pytest.approx(3.0)
    result = reconcile("AAA", polygon(), lacking)
    assert result.days - result.agreeing == 120


def test_actions_that_differ_are_told_apart() -> None:
    other = polygon(told=((SPLIT[0], 3.0),), cash={DAYS[60]: 0.9, DAYS[203]: 0.22, DAYS[210]: 1.0})
    rows = found(polygon(), other)
    assert [(row["kind"], row["date"], row["until"]) for row in rows] == [
        ("dividend", DAYS[60], None),
        ("split", SPLIT[0], None),
        ("dividend_date", DAYS[200], DAYS[203]),
        ("dividend_missing_left", DAYS[210], None),
    ]
    assert rows[0]["difference"] == pytest.approx(0.82 / 0.9 - 1)
    assert (rows[3]["left"], rows[3]["right"], rows[3]["difference"]) == (None, 1.0, None)
    kinds = {row["kind"] for row in found(other, polygon())}
    assert kinds == {"dividend", "split", "dividend_date", "dividend_missing_right"}


def test_several_dividends_of_a_day_count_as_their_sum() -> None:
    two = pa.concat_tables([dividends({DAYS[60]: 0.5}), dividends({DAYS[60]: 0.32})])
    left = replace(polygon(), dividends=pa.concat_tables([two, dividends({DAYS[200]: 0.22})]))
    assert found(left, yahoo()) == []


def test_rounding_of_cash_is_no_difference() -> None:
    rounded = {day: round(cash + 4e-4, 4) for day, cash in DIVIDENDS.items()}
    assert found(polygon(cash=rounded), yahoo()) == []


def test_the_summary_has_the_worst_first() -> None:
    good = reconcile("AAA", polygon(), yahoo())
    closes = {**RAW, DAYS[3]: 1.0, DAYS[9]: 2.0}
    bad = replace(reconcile("AAA", polygon(closes), yahoo()), ticker="ZZZ")
    table = summary_table([good, bad])
    assert table.schema.equals(SUMMARY)
    assert table["ticker"].to_pylist() == ["ZZZ", "AAA"]
    first = table.to_pylist()[0]
    assert (first["days"], first["agreeing"], first["close"]) == (len(DAYS), len(DAYS) - 2, 2)
    assert first["worst"] > 0.9
    assert summary_table([]).num_rows == 0


def test_tables_that_are_none_are_refused() -> None:
    twice = pa.concat_tables([bars(RAW), bars({DAYS[0]: 1.0})])
    with pytest.raises(BadTableError, match="one row for each date, ticker"):
        reconcile("AAA", replace(polygon(), bars=twice), yahoo())
    with pytest.raises(ValueError, match="tolerance must be above 0"):
        reconcile("AAA", polygon(), yahoo(), tolerance=0.0)


@settings(max_examples=25)
@given(
    errors=st.dictionaries(st.integers(0, len(DAYS) - 1), st.floats(0.01, 0.5), max_size=12),
    gone=st.sets(st.integers(1, len(DAYS) - 2), max_size=8),
)
def test_every_error_is_found_once_and_nothing_else(
    errors: dict[int, float], gone: set[int]
) -> None:
    errors = {place: size for place, size in errors.items() if place not in gone}
    closes = {
        day: close * (1 + errors.get(place, 0.0))
        for place, (day, close) in enumerate(RAW.items())
        if place not in gone
    }
    result = reconcile("AAA", polygon(closes), yahoo())
    rows = result.findings.to_pylist()
    missing = {row["date"] for row in rows if row["kind"] == "missing_left"}
    assert missing == {DAYS[place] for place in gone}
    assert result.days == len(DAYS) - len(gone)
    assert result.agreeing == result.days - len(errors)
    told = {row["date"] for row in rows if row["kind"] == "close"}
    stretches = [(row["date"], row["until"]) for row in rows if row["kind"] == "scale"]
    covered = {day for day in DAYS for first, last in stretches if first <= day <= last}
    assert {DAYS[place] for place in errors} <= told | covered
    assert told <= {DAYS[place] for place in errors}
    assert set(result.counts()) <= set(RECONCILE_KINDS)
    swapped = reconcile("AAA", yahoo(), polygon(closes))
    assert swapped.agreeing == result.agreeing
