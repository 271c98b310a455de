from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.acquire_filings import _conformed
from data.assemble_filings import (
    FOURTH_QUARTER,
    filings_frame,
    fourth_quarters,
    restated_shares,
    stored_filings,
)
from data.assemble_lines import Line, Segment
from data.fetched import FetchedStore, Source
from data.fetched_tables import FETCHED_TABLES

LAST = dt.date(2026, 1, 2)


def _row(start: str, end: str, filed: str, frame: str, **values: Any) -> dict[str, Any]:
    numbers = {"revenue": 10.0, "net_income": 1.0, "operating_cf": 2.0}
    levels = {"total_assets": 50.0, "equity": 20.0, "average_shares": 5.0}
    return {
        "ticker": "AAA",
        "period_start": dt.date.fromisoformat(start),
        "period_end": dt.date.fromisoformat(end),
        "available_date": dt.date.fromisoformat(filed),
        "timeframe": frame,
        "fiscal_period": "Q",
        "date_kind": "filing",
        **numbers,
        **levels,
        **values,
    }


QUARTERS = [
    _row("2024-01-01", "2024-03-31", "2024-05-01", "quarterly"),
    _row("2024-04-01", "2024-06-30", "2024-08-01", "quarterly"),
    _row("2024-07-01", "2024-09-30", "2024-11-01", "quarterly"),
]
YEAR = _row("2024-01-01", "2024-12-31", "2025-02-20", "annual", revenue=45.0, total_assets=60.0)


def test_the_fourth_quarter_is_the_year_less_three() -> None:
    (row,) = fourth_quarters(QUARTERS, [YEAR])
    assert row["revenue"] == 15.0
    assert row["total_assets"] == 60.0  # a level is the year's
    assert row["period_end"] == dt.date(2024, 12, 31)
    assert row["available_date"] == dt.date(2025, 2, 20)


def test_without_three_quarters_there_is_none() -> None:
    assert fourth_quarters(QUARTERS[:2], [YEAR]) == []
    late = {**QUARTERS[2], "available_date": dt.date(2025, 3, 1)}
    assert fourth_quarters([*QUARTERS[:2], late], [YEAR]) == []  # not known on the year's day
    own = _row("2024-10-01", "2024-12-31", "2025-02-20", "quarterly")
    assert fourth_quarters([*QUARTERS, own], [YEAR]) == []
    short = {**YEAR, "period_start": dt.date(2024, 6, 1)}
    assert fourth_quarters(QUARTERS, [short]) == []


def test_the_word_of_the_day_counts_not_a_later_one() -> None:
    before = {**QUARTERS[0], "available_date": dt.date(2024, 12, 1), "revenue": 12.0}
    after = {**QUARTERS[0], "available_date": dt.date(2025, 6, 1), "revenue": 99.0}
    (row,) = fourth_quarters([*QUARTERS, before, after], [YEAR])
    assert row["revenue"] == 45.0 - 12.0 - 10.0 - 10.0


def test_an_item_that_one_statement_lacks_is_missing() -> None:
    (row,) = fourth_quarters([{**QUARTERS[0], "net_income": None}, *QUARTERS[1:]], [YEAR])
    assert row["net_income"] is None
    assert row["revenue"] == 15.0


def test_the_table_has_no_row_that_became_known_later() -> None:
    frame, derived = filings_frame([*QUARTERS, YEAR], "polygon", {}, dt.date(2024, 8, 15))
    assert derived == 0
    assert frame["available_date"].max().date() <= dt.date(2024, 8, 15)
    frame, derived = filings_frame([*QUARTERS, YEAR], "polygon", {}, LAST)
    assert derived == 1
    assert frame["dataset"].tolist() == ["polygon"] * 3 + [FOURTH_QUARTER]
    assert frame.duplicated(["ticker", "available_date", "period_end", "dataset"]).sum() == 0


def test_shares_are_on_the_split_basis_of_the_prices() -> None:
    splits = {"AAA": [(dt.date(2024, 6, 10), 10.0), (dt.date(2027, 1, 4), 2.0)]}
    frame, _ = filings_frame(QUARTERS, "polygon", splits, LAST)
    assert frame["shares_outstanding"].tolist() == [50.0, 5.0, 5.0]


def test_an_assumed_day_says_so() -> None:
    rows = [{**row, "date_kind": "assumed"} for row in QUARTERS]
    frame, _ = filings_frame(rows, "yahoo", {}, LAST)
    assert set(frame["date_kind"]) == {"assumed_60d"}


@given(
    shares=st.floats(1.0, 1e10),
    ratios=st.lists(st.sampled_from([0.1, 0.5, 2.0, 4.0]), max_size=4),
    cut=st.integers(0, 400),
)
def test_splits_before_the_filing_and_after_the_end_change_nothing(
    shares: float, ratios: list[float], cut: int
) -> None:
    filed = dt.date(2024, 1, 1) + dt.timedelta(days=cut)
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=100 * n) for n in range(len(ratios))]
    wanted = shares
    for day, ratio in zip(days, ratios, strict=True):
        wanted *= ratio if filed < day <= LAST else 1.0
    told = restated_shares(shares, filed, list(zip(days, ratios, strict=True)), LAST)
    assert told == pytest.approx(wanted)


@pytest.mark.parametrize("shares", [None, 0.0, -1.0, float("nan")])
def test_shares_that_are_none(shares: float | None) -> None:
    assert restated_shares(shares, LAST, [], LAST) is None


def test_a_statement_that_does_not_say_its_kind_is_of_the_kind_asked_for() -> None:
    rows = [{name: None for name in FETCHED_TABLES["filings"].columns.names} for _ in range(3)]
    for row, kind in zip(rows, (None, "quarterly", "ttm"), strict=True):
        row["timeframe"] = kind
    table = pa.Table.from_pylist(rows, schema=FETCHED_TABLES["filings"].columns)
    assert _conformed(table, "quarterly")["timeframe"].to_pylist() == ["quarterly"] * 2
    assert _conformed(table, "annual")["timeframe"].to_pylist() == ["annual"]


def test_statements_of_no_known_kind_are_left_out_and_counted(tmp_path: Path) -> None:
    store, day = FetchedStore(tmp_path), dt.date(2024, 1, 1)
    rows = [*QUARTERS, {**QUARTERS[0], "timeframe": None, "fiscal_period": "Q9"}]
    table = pa.Table.from_pylist(rows, schema=FETCHED_TABLES["filings"].columns)
    source = Source("polygon", "raw", dt.datetime(2026, 1, 3, tzinfo=dt.UTC))
    store.append("filings", "AAA", table, source, (day, LAST))
    lines = {"AAA": Line("AAA", "polygon", (Segment("AAA"),))}
    frame, notes = stored_filings(store, lines, (day, LAST))
    assert len(frame) == 3
    assert "1 statements say neither quarter nor year and are left out" in notes
