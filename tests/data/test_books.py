from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.books import book_names, import_book, read_book, read_book_info, write_book
from data.catalog import Catalog
from data.errors import (
    BadNameError,
    BookError,
    MissingColumnError,
    StoreCorruptError,
    StoreFullError,
    UnknownBookError,
)

GOOD = "date,ticker,weight\n2024-01-31,AAA,0.25\n2024-01-31,BBB,0.75\n2024-02-29,AAA,0.5\n"


def load(home: Path, text: str, name: str = "mine") -> object:
    path = home / "weights.csv"
    home.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return import_book(home, name, path)


def test_a_book_comes_back_as_it_was_given(tmp_path: Path) -> None:
    info = load(tmp_path, GOOD)
    assert (info.rows, info.dates, info.tickers, info.largest_sum) == (3, 2, 2, 1.0)
    assert (str(info.first_date), str(info.last_date)) == ("2024-01-31", "2024-02-29")
    frame = Catalog(tmp_path).book("mine")
    assert frame["ticker"].tolist() == ["AAA", "BBB", "AAA"]
    assert frame["weight"].tolist() == [0.25, 0.75, 0.5]
    assert frame["date"].dtype == "datetime64[s]"
    assert Catalog(tmp_path).books() == ("mine",)
    assert read_book_info(tmp_path, "mine") == info


def test_unordered_dates_are_sorted_and_said(tmp_path: Path) -> None:
    info = load(tmp_path, "date,ticker,weight\n2024-02-29,A,1\n2024-01-31,A,0.5\n")
    assert info.notes == ("the dates came unordered and were sorted",)
    assert read_book(tmp_path, "mine")["weight"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2024-01-31,A,25\n", r"weight of A on 2024-01-31 must be at most 1.*was 25. Did you mean "
         r"0.25\?"),
        ("2024-01-31,A,-0.1\n", "must be at least 0.*no short positions.*was -0.1"),
        ("2024-01-31,A,0.6\n2024-01-31,B,0.5\n", "weights of 2024-01-31 must sum to at most 1, sum "
         "to 1.1"),
        ("2024-01-31,A,0.6\n2024-01-31,B,0.4000011\n", r"sum to at most 1, sum to 1\.0000011 "),
        ("2024-01-31,A,0.6\n2024-01-31,A,0.3\n", "has two for 2024-01-31 A"),
        ("2024-01-31,A,\n", "row 1 must have a weight"),
        ("2024-01-31,A,half\n", "row 1 must have a weight"),
        ("2024-01-31,A,inf\n", "must be a number, was inf"),
        ("2024-01-31,,0.5\n", "row 1 must have a ticker"),
        ("31.01.2024,A,0.5\n", "row 1 must have a date"),
        ("2024-01-31,A/B,0.5\n", "must have a symbol"),
        ("2024-01-31,A\n", "row 1 must have the fields of the header"),
    ],
)  # fmt: skip
def test_a_book_that_breaks_a_rule_is_refused_and_the_former_stays(
    tmp_path: Path, rows: str, message: str
) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(BookError, match=message):
        load(tmp_path, "date,ticker,weight\n" + rows)
    assert len(read_book(tmp_path, "mine")) == 3


@pytest.mark.parametrize("names", [3, 6, 7, 60, 300])
def test_a_book_rounded_to_six_digits_is_taken(tmp_path: Path, names: int) -> None:
    rows = [f"2024-01-31,N{number},{1 / names:.6f}" for number in range(names)]
    info = load(tmp_path, "date,ticker,weight\n" + "\n".join(rows))
    assert info.largest_sum == pytest.approx(1.0, abs=5e-7 * names)
    assert info.largest_sum > 1.0 or names in (3, 7, 300)


def test_a_missing_column_says_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match=r"'weight'.*date, ticker, weigth.*Did you mean"):
        load(tmp_path, "date,ticker,weigth\n2024-01-31,A,1\n")


def test_names_and_unknown_books(tmp_path: Path) -> None:
    with pytest.raises(BadNameError, match="name of a book"):
        load(tmp_path, GOOD, "../x")
    load(tmp_path, GOOD)
    with pytest.raises(UnknownBookError, match=r"there are mine. Did you mean 'mine'"):
        read_book(tmp_path, "mien")


def test_a_full_disk_keeps_the_former_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, GOOD)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StoreFullError, match="book 'mine' could not be written"):
            load(tmp_path, "date,ticker,weight\n2024-01-31,A,1\n")
    assert len(read_book(tmp_path, "mine")) == 3
    assert book_names(tmp_path) == ("mine",)
    assert not list((tmp_path / "books").glob(".*.tmp"))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<html>"])
def test_a_damaged_book_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    load(tmp_path, GOOD)
    (tmp_path / "books" / "mine.parquet").write_bytes(content)
    with pytest.raises(StoreCorruptError, match=r"book 'mine' is damaged.*Import it again"):
        read_book(tmp_path, "mine")


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["2024-01-31", "2024-02-29"]), st.sampled_from("ABCDE")),
        st.floats(0.0, 0.2, allow_nan=False),
        min_size=1,
    )
)
def test_any_valid_book_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, weights: dict[tuple[str, str], float]
) -> None:
    home = tmp_path_factory.mktemp("home")
    keys = list(weights)
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime([date for date, _ in keys]),
            "ticker": [ticker for _, ticker in keys],
            "weight": [weights[key] for key in keys],
        }
    )
    info = write_book(home, "any", frame, origin="a test")
    back = read_book(home, "any")
    again = {
        (f"{row.date:%Y-%m-%d}", row.ticker): row.weight for row in back.itertuples(index=False)
    }
    assert again == weights
    assert info.largest_sum <= 1.0 + 1e-9
