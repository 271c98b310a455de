from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from data.books import write_book
from data.snapshot import current_snapshot
from data.status import book_status, status

if TYPE_CHECKING:
    from tests.data.conftest import MarketFiles


def test_an_empty_home_has_no_rows(tmp_path: Path) -> None:
    assert status(tmp_path / "nothing") == []
    assert book_status(tmp_path / "nothing") == []


def test_a_market_is_described_with_its_age(files: MarketFiles) -> None:
    files.append("prices", close=0.0)
    report = files.load(overrides='[[exclude]]\nticker="AAA"\nto=2024-01-02\nreason="wrong"\n')
    later = report.snapshot.created_at + dt.timedelta(days=2)
    (row,) = status(files.home, now=later)
    assert (row.name, row.fault, row.simulated) == ("us", "", False)
    assert (row.names, row.sessions) == (3, 6)
    assert row.coverage == report.snapshot.coverage
    assert row.data_age_days == (later.date() - dt.date(2024, 1, 9)).days
    assert row.import_age_days == 2.0
    assert row.quarantined == {"prices: non_positive_price": 1}
    assert row.excluded == {"prices": 1}
    assert row.overrides == ("exclude prices AAA the first to 2024-01-02: wrong (2 rows)",)


def test_a_damaged_market_is_a_row_with_its_fault_beside_the_good_ones(files: MarketFiles) -> None:
    files.load("bad")
    files.load("good")
    (current_snapshot(files.home, "bad").path / "manifest.json").write_text("{")
    bad, good = status(files.home)
    assert "Import the files again" in bad.fault
    assert (good.name, good.fault) == ("good", "")


def test_books_are_listed_with_their_faults(tmp_path: Path) -> None:
    frame = pd.DataFrame({"date": pd.to_datetime(["2024-01-31"]), "ticker": "A", "weight": 0.5})
    info = write_book(tmp_path, "mine", frame, origin="a test")
    write_book(tmp_path, "spoiled", frame, origin="a test")
    (tmp_path / "books" / "spoiled.parquet").write_bytes(b"PAR1")
    mine, spoiled = book_status(tmp_path)
    assert (mine.info, mine.fault) == (info, "")
    assert spoiled.info is None
    assert "damaged" in spoiled.fault
