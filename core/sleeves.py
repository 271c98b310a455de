"""Sleeves: funds beside the stock book, with weight bounds and no part in any ranking."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from core.book import Book
from core.config import BookConfig
from core.errors import InputsError
from core.factors.names import REGIMES
from core.factors.trailing import simple_returns
from core.fallbacks import Fallback
from core.ledger import EventKind
from core.market import FUND_SECTORS, MarketPanel
from core.regimes import market_returns
from core.sleeves_config import SleeveConfig
from core.units import Bools, Floats, Ints

__all__ = ["SLEEVES", "sleeve_funds", "with_funds", "with_sleeves"]

#: A quote may come late: only a fund whose prices stop longer ago than this has ended.
_LATE: Final = np.timedelta64(10, "D")

#: Section of ``book`` → the sector that its fund counts as.
SLEEVES: Final[Mapping[str, str]] = MappingProxyType(
    dict(zip(("eafe", "small_value"), FUND_SECTORS, strict=True))
)


def sleeve_funds(config: BookConfig) -> dict[str, str]:
    """Return ticker → sector of the funds that a book holds; none in a book of one's own."""
    found = {}
    for name, sector in SLEEVES.items():
        one = getattr(config, name)
        if one.enabled and config.own_book is None:
            found[one.fund] = sector
    return found


def with_funds(market: MarketPanel, funds: Mapping[str, str]) -> MarketPanel:
    """Return `market` with a column for each fund, after those of the securities.

    Parameters
    ----------
    market : MarketPanel
    funds : mapping
        Ticker → sector, of :func:`sleeve_funds`.

    Returns
    -------
    MarketPanel
        `market` itself without funds, or where it has their columns already. A fund is never a
        member of the index, has no filings and no traded dollars: no universe takes it and no
        score or regime reads it. Where only its total return is known, that is its price. A fund
        that is also a security of the market keeps its column and is the fund alone, which a note
        says: ranked as well, it would be held twice. One whose prices stop more than ten days
        before the market's has ended data; one that is only late lives on.

    Raises
    ------
    InputsError
        When the market has no prices of a fund.
    """
    market = _set_apart(market, funds)
    wanted = [ticker for ticker in funds if ticker not in market.tickers]
    if not wanted:
        return market
    known = () if market.funds is None else market.funds.tickers
    missing = [ticker for ticker in wanted if ticker not in known]
    if missing or market.funds is None:
        section = next(name for name, own in SLEEVES.items() if own == funds[missing[0]])
        raise InputsError(
            f"the fund of a sleeve must be in market “{market.source}”, {', '.join(missing)} "
            f"(book.{section}.fund) is not; its funds are: {', '.join(known) or 'none'}. Choose "
            f"one of them, a market that has it, or switch book.{section}.enabled off"
        )
    at = [known.index(ticker) for ticker in wanted]
    close = market.funds.close[:, at]
    return dataclasses.replace(
        market,
        tickers=(*market.tickers, *wanted),
        sector=(*market.sector, *(funds[ticker] for ticker in wanted)),
        close=np.hstack([market.close, close]),
        price=np.hstack([market.price, np.full(close.shape, np.nan)]),
        dollar_volume=np.hstack([market.dollar_volume, np.full(close.shape, np.nan)]),
        member=np.hstack([market.member, np.zeros(close.shape, dtype=np.bool_)]),
        open=_beside(market.open, market.funds.open[:, at]),
        low=_beside(market.low, market.funds.low[:, at]),
        **_ends(market, close),
    )


def _set_apart(market: MarketPanel, funds: Mapping[str, str]) -> MarketPanel:
    own = [
        column for column, ticker in enumerate(market.tickers)
        if ticker in funds and market.sector[column] != funds[ticker]
    ]  # fmt: skip
    if not own:
        return market
    columns = zip(market.tickers, market.sector, strict=True)
    price, dollars, member = market.price.copy(), market.dollar_volume.copy(), market.member.copy()
    price[:, own] = dollars[:, own] = np.nan
    member[:, own] = False
    names = ", ".join(market.tickers[column] for column in own)
    note = f"sleeves: {names} is a security of the market as well: it is the fund alone, not ranked"
    return dataclasses.replace(
        market,
        sector=tuple(funds.get(ticker, sector) for ticker, sector in columns),
        price=price,
        dollar_volume=dollars,
        member=member,
        notes=(*market.notes, note),
    )


def _beside(stocks: Floats | None, funds: Floats) -> Floats | None:
    return None if stocks is None else np.hstack([stocks, funds])


def _ends(market: MarketPanel, close: Floats) -> dict[str, Any]:
    # A fund whose prices stop has ended data, not a delisting.
    sessions = len(close)
    bars = np.isfinite(close)
    last = np.where(bars.any(axis=0), sessions - 1 - np.argmax(bars[::-1], axis=0), 0)
    ended = market.sessions[-1] - market.sessions[last] > _LATE
    return {
        "last_session": np.append(market.last_session, np.where(ended, last, sessions)),
        "delisting_return": np.append(market.delisting_return, np.zeros(close.shape[1])),
        "data_ended": np.append(market.data_ended, ended),
    }


def with_sleeves(book: Book, market: MarketPanel, config: BookConfig) -> Book:
    """Return `book` with the funds of its sleeves, the stocks sharing what is left.

    Parameters
    ----------
    book : Book
        Of the stocks.
    market : MarketPanel
        With the funds' columns, see :func:`with_funds`.
    config : BookConfig

    Returns
    -------
    Book
        `book` itself where no sleeve is on. A target of a fund lies within its bounds, or is 0
        where the fund has no price at the decision: its weight then stays with the stocks, and a
        fallback says so. Caps hold as before, stocks being a part of what they were; a fund itself
        is under its bound alone. It has no expected return, so the alpha gate leaves it alone.
    """
    funds = sleeve_funds(config)
    if not funds:
        return book
    target, told = book.target.copy(), []
    shares = np.zeros((len(book.rebalance), len(funds)))
    places = [market.tickers.index(ticker) for ticker in funds]
    risks, known = _inverse_volatility(book, market, places, config)
    for k, (name, sector) in enumerate((n, s) for n, s in SLEEVES.items() if s in funds.values()):
        one: SleeveConfig = getattr(config, name)
        asked = _asked(one, book, risks[:, k])
        unknown = np.isnan(asked)
        bounded = np.clip(np.where(unknown, one.lowest, asked), one.lowest, one.highest)
        held = np.isfinite(market.close[book.rebalance, places[k]])
        held &= market.last_session[places[k]] > book.rebalance
        shares[:, k] = np.where(held, bounded, 0.0)
        ticker = market.tickers[places[k]]
        told += _without_price(book, sector, ticker, held, bounded)
        wanted = _wanted(config)
        told += _too_short(book, sector, ticker, unknown & held, known[:, k], wanted)
    target *= (1.0 - shares.sum(axis=1))[:, None]
    target[:, places] = shares
    return dataclasses.replace(
        book,
        target=target,
        fallbacks=(*book.fallbacks, *told),
        notes=(*book.notes, *_notes(config, market, funds, shares)),
    )


def _asked(one: SleeveConfig, book: Book, risk: Floats) -> Floats:
    if one.set_by == "regime":
        table = np.array([getattr(one.weights, regime) for regime in REGIMES])
        by_regime: Floats = table[book.regime]
        return by_regime
    return risk if one.set_by == "inverse_volatility" else np.full(len(risk), one.weight)


def _wanted(config: BookConfig) -> int:
    return (config.covariance_lookback_days + 1) // 2  # half of the window


def _inverse_volatility(
    book: Book, market: MarketPanel, places: list[int], config: BookConfig
) -> tuple[Floats, Ints]:
    # One over each fund's volatility, as a share of the sum with that of the members' mean return;
    # NaN with less than half of the window. And how much of it is known, of the lesser of the two.
    returns = simple_returns(market.close[:, places])
    series = np.column_stack([market_returns(market.close, market.member), returns])
    shares = np.full((len(book.rebalance), len(places)), np.nan)
    known = np.zeros(shares.shape, dtype=np.int64)
    lookback = config.covariance_lookback_days
    for row, session in enumerate(book.rebalance.tolist()):
        window = series[max(session - lookback + 1, 0) : session + 1]
        count = np.isfinite(window).sum(axis=0)
        known[row] = np.minimum(count[1:], count[0])
        enough = count >= _wanted(config)
        if not enough[0]:
            continue
        size = np.zeros(len(enough))
        size[enough] = 1.0 / np.maximum(np.nanstd(window[:, enough], axis=0, ddof=1), 1e-12)
        shares[row] = np.where(enough[1:], size[1:] / size.sum(), np.nan)
    return shares, known


def _without_price(
    book: Book, sector: str, ticker: str, held: Bools, bounded: Floats
) -> list[Fallback]:
    return [
        Fallback(
            int(book.rebalance[row]), EventKind.NO_FUND, 0.0, float(bounded[row]),
            f"{sector}: no price of {ticker} on the date: its weight stays with the stocks",
        )
        for row in np.flatnonzero(~held)
    ]  # fmt: skip


def _too_short(
    book: Book, sector: str, ticker: str, unknown: Bools, known: Ints, wanted: int
) -> list[Fallback]:
    return [
        Fallback(
            int(book.rebalance[row]), EventKind.SHORT_HISTORY, float(known[row]), float(wanted),
            f"{sector}: too little history for a volatility of {ticker}, {known[row]} of {wanted} "
            "sessions of returns known: its lowest weight",
        )
        for row in np.flatnonzero(unknown)
    ]  # fmt: skip


def _notes(
    config: BookConfig, market: MarketPanel, funds: Mapping[str, str], shares: Floats
) -> tuple[str, ...]:
    notes = []
    for k, (ticker, sector) in enumerate(funds.items()):
        notes.append(
            f"{sector}: {ticker} at {shares[:, k].min():.1%} … {shares[:, k].max():.1%} of the "
            "book, outside position and sector cap, under its own bounds; total return is its price"
        )
        at = market.tickers.index(ticker)
        if market.open is not None and not np.isfinite(market.open[:, at]).any():
            notes.append(
                f"{sector}: only closes of {ticker} are known: fills and stops inside the session "
                "use its close"
            )
    if config.has_beta_range:
        notes.append("the range of beta is that of the stocks, sleeves left out")
    return tuple(notes)
