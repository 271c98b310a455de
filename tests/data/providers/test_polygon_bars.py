"""Rows into bars: each has one fate, and the quick way says what the careful way says."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.providers.base import PROVIDER_REASONS, RAW_BARS
from data.providers.polygon_bars import bars_table, grouped_table, sifted_table
from data.providers.raw_rows import exchange_dates
from data.schema import REASONS

NEW_YORK = ZoneInfo("America/New_York")
START, END = dt.date(2024, 3, 1), dt.date(2024, 4, 30)
DAYS = st.dates(START - dt.timedelta(days=2), END + dt.timedelta(days=2))
PRICES = st.floats(0.01, 1e6)
WRONG = st.sampled_from([None, "1", True, -1.0, 0, float("inf"), 10**400, [], {}])


def stamp(day: dt.date, hour: int = 0) -> int:
    moment = dt.datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK)
    return int(moment.timestamp() * 1000)


@st.composite
def rows(draw: st.DrawFn, spoiled: bool = True) -> list[dict[str, Any]]:
    good = st.fixed_dictionaries(
        {name: PRICES for name in ("o", "h", "l", "c")}
        | {"v": st.integers(0, 10**9), "t": st.builds(stamp, DAYS)},
        optional={"vw": PRICES, "n": st.integers(0, 10**6)},
    )
    found: list[dict[str, Any]] = draw(st.lists(good, max_size=25))
    for row in found if spoiled else []:
        if draw(st.integers(0, 4)) == 0:
            row[draw(st.sampled_from([*row]))] = draw(WRONG)
        if draw(st.integers(0, 9)) == 0:
            row.pop(draw(st.sampled_from([*row])))
    return found


@given(rows())
def test_every_row_has_exactly_one_fate(found: list[dict[str, Any]]) -> None:
    before = copy.deepcopy(found)
    table, refused = bars_table(found, "AAA", START, END)
    assert found == before
    assert table.schema == RAW_BARS
    assert table.num_rows + len(refused) == len(found)
    assert {item.reason for item in refused} <= {*REASONS, *PROVIDER_REASONS}
    days = table["date"].to_pylist()
    assert days == sorted(set(days))
    assert all(START <= day <= END for day in days)
    assert table["close"].null_count == 0
    for name in ("open", "high", "low", "close"):
        assert not table.num_rows or pc.all(pc.greater(table[name], 0)).as_py() is not False


@given(rows(spoiled=False) | rows())
def test_the_quick_way_says_what_the_careful_way_says(found: list[dict[str, Any]]) -> None:
    ordered = sorted(found, key=lambda row: row["t"] if type(row.get("t")) is int else 0)
    for case in (found, ordered):
        quick, careful = (way(case, "AAA", START, END) for way in (bars_table, sifted_table))
        assert quick[0].equals(careful[0])
        assert quick[1] == careful[1]


@given(rows())
def test_what_is_kept_is_what_came(found: list[dict[str, Any]]) -> None:
    by_day: dict[dt.date, list[Any]] = {}
    for row in found:
        for day in exchange_dates([row.get("t")]).to_pylist():
            by_day.setdefault(day, []).append(row.get("c"))
    for bar in bars_table(found, "AAA", START, END)[0].to_pylist():
        assert bar["close"] in by_day[bar["date"]]


# Arrow's table of summer times ends with 2037.
@given(day=st.dates(dt.date(1970, 1, 2), dt.date(2037, 12, 31)), hour=st.integers(0, 23))
def test_the_date_is_new_yorks_whatever_the_hour(day: dt.date, hour: int) -> None:
    assert exchange_dates([stamp(day, hour)]).to_pylist() == [day]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2020-01-02T05:00:00Z", dt.date(2020, 1, 2)),  # 1577941200000 of the docs' example
        ("2024-03-10T05:00:00Z", dt.date(2024, 3, 10)),  # the night summer time begins
        ("2024-03-11T03:59:59Z", dt.date(2024, 3, 10)),
        ("2024-03-11T04:00:00Z", dt.date(2024, 3, 11)),
        ("2024-11-04T04:59:59Z", dt.date(2024, 11, 3)),  # and the one after it ends
        ("2024-11-04T05:00:00Z", dt.date(2024, 11, 4)),
    ],
)
def test_the_change_of_clocks_moves_no_bar(moment: str, day: dt.date) -> None:
    ms = int(dt.datetime.fromisoformat(moment).timestamp() * 1000)
    assert exchange_dates([ms]).to_pylist() == [day]


def test_a_bar_by_its_start_and_by_its_close_is_the_same_bar() -> None:
    day = dt.date(2024, 3, 11)
    row = {"o": 1.0, "h": 2.0, "l": 0.5, "c": 1.5, "v": 10, "vw": 1.2, "n": 3}
    ranged, _ = bars_table([row | {"t": stamp(day)}], "AAA", START, END)
    grouped, others, refused = grouped_table([row | {"T": "AAA", "t": stamp(day, 16)}], day, None)
    assert ranged.equals(grouped)
    assert (others, refused) == (0, ())


def test_missing_prices_other_than_the_close_are_kept_as_empty() -> None:
    row = {"c": 1.5, "t": stamp(START)}
    table, refused = bars_table([row, {"c": 2.0, "v": None, "t": stamp(END)}], "AAA", START, END)
    assert refused == ()
    assert table["open"].to_pylist() == [None, None]
    assert table["close"].to_pylist() == [1.5, 2.0]
