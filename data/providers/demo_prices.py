"""Bars of the simulated companies: dividends, splits, open to close, volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.providers.demo_index import SESSIONS_A_YEAR, smooth
from data.providers.demo_plan import Plan
from data.providers.demo_traits import Traits

__all__ = ["Bars", "make_bars", "shares_at"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_QUARTER = 63
_OVERNIGHT, _OPEN_NOISE, _RANGE_NOISE = 0.35, 0.30, 0.45
_TURNOVER, _TURNOVER_SPREAD = 0.0045, 0.35
_SLOW_VOLUME, _FAST_VOLUME, _VOLUME_ON_NEWS = 0.25, 0.22, 0.28
_LEAST_PRICE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Arrays T×N over the whole calendar; values are only shown where ``traded``.

    Attributes
    ----------
    open, high, low, close : float64
        On today's split basis; whole cents on the basis of their own day.
    volume : float64
        Shares on today's split basis.
    adj_close : float64
        Split- and dividend-adjusted close.
    dividends : float64
        Paid to holders of the session before, on today's split basis.
    traded : bool
        Whether there is a bar.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    adj_close: Floats
    dividends: Floats
    traded: Bools


def make_bars(
    rng: np.random.Generator, traits: Traits, plan: Plan, log_total: Floats, vol: Floats
) -> Bars:
    """Turn total returns into bars.

    Parameters
    ----------
    log_total : float64[T, N]
        Log of total return since the start.
    vol : float64[T, N]
        Volatility of each session, for the range of the day and the volume.
    """
    sessions = np.arange(len(log_total))[:, None]
    alive = (sessions >= plan.listed) & (sessions <= plan.last)
    ratio = _split_ratios(plan, log_total.shape)
    dividends = _dividends(rng, traits, plan, log_total, ratio)
    moves = np.diff(log_total, axis=0, prepend=log_total[:1])
    price = _prices(traits.price, np.exp(moves), dividends)
    close = _cents(price, ratio)
    noise = rng.standard_normal((3, *price.shape))
    open_ = _cents(price * np.exp(-(1 - _OVERNIGHT) * moves + _OPEN_NOISE * vol * noise[0]), ratio)
    high = np.maximum(open_, close) * np.exp(_RANGE_NOISE * vol * np.abs(noise[1]))
    low = np.minimum(open_, close) * np.exp(-_RANGE_NOISE * vol * np.abs(noise[2]))
    traded = alive & (sessions >= plan.first)
    traded[plan.halts[:, 0], plan.halts[:, 1]] = False
    return Bars(
        open=open_,
        high=_cents(high, ratio),
        low=_cents(low, ratio),
        close=close,
        volume=_volumes(rng, traits, price, moves, vol),
        adj_close=_adjusted(close, dividends),
        dividends=dividends,
        traded=traded,
    )


def shares_at(traits: Traits, session: npt.NDArray[np.int64]) -> Floats:
    """Return the shares outstanding at `session`, which is broadcast against the companies."""
    shares: Floats = traits.shares * np.exp(traits.share_growth * session / SESSIONS_A_YEAR)
    return shares


def _split_ratios(plan: Plan, shape: tuple[int, ...]) -> Floats:
    # Old price over price on today's basis.
    ratio = np.ones(shape)
    for split in plan.splits:
        ratio[: split.session, split.company] *= split.ratio
    return ratio


def _dividends(
    rng: np.random.Generator, traits: Traits, plan: Plan, log_total: Floats, ratio: Floats
) -> Floats:
    # A quarter of the yield on the mean price of the last year, in whole cents: payouts move
    # slowly. A failing company stops paying.
    sessions = np.arange(len(log_total))[:, None]
    plain = traits.price * np.exp(log_total - traits.dividend_yield * sessions / SESSIONS_A_YEAR)
    total = np.cumsum(plain, axis=0)
    window = np.minimum(sessions + 1, SESSIONS_A_YEAR)
    total[SESSIONS_A_YEAR:] -= total[:-SESSIONS_A_YEAR].copy()
    amount = traits.dividend_yield / 4 * total / window
    due = (sessions + rng.integers(0, _QUARTER, len(traits.price))) % _QUARTER == 0
    due &= (sessions > plan.listed) & (sessions <= plan.last)
    due &= (plan.decline < 0) | (sessions < plan.decline)
    return np.where(due, np.round(amount * ratio, 2) / ratio, 0.0)


def _prices(first: Floats, growth: Floats, dividends: Floats) -> Floats:
    price = np.empty_like(growth)
    price[0] = first
    for t in range(1, len(growth)):
        price[t] = np.maximum(price[t - 1] * growth[t] - dividends[t], _LEAST_PRICE)
    return price


def _cents(price: Floats, ratio: Floats) -> Floats:
    return np.maximum(np.round(price * ratio, 2), 0.01) / ratio


def _adjusted(close: Floats, dividends: Floats) -> Floats:
    # Each dividend scales all earlier closes by 1 - dividend / close before the ex-date.
    keep = np.ones_like(close)
    keep[:-1] = 1.0 - dividends[1:] / close[:-1]
    factor = np.cumprod(keep[::-1], axis=0)[::-1]
    return np.round(close * factor, 6).astype(np.float64)


def _volumes(
    rng: np.random.Generator, traits: Traits, price: Floats, moves: Floats, vol: Floats
) -> Floats:
    # Dollars traded: a share of market value, persistent, more in wild times and on large moves.
    usual = np.log(_TURNOVER) + _TURNOVER_SPREAD * rng.standard_normal(len(traits.price))
    slow = _SLOW_VOLUME * smooth(rng.standard_normal(price.shape), 0.97)
    fast = _FAST_VOLUME * rng.standard_normal(price.shape)
    news = _VOLUME_ON_NEWS * (np.minimum(np.abs(moves) / vol, 6.0) - 0.8)
    mood = 0.3 * np.log(vol / vol.mean(axis=0))
    shares = shares_at(traits, np.arange(len(price))[:, None])
    volume: Floats = np.ceil(shares * np.exp(usual + slow + fast + news + mood))
    return volume
