from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadNameError
from data.fetched import FetchedStore
from data.fetched_errors import (
    FetchedBasisError,
    FetchedCorruptError,
    FetchedGapError,
    FetchedReadError,
    FetchedRowsError,
)
from data.fetched_merge import Changes, checked_rows, in_force, merged
from data.fetched_tables import FETCHED_TABLES, decoded, encoded
from tests.data.fetched_cases import NOON, bars, day, dividends, source

BARS = FETCHED_TABLES["bars"]


@pytest.fixture
def store(tmp_path: Path) -> FetchedStore:
    return FetchedStore(tmp_path)


def closes(store: FetchedStore, ticker: str = "AAA") -> dict[dt.date, float]:
    series = store.read("bars", "polygon", ticker)
    assert series is not None
    return dict(zip(series.rows["date"].to_pylist(), series.rows["close"].to_pylist(), strict=True))


def test_an_answer_comes_back_as_it_was_with_where_it_came_from(store: FetchedStore) -> None:
    changes = store.append("bars", "AAA", bars(range(5)), source(), (day(0), day(6)))
    assert changes == Changes(added=5)
    series = store.read("bars", "polygon", "AAA")
    assert series is not None
    assert series.rows.select(BARS.columns.names).equals(bars(range(5)))
    label = series.label
    assert (label.provider, label.base, label.client) == ("polygon", "raw", "client 1.0")
    assert (label.start, label.end, label.rows) == (day(0), day(6), 5)
    assert label.fetched_at == NOON
    assert series.history.num_rows == 0
    assert store.read("bars", "yahoo", "AAA") is None


def test_the_last_three_sessions_are_asked_again(store: FetchedStore) -> None:
    assert store.ask_from("polygon", "AAA") is None
    store.append("bars", "AAA", bars([0, 1, 4, 5, 6]), source(), (day(0), day(8)))
    assert store.ask_from("polygon", "AAA") == day(4)
    store.append("bars", "NONE", bars([]), source(), (day(0), day(8)))
    assert store.ask_from("polygon", "NONE") == day(9), "known to be empty until then"


def test_a_changed_past_is_a_revision_and_nothing_is_lost(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars(range(6)), source(), (day(0), day(5)))
    changes = store.append(
        "bars", "AAA", bars(range(4, 8), close=20.0), source(1), (day(4), day(7))
    )
    assert changes == Changes(added=2, revised=2)
    assert closes(store) == {day(n): (10.0 if n < 4 else 20.0) + n for n in range(8)}
    series = store.read("bars", "polygon", "AAA")
    assert series is not None
    assert series.history["close"].to_pylist() == [14.0, 15.0]
    assert set(series.history["superseded_at"].to_pylist()) == {source(1).fetched_at}
    assert (series.label.start, series.label.end) == (day(0), day(7))


def test_an_older_answer_never_wins_over_a_newer_one(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars(range(3), close=20.0), source(5), (day(0), day(2)))
    changes = store.append("bars", "AAA", bars(range(4)), source(1), (day(0), day(3)))
    assert changes == Changes(added=1, outdated=3)
    assert closes(store)[day(2)] == 22.0


def test_a_bar_not_repeated_stays_but_an_action_is_withdrawn(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars(range(4)), source(), (day(0), day(3)))
    assert store.append("bars", "AAA", bars([3]), source(1), (day(0), day(3))) == Changes(
        unchanged=1, not_repeated=3
    )
    assert len(closes(store)) == 4
    store.append("dividends", "AAA", dividends((1, 0.5), (9, 0.6)), source(), (day(0), day(9)))
    moved = dividends((2, 0.5))
    changes = store.append("dividends", "AAA", moved, source(1), (day(0), day(5)))
    assert changes == Changes(added=1, withdrawn=1)
    series = store.read("dividends", "polygon", "AAA")
    assert series is not None
    assert series.rows["ex_date"].to_pylist() == [day(2), day(9)]
    assert series.history["ex_date"].to_pylist() == [day(1)]


def test_bases_and_providers_are_never_joined(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars(range(3)), source(), (day(0), day(2)))
    with pytest.raises(FetchedBasisError, match="stored is 'raw', the answer is 'split'"):
        store.append("bars", "AAA", bars([2, 3]), source(base="split"), (day(2), day(3)))
    store.append("bars", "AAA", bars([2]), source(provider="yahoo"), (day(2), day(2)))
    assert len(closes(store)) == 3
    assert store.providers("bars") == ("polygon", "yahoo")


def test_a_split_adjusted_series_that_moved_must_be_replaced_whole(store: FetchedStore) -> None:
    origin = source(base="split")
    store.append("bars", "AAA", bars(range(5)), origin, (day(0), day(4)))
    with pytest.raises(FetchedBasisError, match="no session in common"):
        store.append("bars", "AAA", bars([5]), origin, (day(5), day(5)))
    with pytest.raises(FetchedBasisError, match=f"closes of {day(4)} differ"):
        store.append("bars", "AAA", bars([4, 5], close=3.0), origin, (day(4), day(5)))
    assert len(closes(store)) == 5
    store.replace("bars", "AAA", bars(range(6), close=3.0), origin, (day(0), day(5)))
    assert closes(store)[day(0)] == 3.0
    former = store.root / "former" / "bars" / "polygon" / "AAA.parquet"
    assert pq.ParquetFile(former).read()["close"][0].as_py() == 10.0


def test_days_nobody_asked_for_are_refused(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars([4, 5]), source(), (day(4), day(6)))
    with pytest.raises(FetchedGapError, match="must touch"):
        store.append("bars", "AAA", bars([9]), source(), (day(8), day(9)))
    with pytest.raises(FetchedGapError, match="must touch"):
        store.append("bars", "AAA", bars([1]), source(), (day(0), day(2)))
    store.append("bars", "AAA", bars([8]), source(), (day(7), day(8)))
    assert set(closes(store)) == {day(4), day(5), day(8)}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (bars([1], ticker="BBB"), "must be of AAA alone"),
        (bars([1, 1]), "must not stand twice"),
        (bars([9]), "must lie in"),
        (bars([1]).drop_columns(["vwap"]), "columns must be"),
        (bars([1], close=float("inf")), "close must be finite"),
        (bars([1], close=float("nan")), "close must be finite"),
    ],
)
def test_rows_that_are_no_answer_are_refused_and_nothing_is_stored(
    store: FetchedStore, rows: pa.Table, fault: str
) -> None:
    with pytest.raises(FetchedRowsError, match=fault):
        store.append("bars", "AAA", rows, source(), (day(0), day(3)))
    assert store.read("bars", "polygon", "AAA") is None


def test_what_is_damaged_or_foreign_is_set_aside_and_named_for_a_refetch(
    store: FetchedStore,
) -> None:
    window = (day(0), day(2))
    for ticker in ("AAA", "BBB", "CCC", "DDD"):
        store.append("bars", ticker, bars(range(3), ticker=ticker), source(), window)
    store.path("bars", "polygon", "AAA").write_bytes(b"<html>busy</html>")
    os.replace(
        store.path("bars", "polygon", "BBB"), store.path("bars", "polygon", "CCC")
    )  # the file of another name
    pq.write_table(pa.table({"x": [1]}), store.path("bars", "polygon", "EEE"))
    (store.root / "bars" / "polygon" / "lower.parquet").write_bytes(b"PAR1")
    waiting = {(item.ticker, item.reason) for item in store.check()}
    assert waiting == {
        ("AAA", "damaged"), ("CCC", "foreign"), ("EEE", "foreign"), ("lower", "foreign"),
    }  # fmt: skip
    assert set(store.labels("bars", "polygon")) == {"DDD"}
    store.append("bars", "AAA", bars(range(3)), source(1), window)
    assert "AAA" not in {item.ticker for item in store.check()}
    assert len(store.quarantined()) == 4, "what was set aside is kept"


def test_rows_are_not_appended_to_a_damaged_history(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars(range(3)), source(), (day(0), day(2)))
    path = store.path("bars", "polygon", "AAA")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FetchedCorruptError, match="fetch the name again from its start") as caught:
        store.append("bars", "AAA", bars([2, 3]), source(1), (day(2), day(3)))
    assert (caught.value.ticker, caught.value.reason) == ("AAA", "damaged")
    assert store.read("bars", "polygon", "AAA") is None
    assert store.ask_from("polygon", "AAA") is None


def test_a_file_that_may_not_be_read_stays_where_it_is(store: FetchedStore) -> None:
    path = store.path("bars", "polygon", "AAA")
    path.mkdir(parents=True)
    with pytest.raises(FetchedReadError, match="permissions"):
        store.read("bars", "polygon", "AAA")
    assert path.exists()


def test_details_have_no_window_and_a_change_is_a_revision(store: FetchedStore) -> None:
    columns = FETCHED_TABLES["details"].columns
    for hour, (name, changes) in enumerate(
        [("Old", Changes(added=1)), ("Old", Changes(unchanged=1)), ("New", Changes(revised=1))]
    ):
        rows = pa.Table.from_pylist([{"ticker": "AAA", "name": name}], schema=columns)
        assert store.append("details", "AAA", rows, source(hour)) == changes
    series = store.read("details", "polygon", "AAA")
    assert series is not None
    assert series.rows["name"].to_pylist() == ["New"]
    assert series.history["name"].to_pylist() == ["Old"]
    assert (series.label.start, series.label.end) == (None, None)


def test_the_tables_are_those_that_the_providers_give() -> None:
    base = pytest.importorskip("data.providers.base", reason="no network provider here")
    actions = pytest.importorskip("data.providers.polygon_actions", reason="no Polygon here")
    assert FETCHED_TABLES["bars"].columns.equals(base.RAW_BARS)
    assert FETCHED_TABLES["splits"].columns.equals(actions.SPLITS)
    assert FETCHED_TABLES["dividends"].columns.equals(actions.DIVIDENDS)


@given(st.from_regex(r"\A[A-Z0-9^][A-Za-z0-9.\-:^]{0,20}\Z"))
def test_a_file_name_is_safe_and_leads_back(ticker: str) -> None:
    name = encoded(ticker)
    assert decoded(name) == ticker
    assert name == name.upper(), "no two names differ by case alone"
    assert not set(name) & set('./\\*?[]:<>"| ~')


@pytest.mark.parametrize("device", ["CON", "NUL", "AUX", "PRN", "COM1", "LPT9"])
def test_names_of_devices_are_no_file_names(device: str) -> None:
    assert encoded(device) != device
    assert decoded(encoded(device)) == device
    assert decoded(device) is None


def test_what_is_no_ticker_or_table_is_refused(store: FetchedStore) -> None:
    with pytest.raises(BadNameError, match="ticker must be"):
        store.read("bars", "polygon", "../x")
    with pytest.raises(BadNameError, match="Did you mean 'bars'"):
        store.read("bar", "polygon", "AAA")
    with pytest.raises(BadNameError, match="provider"):
        store.read("bars", "../polygon", "AAA")


def test_strays_of_killed_writers_are_swept_when_they_are_old(store: FetchedStore) -> None:
    store.append("bars", "AAA", bars([0]), source(), (day(0), day(0)))
    stray = store.path("bars", "polygon", "AAA").with_name(".AAA.parquet.1-00.tmp")
    stray.write_bytes(b"half")
    assert store.sweep() == 0
    assert store.sweep(older_than=-1) == 1
    assert len(closes(store)) == 1


@st.composite
def answers(draw: st.DrawFn) -> list[tuple[int, int, dict[int, float]]]:
    """Answers in the order they arrive: first and last day asked, closes by day."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, 6))
        last = draw(st.integers(first, 8))
        days = draw(st.sets(st.integers(first, last)))
        found.append((first, last, {n: draw(st.sampled_from([1.0, 2.0])) for n in days}))
    return found


@given(answers())
def test_every_day_ever_seen_stays_and_the_newest_word_is_in_force(
    given_answers: list[tuple[int, int, dict[int, float]]],
) -> None:
    stored, expected, versions = BARS.stored.empty_table(), {}, 0
    for hour, (first, last, said) in enumerate(given_answers):
        rows = checked_rows(
            BARS, "AAA", bars(sorted(said)).set_column(
                5, "close", pa.array([said[n] for n in sorted(said)], pa.float64())
            ), (day(first), day(last)),
        )  # fmt: skip
        before = stored
        stored, changes = merged(
            BARS, stored, rows, (day(first), day(last)), source(hour).fetched_at
        )
        assert before.equals(before.combine_chunks())
        versions += sum(expected.get(n) != value for n, value in said.items())
        expected |= said
        assert changes.added + changes.unchanged + changes.revised == len(said)
    now = in_force(stored)
    assert dict(zip(now["date"].to_pylist(), now["close"].to_pylist(), strict=True)) == {
        day(n): value for n, value in expected.items()
    }
    assert stored.num_rows == versions, "one row for each value ever in force"
    assert now["date"].to_pylist() == sorted(now["date"].to_pylist())
