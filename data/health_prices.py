"""Findings in bars alone: gaps, stale runs, jumps, zero volume, duplicates, disorder, reuse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.calendar import missing_sessions, strange_days
from data.checks import OHLC_TOLERANCE
from data.health_kinds import Finding

__all__ = ["price_findings"]

JUMP = 0.40  # of one day's total return
FALSE_ADJUSTMENT = 0.15  # step of adj_close / close that the price does not follow
STALE_SESSIONS = 5
CRASH = 0.35  # lost over the last ten sessions of a series
REUSE_GAP = 20  # sessions without a bar, after which a jump may be another company

Bools = npt.NDArray[np.bool_]
_NAMED = 4  # days named in a text


def price_findings(prices: pd.DataFrame) -> Iterator[Finding]:
    """Yield what is doubtful in bars.

    Parameters
    ----------
    prices : DataFrame
        Columns as in the table prices, sorted by ticker and date; keys may occur twice.
    """
    twice = prices.duplicated(["ticker", "date"], keep="first").to_numpy()
    yield from _by_name("duplicate", prices, twice, "the same day again")
    bars = prices[~twice].reset_index(drop=True)
    same = bars["ticker"].eq(bars["ticker"].shift()).to_numpy()
    price, total = _returns(bars["close"]), _returns(bars["adj_close"])
    step = 1 - (1 + price) / (1 + total)  # share of the price taken for a dividend
    false = same & (step > FALSE_ADJUSTMENT) & (-price < step / 2)
    yield from _by_name("false_adjustment", bars, false, "total return", total)
    gaps = _gaps(bars, same)
    jump = same & ~false & (np.abs(total) > JUMP)
    reused = jump & (gaps > REUSE_GAP)
    yield from _by_name("symbol_reuse", bars, reused, "total return over the gap", total)
    yield from _by_name("jump", bars, jump & ~reused, "total return", total)
    yield from _stale(bars, same & (price == 0.0))
    yield from _by_name("zero_volume", bars, (bars["volume"] == 0).to_numpy(), "no volume")
    yield from _by_name("ohlc_disorder", bars, _disorder(bars), "order of the prices")
    if "basis" in bars:
        dividend = (bars["basis"] == "adj_only").to_numpy()
        yield from _by_name("adjusted_close", bars, dividend, "basis adj_only")
    for ticker, group in bars.groupby("ticker", sort=True):
        yield from _of_series(str(ticker), group)
    yield from _ends(bars, total)


def _returns(levels: pd.Series) -> npt.NDArray[np.float64]:
    values = levels.to_numpy("float64")
    returns = np.full(len(values), np.nan)
    returns[1:] = values[1:] / values[:-1] - 1
    return returns


def _of_series(ticker: str, group: pd.DataFrame) -> Iterator[Finding]:
    days = group["date"].to_numpy().astype("datetime64[D]")
    for kind, found in (("gap", missing_sessions(days)), ("closed_day", strange_days(days))):
        if len(found):
            named = ", ".join(str(day) for day in found[:_NAMED])
            more = ", …" if len(found) > _NAMED else ""
            detail = f"{len(found)} sessions: {named}{more}"
            yield Finding(kind, ticker, found[0].item(), found[-1].item(), len(found), detail)
    if "source" not in group:
        return
    sources = group["source"].dropna().unique()
    if len(sources) > 1:
        changes = group["source"].ne(group["source"].shift()).to_numpy()
        first = days[np.flatnonzero(changes)[1]].item()
        yield Finding("spliced", ticker, first, None, len(sources), " then ".join(sources))


def _gaps(bars: pd.DataFrame, same: Bools) -> npt.NDArray[np.int64]:
    # Sessions by weekdays are enough to tell a long gap from a holiday.
    days = bars["date"].to_numpy().astype("datetime64[D]")
    gaps = np.zeros(len(days), dtype=np.int64)
    if len(days) > 1:
        gaps[1:] = np.busday_count(np.minimum(days[:-1], days[1:]), days[1:]) - 1
    gaps[~same] = 0
    return gaps


def _stale(bars: pd.DataFrame, unchanged: Bools) -> Iterator[Finding]:
    run = np.cumsum(~unchanged)
    length = np.bincount(run)[run] if len(run) else run
    starts = ~unchanged & (length >= STALE_SESSIONS)
    for place in np.flatnonzero(starts):
        size = int(length[place])
        first, last = (bars["date"].iloc[at].date() for at in (place, place + size - 1))
        detail = f"{size} sessions at {bars['close'].iloc[place]:g}"
        yield Finding("stale", str(bars["ticker"].iloc[place]), first, last, size, detail)


def _disorder(bars: pd.DataFrame) -> Bools:
    opened, high, low, close = (
        bars[name].to_numpy("float64") for name in ("open", "high", "low", "close")
    )
    top = np.fmax(np.fmax(opened, close), low)
    bottom = np.fmin(np.fmin(opened, close), high)
    disorder: Bools = (high < top * (1 - OHLC_TOLERANCE)) | (low > bottom * (1 + OHLC_TOLERANCE))
    return disorder


def _ends(bars: pd.DataFrame, total: npt.NDArray[np.float64]) -> Iterator[Finding]:
    last_day = bars["date"].max()
    lows = pd.Series(np.log1p(np.where(np.isfinite(total), total, 0.0)))
    for ticker, group in bars.groupby("ticker", sort=True):
        end = group["date"].iloc[-1]
        if end == last_day:
            continue
        lost = float(np.expm1(lows.loc[group.index[1:][-10:]].sum()))
        kind = "ends_after_crash" if lost < -CRASH else "ends_early"
        detail = f"last bar {end.date()}, {lost:+.0%} over its last ten sessions"
        yield Finding(kind, str(ticker), end.date(), end.date(), 1, detail)


def _by_name(
    kind: str,
    bars: pd.DataFrame,
    rows: Bools,
    words: str,
    values: npt.NDArray[np.float64] | None = None,
) -> Iterator[Finding]:
    places = np.flatnonzero(rows)
    if not len(places):
        return
    found = bars.iloc[places].assign(place=places)
    for ticker, group in found.groupby("ticker", sort=True):
        days = [day.date() for day in group["date"]]
        named = [
            str(day) if values is None else f"{day} {values[place]:+.1%}"
            for day, place in zip(days[:_NAMED], group["place"], strict=False)
        ]
        more = ", …" if len(days) > _NAMED else ""
        detail = f"{words}: {', '.join(named)}{more}"
        yield Finding(kind, str(ticker), days[0], days[-1], len(days), detail)
