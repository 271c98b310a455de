from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data.catalog import Catalog
from data.errors import BadTableError, MissingColumnError, UnknownSourceError
from data.imports import import_market

if TYPE_CHECKING:
    from tests.data.conftest import MarketFiles


def test_a_missing_column_names_table_file_and_what_is_there(files: MarketFiles) -> None:
    files.frames["prices"] = files.frames["prices"].rename(columns={"adj_close": "adj_clos"})
    with pytest.raises(
        MissingColumnError,
        match=r"prices must have a column 'adj_close'.*prices\."
        r"parquet.*adj_clos.*Did you mean 'adj_clos'\?",
    ):
        files.load()
    with pytest.raises(UnknownSourceError):
        Catalog(files.home).snapshot("us")


def test_a_column_of_another_type_is_refused_whole(files: MarketFiles) -> None:
    files.frames["prices"]["date"] = 20240102
    with pytest.raises(BadTableError, match=r"prices\.date of prices\.parquet must hold dates"):
        files.load()


def test_a_table_of_which_nothing_can_be_used_is_refused(files: MarketFiles) -> None:
    files.frames["rates"]["pct"] = np.nan
    with pytest.raises(BadTableError, match=r"not one row of rates .* missing_value: 2"):
        files.load()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>404</html>", r"starts with b'<html>404<"),
        (b"PAR1 and then nothing", "is damaged"),
        (b"\x00\x01\x02", "must be a parquet file"),
        (b"", "is empty"),
        (b"date,ticker,close,adj_close\n", "only a header"),
        (b"date,ticker,close,adj_close,close\n2024-01-02,A,1,1,1\n", "more than once"),
        (b"date;ticker\n2024-01-02;A\n", "must have a column 'date'"),
        (b"date,ticker,close,adj_close\n2024-01-02,\xff\xfe,1,1\n", "UTF-8"),
    ],
)
def test_files_that_are_no_tables_get_one_clear_message(
    files: MarketFiles, content: bytes, message: str
) -> None:
    paths = files.write()
    files.load()
    stored = Catalog(files.home).snapshot("us").fingerprint
    spoiled = files.folder / "spoiled.csv"
    spoiled.write_bytes(content)
    with pytest.raises((BadTableError, MissingColumnError), match=message):
        import_market(files.home, "us", replace(paths, prices=spoiled))
    assert Catalog(files.home).snapshot("us").fingerprint == stored


def test_a_missing_file_and_a_folder_are_named(files: MarketFiles) -> None:
    paths = files.write()
    paths.prices.unlink()
    with pytest.raises(BadTableError, match=r"found nothing at .*prices\.parquet"):
        import_market(files.home, "us", paths)
    paths.prices.mkdir()
    with pytest.raises(BadTableError, match="found a folder"):
        import_market(files.home, "us", paths)


def test_text_in_a_file_called_parquet_is_refused(files: MarketFiles) -> None:
    paths = files.write()
    paths.prices.write_text("date,ticker,close,adj_close\n2024-01-02,A,1,1\n")
    with pytest.raises(BadTableError, match="must be a parquet file"):
        import_market(files.home, "us", paths)


def test_a_flipped_bit_in_a_parquet_page_is_noticed(files: MarketFiles) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = files.write()
    table = pa.Table.from_pandas(files.frames["prices"], preserve_index=False)
    pq.write_table(table, paths.prices, compression="none", write_page_checksum=True)
    content = bytearray(paths.prices.read_bytes())
    content[content.index(np.float64(10.5).tobytes())] ^= 1
    paths.prices.write_bytes(content)
    with pytest.raises(BadTableError, match="is damaged"):
        import_market(files.home, "us", paths)


def test_timestamps_with_a_zone_are_days_of_the_wall_clock(files: MarketFiles) -> None:
    prices = files.frames["prices"]
    prices["date"] = prices["date"].dt.tz_localize("America/New_York")
    report = files.load()
    assert report.snapshot.first_date.isoformat() == "2024-01-02"
    assert report.table("prices").stored == 15


def test_column_names_may_differ_in_case_and_spaces(files: MarketFiles) -> None:
    files.suffix = "csv"
    files.frames["prices"] = files.frames["prices"].rename(
        columns={"date": "Date", "adj_close": "Adj Close", "ticker": "Symbol", "close": " Close"}
    )
    assert files.load().table("prices").stored == 15
