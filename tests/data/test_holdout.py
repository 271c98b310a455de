"""The sealed holdout: nothing of it is read, it is opened once, and every change of it shows."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pandas as pd
import pytest

from data.books import write_book
from data.catalog import Catalog
from data.errors import BookError, StoreCorruptError, UnknownSourceError
from data.holdout import HoldoutError, holdout_fault, holdout_of, open_holdout, seal
from data.journal import Journal, JournalCorruptError
from data.journal_transfer import export_journal, import_journal
from data.snapshot import current_snapshot

FIRST = dt.date(2023, 9, 4)
DECISION = "Phase 8 as it is; dropped if its Sharpe ratio is below 0.5"


@pytest.fixture
def journal(demo_home: Path) -> Iterator[Journal]:
    with Journal(demo_home) as opened:
        yield opened


@pytest.fixture
def sealed(demo_home: Path, journal: Journal) -> Path:
    seal(demo_home, journal, "demo", FIRST)
    return demo_home


def test_no_reader_sees_a_date_of_it(sealed: Path) -> None:
    catalog = Catalog(sealed)
    until = pd.Timestamp(FIRST)
    assert catalog.price_panel("demo", ["close"]).sessions[-1] < until.to_datetime64()
    assert catalog.prices("demo")["date"].max() < until
    assert catalog.fundamentals("demo")["available_date"].max() < until
    spells = catalog.membership("demo")
    assert spells["start_date"].max() < until
    assert spells["end_date"].dropna().max() < until
    ends = catalog.securities("demo")
    assert ends["last_session"].dropna().max() < until
    whole = catalog.securities(current_snapshot(sealed, "demo"))
    later = (whole["last_session"] >= until).to_numpy()
    assert later.any()
    assert ends.loc[later, ["delisting_return", "data_ended"]].isna().to_numpy().all()
    for ticker in catalog.index_tickers("demo"):
        found = catalog.index_series("demo", ticker, "close")
        assert found is not None
        assert found[0].max() < until.to_datetime64()
    rates = catalog.rate_series("demo", "DGS3MO")
    assert rates is None or rates[0].max() < until.to_datetime64()
    assert catalog.snapshot("demo").last_date < FIRST


def test_a_book_of_ones_own_is_cut_with_the_market_it_is_run_on(
    demo_home: Path, journal: Journal
) -> None:
    dates = pd.to_datetime(["2023-03-31", "2023-09-01", "2023-09-04", "2023-10-31"])
    whole = pd.DataFrame({"date": dates, "ticker": "A", "weight": 0.5})
    write_book(demo_home, "mine", whole, origin="a test")
    write_book(demo_home, "late", whole.iloc[2:], origin="a test")
    catalog = Catalog(demo_home)
    assert len(catalog.book("mine", "demo")) == 4
    seal(demo_home, journal, "demo", FIRST)
    assert catalog.book("mine", "demo")["date"].max() == pd.Timestamp("2023-09-01")
    assert len(catalog.book("mine", "demo")) == 2
    with pytest.raises(
        BookError, match=r"must have a date before 2023-09-04.*2023-09-04 … 2023-10"
    ):
        catalog.book("late", "demo")
    open_holdout(demo_home, journal, "demo", DECISION, {"hash": "h"})
    assert len(catalog.book("mine", "demo")) == 4


def test_what_is_left_is_what_was_there(sealed: Path) -> None:
    whole, cut = Catalog(sealed), Catalog(sealed)
    everything = whole.price_panel(current_snapshot(sealed, "demo"), ["close"])
    left = cut.price_panel("demo", ["close"])
    count = len(left.sessions)
    assert 0 < count < len(everything.sessions)
    assert left.tickers == everything.tickers
    pd.testing.assert_frame_equal(
        pd.DataFrame(left.arrays["close"]), pd.DataFrame(everything.arrays["close"][:count])
    )


def test_sealed_opened_and_never_sealed_are_different_data(
    demo_home: Path, journal: Journal
) -> None:
    catalog = Catalog(demo_home)
    seen = {catalog.snapshot("demo").fingerprint}
    seal(demo_home, journal, "demo", FIRST)
    seen.add(catalog.snapshot("demo").fingerprint)
    open_holdout(demo_home, journal, "demo", DECISION, {"hash": "a"})
    opened = catalog.snapshot("demo")
    seen.add(opened.fingerprint)
    assert len(seen) == 3
    assert opened.withheld_from is None
    assert DECISION in opened.stamp
    assert b"withheld" not in opened.manifest()


def test_it_is_sealed_and_opened_once(sealed: Path, journal: Journal) -> None:
    with pytest.raises(HoldoutError, match="can have one holdout, and has: from 2023-09-04"):
        seal(sealed, journal, "demo", dt.date(2024, 1, 2))
    for decision in ("", "go", "   x   " * 3):
        with pytest.raises(HoldoutError, match="at least 20 characters must be written"):
            open_holdout(sealed, journal, "demo", decision, {})
    held = holdout_of(sealed, "demo")
    assert held is not None
    assert held.is_sealed
    open_holdout(sealed, journal, "demo", DECISION, {"hash": "a"})
    with pytest.raises(HoldoutError, match="opened it on"):
        open_holdout(sealed, journal, "demo", DECISION, {"hash": "a"})
    with pytest.raises(HoldoutError, match="which was opened on"):
        seal(sealed, journal, "demo", FIRST)
    kinds = [event["kind"] for event in journal.events(subject="demo")]
    assert kinds == ["holdout sealed", "holdout opened"]
    assert journal.events("holdout opened")[0]["detail"]["decision"] == DECISION
    journal.verify()


def test_a_date_without_data_on_both_sides_is_refused(demo_home: Path, journal: Journal) -> None:
    for first in (dt.date(2000, 1, 1), dt.date(2100, 1, 1)):
        with pytest.raises(HoldoutError, match="must begin between"):
            seal(demo_home, journal, "demo", first)
    with pytest.raises(UnknownSourceError):
        seal(demo_home, journal, "mars", FIRST)
    with pytest.raises(HoldoutError, match="has none"):
        open_holdout(demo_home, journal, "demo", DECISION, {})
    assert journal.events() == []


def tried(journal: Journal, name: str, fingerprint: str, metrics: dict[str, Any]) -> None:
    journal.record_trial(
        scenario_hash=name, fingerprint=fingerprint, preset="Phase 8", origin="sweep",
        metrics=metrics, values={"universe.source": "demo", "period.end": None},
    )  # fmt: skip


def test_settings_that_saw_it_before_are_counted(demo_home: Path, journal: Journal) -> None:
    for name, end in (("a", None), ("b", "2024-01-31"), ("c", "2023-01-31")):
        journal.record_trial(
            scenario_hash=name, fingerprint="m", preset="Phase 8", origin="page", metrics={},
            values={"universe.source": "demo", "period.end": end},
        )  # fmt: skip
    for name, metrics in (("d", {"runs": 500, "different": 40}), ("e", {"runs": 7})):
        tried(journal, name, "m", metrics)
    assert seal(demo_home, journal, "demo", FIRST).tried_before == 2 + 40 + 7


def test_a_seal_that_was_taken_away_shows(sealed: Path, journal: Journal) -> None:
    assert holdout_fault(sealed, journal, "demo") == ""
    file = sealed / "holdout" / "demo.json"
    text = file.read_text()
    file.write_text(json.dumps(json.loads(text) | {"first": "2024-03-01"}))
    assert "found sealed from 2024-03-01" in holdout_fault(sealed, journal, "demo")
    file.unlink()
    assert "found none" in holdout_fault(sealed, journal, "demo")
    file.write_text(text)
    assert holdout_fault(sealed, journal, "demo") == ""


def test_a_damaged_seal_shows_nothing_rather_than_all(sealed: Path) -> None:
    for content in ("", "{}", '{"first": 3}', "[]"):
        (sealed / "holdout" / "demo.json").write_text(content)
        with pytest.raises(StoreCorruptError, match="lest what was sealed be seen"):
            Catalog(sealed).snapshot("demo")


def test_a_journal_that_cannot_be_written_leaves_it_sealed(sealed: Path) -> None:
    for ending in ("-wal", "-shm"):
        (sealed / f"journal.sqlite{ending}").unlink(missing_ok=True)
    (sealed / "journal.sqlite").write_bytes(b"no database " * 500)
    with Journal(sealed) as journal, pytest.raises(JournalCorruptError, match="no database"):
        open_holdout(sealed, journal, "demo", DECISION, {})
    held = holdout_of(sealed, "demo")
    assert held is not None
    assert held.is_sealed


def test_a_seal_of_another_store_is_no_fault_of_this_one(
    demo_home: Path, journal: Journal, tmp_path: Path
) -> None:
    seal(demo_home, journal, "demo", FIRST)
    with Journal(tmp_path / "other") as other:
        other.record_event("holdout sealed", "demo", {"first": "2022-01-03"})
        other.record_event("holdout opened", "demo", {"first": "2022-01-03"})
        tried(other, "theirs", "unsealed", {})
        export_journal(other, tmp_path / "log")
    import_journal(journal, tmp_path / "log")
    assert len(journal.tried("demo")) == 1
    assert holdout_fault(demo_home, journal, "demo") == ""


def test_a_crash_before_the_file_is_written_is_mended_by_sealing_that_date_again(
    sealed: Path, journal: Journal
) -> None:
    (sealed / "holdout" / "demo.json").unlink()
    assert "a crash kept it from being written" in holdout_fault(sealed, journal, "demo")
    with pytest.raises(HoldoutError, match="Seal it from 2023-09-04"):
        seal(sealed, journal, "demo", dt.date(2024, 1, 2))
    seal(sealed, journal, "demo", FIRST)
    assert holdout_fault(sealed, journal, "demo") == ""
    open_holdout(sealed, journal, "demo", DECISION, {})
    (sealed / "holdout" / "demo.json").unlink()
    with pytest.raises(HoldoutError, match="Restore its file from a copy"):
        seal(sealed, journal, "demo", FIRST)


def test_of_two_who_open_at_once_one_is_told(sealed: Path, journal: Journal) -> None:
    told: list[str] = []
    ready = Barrier(2)

    def go() -> None:
        ready.wait()
        try:
            open_holdout(sealed, journal, "demo", DECISION, {})
            told.append("opened")
        except HoldoutError as error:
            told.append(str(error))

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal.events("holdout opened")) == 1
    assert sorted(told)[1] == "opened"
    assert "opened it on" in sorted(told)[0]


def test_a_seal_that_was_away_while_settings_were_tried_shows(
    sealed: Path, journal: Journal
) -> None:
    tried(journal, "a", f"m-sealed-{FIRST}", {})
    assert holdout_fault(sealed, journal, "demo") == ""
    tried(journal, "b", "m", {})
    assert "1 setting was recorded on unsealed data" in holdout_fault(sealed, journal, "demo")
    time.sleep(0.005)  # the journal counts in milliseconds: what is of one is not told apart
    open_holdout(sealed, journal, "demo", DECISION, {})
    assert "was seen while it was sealed" in holdout_fault(sealed, journal, "demo")


def test_settings_tried_after_the_opening_are_no_fault(sealed: Path, journal: Journal) -> None:
    open_holdout(sealed, journal, "demo", DECISION, {})
    tried(journal, "a", f"m-opened-{FIRST}", {})
    assert holdout_fault(sealed, journal, "demo") == ""
