"""What is kept of a provider's answers: tables as they came, and names that are safe on disks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

import pyarrow as pa

from data.errors import BadNameError, did_you_mean
from data.schema import TICKER_PATTERN

__all__ = [
    "FETCHED_AT",
    "FETCHED_TABLES",
    "FETCHED_VERSION",
    "FILE_SUFFIX",
    "SUPERSEDED_AT",
    "FetchedTable",
    "decoded",
    "encoded",
    "fetched_table",
]

FETCHED_VERSION: Final = 1
FILE_SUFFIX: Final = ".parquet"
# Beside the columns of the provider: when a row came, and when another took its place (null: it
# is the one in force). A changed past thus stays in the file that changed.
FETCHED_AT: Final = "fetched_at"
SUPERSEDED_AT: Final = "superseded_at"

_MOMENT: Final = pa.timestamp("us", tz="UTC")
_TICKER: Final = re.compile(TICKER_PATTERN)
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
# Names that Windows keeps for devices, whatever follows after a dot.
_DEVICES: Final = re.compile(r"CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]")


@dataclass(frozen=True, slots=True)
class FetchedTable:
    """One kind of answer.

    Attributes
    ----------
    name : str
    columns : pyarrow.Schema
        As the providers give them; every table has ``ticker``.
    key : tuple of str
        Columns that tell the rows of one ticker apart.
    date : str or None
        Column that must lie in the window asked for; None = an answer is about the present.
    absent : {"kept", "withdrawn"}
        What becomes of a row in the window that a later answer does not repeat. A bar is kept:
        sources drop bars by accident. An action is withdrawn: a corrected ex-date would else count
        twice. Withdrawn rows stay in the file as superseded.
    """

    name: str
    columns: pa.Schema
    key: tuple[str, ...]
    date: str | None
    absent: Literal["kept", "withdrawn"]

    @property
    def stored(self) -> pa.Schema:
        """Columns of the file."""
        return self.columns.append(pa.field(FETCHED_AT, _MOMENT)).append(
            pa.field(SUPERSEDED_AT, _MOMENT)
        )


def _schema(ticker_first: bool, **kinds: str) -> pa.Schema:
    types = {"date": pa.date32(), "text": pa.string(), "number": pa.float64(), "flag": pa.bool_()}
    fields = [(name, types[kind]) for name, kind in kinds.items()]
    fields.insert(0 if ticker_first else 1, ("ticker", pa.string()))
    return pa.schema(fields)


_BARS = _schema(
    False, date="date", open="number", high="number", low="number", close="number",
    volume="number", vwap="number", trades="number",
)  # fmt: skip
_SPLITS = _schema(
    True, execution_date="date", split_from="number", split_to="number", ratio="number"
)
_DIVIDENDS = _schema(
    True, ex_date="date", cash_amount="number", currency="text", dividend_type="text",
    frequency="number", declaration_date="date", record_date="date", pay_date="date",
)  # fmt: skip
_DETAILS = _schema(
    True, identity="text", name="text", active="flag", type="text", cik="text",
    composite_figi="text", share_class_figi="text", sic_code="text", sic_description="text",
    primary_exchange="text", list_date="date", delisted_date="date", market_cap="number",
    shares_outstanding="number", share_class_shares_outstanding="number",
)  # fmt: skip

_LISTINGS = _schema(
    True, identity="text", name="text", type="text", market="text", primary_exchange="text",
    active="flag", delisted_date="date", cik="text", composite_figi="text",
    share_class_figi="text",
)  # fmt: skip
_CHANGES = _schema(True, day="date", symbol="text")
_FILINGS = _schema(
    True, period_start="date", period_end="date", available_date="date", accepted_at="text",
    timeframe="text", fiscal_period="text", fiscal_year="text", cik="text", revenue="number",
    net_income="number", total_assets="number", equity="number", average_shares="number",
    operating_cf="number", date_kind="text",
)  # fmt: skip
_RATES = _schema(True, date="date", pct="number")
_REFUSED = _schema(True, table="text", reason="text", row="text")

FETCHED_TABLES: Final = {
    table.name: table
    for table in (
        FetchedTable("bars", _BARS, ("date",), "date", "kept"),
        FetchedTable("splits", _SPLITS, ("execution_date",), "execution_date", "withdrawn"),
        FetchedTable(
            "dividends",
            _DIVIDENDS,
            ("ex_date", "dividend_type", "currency", "cash_amount"),
            "ex_date",
            "withdrawn",
        ),
        FetchedTable("details", _DETAILS, ("ticker",), None, "withdrawn"),
        # Who stood behind the symbol before: identities that were delisted under it.
        FetchedTable("listings", _LISTINGS, ("identity", "delisted_date"), None, "withdrawn"),
        # Symbols of the security behind the ticker, each from its day on.
        FetchedTable("changes", _CHANGES, ("day", "symbol"), None, "withdrawn"),
        FetchedTable(
            "filings",
            _FILINGS,
            ("period_end", "available_date", "timeframe", "fiscal_period"),
            "available_date",
            "kept",
        ),
        # Percent a year as quoted; the symbol says how (data/providers/bill_rates.py).
        FetchedTable("rates", _RATES, ("date",), "date", "kept"),
        # Rows that came and are in no table, as they came, with the reason.
        FetchedTable("refused", _REFUSED, ("table", "reason", "row"), None, "kept"),
    )
}


def fetched_table(name: str) -> FetchedTable:
    """Return the declaration of a table; raises BadNameError for an unknown one."""
    if name not in FETCHED_TABLES:
        raise BadNameError(
            f"a fetched table must be one of {', '.join(FETCHED_TABLES)}, was {name!r}."
            f"{did_you_mean(name, FETCHED_TABLES)}"
        )
    return FETCHED_TABLES[name]


def encoded(ticker: str) -> str:
    """Return a file name for a ticker: capitals, digits and hyphens stay, all else as %XX.

    Lower case is encoded too, so that KMPpL and KMPPL stay apart on a disk that folds case.

    Raises
    ------
    BadNameError
        The ticker is none.

    Examples
    --------
    >>> encoded("BRK.B"), encoded("KMPpL"), encoded("CON")
    ('BRK%2EB', 'KMP%70L', '%43ON')
    """
    if not _TICKER.fullmatch(ticker):
        raise BadNameError(
            f"ticker must be letters and digits with . - : ^, was {ticker[:40]!r}. Correct it."
        )
    text = "".join(sign if sign in _PLAIN else f"%{ord(sign):02X}" for sign in ticker)
    return f"%{ord(text[0]):02X}{text[1:]}" if _DEVICES.fullmatch(text) else text


def decoded(name: str) -> str | None:
    """Return the ticker of a file name, or None when no ticker is written so."""
    ticker = unquote(name)
    return ticker if _TICKER.fullmatch(ticker) and encoded(ticker) == name else None
