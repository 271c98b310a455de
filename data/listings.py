"""The securities table of an import: when each listing ends, and what its holders get then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from data.frames import empty_frame, to_frame
from data.overrides import SecurityFact
from data.schema import SCHEMAS

__all__ = ["BarSpans", "Listings", "bar_spans", "resolve_listings"]

_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class BarSpans:
    """Last bar of each ticker, datetime64[D], and the last session of the market."""

    last_bar: dict[str, np.datetime64]
    last_session: np.datetime64


@dataclass(frozen=True, slots=True, eq=False)
class Listings:
    """The finished securities table; `added` rows are of tickers that only prices know."""

    frame: pd.DataFrame
    added: int
    notes: tuple[str, ...]
    unmatched: tuple[SecurityFact, ...]


def bar_spans(prices: pa.Table) -> BarSpans:
    """Return where the bars of each ticker end."""
    coded = prices["ticker"].combine_chunks().dictionary_encode()
    days = prices["date"].combine_chunks().cast(pa.int32()).to_numpy()
    last = np.full(len(coded.dictionary), np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(last, coded.indices.to_numpy(), days)
    ends: npt.NDArray[np.datetime64] = last.astype("datetime64[D]")
    return BarSpans(dict(zip(coded.dictionary.to_pylist(), ends, strict=True)), ends.max())


def resolve_listings(
    securities: pa.Table | None,
    given: frozenset[str],
    spans: BarSpans,
    facts: Sequence[SecurityFact],
) -> Listings:
    """Complete the securities table.

    A file that has the column ``last_session`` is believed, also where it is empty (lives on). In
    a file that lacks it, and for a ticker that only prices know, a series that ends before the
    market does is taken for one of which only the data ends: ``last_session`` is ``last_date`` of
    the file, but not after the last bar, ``delisting_return`` 0 and ``data_ended`` true. Facts of
    the overrides file come last.

    Parameters
    ----------
    securities : pyarrow.Table or None
        Good rows of the file, with the columns that are only read; None = no file.
    given : frozenset of str
        Columns that the file had.
    spans : BarSpans
    facts : sequence of SecurityFact

    Returns
    -------
    Listings
        One row for each ticker of the file and of prices.
    """
    schema = SCHEMAS["securities"]
    frame = empty_frame(schema).assign(last_date=pd.Series(dtype="datetime64[s]"))
    ended_known = np.zeros(0, dtype=bool)
    if securities is not None:
        frame = to_frame(securities)
        ended_known = securities["data_ended"].is_valid().to_numpy()
    known = set(frame["ticker"])
    extra = sorted(set(spans.last_bar) - known)
    if extra:
        frame = pd.concat([frame, _bare(frame, extra)], ignore_index=True)
        ended_known = np.append(ended_known, np.zeros(len(extra), dtype=bool))
    believed = np.full(len(frame), "last_session" in given)
    believed[len(frame) - len(extra) :] = False
    frame = _with_ends(frame, believed, ended_known, spans)
    living = set(frame["ticker"][frame["last_session"].isna()])
    unmatched = tuple(
        fact for fact in facts if fact.ticker not in spans.last_bar or _ends_nothing(fact, living)
    )
    frame = _with_facts(frame, [fact for fact in facts if fact not in unmatched])
    notes = _notes(frame, extra if securities is not None else [], spans)
    return Listings(frame[list(schema.names)], len(extra), notes, unmatched)


def _ends_nothing(fact: SecurityFact, living: set[str]) -> bool:
    # How a listing ends says nothing about one that goes on.
    of_an_end = fact.delisting_return is not None or fact.data_ended is not None
    return of_an_end and fact.last_session is None and fact.ticker in living


def _bare(frame: pd.DataFrame, tickers: list[str]) -> pd.DataFrame:
    bare = pd.DataFrame({"ticker": tickers}).reindex(columns=frame.columns)
    bare["data_ended"] = False
    return bare.astype(frame.dtypes.to_dict())


def _with_ends(
    frame: pd.DataFrame,
    believed: npt.NDArray[np.bool_],
    ended_known: npt.NDArray[np.bool_],
    spans: BarSpans,
) -> pd.DataFrame:
    nothing = np.datetime64("NaT", "D")
    last_bar = np.array(
        [spans.last_bar.get(ticker, nothing) for ticker in frame["ticker"]], dtype="datetime64[D]"
    )
    said = frame["last_date"].to_numpy("datetime64[D]")
    end = np.fmin(said, last_bar)
    stated = frame["last_session"].to_numpy("datetime64[D]")
    derived = ~believed & np.isnat(stated) & (end < spans.last_session)
    last_session = np.where(derived, end, stated)
    ended = ~np.isnat(last_session)
    back = frame["delisting_return"].to_numpy(np.float64)
    data_ended = np.where(ended_known, frame["data_ended"].to_numpy(bool), derived)
    return frame.assign(
        last_session=last_session.astype("datetime64[s]"),
        delisting_return=np.where(ended & np.isnan(back), 0.0, back),
        data_ended=data_ended & ended,
    )


def _with_facts(frame: pd.DataFrame, facts: Sequence[SecurityFact]) -> pd.DataFrame:
    row_of = {ticker: row for row, ticker in enumerate(frame["ticker"])}
    columns = {
        name: frame[name].tolist()
        for name in ("last_session", "delisting_return", "data_ended", "sector")
    }
    for fact in facts:
        row = row_of[fact.ticker]
        for name, values in columns.items():
            value = getattr(fact, name)
            if isinstance(value, dt.date):
                value = pd.Timestamp(value)
            if value is not None:
                values[row] = value
    return frame.assign(
        last_session=pd.Series(columns["last_session"], dtype="datetime64[s]"),
        delisting_return=pd.Series(columns["delisting_return"], dtype="float64"),
        data_ended=pd.Series(columns["data_ended"], dtype=bool),
        sector=pd.Series(columns["sector"], dtype=frame["sector"].dtype),
    )


def _notes(frame: pd.DataFrame, extra: list[str], spans: BarSpans) -> tuple[str, ...]:
    notes = []
    if extra:
        notes.append(
            f"{len(extra)} tickers of prices have no row; kept without sector: {_some(extra)}"
        )
    bare = frame["ticker"][frame["sector"].isna()].tolist()
    if bare and len(bare) > len(extra):
        have = "1 security has" if len(bare) == 1 else f"{len(bare)} securities have"
        notes.append(f"{have} no sector: {_some(sorted(bare))}")
    ends = frame["last_session"].notna()
    if ends.any():
        end = "1 series ends" if ends.sum() == 1 else f"{int(ends.sum())} series end"
        notes.append(
            f"{end} before the market does: for "
            f"{int((ends & frame['data_ended']).sum())} only the data ended, for "
            f"{int((ends & ~frame['data_ended']).sum())} the listing did"
        )
    last_bar = pd.Series(
        [spans.last_bar.get(ticker, np.datetime64("NaT")) for ticker in frame["ticker"]],
        dtype="datetime64[s]",
    )
    after = frame["ticker"][last_bar > frame["last_session"]].tolist()
    if after:
        notes.append(f"bars after last_session are not used, of {_some(after)}")
    quiet = frame["ticker"][~ends & (last_bar < pd.Timestamp(spans.last_session))].tolist()
    if quiet:
        notes.append(f"said to live on, but without bars to the end: {_some(quiet)}")
    return tuple(notes)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
