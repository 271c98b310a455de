"""Returns of the simulated companies: market, sector, styles, own noise, news and events."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.providers.demo_calendar import month_starts
from data.providers.demo_index import SESSIONS_A_YEAR
from data.providers.demo_plan import Plan
from data.providers.demo_reports import Reports, advance, begin
from data.providers.demo_traits import Traits

__all__ = ["STYLES", "Shocks", "draw_shocks", "draw_styles", "run_market"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STYLES = ("momentum", "value", "quality")
# Return of one standard score a month: premium, and its spread from month to month.
_PREMIUM = (0.0033, 0.0032, 0.0032)
_STYLE_VOL = (0.0105, 0.0085, 0.0065)
# Losers lead when a bear market turns: months in which momentum reverses, and by how much.
_REVERSALS = (("2020-04", -0.035), ("2020-05", -0.020), ("2020-11", -0.025), ("2023-01", -0.025))
_ARCH, _PERSISTENCE = 0.06, 0.955
_MOST_VARIANCE = 9.0
_TYPICAL_VOL = 0.165
# The security market line is flatter than theory has it (Black, Jensen & Scholes 1972).
_FLATNESS, _EXPECTED_MARKET = 0.7, 0.11
_NEWS_SIZE = 0.035
_YEAR, _MONTH, _QUARTER = 252, 21, 63
_LARGEST_SCORE = 2.5
_WORST_DAY, _BEST_DAY = -0.75, 1.0
_RUIN_NOISE = 1.7  # how much wilder a failing company is
_RUN = np.array([-0.11, -0.27, -0.34, -0.52])  # the last sessions of the one that fails suddenly


@dataclass(frozen=True, slots=True, eq=False)
class Shocks:
    """Returns before styles and fundamentals act: float64[T, N], and the volatility behind them."""

    returns: Floats
    vol: Floats


def draw_shocks(
    rng: np.random.Generator, traits: Traits, market: Floats, sigma: Floats, sectors: Floats
) -> Shocks:
    """Draw each company's return from the market, its sector and its own clustered noise.

    Parameters
    ----------
    market, sigma : float64[T]
        Return and volatility of the market, per session.
    sectors : float64[T, S]
        Sector returns.
    """
    shape = (len(market), len(traits.beta))
    noise = np.clip(rng.standard_t(5, shape) / math.sqrt(5 / 3), -6.0, 6.0)
    variance, own = np.ones(shape[1]), np.empty(shape)
    for t, shock in enumerate(noise):
        own[t] = np.sqrt(variance)
        now = _ARCH * shock * shock * variance + (_PERSISTENCE - _ARCH) * variance
        variance = np.minimum(1.0 - _PERSISTENCE + now, _MOST_VARIANCE)
    # In a wild market companies differ more, too.
    mood = (sigma * math.sqrt(SESSIONS_A_YEAR) / _TYPICAL_VOL) ** 0.45
    own *= mood[:, None] * traits.idio_vol / math.sqrt(SESSIONS_A_YEAR)
    line = (1.0 - traits.beta) * _FLATNESS * _EXPECTED_MARKET / SESSIONS_A_YEAR
    common = traits.beta * market[:, None] + sectors[:, traits.sector]
    vol = np.sqrt((traits.beta * sigma[:, None]) ** 2 + own * own)
    return Shocks(common + line + own * noise, vol)


def draw_styles(rng: np.random.Generator, months: npt.NDArray[np.datetime64]) -> Floats:
    """Draw float64[M, 3]: return of one standard score of each style in each month.

    Over all months each style earns its premium exactly; single months are mostly noise.
    """
    noise = rng.standard_normal((len(months), len(STYLES)))
    noise[:, 1] = math.sqrt(1 - 0.3**2) * noise[:, 1] - 0.3 * noise[:, 0]
    returns = noise * np.array(_STYLE_VOL)
    for month, size in _REVERSALS:
        returns[months == np.datetime64(month, "M"), 0] = size
    styled: Floats = returns - returns.mean(axis=0) + np.array(_PREMIUM)
    return styled


def run_market(
    rng: np.random.Generator,
    calendar: npt.NDArray[np.datetime64],
    market: Floats,
    traits: Traits,
    plan: Plan,
    shocks: Shocks,
    reports: Reports,
) -> Floats:
    """Let prices and reports grow month by month, each seeing only the past of the other.

    A style pays those who have its score at the start of the month, from prices and reports known
    by then; reports follow prices slowly, so that valuations neither stick nor run away. The index
    weighted by market value earns what the market factor does.

    Returns log of total return since the start, float64[T, N]; `reports` is filled on the way.
    """
    starts = month_starts(calendar)
    styles = draw_styles(rng, calendar[starts].astype("datetime64[M]"))
    returns = _with_events(rng, shocks, plan, reports, traits)
    free = _free(plan, returns.shape)
    member = plan.members(len(calendar))
    carry = (traits.share_growth - traits.dividend_yield) / SESSIONS_A_YEAR
    log_total = np.zeros_like(returns)
    before, log_cap = np.zeros(returns.shape[1]), traits.log_cap
    begin(reports, traits)
    for month, (start, end) in enumerate(
        zip(starts, np.r_[starts[1:], len(calendar)], strict=True)
    ):
        span = returns[start:end]
        if start > 2 * _QUARTER:
            scores = _scores(log_total, plan, reports, int(start), log_cap)
            span += free[start:end] * _drift(styles[month], scores) / (end - start)
        weight = np.where(member[start], np.exp(log_cap), 0.0)
        span -= free[start:end] * _beyond(span, weight, market[start:end])
        moves = np.log1p(np.clip(span, _WORST_DAY, _BEST_DAY))
        log_total[start:end] = before + np.cumsum(moves, axis=0)
        before = log_total[end - 1]
        log_cap = traits.log_cap + before + carry * end
        advance(reports, traits, plan, int(end) - 1, log_cap)
    return log_total


def _free(plan: Plan, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    # False where a take-over bid holds the price, or a run on the company makes it.
    free = np.ones(shape, dtype=np.bool_)
    for company in np.flatnonzero(plan.bid >= 0):
        free[plan.bid[company] :, company] = False
    free[plan.decline[plan.sudden] :, plan.sudden] = False
    return free


def _beyond(span: Floats, weight: Floats, market: Floats) -> Floats:
    # What the index would earn beyond the market factor, as a column.
    beyond: Floats = (span * weight).sum(axis=1) / weight.sum() - market
    return beyond[:, None]


def _with_events(
    rng: np.random.Generator, shocks: Shocks, plan: Plan, reports: Reports, traits: Traits
) -> Floats:
    # News of reports, take-over bids (the price then waits at the offer) and failures.
    returns = shocks.returns.copy()
    sessions, count = len(returns), len(traits.beta)
    other = np.clip(rng.standard_t(4, reports.known.shape) / math.sqrt(2.0), -5.0, 5.0)
    news = _NEWS_SIZE * (traits.idio_vol / 0.24) * (0.5 * reports.surprise + 0.87 * other)
    quarter, who = np.nonzero((reports.known < sessions) & (reports.ends >= 0))
    returns[reports.known[quarter, who], who] += news[quarter, who]
    premium = rng.uniform(0.18, 0.36, count)
    waiting = 0.0002 + 0.0025 * rng.standard_normal(returns.shape)
    fall = rng.uniform(1.7, 2.4, count)
    for company in np.flatnonzero(plan.bid >= 0):
        bid = plan.bid[company]
        returns[bid, company] = premium[company]
        returns[bid + 1 :, company] = waiting[bid + 1 :, company]
    for company in np.flatnonzero(plan.decline >= 0):
        start, end = plan.decline[company], plan.last[company] + 1
        if company == plan.sudden:
            returns[end - len(_RUN) : end, company] = _RUN
        else:
            wild = _RUIN_NOISE * returns[start:end, company]
            returns[start:end, company] = wild - fall[company] / (end - start)
    return returns


def _scores(
    log_total: Floats, plan: Plan, reports: Reports, start: int, log_cap: Floats
) -> tuple[Floats, Floats, Floats]:
    # Standard scores of momentum, value and quality from what is known before session `start`.
    alive = (plan.listed < start) & (plan.last >= start)
    year_ago = max(start - 1 - _YEAR, 0)
    momentum = log_total[start - 1 - _MONTH] - log_total[year_ago]
    momentum = np.where(plan.listed <= year_ago, momentum, np.nan)
    newest = reports.known_before(start)
    row = (np.maximum(newest, 0), np.arange(len(newest)))
    earnings, cash, book, assets = (
        np.where(newest >= 0, level[row], np.nan)
        for level in (reports.earnings, reports.cash, reports.book, reports.assets)
    )
    vol = np.diff(log_total[start - 1 - _QUARTER : start], axis=0).std(axis=0)
    yields = [_score(level - log_cap, alive) for level in (earnings, cash, book)]
    strength = [_score(level - assets, alive) for level in (earnings, cash)]
    value = _score((yields[0] + yields[1] + yields[2]) / 3, alive)
    quality = _score(strength[0] + strength[1] - _score(np.log(vol), alive), alive)
    return _score(momentum, alive), value, quality


def _score(values: Floats, alive: npt.NDArray[np.bool_]) -> Floats:
    # Standard score among those alive, cut at the ends; 0 where there is no value.
    known = alive & np.isfinite(values)
    score = np.zeros(len(values))
    if known.any():
        middle, spread = float(values[known].mean()), float(values[known].std())
        score[known] = np.clip((values[known] - middle) / spread, -_LARGEST_SCORE, _LARGEST_SCORE)
    return score


def _drift(style: Floats, scores: tuple[Floats, Floats, Floats]) -> Floats:
    # Written out instead of a matrix product, whose order of sums depends on the machine.
    drift: Floats = style[0] * scores[0] + style[1] * scores[1] + style[2] * scores[2]
    return drift
