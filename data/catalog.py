"""Read side of the store: an in-memory DuckDB over the parquet files, a cursor for each call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from data.books import book_names, read_book, read_book_info
from data.errors import BadTableError, StoreCorruptError, did_you_mean
from data.frames import to_frame
from data.holdout import withheld
from data.holdout_cut import before, living, staying, weights_before
from data.panel import PanelAxes, PricePanel, read_axes, read_panel
from data.publish import FINDINGS, file_digest
from data.schema import PRICE_COLUMNS, SCHEMAS
from data.snapshot import Snapshot, current_pointer, current_snapshot, market_names

__all__ = ["Catalog", "PricePanel", "Series", "Source"]

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]
Series = tuple[Dates, Floats]
# A market by name means its current snapshot at the time of the call; several reads that must
# belong together are given one snapshot.
Source = str | Snapshot
Answer = TypeVar("Answer")


class Catalog:
    """Everything the store can be asked, safe to share between threads.

    The files of a snapshot are checked against the digests of its manifest when they are first
    read, so that a damaged file is an error and never a wrong number.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME; it may be empty or missing.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._verified: set[Path] = set()
        self._axes: dict[Path, PanelAxes] = {}

    def sources(self) -> tuple[str, ...]:
        """Names of the markets in the store, sorted."""
        return market_names(self.home)

    def snapshot(self, source: str) -> Snapshot:
        """Return the current snapshot as it may be seen; raises UnknownSourceError, …."""
        return withheld(self.home, current_snapshot(self.home, source))

    def _pinned(self, source: Source) -> Snapshot:
        return source if isinstance(source, Snapshot) else self.snapshot(source)

    def check(self, source: Source) -> None:
        """Hold every file of a snapshot against its digest; raises StoreCorruptError."""
        snapshot = self._pinned(source)
        for table in snapshot.files:
            self._file(snapshot, table)

    def price_panel(self, source: Source, columns: Sequence[str]) -> PricePanel:
        """Return bars of a market as dense arrays.

        Parameters
        ----------
        source : str or Snapshot
        columns : sequence of str
            Of open, high, low, close, volume, adj_close.

        Raises
        ------
        BadTableError
            An unknown column.
        UnknownSourceError, StoreVersionError, StoreCorruptError
        """
        wanted = tuple(dict.fromkeys(columns))
        for column in wanted:
            _known_column(column)
        return self._read(source, lambda snapshot: self._panel(snapshot, wanted))

    def prices(self, source: Source) -> pd.DataFrame:
        """Return every bar with basis and source, sorted by date and ticker."""
        return self._table(source, "prices", "date")

    def securities(self, source: Source) -> pd.DataFrame:
        """Return the securities table, sorted by ticker; of one that trades on, no end is known."""
        return self._read(source, lambda one: living(self._table(one, "securities"), one))

    def membership(self, source: Source) -> pd.DataFrame:
        """Return index membership intervals, sorted by ticker and start."""
        return self._read(source, lambda one: staying(self._table(one, "membership"), one))

    def fundamentals(self, source: Source) -> pd.DataFrame:
        """Return filings, sorted by ticker, available_date, period_end, dataset."""
        return self._table(source, "fundamentals", "available_date")

    def findings(self, source: Source) -> pd.DataFrame:
        """Return quarantined and flagged rows: table, fate, reason, file_row, row (JSON)."""
        if FINDINGS not in self._pinned(source).files:
            names = ["table", "fate", "reason", "file_row", "row"]
            return pd.DataFrame({name: [] for name in names})
        return to_frame(self._ask(source, FINDINGS, "SELECT * FROM read_parquet(?)"))

    def index_series(self, source: Source, ticker: str, column: str) -> Series | None:
        """Return dates and values of one index or fund, or None when it is not there.

        Values that are empty in the table (the volume of an index) are NaN.
        """
        _known_column(column)
        sql = f"SELECT date, {column} FROM read_parquet(?) WHERE ticker = ?"
        return _series(self._ask(source, "indices", sql, ticker, order="date", dated="date"))

    def index_tickers(self, source: Source) -> tuple[str, ...]:
        """Symbols of the indices table, sorted."""
        sql = "SELECT DISTINCT ticker FROM read_parquet(?) ORDER BY 1"
        return tuple(self._ask(source, "indices", sql)["ticker"].to_pylist())

    def rate_series(self, source: Source, series: str) -> Series | None:
        """Return dates and yields (percent a year) of one series, or None when it is not there."""
        sql = "SELECT date, pct FROM read_parquet(?) WHERE series = ?"
        return _series(self._ask(source, "rates", sql, series, order="date", dated="date"))

    def books(self) -> tuple[str, ...]:
        """Names of the imported books, sorted."""
        return book_names(self.home)

    def book(self, name: str, market: str | None = None) -> pd.DataFrame:
        """Return date, ticker, weight of a book, cut where the holdout of `market` is sealed.

        Raises UnknownBookError, StoreCorruptError; BookError where all of it is withheld.
        """
        whole = read_book(self.home, name)
        return whole if market is None else weights_before(whole, name, self.snapshot(market))

    def _panel(self, snapshot: Snapshot, wanted: tuple[str, ...]) -> PricePanel:
        path = self._file(snapshot, "prices")
        try:
            with self._lock:
                axes = self._axes.get(path)
            if axes is None:
                axes = read_axes(path)
                with self._lock:
                    self._axes = {path: axes}  # of the market in use, they hold for its file
            return read_panel(path, axes, wanted, snapshot.withheld_from)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise _corrupt(snapshot.name, "prices", str(error).splitlines()[0]) from error

    def book_fingerprint(self, name: str) -> str:
        """Return the content hash of a book; raises UnknownBookError, StoreCorruptError."""
        return read_book_info(self.home, name).fingerprint

    def _table(self, source: Source, table: str, dated: str = "") -> pd.DataFrame:
        names = ", ".join(SCHEMAS[table].names)
        order = ", ".join(SCHEMAS[table].key)
        sql = f"SELECT {names} FROM read_parquet(?)"
        return to_frame(self._ask(source, table, sql, order=order, dated=dated))

    def _ask(
        self, source: Source, table: str, sql: str, *values: str, order: str = "", dated: str = ""
    ) -> pa.Table:
        # `dated`: the column whose dates a sealed holdout cuts.
        def ask(snapshot: Snapshot) -> pa.Table:
            cut = before(snapshot, dated, " AND" if "WHERE" in sql else " WHERE")
            ordered = f" ORDER BY {order}" if order else ""
            return self._query(f"{sql}{cut}{ordered}", self._file(snapshot, table), *values)

        return self._read(source, ask)

    def _read(self, source: Source, read: Callable[[Snapshot], Answer]) -> Answer:
        if isinstance(source, Snapshot):
            return read(source)
        # Two imports during one reading sweep the snapshot that is being read; then the reader
        # starts over with the current one.
        while True:
            pointer = current_pointer(self.home, source)
            try:
                return read(self.snapshot(source))
            except StoreCorruptError:
                if current_pointer(self.home, source) == pointer:
                    raise

    def _file(self, snapshot: Snapshot, table: str) -> Path:
        path = snapshot.path / f"{table}.parquet"
        with self._lock:
            if path in self._verified:
                return path
            try:
                whole = file_digest(path) == snapshot.files.get(table)
            except OSError as error:
                raise _corrupt(snapshot.name, table, error.strerror or str(error)) from error
            if not whole:
                raise _corrupt(snapshot.name, table, "its bytes are not those that were written")
            self._verified.add(path)
        return path

    def _query(self, sql: str, path: Path, *values: str) -> pa.Table:
        # A cursor for each call: one connection shared between threads gives wrong answers.
        try:
            with self._connect().cursor() as cursor:
                return cursor.sql(sql, params=[_literal(path), *values]).to_arrow_table()
        except duckdb.Error as error:
            name = path.parent.parent.name
            raise _corrupt(name, path.stem, str(error).splitlines()[0]) from error

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._connection is None:
                connection = duckdb.connect(
                    ":memory:", config={"python_enable_replacements": "false"}
                )
                allowed = [str(self.home), _literal(self.home)]
                connection.execute("SET allowed_directories=[?, ?]", allowed)
                connection.execute("SET enable_external_access=false")
                connection.execute("SET lock_configuration=true")
                self._connection = connection
            return self._connection


def _literal(path: Path) -> str:
    # A bound path still globs: a home with a bracket or a star in its name must stay itself.
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def _known_column(column: str) -> None:
    if column not in PRICE_COLUMNS:
        raise BadTableError(
            f"a price column must be one of {', '.join(PRICE_COLUMNS)}, was {column!r}."
            f"{did_you_mean(column, PRICE_COLUMNS)}"
        )


def _series(table: pa.Table) -> Series | None:
    if not table.num_rows:
        return None
    dates = table.column(0).to_numpy().astype("datetime64[D]")
    values: Floats = table.column(1).to_numpy().astype(np.float64)
    return dates, values


def _corrupt(source: str, table: str, fault: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"market {source!r} cannot be read: its file of {table} is damaged ({fault}). Import the "
        "files again (for the simulated market: generate it again)."
    )
