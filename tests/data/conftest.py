"""A small market written as files, for the tests of import, store and catalog."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.imports import ImportPaths, ImportReport, import_market
from data.store import MarketTables

TODAY = dt.date(2024, 7, 1)


def small_frames() -> dict[str, pd.DataFrame]:
    """Three names over six sessions; BBB ends after four, CCC misses one session."""
    sessions = pd.bdate_range("2024-01-02", periods=6)
    rows = [
        (day, ticker, 10.0 + number, 11.0 + number, 9.0, 10.5 + number, 1000.0, 10.0 + number)
        for ticker, count in (("AAA", 6), ("BBB", 4), ("CCC", 6))
        for number, day in enumerate(sessions[:count])
        if not (ticker == "CCC" and number == 2)
    ]
    columns = ["date", "ticker", "open", "high", "low", "close", "volume", "adj_close"]
    return {
        "prices": pd.DataFrame(rows, columns=columns),
        "securities": pd.DataFrame(
            {
                "ticker": ["AAA", "BBB", "CCC"],
                "name": ["Alpha", "Beta", "Gamma"],
                "sector": ["Energy", "Financials", None],
            }
        ),
        "membership": pd.DataFrame(
            {
                "ticker": ["AAA", "BBB", "CCC", "ZZZ"],
                "start_date": pd.to_datetime(["2020-01-01"] * 4),
                "end_date": pd.to_datetime([None, "2024-01-08", None, "2024-01-03"]),
            }
        ),
        "fundamentals": _small_filings(),
        "indices": pd.DataFrame(
            {"date": sessions[:3], "ticker": "^VIX"}
            | {column: [13.0, 14.0, 15.0] for column in ("close", "adj_close")}
        ),
        "rates": pd.DataFrame({"date": sessions[:2], "series": "DGS3MO", "pct": [5.3, 5.4]}),
    }


def _small_filings() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ticker": ["AAA", "AAA", "CCC", "ZZZ"],
            "period_end": pd.to_datetime(["2023-09-30", "2023-12-31", "2023-12-31", "2023-12-31"]),
            "available_date": pd.to_datetime(
                ["2023-11-01", "2024-02-01", "2024-02-15", "2024-02-15"]
            ),
            "revenue": [100.0, 110.0, np.nan, 5.0],
            "shares_outstanding": [50.0, 51.0, 9.0, 9.0],
        }
    )


@dataclass
class MarketFiles:
    """Frames that a test may spoil before they are written and imported."""

    folder: Path
    home: Path
    frames: dict[str, pd.DataFrame]
    suffix: str = "parquet"

    def path(self, table: str) -> Path:
        return self.folder / f"{table}.{self.suffix}"

    def write(self) -> ImportPaths:
        self.folder.mkdir(parents=True, exist_ok=True)
        for table, frame in self.frames.items():
            if self.suffix == "csv":
                frame.to_csv(self.path(table), index=False)
            else:
                frame.to_parquet(self.path(table), index=False)
        return ImportPaths(**{table: self.path(table) for table in self.frames})

    def load(self, name: str = "us", overrides: str | None = None) -> ImportReport:
        paths = self.write()
        written = None
        if overrides is not None:
            written = self.folder / "overrides.toml"
            written.write_text(overrides, encoding="utf-8")
        return import_market(self.home, name, paths, written, today=TODAY)

    def append(self, table: str, **values: object) -> None:
        """Add a copy of the table's first row with some values replaced."""
        frame = self.frames[table]
        row = frame.iloc[[0]].copy()
        for column, value in values.items():
            if isinstance(value, str) and not isinstance(row[column].dtype, pd.StringDtype):
                frame[column] = frame[column].astype(object)
                row[column] = row[column].astype(object)
            row[column] = [value]
        self.frames[table] = pd.concat([frame, row], ignore_index=True)


@pytest.fixture
def files(tmp_path: Path) -> MarketFiles:
    """Return the small market, not yet written."""
    return MarketFiles(tmp_path / "files", tmp_path / "home", small_frames())


@pytest.fixture
def tables() -> Callable[[], MarketTables]:
    """Return a maker of the small market as tables ready for the store."""

    def make() -> MarketTables:
        frames = small_frames()
        return MarketTables(
            prices=frames["prices"],
            securities=frames["securities"],
            membership=frames["membership"].query("ticker != 'ZZZ'"),
            indices=frames["indices"],
            rates=frames["rates"],
        )

    return make
