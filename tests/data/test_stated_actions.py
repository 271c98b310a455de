"""A split or dividend that a person states: the way out where nobody can read the provider's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.acquire_types import AcquireReport
from data.catalog import Catalog
from data.errors import OverridesError
from data.fetched import FetchedStore
from data.fetched_tables import FETCHED_TABLES
from data.override_actions import StatedAction, answers, days_told, with_stated
from data.overrides import load_overrides
from data.providers import yahoo_bars
from tests.data.acquire_cases import World, world
from tests.loopback import polygon_rows
from tests.loopback.market import SPLIT_DAY, Market

Rows = list[dict[str, Any]]
FEW = ("N000", "SPLF")
SPLITS = "/v3/reference/splits"
SPLF = (
    f'[[action]]\nticker = "SPLF"\nkind = "split"\ndate = {SPLIT_DAY}\nratio = 5\n'
    'reason = "press release"\n'
)


def _unreadable(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], Any]) -> None:
    tell = polygon_rows.LISTS[SPLITS]

    def spoilt(market: Market, query: dict[str, str]) -> Rows:
        return [{**row, **change(row)} for row in tell(market, query)]

    monkeypatch.setitem(polygon_rows.LISTS, SPLITS, spoilt)


def _no_ratio(row: dict[str, Any]) -> dict[str, Any]:
    return {"split_to": 0} if row["ticker"] == "SPLF" else {}


def _stated(one: World, text: str, name: str = "live") -> None:
    path = one.home / "overrides" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _fetch(one: World, name: str = "live") -> AcquireReport:
    return one.fetch(FEW, provider="polygon", filings=False, name=name)


def _worst_day(one: World, name: str = "live") -> float:
    prices = Catalog(one.home).prices(name).query("ticker == 'SPLF'").sort_values("date")
    return float(prices["adj_close"].pct_change().min())


def test_what_is_stated_serves_one_market_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unreadable(monkeypatch, _no_ratio)
    with world(tmp_path) as one:
        outcome = {item.ticker: item for item in _fetch(one).outcomes}["SPLF"]
        assert "[[action]] in PLIMSOLL_HOME/overrides/live.toml" in outcome.detail
        _stated(one, SPLF)
        report = _fetch(one)
        assert report.complete
        assert report.snapshot is not None
        assert report.snapshot.overrides == (
            f"action split SPLF {SPLIT_DAY} ratio 5: press release",
        )
        assert _worst_day(one) > -0.2
        assert one.refresh().complete
        # What the file of one market states is not known in another one of the same store.
        other = _fetch(one, "other")
        assert [item.ticker for item in other.outcomes if item.state == "failed"] == ["SPLF"]
        assert set(Catalog(one.home).prices("other")["ticker"]) == {"N000"}
        _stated(one, SPLF.replace("ratio = 5", "ratio = 1"))
        assert _fetch(one).complete
        assert _worst_day(one) < -0.7  # "there was none": the last word is the person's


def test_without_the_entry_the_name_is_out_until_the_provider_has_mended_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as one:
        with monkeypatch.context() as spoilt:
            _unreadable(spoilt, _no_ratio)
            _stated(one, SPLF)
            assert _fetch(one).complete
            _stated(one, "")
            assert not _fetch(one).complete
            assert set(Catalog(one.home).prices("live")["ticker"]) == {"N000"}
        one.polygon.forget()
        assert _fetch(one).complete
        assert _worst_day(one) > -0.2
        assert FetchedStore(one.home).labels("splits", "polygon")["SPLF"].unreadable == ()


def test_an_entry_for_another_day_states_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unreadable(monkeypatch, _no_ratio)
    with world(tmp_path) as one:
        _stated(one, SPLF.replace(str(SPLIT_DAY), "2026-11-17"))
        assert not _fetch(one).complete
        one.polygon.forget()
        _unreadable(monkeypatch, lambda row: {"execution_date": "soon"} | _no_ratio(row))
        _stated(one, SPLF)  # of a row without a day nobody can say more
        assert _fetch(one).complete


def test_an_entry_that_was_moved_states_nothing_of_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unreadable(monkeypatch, _no_ratio)
    with world(tmp_path) as one:
        _stated(one, SPLF)
        assert _fetch(one).complete
        assert FetchedStore(one.home).labels("splits", "polygon")["SPLF"].unreadable == (SPLIT_DAY,)
        _stated(one, SPLF.replace(str(SPLIT_DAY), "2026-11-17"))
        report = _fetch(one)
        assert not report.complete
        assert [item.ticker for item in report.outcomes if item.state == "failed"] == ["SPLF"]
        assert set(Catalog(one.home).prices("live")["ticker"]) == {"N000"}
        _stated(one, SPLF)
        assert _fetch(one).complete
        assert _worst_day(one) > -0.2


def test_yahoo_adjusted_for_what_it_told_unreadably(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, key=False) as one:
        one.fetch(FEW, filings=False, name="right")
        right = Catalog(one.home).prices("right")
        tell = yahoo_bars._splits

        def spoilt(result: Any, ticker: str, *rest: Any) -> Rows:
            return [{**row, **_no_ratio(row)} for row in tell(result, ticker, *rest)]

        monkeypatch.setattr(yahoo_bars, "_splits", spoilt)
        _stated(one, SPLF)
        assert one.fetch(FEW, start=dt.date(2022, 6, 1), filings=False).complete
        prices = Catalog(one.home).prices("live")
        assert prices["adj_close"].tolist() == pytest.approx(right["adj_close"].tolist())
        assert prices["volume"].tolist() == pytest.approx(right["volume"].tolist())


def test_a_dividend_takes_the_place_of_what_a_provider_says(tmp_path: Path) -> None:
    day = dt.date(2025, 11, 10)
    with world(tmp_path) as one:
        one.fetch(("DIVI",), provider="polygon", filings=False)
        before = Catalog(one.home).prices("live").set_index("date")["adj_close"]
        _stated(
            one,
            f'[[action]]\nticker = "DIVI"\nkind = "dividend"\ndate = {day}\namount = 0\n'
            'reason = "never paid"\n',
        )
        one.fetch(("DIVI",), provider="polygon", filings=False)
        after = Catalog(one.home).prices("live").set_index("date")["adj_close"]
        moved = after.index[(after / before - 1.0).abs() > 1e-6]
        assert moved.max().date() < day
        assert len(moved) == (after.index.date < day).sum()


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(0.01, 50.0)), unique_by=lambda row: row[0]),
    st.integers(0, 20),
    st.sampled_from([1.0, 0.1, 4.0]),
    st.booleans(),
)
def test_a_day_has_one_split_and_the_others_stay(
    told: list[tuple[int, float]], place: int, ratio: float, only_new: bool
) -> None:
    first = dt.date(2024, 1, 1)
    spec = FETCHED_TABLES["splits"].stored
    rows = pa.Table.from_pylist(
        [
            {"ticker": "A", "execution_date": first + dt.timedelta(n), "ratio": value}
            for n, value in told
        ],
        schema=spec,
    )
    stated = StatedAction("A", "split", first + dt.timedelta(place), ratio, "why")
    found = with_stated("splits", rows, "A", [stated], only_new=only_new)
    known = {first + dt.timedelta(n): value for n, value in told}
    if not only_new or stated.day not in known:
        known.pop(stated.day, None)
        known |= {stated.day: ratio} if ratio != 1.0 else {}
    assert dict(zip(*(found[c].to_pylist() for c in ("execution_date", "ratio")), strict=True)) == (
        known
    )
    assert with_stated("splits", rows, "B", [stated], only_new=only_new).equals(rows)


def test_a_row_is_answered_by_its_day() -> None:
    day = dt.date(2024, 1, 2)
    stated = [StatedAction("A", "dividend", day, 0.1, "why")]
    row = json.dumps({"ex_dividend_date": "2024-01-02", "cash_amount": None})
    assert days_told("dividends", ["{cut", row, row]) == (None, day)
    assert days_told("splits", [row]) == (None,)
    assert answers(stated, "dividends", "A", (day,))
    assert answers(stated, "dividends", "A", (None, day))
    assert not answers(stated, "splits", "A", (day,))
    assert not answers(stated, "dividends", "A", (day + dt.timedelta(1),))
    assert not answers([], "dividends", "A", ())


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('kind = "split"\ndate = 2024-01-02\namount = 3', "a split with its ratio"),
        ('kind = "merger"\ndate = 2024-01-02\nratio = 3', "was kind 'merger'"),
        ('kind = "split"\ndate = 2024-01-02\nratio = 0', "above 0, was 0"),
        ('kind = "split"\ndate = 2024-01-02\nratio = nan', "above 0, was nan"),
        ('kind = "dividend"\ndate = 2024-01-02\namount = -1', "0 or more, was -1"),
        ('kind = "dividend"\ndate = 2024-01-02\namount = true', "0 or more, was True"),
        ('kind = "split"\nratio = 2', "date must be the day"),
        ('kind = "split"\ndate = 2024-01-02\nratio = 2\nto = 3', "found 'to'"),
    ],
)
def test_an_entry_that_means_nothing_says_what_to_write(
    tmp_path: Path, entry: str, words: str
) -> None:
    path = tmp_path / "live.toml"
    path.write_text(f'[[action]]\nticker = "A"\nreason = "why"\n{entry}\n')
    with pytest.raises(OverridesError, match=r"\[\[action\]\] number 1") as caught:
        load_overrides(path)
    assert words in str(caught.value)


def test_a_day_is_stated_once(tmp_path: Path) -> None:
    path = tmp_path / "live.toml"
    path.write_text(SPLF * 2)
    with pytest.raises(OverridesError, match="stated twice"):
        load_overrides(path)
