"""The numbers of a chart as files."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from dashboard import review
from dashboard.views.chart import table_csv, table_parquet
from tests.dashboard.fakes import fake_run

RUN = fake_run()
TABLES = {
    "curves": review.curves(RUN),
    "months": review.returns_calendar(RUN).months,
    "years": review.returns_calendar(RUN).years,
    "partial": review.returns_calendar(RUN).partial,
    "episodes": review.episodes_table(RUN, review.episodes(RUN)),
    "rolling": review.rolling(RUN, 63)["sharpe"],
    "relative": review.relative(RUN)[0],
    "empty": pd.DataFrame({"share": pd.Series(dtype=float)}),
    "pairs": pd.DataFrame([[1.0, np.nan]], columns=pd.MultiIndex.from_product([["a"], ["b", "c"]])),
}


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    flat = (table if table.index.name else table.rename_axis("row")).reset_index()
    flat.columns = pd.Index([str(name) for name in flat.columns])
    dates = flat.select_dtypes("datetime").columns
    return flat.astype(dict.fromkeys(dates, "datetime64[ms]"))  # parquet has no whole seconds


@pytest.mark.parametrize("name", TABLES)
def test_parquet_gives_back_every_value_and_type(name: str) -> None:
    table = TABLES[name]
    before = table.copy(deep=True)
    read = pd.read_parquet(io.BytesIO(table_parquet(table)))
    pd.testing.assert_frame_equal(read, _flat(table), check_exact=True, check_freq=False)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("name", ["curves", "months", "years", "rolling", "relative"])
def test_csv_gives_back_every_digit(name: str) -> None:
    table = TABLES[name]
    read = pd.read_csv(io.BytesIO(table_csv(table)))
    numbers = table.select_dtypes("number")
    for column in numbers.columns:
        np.testing.assert_array_equal(read[column].to_numpy(np.float64), numbers[column].to_numpy())


def test_dates_are_dates_in_parquet_and_iso_in_csv() -> None:
    table = TABLES["curves"]
    schema = pq.read_schema(io.BytesIO(table_parquet(table)))
    assert str(schema.field("date").type).startswith("timestamp")
    assert table_csv(table).splitlines()[1].startswith(b"2021-06-01,")
