"""Raw bars, splits and dividends into split-adjusted prices and total-return closes, on read.

What is stored never changes when a company splits: bars stay as they were traded and the action
is one more row. This module makes of them what the engine reads. The formulas are those of the
Center for Research in Security Prices and of Yahoo:

- split factor of session t: product of ``ratio`` over the splits after t; prices are divided by
  it, volume is multiplied;
- dividend factor of an ex-date: ``1 - D / close_prev``, both on one split basis, where
  ``close_prev`` is the close of the last bar before the ex-date;
- ``adj_close`` of t: split-adjusted close times the factors of all ex-dates after t.

So the last bar of every series is as it was traded, and the total return over an ex-date is
``close / (close_prev - D) - 1``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from data.adjustment_sql import (
    ADJUST_BARS,
    DIVIDEND_FATES,
    SPLIT_FATES,
    UNSPLIT_BARS,
    UNSPLIT_DIVIDENDS,
    answers,
)
from data.adjustment_tables import checked_bars, checked_dividends, checked_splits

__all__ = [
    "ADJUSTED_BARS",
    "UNUSED_ACTIONS",
    "UNUSED_REASONS",
    "Adjusted",
    "adjust",
    "unsplit",
    "unsplit_dividends",
]

# Schema of the answer, also of one without rows; prices in currency a share on the split basis of
# the series' last bar.
ADJUSTED_BARS: Final = pa.schema(
    [
        ("date", pa.date32()),
        ("ticker", pa.string()),
        *((name, pa.float64()) for name in ("open", "high", "low", "close", "volume")),
        ("adj_close", pa.float64()),
        ("source", pa.string()),
    ]
)
UNUSED_ACTIONS: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("date", pa.date32()),
        ("kind", pa.string()),
        ("value", pa.float64()),
        ("reason", pa.string()),
    ]
)
# Why an action changed nothing.
UNUSED_REASONS: Final = {
    "no_bars": "the name has no bars",
    "before_first_bar": "it took effect on or before the first bar: there is nothing to adjust",
    "after_last_bar": "it takes effect after the last bar: nobody who reads the series knows it",
    "other_currency": "the dividend is not in the currency of the prices",
    "not_below_price": "the dividends of the day are not below the close before it",
}


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """What the engine reads, and what was left aside.

    Attributes
    ----------
    bars : pyarrow.Table
        Schema ADJUSTED_BARS, one row for each raw bar, sorted by (date, ticker). open, high, low
        and close are adjusted for splits, adj_close for splits and dividends, volume is in shares
        of the last bar's basis. Empty values stay empty; nothing is filled.
    unused : pyarrow.Table
        Schema UNUSED_ACTIONS, sorted by (ticker, date): actions that changed nothing, with a
        reason of UNUSED_REASONS. `value` is the ratio of a split, the cash of a dividend.
    """

    bars: pa.Table
    unused: pa.Table


def adjust(
    bars: pa.Table, splits: pa.Table, dividends: pa.Table, *, currency: str = "USD"
) -> Adjusted:
    """Adjust raw bars for splits and dividends.

    Actions after the last bar of a series change nothing: cut the bars at a date and the answer
    is what a reader of that date would have computed.

    Parameters
    ----------
    bars : pyarrow.Table
        As traded: date, ticker, close > 0; open, high, low > 0, volume ≥ 0 and source where known
        (null where not). One row a date and ticker, in any order. Other columns are left aside.
    splits : pyarrow.Table
        ticker, execution_date, ratio: new shares for one old share (4.0 for 4:1), effective at
        the open of that day. One row a ticker and day.
    dividends : pyarrow.Table
        ticker, ex_date, cash_amount: currency a share as it was on that day, ≥ 0; currency where
        known, null = that of the prices. Several of one day add up.
    currency : str
        Of the prices.

    Raises
    ------
    MissingColumnError, BadTableError
        A table lacks a column, a value is missing or out of its range, or a key occurs twice.

    Notes
    -----
    An action on a day without a bar works on the first bar after it. A dividend that is not below
    the close before it would turn prices negative: it is left aside, and `unused` says so.
    """
    tables = {
        "bars": checked_bars(bars),
        "splits": checked_splits(splits),
        "dividends": checked_dividends(dividends),
    }
    done, split_fates, dividend_fates = answers(
        tables, (ADJUST_BARS, (currency,)), (SPLIT_FATES, ()), (DIVIDEND_FATES, (currency,))
    )
    unused = pa.concat_tables(
        [split_fates.cast(UNUSED_ACTIONS), dividend_fates.cast(UNUSED_ACTIONS)]
    )
    order = [("ticker", "ascending"), ("date", "ascending"), ("kind", "ascending")]
    return Adjusted(done.cast(ADJUSTED_BARS), unused.sort_by(order))


def unsplit(bars: pa.Table, splits: pa.Table, basis_date: dt.date) -> pa.Table:
    """Return bars as they were traded from bars that a vendor adjusted for splits.

    Yahoo has no raw closes: its ``Close`` is divided by every split up to the day of the download,
    also by those after the last bar that was asked for.

    Parameters
    ----------
    bars : pyarrow.Table
        As in `adjust`, on the split basis of `basis_date`.
    splits : pyarrow.Table
        As in `adjust`; must be the splits that the vendor used, its spin-offs told as splits
        included.
    basis_date : date
        Day of the download: later splits were unknown to the vendor.

    Returns
    -------
    pyarrow.Table
        date, ticker, open, high, low, close, volume, source, sorted by (date, ticker): input of
        `adjust`. Prices carry the vendor's rounding.

    Raises
    ------
    MissingColumnError, BadTableError
    """
    tables = {"bars": checked_bars(bars), "splits": checked_splits(splits)}
    return answers(tables, (UNSPLIT_BARS, (basis_date,)))[0]


def unsplit_dividends(dividends: pa.Table, splits: pa.Table, basis_date: dt.date) -> pa.Table:
    """Return cash amounts as they were paid from amounts that a vendor adjusted for splits.

    Yahoo says 0.205 for Apple's dividend of 2020-08-07, three weeks before a 4:1 split; holders
    got 0.82 for each share of that day. Parameters and errors as in `unsplit`.

    Returns
    -------
    pyarrow.Table
        ticker, ex_date, cash_amount, currency, sorted by (ex_date, ticker): input of `adjust`.
    """
    tables = {"dividends": checked_dividends(dividends), "splits": checked_splits(splits)}
    return answers(tables, (UNSPLIT_DIVIDENDS, (basis_date,)))[0]
