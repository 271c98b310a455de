"""From tables in the store to the market panel the engine reads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.factors.filings import filings_from_frame
from core.market import Bools, Dates, Floats, Ints, MarketPanel
from data.catalog import Catalog

__all__ = ["BENCHMARKS", "assemble_market"]

# The first of these that the store holds is the benchmark.
BENCHMARKS = (("SPY", "S&P 500 (SPY)"), ("^DEMO", "Simulated index"))
VOLATILITY_INDEX = "^VIX"
CASH_SERIES = ("DGS3MO", "DGS1MO")
SESSIONS_PER_YEAR = 252.0


def assemble_market(catalog: Catalog, source: str) -> MarketPanel:
    """Read everything the engine needs of one market.

    Returns
    -------
    MarketPanel
        All sessions and securities in the store. Nothing is filled: a missing bar, sector, rate
        or index value stays missing and, where it matters, is said in ``notes``.

    Raises
    ------
    data.errors.DataError
        When the source is unknown or its tables cannot be read.
    """
    snapshot = catalog.snapshot(source)
    panel = catalog.price_panel(source, ("adj_close", "close", "volume"))
    close = panel.arrays["adj_close"]
    sessions, tickers = panel.sessions, panel.tickers
    price = panel.arrays["close"]
    securities = catalog.securities(source).set_index("ticker").reindex(list(tickers))
    filings, filing_notes = filings_from_frame(catalog.fundamentals(source), tickers)
    member, member_notes = _members(catalog.membership(source), sessions, tickers, close)
    cash_rate, cash_notes = _cash_rate(catalog, source, sessions)
    benchmark, benchmark_name = _benchmark(catalog, source, sessions)
    vix = catalog.index_series(source, VOLATILITY_INDEX, "close")
    return MarketPanel(
        source=source,
        fingerprint=snapshot.fingerprint,
        simulated=snapshot.simulated,
        sessions=sessions,
        tickers=tickers,
        close=close,
        # Where only dividend-adjusted prices exist, a market cap made from them would be wrong.
        price=np.where(panel.full_basis, price, np.nan),
        dollar_volume=price * panel.arrays["volume"],
        member=member,
        sector=tuple(securities["sector"].fillna("Other").astype(str)),
        last_session=_last_session(securities["last_session"], sessions),
        delisting_return=securities["delisting_return"].fillna(0.0).to_numpy(np.float64),
        data_ended=securities["data_ended"].fillna(False).to_numpy(np.bool_),
        filings=filings,
        cash_rate=cash_rate,
        vix=None if vix is None else _on_sessions(vix, sessions),
        benchmark=benchmark,
        benchmark_name=benchmark_name,
        notes=(*member_notes, *filing_notes, *cash_notes),
    )


def _members(
    membership: pd.DataFrame, sessions: Dates, tickers: tuple[str, ...], close: Floats
) -> tuple[Bools, tuple[str, ...]]:
    if membership.empty:
        note = (
            "no index membership in the store: every security counts as a member while it has "
            "bars, so names that failed before the file was made are missing (survivorship bias)"
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


def _cash_rate(catalog: Catalog, source: str, sessions: Dates) -> tuple[Floats, tuple[str, ...]]:
    """Yield known before the session, a year's percent over 252; the last known one carries on."""
    for name in CASH_SERIES:
        series = catalog.rate_series(source, name)
        if series is None or len(series[0]) == 0:
            continue
        dates, percent = series
        place = np.searchsorted(dates, sessions, side="left") - 1
        rate = np.where(place >= 0, percent[np.maximum(place, 0)], 0.0)
        return np.asarray(rate / 100.0 / SESSIONS_PER_YEAR, dtype=np.float64), ()
    return np.zeros(len(sessions)), ("no cash rate in the store: cash earns 0",)


def _benchmark(catalog: Catalog, source: str, sessions: Dates) -> tuple[Floats | None, str]:
    for ticker, name in BENCHMARKS:
        series = catalog.index_series(source, ticker, "adj_close")
        if series is not None and len(series[0]) > 0:
            return _on_sessions(series, sessions), name
    return None, ""
