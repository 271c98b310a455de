"""Every number of the report: what a curve earned and risked, and what a run traded, ENGINE §6.

One convention holds for all of them. A run starts at the close of session 0 with ``initial_nav``
in cash, so T sessions span T − 1 intervals. The daily returns are those of the curve
``initial_nav, nav[1], …, nav[T − 1]``: the cost of a fill at session 0 (execution lag 0) belongs
to the first interval, ``cash_rate[0]`` is not used, and the returns compound to the total return.
Drawdowns are taken on ``initial_nav, nav[0], …, nav[T − 1]``, so that a loss on session 0 counts.
A value that its definition leaves undefined is NaN, never 0.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from core.errors import InputsError
from core.ledger import EventKind
from core.result import BacktestResult
from core.units import CALENDAR_DAYS_PER_YEAR, SESSIONS_PER_YEAR, Bools, Dates, Floats

__all__ = [
    "CALENDAR_DAYS_PER_YEAR",
    "NO_DISPERSION",
    "CurveMetrics",
    "Metrics",
    "annualised_volatility",
    "cagr_by_calendar",
    "cagr_by_sessions",
    "check_dates",
    "curve_metrics",
    "daily_returns",
    "drawdown_series",
    "sharpe_ratio",
    "sortino_ratio",
    "summarise",
]

_NAN = math.nan
# A ratio of two equal NAVs minus 1 carries this much rounding: less dispersion is none at all.
NO_DISPERSION = 1e-14


@dataclass(frozen=True, slots=True)
class CurveMetrics:
    """What one NAV curve earned and risked; fractions, drawdowns ≤ 0, NaN where undefined.

    Attributes
    ----------
    total_return : float
        NAV_end / NAV_start − 1.
    cagr : float
        By calendar time: (NAV_end / NAV_start)^(365.25 / days) − 1; NaN when no day passes.
    cagr_sessions : float
        By session count: the exponent is 252 / (T − 1); NaN for one session.
    volatility : float
        Standard deviation (ddof 1) of daily returns · √252; NaN below two returns.
    sharpe_ratio : float
        Mean of the daily excess over the cash rate / its standard deviation (ddof 1) · √252; NaN
        below two returns, and where the excess does not vary beyond rounding: cash has none.
    sortino_ratio : float
        Mean of the daily excess / root of the mean over all sessions of min(excess, 0)² · √252; NaN
        below two returns, and where no excess is negative.
    max_drawdown : float
        Lowest NAV over its running peak − 1, the start included, in (−1, 0].
    calmar_ratio : float
        cagr / |max_drawdown|; NaN without a drawdown.
    """

    total_return: float
    cagr: float
    cagr_sessions: float
    volatility: float
    sharpe_ratio: float
    sortino_ratio: float
    max_drawdown: float
    calmar_ratio: float

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the values by name, None for what is undefined (JSON has no NaN)."""
        return {name: _or_none(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Metrics(CurveMetrics):
    """What one run earned, risked and traded; the first eight as in :class:`CurveMetrics`.

    Attributes
    ----------
    win_rate : float
        Share of closed round trips with a positive P&L after their costs; NaN without one.
    trades : int
        Closed round trips. One that is still open is not counted, in no line of this table.
    average_trade_return : float
        Mean return of the closed round trips before their costs, NaN without one.
    turnover : float
        Σ of traded dollars / NAV before the fill, buys and sells both counted.
    cost_bps : float
        Σ of cost / NAV before the fill, in basis points: turnover times the price of a trade.
    stop_hits, position_stops, trailing_stops : int
        Stops decided: both kinds, against the entry price, against the highest close.
    breaker_trips : int
        Trips of the circuit breaker.
    average_exposure : float
        Mean over sessions of the value held / NAV.
    rebalances : int
        Rebalances that were filled.
    """

    win_rate: float
    trades: int
    average_trade_return: float
    turnover: float
    cost_bps: float
    stop_hits: int
    position_stops: int
    trailing_stops: int
    breaker_trips: int
    average_exposure: float
    rebalances: int


def daily_returns(nav: Floats, initial_nav: float | None = None) -> Floats:
    """Return the T − 1 simple returns of the curve from `initial_nav`, or ``nav[0]``, on."""
    curve = nav.astype(np.float64, copy=True)
    curve[0] = nav[0] if initial_nav is None else initial_nav
    returns: Floats = curve[1:] / curve[:-1] - 1.0
    return returns


def drawdown_series(nav: Floats, initial_nav: float | None = None) -> Floats:
    """Return NAV over its running peak − 1 for each session, in (−1, 0], the start included.

    Examples
    --------
    >>> drawdown_series(np.array([0.9, 0.9, 0.8, 1.2]), 1.0).round(3).tolist()
    [-0.1, -0.1, -0.2, 0.0]
    """
    start = nav[0] if initial_nav is None else initial_nav
    peak = np.maximum(np.maximum.accumulate(nav), start)
    drawdown: Floats = nav / peak - 1.0
    return drawdown


def cagr_by_calendar(growth: float, dates: Dates) -> float:
    """Return the yearly growth of a factor `growth` earned from the first to the last date."""
    days = (dates[-1] - dates[0]).astype("timedelta64[D]").astype(int)
    return _power(growth, CALENDAR_DAYS_PER_YEAR, int(days))


def cagr_by_sessions(growth: float, sessions: int) -> float:
    """Return the yearly growth of a factor `growth` earned over `sessions` − 1 intervals."""
    return _power(growth, SESSIONS_PER_YEAR, sessions - 1)


def annualised_volatility(returns: Floats) -> float:
    """Return the standard deviation (ddof 1) of daily returns · √252, NaN below two of them."""
    if len(returns) < 2:
        return _NAN
    return float(np.std(returns, ddof=1)) * math.sqrt(SESSIONS_PER_YEAR)


def sharpe_ratio(excess: Floats) -> float:
    """Return mean / standard deviation (ddof 1) · √252; NaN as :class:`CurveMetrics` says."""
    if len(excess) < 2:
        return _NAN
    deviation = float(np.std(excess, ddof=1))
    if deviation < NO_DISPERSION:
        return _NAN
    return float(np.mean(excess)) / deviation * math.sqrt(SESSIONS_PER_YEAR)


def sortino_ratio(excess: Floats) -> float:
    """Return mean / √mean(min(excess, 0)²) · √252; NaN as :class:`CurveMetrics` says."""
    if len(excess) < 2:
        return _NAN
    downside = math.sqrt(float(np.mean(np.square(np.minimum(excess, 0.0)))))
    if downside < NO_DISPERSION:
        return _NAN
    return float(np.mean(excess)) / downside * math.sqrt(SESSIONS_PER_YEAR)


def curve_metrics(
    nav: Floats,
    dates: Dates,
    cash_rate: Floats | None = None,
    *,
    initial_nav: float | None = None,
) -> CurveMetrics:
    """Measure one curve, a benchmark's for example.

    Parameters
    ----------
    nav : float64[T]
        Value after each session, finite and above 0; its unit does not matter.
    dates : datetime64[T]
        Session dates, strictly increasing.
    cash_rate : float64[T], optional
        Return of cash over each session; the first is not used. None means 0.
    initial_nav : float, optional
        NAV before anything was done at session 0; ``nav[0]`` when not given.

    Raises
    ------
    InputsError
        When lengths differ, dates do not increase, or a value is not finite and above 0.
    """
    _check(nav, dates, cash_rate)
    start = float(nav[0]) if initial_nav is None else initial_nav
    returns = daily_returns(nav, start)
    excess = returns if cash_rate is None else returns - cash_rate[1:]
    growth = float(nav[-1]) / start
    cagr = cagr_by_calendar(growth, dates)
    deepest = float(drawdown_series(nav, start).min())
    return CurveMetrics(
        total_return=growth - 1.0,
        cagr=cagr,
        cagr_sessions=cagr_by_sessions(growth, len(nav)),
        volatility=annualised_volatility(returns),
        sharpe_ratio=sharpe_ratio(excess),
        sortino_ratio=sortino_ratio(excess),
        max_drawdown=deepest,
        calmar_ratio=cagr / abs(deepest) if deepest < 0.0 else _NAN,
    )


def summarise(result: BacktestResult, dates: Dates, cash_rate: Floats | None = None) -> Metrics:
    """Measure one run: its curve, its closed round trips and what its rules did.

    Parameters
    ----------
    result : BacktestResult
    dates, cash_rate
        As in :func:`curve_metrics`, which also says what raises InputsError.
    """
    curve = curve_metrics(result.nav, dates, cash_rate, initial_nav=result.initial_nav)
    trades, events = result.trades, result.events
    closed = ~trades.is_open
    count = int(np.count_nonzero(closed))
    won = np.count_nonzero(trades.pnl[closed] - trades.costs[closed] > 0.0)
    stops, trailing = events.count(EventKind.STOP), events.count(EventKind.TRAILING)
    return Metrics(
        **asdict(curve),
        win_rate=won / count if count else _NAN,
        trades=count,
        average_trade_return=float(trades.trade_return[closed].mean()) if count else _NAN,
        turnover=float(result.turnover.sum()),
        cost_bps=float(result.cost_fraction.sum()) * 1e4,
        stop_hits=stops + trailing,
        position_stops=stops,
        trailing_stops=trailing,
        breaker_trips=events.count(EventKind.BREAKER),
        average_exposure=float(result.invested.mean()),
        rebalances=events.count(EventKind.REBALANCE),
    )


def _power(growth: float, periods_per_year: float, periods: int) -> float:
    if periods <= 0:
        return _NAN
    try:
        return math.expm1(math.log(growth) * periods_per_year / periods)
    except OverflowError:  # a large gain within days
        return math.inf


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _check(nav: Floats, dates: Dates, cash_rate: Floats | None) -> None:
    if len(nav) == 0:
        raise InputsError("nav must hold at least one session, was empty; choose another period")
    check_dates(len(nav), dates, cash_rate)
    _check_values("nav", "finite and above 0", nav, np.isfinite(nav) & (nav > 0.0))


def check_dates(sessions: int, dates: Dates, cash_rate: Floats | None) -> Floats:
    """Return the cash rates, zeros for None; raise InputsError as :func:`curve_metrics` says."""
    rates = np.zeros(sessions) if cash_rate is None else cash_rate
    for name, column in (("dates", dates), ("cash_rate", rates)):
        if len(column) != sessions:
            raise InputsError(
                f"{name} must have one entry a session ({sessions}), had {len(column)}"
            )
    if not np.all(np.diff(dates.astype("datetime64[D]")) > np.timedelta64(0, "D")):
        raise InputsError("dates must increase from session to session; sort and deduplicate them")
    _check_values("cash_rate", "finite", rates, np.isfinite(rates))
    return rates


def _check_values(name: str, expected: str, values: Floats, good: Bools) -> None:
    if not good.all():
        t = int(np.argmin(good))
        raise InputsError(
            f"{name} must be {expected}, was {values[t]:g} at session {t}; "
            "start where it has values, or choose another series"
        )
