from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from data.catalog import Catalog
from data.checks import REASON_NAMES
from data.errors import (
    BadNameError,
    BooksOfRowsError,
    MixedMarketError,
)
from data.imports import import_market
from data.reports import TableReport
from data.schema import FLAGS, REASONS, SCHEMAS

if TYPE_CHECKING:
    from tests.data.conftest import MarketFiles


def test_good_files_are_stored_whole_and_every_row_is_accounted_for(files: MarketFiles) -> None:
    report = files.load()
    assert report.table("prices").stored == report.table("prices").read == 15
    assert report.table("securities").stored == 3
    assert (report.table("membership").stored, report.table("membership").out_of_scope) == (3, 1)
    assert (report.table("fundamentals").stored, report.table("fundamentals").out_of_scope) == (
        3,
        1,
    )
    assert report.snapshot.quarantined == {}
    assert report.snapshot.tables == {
        "prices": 15, "securities": 3, "membership": 3, "fundamentals": 3, "indices": 3, "rates": 2,
    }  # fmt: skip
    assert not report.snapshot.simulated


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_parquet_and_csv_say_the_same(files: MarketFiles, suffix: str) -> None:
    files.suffix = suffix
    catalog = Catalog(files.home)
    files.load()
    panel = catalog.price_panel("us", ["close"])
    assert panel.tickers == ("AAA", "BBB", "CCC")
    assert panel.arrays["close"][0].tolist() == [10.5, 10.5, 10.5]
    filings = catalog.fundamentals("us")
    assert filings["period_end"].dtype == "datetime64[s]"
    assert filings["revenue"].isna().tolist() == [False, False, True]


# Each case: table, values that replace those of a copied first row, the reason it must get.
SPOILED = [
    ("prices", {"close": np.nan}, "missing_value"),
    ("prices", {"ticker": None}, "missing_value"),
    ("prices", {"close": 0.0}, "non_positive_price"),
    ("prices", {"low": -1.0}, "non_positive_price"),
    ("prices", {"adj_close": np.inf}, "not_finite"),
    ("prices", {"volume": -5.0}, "negative_volume"),
    ("prices", {"date": pd.Timestamp("2024-07-02")}, "future_date"),
    ("prices", {"date": pd.Timestamp("1899-12-29")}, "absurd_date"),
    ("prices", {"date": pd.Timestamp("2024-01-05 09:30")}, "unparsable_date"),
    ("prices", {"date": "05.01.2024"}, "unparsable_date"),
    ("prices", {"date": "2024-02-30"}, "unparsable_date"),
    ("prices", {"close": "ten"}, "unparsable_number"),
    ("prices", {"close": "1_000"}, "unparsable_number"),
    ("prices", {"ticker": "A A/../x"}, "bad_ticker"),
    ("securities", {"ticker": "CCC", "sector": "Tech"}, "unknown_sector"),
    ("membership", {"end_date": pd.Timestamp("2019-01-01")}, "end_before_start"),
    ("membership", {"start_date": pd.Timestamp("2025-01-01")}, "future_date"),
    ("fundamentals", {"available_date": pd.Timestamp("2023-09-29")}, "available_before_period_end"),
    ("fundamentals", {"available_date": pd.Timestamp("2023-10-03")}, "suspect_lag"),
    ("fundamentals", {"available_date": pd.Timestamp("2024-06-01")}, "suspect_lag"),
    ("fundamentals", {"shares_outstanding": 0.0}, "negative_amount"),
    ("rates", {"pct": np.inf}, "not_finite"),
    ("rates", {"pct": np.nan}, "missing_value"),
    ("indices", {"close": -1.0}, "non_positive_price"),
]


@pytest.mark.parametrize(("table", "values", "reason"), SPOILED)
def test_a_bad_row_goes_to_quarantine_with_its_reason(
    files: MarketFiles, table: str, values: dict[str, object], reason: str
) -> None:
    if any(isinstance(value, str) for name, value in values.items() if name in ("date", "close")):
        files.suffix = "csv"
    before = len(files.frames[table])
    files.append(table, **values)
    report = files.load().table(table)
    assert report.read == before + 1
    assert report.quarantined == {reason: 1}
    findings = Catalog(files.home).findings("us")
    (found,) = findings[findings["fate"] == "quarantined"].to_dict("records")
    assert (found["table"], found["reason"], found["file_row"]) == (table, reason, before + 1)
    original = json.loads(found["row"])
    assert set(original) == set(files.frames[table].columns)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("basis", "raw", "unknown_basis"),
        ("date_kind", "guess", "unknown_date_kind"),
        ("suspect", True, "suspect_lag"),
        ("delisting_return", -1.5, "impossible_return"),
        ("total_assets", -1.0, "negative_amount"),
        ("data_ended", "perhaps", "unparsable_flag"),
    ],
)
def test_optional_columns_have_their_rules_too(
    files: MarketFiles, column: str, value: object, reason: str
) -> None:
    (table,) = [
        name
        for name, schema in SCHEMAS.items()
        if column in [item.name for item in schema.columns] and name != "indices"
    ]
    frame = files.frames[table]
    frame[column] = pd.Series([value] + [None] * (len(frame) - 1), dtype=object)
    files.suffix = "csv"
    assert files.load().table(table).quarantined == {reason: 1}


def test_every_reason_is_tested_here() -> None:
    tested = {reason for _, _, reason in SPOILED} | {
        "unknown_basis", "unknown_date_kind", "suspect_lag", "impossible_return", "negative_amount",
        "unparsable_flag", "malformed_row", "duplicate_identical", "duplicate_conflicting",
    }  # fmt: skip
    assert tested == set(REASONS) == set(REASON_NAMES[1:])


def test_identical_duplicates_keep_the_first_and_conflicting_ones_keep_none(
    files: MarketFiles,
) -> None:
    prices = files.frames["prices"]
    twin = prices.iloc[[1]]
    rival = prices.iloc[[3]].assign(close=99.0)
    files.frames["prices"] = pd.concat([prices, twin, twin, rival], ignore_index=True)
    report = files.load().table("prices")
    assert report.quarantined == {"duplicate_identical": 2, "duplicate_conflicting": 2}
    assert report.stored == 14
    panel = Catalog(files.home).price_panel("us", ["close"])
    assert panel.arrays["close"][1, 0] == prices["close"][1]
    assert np.isnan(panel.arrays["close"][3, 0])
    findings = Catalog(files.home).findings("us").query("table == 'prices'")
    assert sorted(findings["file_row"]) == [4, 16, 17, 18]


def test_malformed_csv_lines_are_counted_with_their_line(files: MarketFiles) -> None:
    files.suffix = "csv"
    paths = files.write()
    lines = paths.prices.read_text().splitlines()
    lines.insert(4, "2024-01-05,AAA,1,2")
    paths.prices.write_text("\n".join(lines) + "\n")
    report = import_market(files.home, "us", paths, today=pd.Timestamp("2024-07-01").date())
    assert report.table("prices").quarantined == {"malformed_row": 1}
    assert report.table("prices").read == 16
    findings = Catalog(files.home).findings("us").query("table == 'prices'")
    (found,) = findings.to_dict("records")
    assert found["file_row"] == 4
    assert json.loads(found["row"]) == "2024-01-05,AAA,1,2"


def test_na_is_a_ticker_and_an_empty_field_is_not(files: MarketFiles) -> None:
    files.suffix = "csv"
    prices = files.frames["prices"]
    files.frames["prices"] = pd.concat(
        [prices, prices[:6].assign(ticker="NA"), prices[:6].assign(ticker="TRUE")]
    )
    files.load()
    assert Catalog(files.home).price_panel("us", ["close"]).tickers == (
        "AAA", "BBB", "CCC", "NA", "TRUE",
    )  # fmt: skip


def test_bars_out_of_order_keep_their_close_and_are_flagged(files: MarketFiles) -> None:
    prices = files.frames["prices"]
    prices.loc[0, "high"] = 5.0
    prices.loc[1, "volume"] = 0.0
    prices.loc[2, "open"] = np.nan
    prices["volume"] = prices["volume"].where(prices.index != 3)
    report = files.load().table("prices")
    assert report.flagged == {
        "ohlc_disorder": 1, "zero_volume": 1, "missing_ohl": 1, "missing_volume": 1,
    }  # fmt: skip
    assert report.stored == 15
    findings = Catalog(files.home).findings("us")
    assert set(findings.query("table == 'prices'")["fate"]) == {"flagged"}
    assert set(report.flagged) < set(FLAGS)


def test_unordered_dates_are_sorted_and_said(files: MarketFiles) -> None:
    files.frames["prices"] = files.frames["prices"][::-1]
    report = files.load()
    assert "the dates came unordered and were sorted" in report.table("prices").notes
    assert "prices: the dates came unordered and were sorted" in report.snapshot.notes
    panel = Catalog(files.home).price_panel("us", ["close"])
    assert panel.arrays["close"][:, 0].tolist() == [10.5, 11.5, 12.5, 13.5, 14.5, 15.5]


def test_rows_grouped_by_ticker_are_not_called_unordered(files: MarketFiles) -> None:
    assert not any("unordered" in note for note in files.load().table("prices").notes)


def test_overlapping_memberships_are_flagged_and_count_once(files: MarketFiles) -> None:
    files.append("membership", start_date=pd.Timestamp("2021-01-01"))
    report = files.load()
    assert report.table("membership").flagged == {"overlapping_membership": 1}


def test_coverage_counts_members_that_have_no_prices_at_all(files: MarketFiles) -> None:
    # Member-days: AAA 6, BBB 4 (out on the fifth session), CCC 6 with one hole, ZZZ one day.
    assert files.load().snapshot.coverage == pytest.approx((6 + 4 + 5) / (6 + 4 + 6 + 1))


def test_securities_that_only_prices_know_are_added_without_sector(files: MarketFiles) -> None:
    files.frames["securities"] = files.frames["securities"][:1]
    report = files.load().table("securities")
    assert (report.read, report.added, report.stored) == (1, 2, 3)
    assert any("BBB, CCC" in note for note in report.notes)
    securities = Catalog(files.home).securities("us").set_index("ticker")
    assert securities["sector"].isna().tolist() == [False, True, True]


def test_prices_alone_make_a_market(files: MarketFiles) -> None:
    files.frames = {"prices": files.frames["prices"]}
    report = files.load()
    assert report.snapshot.coverage is None
    assert report.table("securities").added == 3
    assert "dividends are not in it" not in report.snapshot.return_basis


def test_prices_without_dividend_adjustment_say_so(files: MarketFiles) -> None:
    files.frames["prices"]["adj_close"] = files.frames["prices"]["close"]
    assert "dividends are not in it" in files.load().snapshot.return_basis


def test_has_prices_false_keeps_a_member_out_and_price_ticker_is_its_symbol(
    files: MarketFiles,
) -> None:
    membership = files.frames["membership"]
    membership["price_ticker"] = ["AAA", "CCC", "CCC", "AAA"]
    membership["has_prices"] = [True, True, False, False]
    report = files.load().table("membership")
    assert (report.stored, report.out_of_scope) == (2, 2)
    assert Catalog(files.home).membership("us")["ticker"].tolist() == ["AAA", "CCC"]


@pytest.mark.parametrize("name", ["", "US", "../x", "a b", "x" * 33, "1us"])
def test_names_that_cannot_be_names_are_refused(files: MarketFiles, name: str) -> None:
    with pytest.raises(BadNameError, match="must be 1 to 32"):
        files.load(name)


def test_demo_is_kept_for_the_simulated_market(files: MarketFiles) -> None:
    with pytest.raises(MixedMarketError, match="kept for the simulated market"):
        files.load("demo")


def test_books_of_rows_that_do_not_balance_are_a_defect() -> None:
    with pytest.raises(BooksOfRowsError, match="10 read and 0 added, but 9 accounted for"):
        TableReport("prices", "prices.csv", read=10, stored=8, quarantined={"future_date": 1})


def test_progress_rises_to_one_and_names_the_stages(files: MarketFiles) -> None:
    seen = []
    import_market(
        files.home, "us", files.write(), progress=lambda stage, done: seen.append((stage, done))
    )
    fractions = [done for _, done in seen]
    assert fractions == sorted(fractions)
    assert seen[0] == ("reading prices", 0.0)
    assert seen[-1] == ("done", 1.0)


def test_the_report_in_words_names_counts_and_reasons(files: MarketFiles) -> None:
    files.append("prices", close=0.0)
    text = "\n".join(files.load().lines())
    assert "market us: 3 names, 6 sessions 2024-01-02 to 2024-01-09" in text
    assert "prices (prices.parquet): 16 read, 15 stored, 1 quarantined" in text
    assert "quarantined non_positive_price: 1 (a price is zero or negative)" in text
    assert "fundamentals (fundamentals.parquet): 4 read, 3 stored, 1 without prices" in text
