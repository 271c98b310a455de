"""From tables in the store to the market panel the engine reads."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.factors.filings import filings_from_frame
from core.market import Bools, Dates, Floats, Funds, Ints, MarketPanel
from core.units import SESSIONS_PER_YEAR
from data.catalog import Catalog
from data.labels import CHOSEN_LATER, SURVIVORSHIP_BIAS
from data.snapshot import Snapshot

__all__ = ["BENCHMARKS", "assemble_market"]

# The first of these that the store holds is the benchmark.
BENCHMARKS = (("SPY", "S&P 500 (SPY)"), ("^DEMO", "Simulated index"))
#: Funds that sleeves may hold, where the store has them.
FUNDS = ("EFA", "VEA", "IJS", "VBR", "IWN")
VOLATILITY_INDEX = "^VIX"
CASH_SERIES = ("DGS3MO", "DGS1MO", "BILL13W")
LONGEST_CARRY = np.timedelta64(10, "D")


def assemble_market(catalog: Catalog, snapshot: Snapshot) -> MarketPanel:
    """Read everything the engine needs of one snapshot of a market.

    Returns
    -------
    MarketPanel
        All sessions and securities in the store. No bar, sector or index value is filled; what is
        missing and matters is said in ``notes``.

    Raises
    ------
    data.errors.DataError
        When its tables cannot be read.
    """
    panel = catalog.price_panel(snapshot, ("adj_close", "close", "volume", "open", "low"))
    close = panel.arrays["adj_close"]
    sessions, tickers = panel.sessions, panel.tickers
    price = panel.arrays["close"]
    securities = catalog.securities(snapshot).set_index("ticker").reindex(list(tickers))
    filings, filing_notes = filings_from_frame(catalog.fundamentals(snapshot), tickers)
    member, member_notes = _members(catalog.membership(snapshot), sessions, tickers, close)
    cash_rate, cash_notes = _cash_rate(catalog, snapshot, sessions)
    benchmark, benchmark_name = _benchmark(catalog, snapshot, sessions)
    vix = catalog.index_series(snapshot, VOLATILITY_INDEX, "close")
    return MarketPanel(
        source=snapshot.name,
        fingerprint=snapshot.fingerprint,
        return_basis=snapshot.return_basis,
        simulated=snapshot.simulated,
        sessions=sessions,
        tickers=tickers,
        close=close,
        # Where only dividend-adjusted prices exist, a market cap made from them would be wrong.
        price=np.where(panel.full_basis, price, np.nan),
        dollar_volume=price * panel.arrays["volume"],
        member=member,
        **_about(securities, sessions),
        filings=filings,
        cash_rate=cash_rate,
        vix=None if vix is None else _on_sessions(vix, sessions),
        benchmark=benchmark,
        open=_adjusted(panel.arrays["open"], price, close),
        low=_adjusted(panel.arrays["low"], price, close),
        benchmark_name=benchmark_name,
        funds=_funds(catalog, snapshot, sessions),
        notes=(
            *_holdout_notes(snapshot),
            *member_notes,
            *_bias_notes(snapshot),
            *filing_notes,
            *cash_notes,
        ),
    )


def _about(securities: pd.DataFrame, sessions: Dates) -> dict[str, Any]:
    return {
        "sector": tuple(securities["sector"].fillna("Other").astype(str)),
        "last_session": _last_session(securities["last_session"], sessions),
        "delisting_return": securities["delisting_return"].fillna(0.0).to_numpy(np.float64),
        "data_ended": securities["data_ended"].fillna(False).to_numpy(np.bool_),
    }


def _adjusted(inside: Floats, price: Floats, close: Floats) -> Floats | None:
    # A price of the session on the basis of `close`; None where the market has not one of them.
    adjusted: Floats = inside * (close / price)
    return adjusted if np.isfinite(adjusted).any() else None


def _members(
    membership: pd.DataFrame, sessions: Dates, tickers: tuple[str, ...], close: Floats
) -> tuple[Bools, tuple[str, ...]]:
    if membership.empty:
        note = (
            "no index membership in the store: every security counts as a member while it has "
            "bars, so names that failed before the file was made are missing "
            f"({SURVIVORSHIP_BIAS})"
        )
        return np.isfinite(close), (note,)
    member = np.zeros((len(sessions), len(tickers)), dtype=np.bool_)
    column = {ticker: i for i, ticker in enumerate(tickers)}
    begin = np.searchsorted(sessions, membership["start_date"].to_numpy("datetime64[D]"))
    ends = membership["end_date"].fillna(pd.Timestamp.max.floor("D")).to_numpy("datetime64[D]")
    stop = np.searchsorted(sessions, ends)
    for ticker, first, after in zip(membership["ticker"], begin, stop, strict=True):
        if ticker in column:
            member[first:after, column[ticker]] = True
    return member, ()


def _holdout_notes(snapshot: Snapshot) -> tuple[str, ...]:
    # Whoever asks for a later end must see why the run stops before it.
    if snapshot.withheld_from is not None:
        return (f"holdout sealed: nothing from {snapshot.withheld_from} on is read",)
    return (snapshot.stamp,) if snapshot.stamp else ()


def _bias_notes(snapshot: Snapshot) -> tuple[str, ...]:
    # Of what a fetch says about itself: the rest is about the store, this is about every result.
    biased = re.compile(rf"\((?:{SURVIVORSHIP_BIAS}|{CHOSEN_LATER})\)")
    return tuple(note for note in snapshot.notes if biased.search(note))


def _last_session(dates: pd.Series, sessions: Dates) -> Ints:
    last = np.full(len(dates), len(sessions), dtype=np.int64)
    known = dates.notna().to_numpy()
    days = dates[known].to_numpy("datetime64[D]")
    index = np.searchsorted(sessions, days, side="right") - 1
    # A security that trades on the last session of the store lives on, as far as we can know.
    last[known] = np.where(days >= sessions[-1], len(sessions), index)
    return last


def _on_sessions(
    series: tuple[npt.NDArray[np.datetime64], npt.NDArray[np.float64]], sessions: Dates
) -> Floats:
    dates, values = series
    aligned = np.full(len(sessions), np.nan)
    place = np.searchsorted(sessions, dates)
    inside = place < len(sessions)
    inside[inside] = sessions[place[inside]] == dates[inside]
    aligned[place[inside]] = values[inside]
    return aligned


def _cash_rate(
    catalog: Catalog, snapshot: Snapshot, sessions: Dates
) -> tuple[Floats, tuple[str, ...]]:
    # The yield known before the session, a year's percent over 252. Quotes skip some sessions: the
    # last one carries over up to LONGEST_CARRY days, after which cash earns nothing.
    for name in CASH_SERIES:
        series = catalog.rate_series(snapshot, name)
        if series is None or len(series[0]) == 0:
            continue
        dates, percent = series
        place = np.searchsorted(dates, sessions, side="left") - 1
        quoted = dates[np.maximum(place, 0)]
        known = (place >= 0) & (sessions - quoted <= LONGEST_CARRY)
        rate = np.where(known, percent[np.maximum(place, 0)], 0.0) / 100.0 / SESSIONS_PER_YEAR
        unknown = int((~known).sum())
        note = f"cash rate {name}: not known on {unknown:,} of {len(sessions):,} sessions, 0 there"
        return rate, (note,) if unknown else ()
    return np.zeros(len(sessions)), ("no cash rate in the store: cash earns 0",)


def _benchmark(catalog: Catalog, snapshot: Snapshot, sessions: Dates) -> tuple[Floats | None, str]:
    for ticker, name in BENCHMARKS:
        series = catalog.index_series(snapshot, ticker, "adj_close")
        if series is not None and len(series[0]) > 0:
            return _on_sessions(series, sessions), name
    return None, ""


def _funds(catalog: Catalog, snapshot: Snapshot, sessions: Dates) -> Funds | None:
    names, found = [], []
    for ticker in FUNDS:
        columns = {}
        for column in ("adj_close", "close", "open", "low"):
            series = catalog.index_series(snapshot, ticker, column)
            if series is None or not np.isfinite(series[1]).any():
                columns[column] = np.full(len(sessions), np.nan)
            else:
                columns[column] = _on_sessions(series, sessions)
        if np.isfinite(columns["adj_close"]).any():
            names.append(ticker)
            basis = columns["adj_close"] / columns["close"]
            inside = (columns["open"] * basis, columns["low"] * basis)
            found.append(np.stack([columns["adj_close"], *inside]))
    return Funds(tuple(names), *np.stack(found, axis=2)) if names else None
