"""A table of splits and dividends of one's own, for the check of an imported market."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from data.convert import parse_column
from data.errors import BadTableError
from data.files import read_raw
from data.schema import Column, TableSchema

__all__ = ["ACTIONS_FILE", "read_actions"]

ACTIONS_FILE: Final = TableSchema(
    "actions",
    "Splits and dividends of securities.",
    (
        Column("date", "date", True, False, "execution date or ex-date"),
        Column("ticker", "text", True, False, "symbol as in prices", ("symbol",)),
        Column("dividend", "number", True, True, "cash a share on the split basis of prices"),
        Column("split", "number", True, True, "new shares for one old one, 0 = none", ("ratio",)),
    ),
    ("date", "ticker"),
)


def read_actions(path: Path) -> pd.DataFrame:
    """Return date, ticker, dividend and split (0 = none) of a parquet or CSV file.

    Raises
    ------
    BadTableError, MissingColumnError
        The file cannot be read, or a row has no date, no symbol or a number that is none.
    """
    raw = read_raw(path, ACTIONS_FILE)
    columns = {}
    for column in ACTIONS_FILE.columns:
        values, where = raw.table[raw.columns[column.name]], f"actions.{column.name} of {path.name}"
        columns[column.name] = parse_column(values, column.kind, where)
    for name, parsed in columns.items():
        must = name in ("date", "ticker")
        wrong = (parsed.bad | parsed.missing if must else parsed.bad).nonzero()[0]
        if len(wrong) or raw.malformed:
            row = raw.malformed[0].file_row if raw.malformed else raw.file_row[wrong[0]]
            raise BadTableError(
                f"{path.name} must have date, ticker, dividend and split in every row; row {row} "
                f"has no {name} that can be read. Mend it."
            )
    texts = columns["ticker"].texts
    frame = pd.DataFrame(
        {
            "date": columns["date"].values.astype("datetime64[D]").astype("datetime64[s]"),
            "ticker": [texts[code] for code in columns["ticker"].values],
            "dividend": columns["dividend"].values,
            "split": columns["split"].values,
        }
    )
    return frame.fillna({"dividend": 0.0, "split": 0.0})
