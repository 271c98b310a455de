"""What cash earns in a fetched market, from whoever tells it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.acquire_rates import RATE_SYMBOLS
from data.assemble_rates import bond_equivalent, stored_rates
from data.catalog import Catalog
from data.fetched import FetchedStore
from data.providers.bill_rates import treasury_rates
from tests.data.acquire_cases import World, world
from tests.data.fetched_cases import source
from tests.loopback import polygon_rows

ONE = ("N000",)
YIELDS, INDEX = "/fed/v1/treasury-yields", "/v8/finance/chart/%5EIRX"


def _fetch(one: World, provider: str = "auto") -> tuple[str, ...]:
    report = one.fetch(ONE, provider=provider, filings=False)  # type: ignore[arg-type]
    assert report.complete
    assert report.snapshot is not None
    return tuple(note for note in report.snapshot.notes if "cash" in note)


@given(st.floats(-1.0, 20.0))
def test_a_bill_bought_at_its_discount_grows_to_its_face_at_its_yield(discount: float) -> None:
    price = 1.0 - discount / 100.0 * 91.0 / 360.0
    grown = price * (1.0 + float(bond_equivalent(np.array([discount]))[0]) / 100.0 * 91.0 / 365.0)
    assert grown == pytest.approx(1.0, rel=1e-12)


def test_both_providers_give_the_same_rates(tmp_path: Path) -> None:
    found = []
    for name, key, series in (("a", True, "DGS3MO"), ("b", False, "BILL13W")):
        with world(tmp_path / name, key=key) as one:
            (note,) = _fetch(one)
            assert ("Polygon" if key else "Yahoo, index IRX") in note
            rates = Catalog(one.home).rate_series("live", series)
            assert rates is not None
            found.append(rates)
    (days, told), (other_days, made) = found
    assert days.tolist() == other_days.tolist()
    assert days[-1].astype(dt.date) == dt.date(2026, 11, 20)
    np.testing.assert_allclose(told, made, atol=0.005000001)  # published with two decimals
    assert np.all(made > 2.0)


def test_where_the_plan_has_no_yields_yahoo_tells_the_bill(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.polygon.outside_plan = (YIELDS,)
        (note,) = _fetch(one)
        assert "Yahoo, index IRX" in note
        assert Catalog(one.home).rate_series("live", "DGS3MO") is None


def test_where_nobody_tells_it_cash_earns_nothing_and_the_market_says_so(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.polygon.outside_plan = (YIELDS,)
        notes = _fetch(one, "polygon")
        assert notes == ("no interest rates came: cash earns 0",)
        assert one.asked("/v8/finance") == []
        one.polygon.outside_plan = ()
        (note,) = _fetch(one, "polygon")  # a later fetch asks for it again
        assert "Federal Reserve" in note


def test_a_quote_that_is_none_is_told_and_the_others_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = polygon_rows.LISTS[YIELDS]
    gap = [{"date": "2026-11-19", "yield_3_month": None}]
    monkeypatch.setitem(
        polygon_rows.LISTS,
        YIELDS,
        lambda market, query: [*tell(market, query)[:-2], *gap, *tell(market, query)[-1:]],
    )
    with world(tmp_path) as one:
        _fetch(one)
        rates = Catalog(one.home).rate_series("live", "DGS3MO")
        assert rates is not None
        assert [str(day) for day in rates[0][-2:]] == ["2026-11-18", "2026-11-20"]
        findings = Catalog(one.home).findings("live")
        assert findings[["table", "reason"]].to_numpy().tolist() == [["rates", "missing_value"]]


def test_what_is_stored_is_gone_on_with(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        last, one.market.today = one.market.today, dt.date(2026, 11, 13)
        _fetch(one)
        one.market.today = last
        one.forget()
        _fetch(one)
        asked = [request for request in one.server.meter.requests if request.path == YIELDS]
        assert [request.query["date.gte"] for request in asked] == ["2026-11-03"]
        rates = FetchedStore(one.home).read("rates", "polygon", "UST3M")
        assert rates is not None
        assert rates.rows["date"].to_pylist()[-1] == last
        one.forget()
        _fetch(one)
        assert one.asked("") == []
        path = FetchedStore(one.home).path("rates", "polygon", "UST3M")
        path.write_bytes(path.read_bytes()[:-40])
        one.market.today += dt.timedelta(days=3)
        assert "Federal Reserve" in _fetch(one)[0]


def _quoted(store: FetchedStore, provider: str, last: dt.date, asked: dt.date) -> None:
    symbol, first = RATE_SYMBOLS[provider], dt.date(2024, 1, 2)
    days = [first + dt.timedelta(days=k) for k in range((last - first).days + 1)]
    rows = pa.table({"ticker": [symbol] * len(days), "date": days, "pct": [5.0] * len(days)})
    store.append("rates", symbol, rows, source(provider=provider), (first, asked))


@pytest.mark.parametrize(
    ("last", "serves"),
    [
        (dt.date(2024, 6, 28), "polygon"),
        (dt.date(2024, 6, 24), "polygon"),  # published late: no reason to change the series
        (dt.date(2024, 3, 28), "yahoo"),  # asked for up to June, and quotes no more since March
    ],
)
def test_who_quotes_furthest_serves_not_who_was_asked_furthest(
    tmp_path: Path, last: dt.date, serves: str
) -> None:
    end = dt.date(2024, 6, 28)
    store = FetchedStore(tmp_path)
    _quoted(store, "polygon", last, end)
    _quoted(store, "yahoo", end - dt.timedelta(days=1), end - dt.timedelta(days=1))
    rates = stored_rates(store, ("polygon", "yahoo"), (dt.date(2024, 1, 2), end))
    assert rates.served == ((serves, RATE_SYMBOLS[serves]),)
    assert serves in rates.mark
    # Within a window that ends before, both reach as far: the first of the order serves.
    early = (dt.date(2024, 1, 2), dt.date(2024, 3, 15))
    assert stored_rates(store, ("polygon", "yahoo"), early).served[0][0] == "polygon"


def test_every_yield_has_one_fate() -> None:
    good = {"date": "2024-06-03", "yield_3_month": 5.52}
    bad = [
        {"date": "2024-06-04", "yield_3_month": None},
        {"date": "2024-06-05", "yield_3_month": "5.5"},
        {"date": "soon", "yield_3_month": 5.5},
        {"date": "2024-06-06", "yield_3_month": 1e999},
        {"yield_1_month": 5.5},
    ]
    table, refused = treasury_rates([*bad, good, good])
    assert table.to_pylist() == [{"ticker": "UST3M", "date": dt.date(2024, 6, 3), "pct": 5.52}]
    assert [one.reason for one in refused] == [
        "missing_value",
        "unparsable_number",
        "unparsable_date",
        "not_finite",
        "unparsable_date",
        "duplicate_identical",
    ]


def test_quotes_that_stopped_long_ago_are_not_taken_for_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = polygon_rows.LISTS[YIELDS]
    monkeypatch.setitem(
        polygon_rows.LISTS,
        YIELDS,
        lambda market, query: [row for row in tell(market, query) if row["date"] < "2026-09-01"],
    )
    with world(tmp_path) as one:
        (note,) = _fetch(one)  # the answer is whole, and ends two months early
        assert "Yahoo, index IRX" in note
        one.forget()
        monkeypatch.setitem(polygon_rows.LISTS, YIELDS, tell)
        one.polygon.forget()
        assert one.fetch(ONE, provider="polygon", filings=False).complete
        assert len(one.asked(YIELDS)) == 1
        stored = FetchedStore(one.home).last_day("rates", "polygon", RATE_SYMBOLS["polygon"])
        assert stored == dt.date(2026, 11, 20)


def test_an_answer_without_a_quote_is_asked_for_again_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = polygon_rows.LISTS[YIELDS]
    monkeypatch.setitem(polygon_rows.LISTS, YIELDS, lambda market, query: [])
    with world(tmp_path) as one:
        report = one.fetch(ONE, provider="polygon", filings=False)
        assert "polygon has no quote" in " ".join(report.notes)
        monkeypatch.setitem(polygon_rows.LISTS, YIELDS, tell)
        one.polygon.forget()
        (note,) = _fetch(one, "polygon")
        assert "Federal Reserve" in note
