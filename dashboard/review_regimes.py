"""The numbers of the Regimes page, from a run: labels, what drives them, returns, how late."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from core.config import RegimeWeights, Scenario
from core.factors.names import FACTORS, REGIMES
from core.regime_hindsight import DetectionLag, detection_lag, hindsight_labels
from core.regime_stats import RegimeStats, regime_returns, regime_stats
from core.regimes import below_high, market_returns
from core.units import SESSIONS_PER_YEAR, Floats, Ints
from dashboard.memo import kept
from dashboard.run import Run

__all__ = [
    "NO_BOOK",
    "VIX_EDGES",
    "Hindsight",
    "band_names",
    "decided",
    "drivers",
    "hindsight",
    "in_force",
    "labels",
    "returns",
    "row_sums",
    "scaled",
    "stats",
    "used_weights",
    "vix_bands",
    "weight_values",
    "weights_table",
]

NO_BOOK: Final = "no book"
VIX_EDGES: Final = (15.0, 20.0, 30.0)  # index points
_WEIGHTS: Final = "factors.weights"
_EXACT: Final = 1e-6  # percent: what the sum of a row may be off by rounding


@dataclass(frozen=True, slots=True, eq=False)
class Hindsight:
    """What regimes turned out to be: for diagnosis only, the labels know the future.

    Attributes
    ----------
    labels : Series of str
        Of the sessions of the run.
    lag : DetectionLag
        How late the labels of the day said so.
    """

    labels: pd.Series
    lag: DetectionLag


def labels(run: Run) -> Ints:
    """Return the label of each session of a run, codes into ``REGIMES``."""
    found: Ints = run.regime[run.first : run.first + len(run.result.nav)]
    return found


def decided(run: Run) -> Ints:
    """Return the sessions of the run at whose close a book was decided."""
    sessions: Ints = run.book.rebalance - run.first
    return sessions[(sessions >= 0) & (sessions < len(run.result.nav))]


def stats(run: Run) -> RegimeStats:
    """Return :func:`core.regime_stats.regime_stats` of a run."""
    return regime_stats(labels(run), REGIMES, decided(run))


def returns(run: Run) -> pd.DataFrame:
    """Return :func:`core.regime_stats.regime_returns` of a run and its benchmark."""
    result = run.result
    return regime_returns(
        result.nav,
        labels(run),
        REGIMES,
        decided(run),
        benchmark=run.benchmark,
        cash_rate=run.inputs.cash_rate,
        initial_nav=result.initial_nav,
    )


def in_force(run: Run) -> pd.Series:
    """Return the regime of the latest book decided by each session, ``NO_BOOK`` before the first.

    The book of a decision is held from the fill after it.
    """
    at = np.searchsorted(decided(run), np.arange(len(run.dates)), side="right") - 1
    names = np.array([*REGIMES, NO_BOOK], dtype=object)
    codes = np.full(len(at), len(REGIMES))
    codes[at >= 0] = labels(run)[decided(run)[at[at >= 0]]]
    return pd.Series(names[codes], index=run.index, name="in_force")


def drivers(run: Run) -> pd.DataFrame:
    """Return what the labels are told from, each from the past only.

    Returns
    -------
    DataFrame
        trend (return of the market over the window), volatility (of the window, a fraction a
        year), below_high (level over its highest of a year − 1) and vix (index points); NaN where
        not known. :func:`core.regimes.label_sessions` says how they make a label.
    """
    window = run.scenario.regimes.lookback_days
    moves = _market_returns(run)
    trend, volatility = np.full((2, len(moves)), math.nan)
    if len(moves) >= window:
        past = sliding_window_view(moves, window)
        trend[window - 1 :] = np.prod(1.0 + past, axis=1) - 1.0
        volatility[window - 1 :] = past.std(axis=1, ddof=1) * math.sqrt(SESSIONS_PER_YEAR)
    vix = np.full(len(moves), math.nan) if run.market.vix is None else run.market.vix
    columns = {
        "trend": trend,
        "volatility": volatility,
        "below_high": below_high(moves),
        "vix": vix,
    }
    rows = slice(run.first, run.first + len(run.result.nav))
    return pd.DataFrame({name: values[rows] for name, values in columns.items()}, run.index)


def band_names() -> tuple[str, ...]:
    """Return the bands of the volatility index in words, the calmest first.

    Examples
    --------
    >>> band_names()
    ('below 15', '15 to 20', '20 to 30', '30 and above')
    """
    edges = [f"{edge:g}" for edge in VIX_EDGES]
    inner = [f"{low} to {high}" for low, high in itertools.pairwise(edges)]
    return (f"below {edges[0]}", *inner, f"{edges[-1]} and above")


def vix_bands(run: Run) -> pd.DataFrame | None:
    """Return how often the index closed in each band, and what the label of that day was.

    Returns
    -------
    DataFrame or None
        One row a band: sessions, share (of those with a close), and a column a regime: share of the
        band's sessions, NaN for a band without any. None where the market has no index.
    """
    vix = drivers(run)["vix"].to_numpy()
    known = np.isfinite(vix)
    if not known.any():
        return None
    band = np.digitize(vix[known], VIX_EDGES)
    counted = np.zeros((len(VIX_EDGES) + 1, len(REGIMES)))
    np.add.at(counted, (band, labels(run)[known]), 1.0)
    sessions = counted.sum(axis=1)
    shares = np.full(counted.shape, math.nan)
    np.divide(counted, sessions[:, None], out=shares, where=sessions[:, None] > 0)
    frame = pd.DataFrame(shares, pd.Index(band_names(), name="band"), list(REGIMES))
    frame.insert(0, "sessions", sessions.astype(np.int64))
    frame.insert(1, "share", sessions / known.sum())
    return frame


def hindsight(run: Run) -> Hindsight:
    """Return what regimes turned out to be. Reads the future: nothing that decides may use it."""
    rows = slice(run.first, run.first + len(run.result.nav))
    later = hindsight_labels(_market_returns(run), run.scenario.regimes)[rows]
    names = pd.Series(np.array(REGIMES)[later], index=run.index, name="hindsight")
    return Hindsight(names, detection_lag(labels(run), later))


def weights_table(weights: RegimeWeights) -> pd.DataFrame:
    """Return the weights of the ensemble in percent: a row a regime, a column a factor."""
    rows = {
        regime: {f: round(100.0 * getattr(getattr(weights, regime), f), 8) for f in FACTORS}
        for regime in REGIMES
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(FACTORS))


def used_weights(table: pd.DataFrame, factors: tuple[str, ...]) -> pd.DataFrame:
    """Return the weights as they act, in percent: those of other than `factors` are spread.

    A row whose whole weight is on others has nothing to be spread over: NaN.
    """
    known = table[list(factors)]
    total = known.sum(axis=1)
    return known.div(total.where(total > 0.0), axis=0) * 100.0


def row_sums(table: pd.DataFrame) -> pd.Series:
    """Return the sum of each row in percent; exactly 100 where it is that but for rounding."""
    sums = table.sum(axis=1)
    return sums.where((sums - 100.0).abs() > _EXACT, 100.0)


def scaled(table: pd.DataFrame) -> pd.DataFrame:
    """Return every row that does not sum to 100 percent scaled to it, in hundredths of a percent.

    What rounding leaves goes to the largest remainders. A row of zeros becomes equal weights.
    """
    values = table.to_numpy(np.float64)
    sums = values.sum(axis=1, keepdims=True)
    units = np.full(values.shape, 1e4 / values.shape[1])
    np.divide(1e4 * values, sums, out=units, where=sums > 0.0)
    whole = np.floor(units + 1e-6)
    missing = np.round(1e4 - whole.sum(axis=1)).astype(np.int64)
    place = np.argsort(np.argsort(whole - units, axis=1, kind="stable"), axis=1, kind="stable")
    whole[place < missing[:, None]] += 1.0
    wrong = (row_sums(table) != 100.0).to_numpy()[:, None]
    return pd.DataFrame(np.where(wrong, whole / 100.0, values), table.index, table.columns)


def weight_values(scenario: Scenario, table: pd.DataFrame) -> dict[str, Any]:
    """Return the fields that `table` (percent) changes: path → fraction."""
    now = weights_table(scenario.factors.weights).to_numpy()
    wanted = table.to_numpy(np.float64)
    return {
        f"{_WEIGHTS}.{regime}.{factor}": round(float(wanted[i, j]) / 100.0, 10)
        for i, regime in enumerate(REGIMES)
        for j, factor in enumerate(FACTORS)
        if abs(wanted[i, j] - now[i, j]) > _EXACT
    }


@kept
def _market_returns(run: Run) -> Floats:
    return market_returns(run.market.close, run.market.member)
