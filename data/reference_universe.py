"""Universes of symbols: the one that ships by hand, a file of one's own, and the most traded."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from data.errors import BadTableError, MissingColumnError, ReferenceFileError, did_you_mean
from data.schema import SECTORS, TICKER_PATTERN

__all__ = ["ROLES", "UNIVERSES", "Member", "Universe", "by_dollar_volume", "load_universe"]

Kind = Literal["stock", "fund"]
UNIVERSES = ("us200",)
# What a fund stands for: the market, developed markets without the US, small and mid-cap value.
ROLES = ("benchmark", "eafe", "small_value", "mid_value")
_COLUMNS = ("ticker", "name", "kind", "sector", "role")
_TICKER = re.compile(TICKER_PATTERN)


@dataclass(frozen=True, slots=True)
class Member:
    """One symbol: a stock with its GICS sector (today's), or a fund with its role."""

    ticker: str
    name: str
    kind: Kind
    sector: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Universe:
    """Members in file order; no symbol twice.

    Attributes
    ----------
    as_of : date or None
        Day whose trading chose the members; None = a list of today.
    notes : tuple of str
        What a reader must know of the choice.
    """

    name: str
    members: tuple[Member, ...]
    as_of: dt.date | None = None
    notes: tuple[str, ...] = ()

    @property
    def stocks(self) -> tuple[Member, ...]:
        """Members that are companies."""
        return tuple(member for member in self.members if member.kind == "stock")

    @property
    def funds(self) -> tuple[Member, ...]:
        """Members that are funds."""
        return tuple(member for member in self.members if member.kind == "fund")

    @property
    def tickers(self) -> tuple[str, ...]:
        """Symbols of all members, as the exchange writes them (BRK.B)."""
        return tuple(member.ticker for member in self.members)


def load_universe(name: str) -> Universe:
    """Return a universe that ships with the program (us200), or the one in a CSV file.

    A file has a header with ``ticker``, and may have name, kind, sector and role; without kind a
    row is a stock, and a stock without a sector is given one at fetch time.

    Raises
    ------
    ReferenceFileError
        No such universe or file, a bad symbol, an unknown sector, kind or role, a symbol twice.
    """
    if name in UNIVERSES:
        text = resources.files("data").joinpath("reference", f"{name}.csv").read_text("utf-8")
        return _parse(text, name)
    path = Path(name)
    if not path.is_file():
        hint = did_you_mean(name, UNIVERSES)
        raise ReferenceFileError(
            f"a universe must be one of {', '.join(UNIVERSES)}, top:N (the most traded), a CSV "
            f"file with a column ticker, or symbols such as AAPL,MSFT, was {name!r}.{hint}"
        )
    try:
        return _parse(path.read_text("utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ReferenceFileError(
            f"universe {name}: the file must be UTF-8 text: {error}. Save it as CSV (UTF-8)."
        ) from error


def by_dollar_volume(
    bars: pd.DataFrame, as_of: dt.date, count: int, window: int = 63
) -> tuple[str, ...]:
    """Return the `count` most traded symbols as of a date, most traded first.

    The measure is the median over the last `window` sessions of ``bars`` up to and including
    `as_of` of close × volume; a session without a bar, or with an empty or negative value, counts
    as zero, so that a new listing or a halted name does not rank by a few days. Rows after
    `as_of` are never read: no look-ahead. Raw and split-adjusted bars rank alike as long as close
    and volume are on one split basis; that of dividend-adjusted closes is too low.

    Parameters
    ----------
    bars : DataFrame
        ``date``, ``ticker``, ``close``, ``volume``; at most one row a date and ticker, any order.
    as_of : date
        Last session that may count.
    count : int
        At least 1. Fewer symbols come back when fewer have traded on half the sessions.
    window : int
        Sessions, at least 1; a shorter past is used whole.

    Raises
    ------
    ValueError
        `count` or `window` below 1.
    MissingColumnError, BadTableError
        A column is missing; two rows of one date and ticker.

    Examples
    --------
    >>> bars = pd.DataFrame({"date": ["2024-01-02"] * 2, "ticker": ["AA", "BB"],
    ...                      "close": [10.0, 20.0], "volume": [5.0, 3.0]})
    >>> by_dollar_volume(bars, dt.date(2024, 1, 2), count=1)
    ('BB',)
    """
    for what, value in (("count", count), ("window", window)):
        if value < 1:
            raise ValueError(f"{what} must be at least 1, was {value}.")
    for column in ("date", "ticker", "close", "volume"):
        if column not in bars.columns:
            raise MissingColumnError("bars", column, "the frame", bars.columns)
    dates = pd.to_datetime(bars["date"]).to_numpy().astype("datetime64[D]")
    past = dates <= np.datetime64(as_of, "D")
    sessions = np.unique(dates[past])[-window:]
    recent = past & np.isin(dates, sessions)
    traded = pd.DataFrame(
        {
            "date": dates[recent].astype("datetime64[s]"),
            "ticker": bars["ticker"].to_numpy()[recent].astype(str),
            "value": _dollars(bars)[recent],
        }
    )
    if traded.duplicated(["date", "ticker"]).any():
        raise BadTableError("bars must have one row a date and ticker, had two. Remove one.")
    wide = traded.pivot(index="date", columns="ticker", values="value").fillna(0.0)
    median = wide.median(axis=0)
    ranked = sorted(((-value, ticker) for ticker, value in median.items() if value > 0))
    return tuple(str(ticker) for _, ticker in ranked[:count])


def _dollars(bars: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    close = bars["close"].to_numpy(dtype=np.float64, na_value=np.nan)
    volume = bars["volume"].to_numpy(dtype=np.float64, na_value=np.nan)
    good = np.isfinite(close) & np.isfinite(volume) & (close > 0) & (volume > 0)
    return np.where(good, np.where(good, close, 0.0) * np.where(good, volume, 0.0), 0.0)


def _parse(text: str, where: str) -> Universe:
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames or []
    if "ticker" not in names:
        raise MissingColumnError("universe", "ticker", where, names)
    members: dict[str, Member] = {}
    for row in reader:
        values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
        member = _member(values, f"{where}, line {reader.line_num}")
        if member.ticker in members:
            raise ReferenceFileError(
                f"{where}: a symbol must stand once, {member.ticker} stands twice. Remove one."
            )
        members[member.ticker] = member
    if not members:
        raise ReferenceFileError(f"{where}: a universe must have members, has none.")
    return Universe(where.removesuffix(".csv"), tuple(members.values()))


def _member(values: dict[str, str], where: str) -> Member:
    kind = values["kind"] or "stock"
    if not _TICKER.fullmatch(values["ticker"]):
        raise ReferenceFileError(
            f"{where}: ticker must be letters and digits with . - : ^, was {values['ticker']!r}."
        )
    for column, known in (("sector", SECTORS), ("role", ROLES)):
        if values[column] and values[column] not in known:
            raise ReferenceFileError(
                f"{where}: {column} must be empty or one of {', '.join(known)}, was "
                f"{values[column]!r}.{did_you_mean(values[column], known)}"
            )
    if kind not in ("stock", "fund"):
        raise ReferenceFileError(f"{where}: kind must be stock or fund, was {kind!r}.")
    return Member(
        ticker=values["ticker"],
        name=values["name"],
        kind="fund" if kind == "fund" else "stock",
        sector=values["sector"] or None,
        role=values["role"] or None,
    )
