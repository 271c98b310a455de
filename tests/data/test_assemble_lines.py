from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.assemble_lines import Company, Segment, company_of, line_of

OURS = Company("FIGI1", "0001", "Ours")


def _listing(identity: str, ended: str | None, cik: str = "0009") -> dict[str, Any]:
    day = None if ended is None else dt.date.fromisoformat(ended)
    return {"identity": identity, "delisted_date": day, "name": identity, "cik": cik}


def test_a_symbol_of_one_company_is_one_segment() -> None:
    line = line_of("AAA", "polygon", OURS, {}, {})
    assert line.segments == (Segment("AAA"),)
    assert line.left_out == ()


def test_a_renamed_company_keeps_its_past() -> None:
    changes = {dt.date(2012, 5, 18): "FB", dt.date(2022, 6, 9): "META"}
    listings = {"META": [_listing("ETF", "2022-01-31")], "FB": []}
    line = line_of("META", "polygon", OURS, changes, listings)
    assert line.segments == (
        Segment("FB", dt.date.min, dt.date(2022, 6, 8)),
        Segment("META", dt.date(2022, 6, 9)),
    )
    assert "another company" in line.left_out[0]
    assert line.owner("META", dt.date(2023, 1, 3))
    assert not line.owner("META", dt.date(2021, 12, 1))  # a fund had the symbol then


def test_a_namesake_ends_where_the_company_begins() -> None:
    listings = {"REUS": [_listing("FIGI0", "2023-12-29"), _listing("FIGI1", None)]}
    line = line_of("REUS", "polygon", OURS, {}, listings)
    assert line.segments == (Segment("REUS", dt.date(2023, 12, 30)),)


def test_a_listing_of_the_same_filer_is_no_namesake() -> None:
    listings = {"AAA": [_listing("symbol:AAA:2020-01-02", "2020-01-02", cik="0001")]}
    assert line_of("AAA", "polygon", OURS, {}, listings).segments == (Segment("AAA"),)


def test_what_a_symbol_was_called_later_is_the_later_symbols() -> None:
    changes = {dt.date(2012, 5, 18): "FB", dt.date(2022, 6, 9): "META"}
    line = line_of("FB", "polygon", OURS, changes, {})
    assert [part.symbol for part in line.segments] == ["FB"]


def test_the_last_company_of_a_delisted_symbol() -> None:
    rows = [_listing("OLD", "2005-01-03", cik="0002"), _listing("NEW", "2020-01-03")]
    company = company_of(None, rows)
    assert (company.identity, company.delisted) == ("NEW", dt.date(2020, 1, 3))
    line = line_of("AAA", "polygon", company, {}, {"AAA": rows})
    assert line.segments == (Segment("AAA", dt.date(2005, 1, 4)),)
    assert company_of(None, []) == Company()


@given(
    st.lists(
        st.dates(dt.date(1990, 1, 1), dt.date(2025, 1, 1)), min_size=1, max_size=6, unique=True
    )
)
def test_a_day_belongs_to_one_symbol_at_most(days: list[dt.date]) -> None:
    changes = {day: f"S{place}" for place, day in enumerate(sorted(days))}
    ticker = f"S{len(days) - 1}"
    line = line_of(ticker, "polygon", OURS, changes, {})
    for day in (dt.date(1980, 1, 1), *days, dt.date(2030, 1, 1)):
        owners = [part.symbol for part in line.segments if part.holds(day)]
        assert len(owners) == 1


@pytest.mark.parametrize("ended", ["2019-12-31", "2024-12-31"])
def test_nothing_before_a_namesakes_end_is_ours(ended: str) -> None:
    line = line_of("AAA", "polygon", OURS, {}, {"AAA": [_listing("FIGI0", ended)]})
    day = dt.date.fromisoformat(ended)
    assert not line.owner("AAA", day)
    assert line.owner("AAA", day + dt.timedelta(days=1))
