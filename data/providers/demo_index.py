"""The simulated market as a whole: index returns, volatility index, short rate, sector factors."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from data.providers.demo_traits import SECTOR_PROFILES

__all__ = [
    "SESSIONS_A_YEAR",
    "MarketPath",
    "Phase",
    "draw_market",
    "draw_sectors",
    "short_rate",
    "smooth",
]

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

SESSIONS_A_YEAR = 252
_TYPICAL_VOL = 0.165
# GJR-GARCH (Glosten, Jagannathan & Runkle 1993): a fall raises the variance more than a rise.
_ARCH, _LEVERAGE, _PERSISTENCE = 0.035, 0.11, 0.965
_GARCH = _PERSISTENCE - _ARCH - _LEVERAGE / 2
_SHOCK_FREEDOM, _LARGEST_SHOCK = 6, 3.8
_FALL_ENDS = 0.93  # log return of a whole fall over that of its depth
_COURSES = 128
_VIX_HORIZON, _VIX_RANGE = 21, (10.5, 80.0)
_VIX_PREMIUM, _VIX_FLOOR = 1.08, 2.6  # implied over expected volatility: a ratio, and points


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the market: a rise to a total return, or a fall to a depth.

    ``low`` and ``high`` bound the total return of a rise or the maximum drawdown of a fall;
    ``vol`` is the annual volatility that the phase pulls towards, ``setback`` the deepest drawdown
    inside a rise.
    """

    end: dt.date
    kind: Literal["rise", "fall"]
    low: float
    high: float
    vol: float
    setback: float = 0.0


_PHASES: Final = (
    Phase(dt.date(2018, 9, 14), "rise", 0.24, 0.28, 0.120, -0.09),
    Phase(dt.date(2018, 12, 21), "fall", -0.17, -0.14, 0.21),
    Phase(dt.date(2020, 2, 12), "rise", 0.36, 0.40, 0.135, -0.08),
    Phase(dt.date(2020, 3, 18), "fall", -0.335, -0.315, 0.48),
    Phase(dt.date(2020, 8, 31), "rise", 0.46, 0.52, 0.29, -0.07),
    Phase(dt.date(2021, 12, 31), "rise", 0.31, 0.36, 0.160, -0.09),
    Phase(dt.date(2022, 10, 3), "fall", -0.255, -0.235, 0.235),
    Phase(dt.date(2023, 12, 29), "rise", 0.28, 0.32, 0.165, -0.11),
    Phase(dt.date(2024, 12, 31), "rise", 0.17, 0.20, 0.140, -0.09),
)

# Percent a year at a few dates, the shape of US short rates of those years; straight in between.
_RATE_NODES: Final = (
    ("2016-12-01", 0.5), ("2018-01-02", 1.4), ("2018-12-31", 2.4), ("2019-07-31", 2.1),
    ("2020-02-28", 1.5), ("2020-04-01", 0.12), ("2021-12-31", 0.06), ("2022-06-30", 1.7),
    ("2022-12-30", 4.4), ("2023-08-31", 5.5), ("2024-08-30", 5.2), ("2024-12-31", 4.3),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class MarketPath:
    """The market factor over the whole calendar.

    Attributes
    ----------
    returns, sigma : float64[T]
        Return of each session and the volatility it was drawn with, both per session.
    vix : float64[T]
        Volatility index at each close, points.
    """

    returns: Floats
    sigma: Floats
    vix: Floats


def draw_market(rng: np.random.Generator, calendar: Dates) -> MarketPath:
    """Draw market returns with clustered volatility that pass through the phases above.

    For each phase many courses are drawn freely and moved to end where the phase should; the one
    that fits its depth and its volatility best is taken, and the next phase starts from there.
    """
    last_days = np.array([phase.end for phase in _PHASES], dtype=calendar.dtype)
    ends = np.searchsorted(calendar, last_days, side="right")
    logs, sigma, ahead = np.empty((3, len(calendar)))
    variance, start, under = _PHASES[0].vol ** 2 / SESSIONS_A_YEAR, 0, 0.0
    for phase, end in zip(_PHASES, ends, strict=True):
        goal = math.log1p(float(rng.uniform(phase.low, phase.high)))
        if phase.kind == "fall":
            goal = _FALL_ENDS * goal - under
        courses = _garch(_shocks(rng, int(end) - start), goal, phase.vol, variance)
        best = _best(courses[0], phase, under)
        logs[start:end], sigma[start:end], ahead[start:end] = (
            part[:, best] for part in courses[:3]
        )
        variance = float(courses[3][best])
        level = np.r_[0.0, np.cumsum(logs[:end])]
        start, under = int(end), float(level[-1] - level.max())
    noise = 0.05 * smooth(rng.standard_normal(len(calendar)), 0.90)
    implied = 100.0 * _VIX_PREMIUM * np.sqrt(ahead * SESSIONS_A_YEAR) + _VIX_FLOOR
    vix = np.clip(implied * np.exp(noise), *_VIX_RANGE)
    return MarketPath(np.expm1(logs), sigma, np.round(vix, 2))


def draw_sectors(rng: np.random.Generator, sigma: Floats) -> Floats:
    """Draw float64[T, S] sector returns beside the market, wilder when the market is.

    A slow drift of a few percent a year lets sectors lead and lag for months.
    """
    vol = np.array([profile.factor_vol for profile in SECTOR_PROFILES.values()])
    shape = (len(sigma), len(vol))
    mood = np.sqrt(sigma * math.sqrt(SESSIONS_A_YEAR) / _TYPICAL_VOL)
    fast = rng.standard_t(5, shape) / math.sqrt(5 / 3)
    slow = smooth(rng.standard_normal(shape), 0.99)
    returns = vol / math.sqrt(SESSIONS_A_YEAR) * (mood[:, None] * fast + 0.03 * slow)
    # Over the whole span sectors end near each other, whatever they did in between.
    drawn: Floats = returns - 0.8 * returns.mean(axis=0)
    return drawn


def short_rate(rng: np.random.Generator, calendar: Dates) -> Floats:
    """Return the three-month rate of each session, percent a year, at least 0.01."""
    nodes = np.array([node for node, _ in _RATE_NODES], dtype=calendar.dtype)
    levels = [level for _, level in _RATE_NODES]
    straight = np.interp(calendar.astype(np.int64), nodes.astype(np.int64), levels)
    wobble = smooth(rng.standard_normal(len(calendar)), 0.97) * 0.02 * np.sqrt(straight)
    return np.round(np.maximum(straight + wobble, 0.01), 2).astype(np.float64)


def smooth(noise: Floats, persistence: float) -> Floats:
    """Return an autoregression along axis 0 with variance 1, from standard normal `noise`."""
    out = np.empty_like(noise)
    out[0] = noise[0]
    scale = math.sqrt(1 - persistence * persistence)
    for t in range(1, len(noise)):
        out[t] = persistence * out[t - 1] + scale * noise[t]
    return out


def _shocks(rng: np.random.Generator, sessions: int) -> Floats:
    unit = math.sqrt(_SHOCK_FREEDOM / (_SHOCK_FREEDOM - 2))
    shocks = rng.standard_t(_SHOCK_FREEDOM, (sessions, _COURSES)) / unit
    return np.clip(shocks, -_LARGEST_SHOCK, _LARGEST_SHOCK)


def _garch(
    shocks: Floats, goal: float, vol: float, variance: float
) -> tuple[Floats, Floats, Floats, Floats]:
    # Log returns that sum to the goal, the volatility of each session, the mean variance expected
    # over the next month, and the last variance; a column each course. The drift belongs to the
    # shock: a falling market is a volatile one.
    returns, sigma, ahead = np.empty((3, *shocks.shape))
    level, mean = vol * vol / SESSIONS_A_YEAR, goal / len(shocks)
    fade = (1 - _PERSISTENCE**_VIX_HORIZON) / ((1 - _PERSISTENCE) * _VIX_HORIZON)
    now = np.full(shocks.shape[1], variance)
    for t, shock in enumerate(shocks):
        sigma[t] = np.sqrt(now)
        surprise = sigma[t] * shock + mean
        returns[t] = surprise
        arch = np.where(surprise < 0.0, _ARCH + _LEVERAGE, _ARCH)
        now = (1 - _PERSISTENCE) * level + arch * surprise * surprise + _GARCH * now
        ahead[t] = level + (now - level) * fade
    # The courses sum to other totals than the goal; the difference goes to each session by its
    # variance, so that quiet sessions stay quiet.
    share = sigma * sigma
    returns += (goal - returns.sum(axis=0)) * share / share.sum(axis=0)
    return returns, sigma, ahead, now


def _best(returns: Floats, phase: Phase, under: float) -> int:
    # The course nearest to the wanted depth and volatility. The depth of a fall is measured from
    # the last peak, that of a rise from the last peak inside the phase.
    fall = phase.kind == "fall"
    level = np.cumsum(returns, axis=0) + (under if fall else 0.0)
    peak = np.maximum(np.maximum.accumulate(level, axis=0), 0.0)
    depth = np.expm1((level - peak).min(axis=0))
    if fall:
        wrong = np.maximum(phase.low - depth, 0.0) + np.maximum(depth - phase.high, 0.0)
    else:
        wrong = np.maximum(phase.setback - depth, 0.0)
    found = returns.std(axis=0) * math.sqrt(SESSIONS_A_YEAR)
    return int(np.argmin(100.0 * wrong + np.abs(np.log(found / phase.vol))))
