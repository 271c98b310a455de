"""The three tables of an adjustment, checked before anything is computed from them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import BadTableError, MissingColumnError
from data.frames import first_duplicate

__all__ = ["checked_bars", "checked_dividends", "checked_splits"]

_PRICES = ("open", "high", "low", "close")
_BARS = {
    "date": pa.date32(),
    "ticker": pa.string(),
    **dict.fromkeys((*_PRICES, "volume"), pa.float64()),
    "source": pa.string(),
}
_SPLITS = {"ticker": pa.string(), "execution_date": pa.date32(), "ratio": pa.float64()}
_DIVIDENDS = {
    "ticker": pa.string(),
    "ex_date": pa.date32(),
    "cash_amount": pa.float64(),
    "currency": pa.string(),
}


def checked_bars(table: pa.Table) -> pa.Table:
    """Return date, ticker, open, high, low, close, volume, source; absent optional ones as nulls.

    Raises
    ------
    MissingColumnError, BadTableError
    """
    bars = _typed("bars", table, _BARS, required=("date", "ticker", "close"))
    for name in _PRICES:
        _check("bars", bars, name, pc.greater(bars[name], 0.0), "be finite and above 0")
    _check("bars", bars, "volume", pc.greater_equal(bars["volume"], 0.0), "be finite and ≥ 0")
    return _unique("bars", bars, ("date", "ticker"))


def checked_splits(table: pa.Table) -> pa.Table:
    """Return ticker, execution_date, ratio; raises MissingColumnError, BadTableError."""
    splits = _typed("splits", table, _SPLITS, required=tuple(_SPLITS))
    _check("splits", splits, "ratio", pc.greater(splits["ratio"], 0.0), "be finite and above 0")
    return _unique("splits", splits, ("ticker", "execution_date"))


def checked_dividends(table: pa.Table) -> pa.Table:
    """Return ticker, ex_date, cash_amount, currency; raises MissingColumnError, BadTableError."""
    required = ("ticker", "ex_date", "cash_amount")
    dividends = _typed("dividends", table, _DIVIDENDS, required=required)
    paid = pc.greater_equal(dividends["cash_amount"], 0.0)
    _check("dividends", dividends, "cash_amount", paid, "be finite and ≥ 0")
    return dividends


def _typed(
    name: str, table: pa.Table, kinds: dict[str, pa.DataType], required: tuple[str, ...]
) -> pa.Table:
    columns = []
    for column, kind in kinds.items():
        if column not in table.column_names:
            if column in required:
                raise MissingColumnError(name, column, "the table", table.column_names)
            columns.append(pa.nulls(table.num_rows, kind))
            continue
        try:
            values = table[column].cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadTableError(
                f"{name}.{column} must be {kind}, was {table[column].type}: {error}"
            ) from error
        if pa.types.is_floating(kind):
            values = pc.if_else(pc.is_nan(values), None, values)  # NaN and null both mean empty
        if column in required and values.null_count:
            raise BadTableError(
                f"{name}.{column} must have a value in every row, {values.null_count} of "
                f"{table.num_rows} are empty."
            )
        columns.append(values)
    return pa.table(columns, names=list(kinds))


def _check(name: str, table: pa.Table, column: str, good: pa.ChunkedArray, rule: str) -> None:
    bad = pc.invert(pc.and_(good, pc.is_finite(table[column])))  # null stays null: not judged
    if pc.any(bad).as_py():
        row = pc.index(bad, True).as_py()
        raise BadTableError(
            f"{name}.{column} must {rule}, was {table[column][row].as_py()} for "
            f"{table['ticker'][row].as_py()}."
        )


def _unique(name: str, table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    table = table.sort_by([(column, "ascending") for column in key]).combine_chunks()
    twice = first_duplicate(table, key)
    if twice is not None:
        raise BadTableError(
            f"{name} must have one row for each {', '.join(key)}, has two for "
            f"{', '.join(str(value) for value in twice.values())}."
        )
    return table
