"""Every table of the store, declared once: columns, kinds, rules, aliases and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

__all__ = [
    "BASES",
    "BOOK",
    "DATE_KINDS",
    "FLAGS",
    "PRICE_COLUMNS",
    "REASONS",
    "SCHEMAS",
    "SCHEMA_VERSION",
    "SECTORS",
    "TABLES",
    "TICKER_PATTERN",
    "Column",
    "Kind",
    "TableSchema",
    "arrow_type",
    "schema_markdown",
]

SCHEMA_VERSION = 1

Kind = Literal["date", "text", "number", "flag"]

# Letters, digits and the signs vendors use; a caret leads index symbols such as ^VIX.
TICKER_PATTERN = r"^[A-Z0-9^][A-Za-z0-9.\-:^]{0,20}$"

BASES = ("full", "adj_only")
DATE_KINDS = ("filing", "assumed_60d")
SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)
PRICE_COLUMNS = ("open", "high", "low", "close", "volume", "adj_close")

# Why a row is put in quarantine instead of in the store.
REASONS = {
    "malformed_row": "the line has another number of fields than the header",
    "missing_value": "a required value is empty or not a number",
    "unparsable_date": "neither a date nor an ISO text (2024-06-03), or it has a time of day",
    "unparsable_number": "a number cannot be read as one",
    "unparsable_flag": "a yes/no value is none of true, false, 1, 0",
    "bad_ticker": "the symbol has characters that symbols do not have",
    "absurd_date": "the date lies before 1900 or after 2200",
    "future_date": "the date lies after the day of the import",
    "not_finite": "a number is infinite",
    "non_positive_price": "a price is zero or negative",
    "negative_volume": "the volume is negative",
    "unknown_basis": "basis is neither full nor adj_only",
    "unknown_sector": "the sector is none of the eleven GICS sectors",
    "unknown_date_kind": "date_kind is neither filing nor assumed_60d",
    "impossible_return": "delisting_return lies below -1 (a loss of more than everything)",
    "negative_amount": "total_assets is negative, or shares_outstanding is not positive",
    "end_before_start": "end_date does not lie after start_date",
    "available_before_period_end": "the filing would be known before its quarter ended",
    "suspect_lag": "marked suspect, or known less than 5 or more than 200 days after its quarter",
    "duplicate_identical": "the same row again; the first one is stored",
    "duplicate_conflicting": "two rows with one key and different values; none of them is stored",
}

# What is said about a row that is stored all the same.
FLAGS = {
    "ohlc_disorder": "high is not the highest or low not the lowest of the bar; the close is kept",
    "zero_volume": "a bar without traded volume",
    "missing_ohl": "open, high or low is empty",
    "missing_volume": "the volume is empty",
    "overlapping_membership": "two membership intervals of one symbol overlap",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Name in the store.
    kind : {"date", "text", "number", "flag"}
        Stored as date32, string, float64 and bool.
    required : bool
        Whether a file must have it; a missing optional column is stored as nulls.
    nullable : bool
        Whether single rows may leave it empty.
    rule : str
        What a value means and must be, in words.
    aliases : tuple of str
        Other names accepted in files, after the name itself or, when they start with ``!``, before
        it. Case, spaces and hyphens never matter.
    stored : bool
        False for a column that steers the import and is not kept.
    """

    name: str
    kind: Kind
    required: bool
    nullable: bool
    rule: str
    aliases: tuple[str, ...] = ()
    stored: bool = True


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table: its columns, its key (one row each) and the order rows are stored in."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Column:
        """Return the declaration of one column; raises KeyError for an unknown one."""
        return {column.name: column for column in self.columns}[name]

    @property
    def stored(self) -> tuple[Column, ...]:
        """Columns that are kept, in stored order."""
        return tuple(column for column in self.columns if column.stored)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the kept columns, in stored order."""
        return tuple(column.name for column in self.stored)


def _date(name: str, rule: str, *aliases: str, nullable: bool = False) -> Column:
    return Column(name, "date", not nullable, nullable, rule, aliases)


def _ticker(rule: str, *aliases: str) -> Column:
    return Column("ticker", "text", True, False, rule, (*aliases, "symbol"))


def _maybe(name: str, kind: Kind, rule: str, *aliases: str) -> Column:
    return Column(name, kind, False, True, rule, aliases)


def _steer(name: str, kind: Kind, rule: str) -> Column:
    return Column(name, kind, False, True, rule, stored=False)


def _price(name: str, rule: str, *aliases: str, required: bool = True) -> Column:
    return Column(name, "number", required, not required, rule, aliases)


_BARS = (
    _date("date", "exchange date of the session, 1900 to today"),
    _ticker("symbol, letters and digits with . - : ^"),
    _price("open", "split-adjusted, > 0; empty is flagged", required=False),
    _price("high", "split-adjusted, > 0; highest of the bar", required=False),
    _price("low", "split-adjusted, > 0; lowest of the bar", required=False),
    _price("close", "split-adjusted, not dividend-adjusted, > 0"),
    _maybe("volume", "number", "shares on the same split basis, ≥ 0; zero and empty are flagged"),
    _price("adj_close", "split- and dividend-adjusted (total return), > 0", "adjusted_close"),
    _maybe("basis", "text", "full, or adj_only where close is dividend-adjusted too; default full"),
    _maybe("source", "text", "where the row comes from; default the name of the file"),
)

_SECURITIES = (
    _ticker("symbol as in prices"),
    _maybe("name", "text", "name of the company"),
    _maybe("sector", "text", "one of the eleven GICS sectors, or empty", "gics_sector"),
    _maybe("industry", "text", "GICS sub-industry, or empty"),
    _maybe("last_session", "date", "last session on which it trades; empty = it lives on"),
    _maybe(
        "delisting_return", "number", "what a holder gets after the last close, ≥ -1; default 0"
    ),
    _maybe("data_ended", "flag", "true where only the data stops at last_session"),
    _steer("last_date", "date", "last bar; becomes last_session where the prices go on after it"),
)

_MEMBERSHIP = (
    _ticker("the symbol in prices", "!price_ticker"),
    _date("start_date", "first day in the index", "start"),
    _date("end_date", "first day out; empty = still a member", "end", nullable=True),
    _steer("has_prices", "flag", "false keeps the row out; it is counted"),
)

_FUNDAMENTALS = (
    _ticker("symbol as in prices"),
    _date("period_end", "end of the quarter"),
    _date("available_date", "first day on which the filing could be known", "filing_date"),
    _maybe("date_kind", "text", "filing, or assumed_60d (period end + 60 days); default filing"),
    _maybe("suspect", "flag", "true puts the row in quarantine; default false"),
    _maybe("revenue", "number", "of the quarter, currency"),
    _maybe("net_income", "number", "of the quarter, currency"),
    _maybe("total_assets", "number", "at the end of the quarter, ≥ 0"),
    _maybe("equity", "number", "at the end of the quarter"),
    _maybe("shares_outstanding", "number", "on the split basis of close, > 0"),
    _maybe("operating_cf", "number", "of the quarter, currency"),
    _maybe("free_cash_flow", "number", "of the quarter, currency"),
    _maybe("dataset", "text", "which of several collections the row belongs to; default the file"),
)

_RATES = (
    _date("date", "day of the quote, 1900 to today"),
    Column("series", "text", True, False, "name of the yield, such as DGS3MO"),
    Column("pct", "number", True, False, "percent a year, finite", ("percent", "yield")),
)

SCHEMAS = {
    table.name: table
    for table in (
        TableSchema("prices", "Daily bars of securities.", _BARS, ("date", "ticker")),
        TableSchema("securities", "One row a security.", _SECURITIES, ("ticker",)),
        TableSchema(
            "membership", "Index membership intervals.", _MEMBERSHIP, ("ticker", "start_date")
        ),
        TableSchema(
            "fundamentals",
            "Quarterly filings, each with the day it became known.",
            _FUNDAMENTALS,
            ("ticker", "available_date", "period_end", "dataset"),
        ),
        TableSchema("indices", "Daily values of indices and funds.", _BARS, ("date", "ticker")),
        TableSchema("rates", "Yields of government paper.", _RATES, ("date", "series")),
    )
}
TABLES = tuple(SCHEMAS)

BOOK = TableSchema(
    "book",
    "A book of weights of one's own; dates are those on which the book is decided.",
    (
        _date("date", "day on which the weights are decided, 1900 to today"),
        _ticker("symbol as in prices"),
        Column("weight", "number", True, False, "fraction of NAV in [0, 1]; a date sums to ≤ 1"),
    ),
    ("date", "ticker"),
)

_ARROW = {"date": pa.date32(), "text": pa.string(), "number": pa.float64(), "flag": pa.bool_()}


def arrow_type(kind: Kind) -> pa.DataType:
    """Arrow type in which a column of that kind is stored."""
    return _ARROW[kind]


def schema_markdown() -> str:
    """Describe every table as Markdown, for docs/data.md; a test holds the two together."""
    parts = []
    for table in (*SCHEMAS.values(), BOOK):
        key = ", ".join(table.key)
        lines = [f"### {table.name}", "", f"{table.about} Key: {key}.", ""]
        lines += [
            "| column | kind | in the file | rule | also accepted as |",
            "|---|---|---|---|---|",
        ]
        for column in table.columns:
            need = "required" if column.required else "optional"
            also = ", ".join(alias.lstrip("!") for alias in column.aliases)
            rule = column.rule if column.stored else f"{column.rule} (read, not kept)"
            lines.append(f"| {column.name} | {column.kind} | {need} | {rule} | {also} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
