"""The numbers of the Exposure page, from a run: sectors against caps, concentration, factors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.concentration import Concentration, concentration
from core.limits import CapBreaches, cap_breaches
from core.market import FUND_SECTORS
from core.scenario import specs
from core.units import Floats
from dashboard.charts.sector_names import UNMAPPED
from dashboard.memo import kept
from dashboard.run import Run

__all__ = [
    "TOP",
    "Coverage",
    "SectorCap",
    "coverage",
    "factor_exposure",
    "held_concentration",
    "held_weights",
    "is_held",
    "largest_sector",
    "sector_cap",
    "sectors_table",
    "spells_above",
]

TOP: Final = 10
_SECTOR_CAP: Final = "book.sector_cap"
_SECTOR_COLUMNS: Final = (
    "mean", "peak", "peak_date", "last", "spells", "sessions_above", "first_above", "last_above",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectorCap:
    """What sectors are held against: the scenario's cap, or a yardstick where it sets none."""

    level: float
    in_force: bool


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """How much of what was held has a sector.

    Attributes
    ----------
    unmapped : Series
        Weight without a sector on each session, a fraction of NAV.
    mapped : float
        Share of held value times sessions with a sector, in [0, 1]; NaN where nothing was held.
    names, without : int
        Names ever held, and those of them without a sector.
    """

    unmapped: pd.Series
    mapped: float
    names: int
    without: int


def is_held(run: Run) -> bool:
    """Return whether anything was ever held."""
    return bool(held_weights(run).any())


def sector_cap(run: Run) -> SectorCap:
    """Return the cap of the targets, or the value it takes when it is switched on."""
    level = run.caps[1]
    return SectorCap(specs()[_SECTOR_CAP].on_value, False) if level is None else (
        SectorCap(level, True)
    )  # fmt: skip


@kept
def spells_above(run: Run) -> CapBreaches:
    """Return the spells of sectors above :func:`sector_cap`."""
    level = sector_cap(run).level
    return cap_breaches(
        held_weights(run), run.tickers, run.sectors, position_cap=None, sector_cap=level
    )


@kept
def sectors_table(run: Run) -> pd.DataFrame:
    """Return one row a sector ever held, the largest on average first, funds of sleeves last.

    Returns
    -------
    DataFrame
        mean, peak, last (fractions of NAV), peak_date, and against :func:`sector_cap`: spells,
        sessions_above, first_above, last_above (NaT for never). No row when nothing was held.
    """
    weights, found = run.sector_frame(), spells_above(run)
    weights = weights.loc[:, (weights > 0.0).any()]
    names = np.array(found.name, dtype=np.str_)
    rows = []
    for name in weights.columns:
        mine = names == name
        first, last = found.first_session[mine], found.last_session[mine]
        own = weights[name]
        rows.append(
            {
                "sector": name,
                "mean": float(own.mean()),
                "peak": float(own.max()),
                "peak_date": own.idxmax(),
                "last": float(own.iloc[-1]),
                "spells": int(mine.sum()),
                "sessions_above": int((last - first + 1).sum()),
                "first_above": run.index[first.min()] if len(first) else pd.NaT,
                "last_above": run.index[last.max()] if len(last) else pd.NaT,
            }
        )
    if not rows:
        return pd.DataFrame(columns=_SECTOR_COLUMNS, index=pd.Index([], name="sector"))
    table = pd.DataFrame(rows, columns=["sector", *_SECTOR_COLUMNS]).set_index("sector")
    table = table.sort_values("mean", ascending=False, kind="stable")
    return table.iloc[np.argsort(table.index.isin(FUND_SECTORS), kind="stable")]


def largest_sector(run: Run) -> pd.DataFrame:
    """Return the largest sector of each session: ``sector`` ("" = nothing held) and ``weight``.

    Funds of sleeves are none: no cap is about them.
    """
    weights = run.sector_frame()
    weights = weights.loc[:, ~weights.columns.isin(FUND_SECTORS)]
    if weights.empty:
        return pd.DataFrame({"sector": "", "weight": 0.0}, index=weights.index)
    values = weights.to_numpy(np.float64)
    place = values.argmax(axis=1)
    largest = values[np.arange(len(values)), place]
    names = np.where(largest > 0.0, weights.columns.to_numpy(dtype=object)[place], "")
    return pd.DataFrame({"sector": names, "weight": largest}, index=weights.index)


def coverage(run: Run) -> Coverage:
    """Measure how much of what was held has a sector."""
    weights = held_weights(run)
    without = np.array([sector == UNMAPPED for sector in run.sectors], dtype=bool)
    unmapped = weights[:, without].sum(axis=1)
    total, ever = float(weights.sum()), weights.any(axis=0)
    return Coverage(
        unmapped=pd.Series(unmapped, index=run.index, name=UNMAPPED),
        mapped=1.0 - float(unmapped.sum()) / total if total > 0.0 else math.nan,
        names=int(ever.sum()),
        without=int((ever & without).sum()),
    )


@kept
def held_concentration(run: Run) -> Concentration:
    """Return :func:`core.concentration.concentration` of a run."""
    return concentration(held_weights(run), top=TOP)


@kept
def factor_exposure(run: Run) -> pd.DataFrame | None:
    """Return Σ weight · score of each factor, session by session; None for a book without scores.

    Scores are those of the latest rebalance decided by then: standard deviations from the mean of
    the universe. Cash and names without a score count as 0, as in
    :func:`core.factor_contribution.by_factor`.

    Returns
    -------
    DataFrame
        One column a factor, and ``{factor}_known``: the share of held value that has the score,
        NaN where nothing is held.
    """
    if run.signals is None:
        return None
    weights = held_weights(run)
    sessions = run.first + np.arange(len(weights))
    in_force = np.searchsorted(run.signals.rebalance, sessions, "right") - 1
    factors = run.signals.panel.factors
    exposure, known = np.zeros((2, len(weights), len(factors)))
    for row in np.unique(in_force[in_force >= 0]):
        at = in_force == row
        scores = run.signals.panel.values[row][run.columns]
        exposure[at] = np.einsum("tn,nf->tf", weights[at], np.nan_to_num(scores))
        known[at] = np.einsum("tn,nf->tf", weights[at], np.isfinite(scores).astype(np.float64))
    invested = weights.sum(axis=1)[:, None]
    share = np.full(known.shape, math.nan)
    np.divide(known, invested, out=share, where=invested > 0.0)
    frame = pd.DataFrame(exposure, run.index, list(factors))
    return frame.assign(**{f"{f}_known": share[:, i] for i, f in enumerate(factors)})


def held_weights(run: Run) -> Floats:
    """Return float64[T, N]: the weights of a run.

    Raises
    ------
    ValueError
        For a run that was made without.
    """
    if run.result.weights is None:
        raise ValueError("weights need a run with weights=True, this one has none")
    return run.result.weights
