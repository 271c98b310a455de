from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from data.catalog import Catalog
from data.errors import OverridesError
from data.overrides import load_overrides

if TYPE_CHECKING:
    from tests.data.conftest import MarketFiles

SHIPPED = Path(__file__).resolve().parents[2] / "data/reference/overrides-us-2015-2024.toml"


def listing(files: MarketFiles, ticker: str) -> pd.Series:
    return Catalog(files.home).securities("us").set_index("ticker").loc[ticker]


def test_excluded_rows_are_out_counted_and_told(files: MarketFiles) -> None:
    report = files.load(
        overrides="""
        [[exclude]]
        ticker = "AAA"
        from = 2024-01-03
        to = "2024-01-04"
        reason = "another basis"
        [[exclude]]
        table = "fundamentals"
        ticker = "AAA"
        to = 2023-09-30
        reason = "restated"
        [[exclude]]
        table = "rates"
        ticker = "DGS9YR"
        reason = "never there"
        """
    )
    assert (report.table("prices").excluded, report.table("prices").stored) == (2, 13)
    assert report.table("fundamentals").excluded == 1
    assert report.snapshot.excluded == {"prices": 2, "fundamentals": 1}
    close = Catalog(files.home).price_panel("us", ["close"]).arrays["close"][:, 0]
    assert np.isnan(close).tolist() == [False, True, True, False, False, False]
    assert report.overrides[0] == (
        "exclude prices AAA 2024-01-03 to 2024-01-04: another basis (2 rows)"
    )
    assert report.unmatched_overrides == (
        "exclude rates DGS9YR the first to the last: never there",
    )
    assert report.snapshot.overrides == report.overrides
    assert "override matches nothing: exclude rates" in " ".join(report.snapshot.notes)


def test_an_exclusion_can_be_narrowed_to_one_dataset(files: MarketFiles) -> None:
    def excluded(dataset: str) -> tuple[int, tuple[str, ...]]:
        entry = f"table='fundamentals'\nticker='AAA'\ndataset='{dataset}'\nreason='basis'\n"
        report = files.load(overrides=f"[[exclude]]\n{entry}")
        return report.table("fundamentals").excluded, report.unmatched_overrides

    datasets = Catalog(files.home).fundamentals("us") if files.load() else None
    assert datasets is not None
    rows = datasets[datasets["ticker"] == "AAA"]["dataset"].value_counts()
    assert len(rows) >= 1
    for dataset, count in rows.items():
        assert excluded(str(dataset)) == (count, ())
    assert excluded("none")[0] == 0
    assert excluded("none")[1] == ("exclude fundamentals (none) AAA the first to the last: basis",)


def test_a_series_that_stops_early_is_one_of_which_only_the_data_ends(files: MarketFiles) -> None:
    files.load()
    found = listing(files, "BBB")
    assert str(found.last_session.date()) == "2024-01-05"
    assert (found.delisting_return, found.data_ended) == (0.0, True)
    alive = listing(files, "AAA")
    assert pd.isna(alive.last_session)
    assert pd.isna(alive.delisting_return)
    assert not alive.data_ended


def test_last_date_of_the_file_is_used_but_not_after_the_last_bar(files: MarketFiles) -> None:
    files.frames["securities"]["last_date"] = pd.to_datetime(
        ["2024-01-09", "2024-01-08", "2024-01-05"]
    )
    report = files.load()
    assert str(listing(files, "BBB").last_session.date()) == "2024-01-05"
    assert str(listing(files, "CCC").last_session.date()) == "2024-01-05"
    assert any(
        "bars after last_session are not used, of CCC" in note
        for note in report.table("securities").notes
    )


def test_a_last_session_column_is_believed_also_where_it_is_empty(files: MarketFiles) -> None:
    securities = files.frames["securities"]
    securities["last_session"] = pd.to_datetime([None, None, "2024-01-08"])
    securities["delisting_return"] = [None, None, -0.4]
    report = files.load()
    assert pd.isna(listing(files, "BBB").last_session)
    gone = listing(files, "CCC")
    assert (gone.delisting_return, gone.data_ended) == (-0.4, False)
    assert any(
        "said to live on, but without bars to the end: BBB" in note
        for note in report.table("securities").notes
    )


def test_facts_of_the_overrides_have_the_last_word(files: MarketFiles) -> None:
    report = files.load(
        overrides="""
        [[security]]
        ticker = "BBB"
        last_session = 2024-01-04
        delisting_return = -0.99
        reason = "failed"
        [[security]]
        ticker = "CCC"
        sector = "Utilities"
        reason = "missing in the file"
        [[security]]
        ticker = "QQQQ"
        data_ended = true
        reason = "not here"
        [[security]]
        ticker = "AAA"
        data_ended = true
        reason = "but it lives on"
        """
    )
    failed = listing(files, "BBB")
    assert str(failed.last_session.date()) == "2024-01-04"
    assert (failed.delisting_return, failed.data_ended) == (-0.99, False)
    assert listing(files, "CCC").sector == "Utilities"
    assert pd.isna(listing(files, "CCC").last_session)
    assert len(report.overrides) == 2
    assert [text.split()[1] for text in report.unmatched_overrides] == ["QQQQ", "AAA"]


def test_a_ticker_whose_bars_are_all_excluded_is_out_of_every_table(files: MarketFiles) -> None:
    report = files.load(overrides='[[exclude]]\nticker = "AAA"\nreason = "all wrong"\n')
    assert report.table("prices").excluded == 6
    assert report.table("securities").out_of_scope == 1
    assert report.table("fundamentals").out_of_scope == 3
    assert Catalog(files.home).price_panel("us", ["close"]).tickers == ("BBB", "CCC")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[exclude]\n", "must be TOML"),
        (
            "[[exlude]]\n",
            r"exclude, security, accept, action, found 'exlude'. Did you mean 'exclude'",
        ),
        ("[exclude]\nticker='A'\n", r"write \[\[exclude\]\] with two brackets"),
        ("exclude = [1]\n", "must be a table of keys, was 1"),
        ("[[exclude]]\nreason='x'\n", r"number 1: ticker must be a text, was None"),
        ("[[exclude]]\nticker='A'\n", "reason must be a text"),
        ("[[exclude]]\nticker='A'\nreason='x'\ntabel='rates'\n", "Did you mean 'table'"),
        ("[[exclude]]\nticker='A'\nreason='x'\ntable='price'\n", "Did you mean 'prices'"),
        ("[[exclude]]\nticker='A'\nreason='x'\ntable='securities'\n", r"Use \[\[security\]\]"),
        ("[[exclude]]\nticker='A'\nreason='x'\nfrom=2024-02-01\nto=2024-01-01\n", "not lie after"),
        ("[[exclude]]\nticker='A'\nreason='x'\nfrom='1.2.2024'\n", "from must be a date such as"),
        ("[[exclude]]\nticker='A'\nreason='x'\nto=2024-01-01T10:00:00\n", "to must be a date"),
        ("[[exclude]]\nticker='A'\nreason='x'\ndataset='b'\n", "prices has none"),
        ("[[security]]\nticker='A'\nreason='x'\n", "it sets nothing"),
        ("[[security]]\nticker='A'\nreason='x'\ndelisting_return=-95\n", r"Did you mean -0.95\?"),
        ("[[security]]\nticker='A'\nreason='x'\ndelisting_return='all'\n", "must be a fraction"),
        ("[[security]]\nticker='A'\nreason='x'\ndata_ended=1\n", "must be true or false"),
        ("[[security]]\nticker='A'\nreason='x'\nsector='Energie'\n", "Did you mean 'Energy'"),
        ("[[security]]\nticker='A'\nreason='x'\ndata_ended=true\n" * 2, "A is named twice"),
    ],
)
def test_an_entry_that_means_nothing_is_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OverridesError, match=message):
        load_overrides(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OverridesError, match=r"none\.toml is not: No such file"):
        load_overrides(tmp_path / "none.toml")


def test_the_shipped_overrides_are_well_formed() -> None:
    known = load_overrides(SHIPPED)
    losses = {fact.ticker: fact.delisting_return for fact in known.securities}
    assert all(losses[bank] <= -0.99 for bank in ("SIVB", "SBNY", "FRC"))
    excluded = {entry.ticker for entry in known.exclusions if entry.table == "prices"}
    assert excluded == {"DHR", "NBL", "VAR", "LRCX", "CTAS"}
    assert all(entry.reason for entry in known.exclusions)
