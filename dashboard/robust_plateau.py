"""Whether a setting stands on a plateau: surfaces over pairs of the rules that are on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from core.dead_zones import dead_zone_reason
from core.errors import CoreError
from core.evidence.sharpe import sharpe_moments, sharpe_standard_error
from core.rules import Rule, rules_on
from core.scenario import specs, value_at
from core.surface import Surface
from core.units import SESSIONS_PER_YEAR, Bools
from dashboard.evidence_trials import different_runs, excess_of
from dashboard.lab.panel_work import surface_work
from dashboard.lab.trials import record_surface
from dashboard.pipeline import Pipeline
from dashboard.run import Run
from dashboard.studies import Pace
from data.journal import Journal

__all__ = [
    "METRIC", "PLATEAU", "RADIUS", "SLOPE", "Dead", "Plateau", "Plateaus", "pairs_of",
    "plateau_work",
]  # fmt: skip

Verdict = Literal["plateau", "slope", "spike", "dead"]

METRIC: Final = "sharpe_ratio"
RADIUS: Final = 2  # steps of the surface in each direction, as on the Risk page
#: From this score on it is a plateau. A straight slope, too steep for a step of it to keep nine
#: tenths, has 14 of 24 neighbours that do: its own line and what is higher up; a ridge of a single
#: step has 4. The thresholds are halfway between those and 24.
PLATEAU: Final = 0.8
#: From this score on it is a slope, below it a spike.
SLOPE: Final = 0.4
_ALIKE: Final = 1e-9  # of a metric: two runs that differ by rounding alone

# Two fields each and the rules that must be on for both to do anything, in order of preference:
# a pair is taken where it has a rule that no pair before it has.
_PAIRS: Final = (
    ("risk.position_stop_loss", "risk.target_annual_vol",
     (Rule.POSITION_STOP, Rule.VOLATILITY_TARGET)),
    ("risk.max_allowed_drawdown", "risk.min_position_scale", (Rule.DRAWDOWN_SCALING,)),
    ("risk.position_stop_loss", "risk.trailing_stop_pct",
     (Rule.POSITION_STOP, Rule.TRAILING_STOP)),
    ("risk.max_turnover_per_rebal", "risk.min_alpha_to_cost_ratio",
     (Rule.TURNOVER_CAP, Rule.ALPHA_GATE)),
    ("risk.circuit_breaker_dd", "risk.breaker_cooldown_days", (Rule.CIRCUIT_BREAKER,)),
    ("risk.target_annual_vol", "risk.vol_lookback_days", (Rule.VOLATILITY_TARGET,)),
    ("risk.position_stop_loss", "risk.stop_cooldown_days", (Rule.POSITION_STOP,)),
    ("risk.trailing_stop_pct", "risk.stop_cooldown_days", (Rule.TRAILING_STOP,)),
)  # fmt: skip
#: Rules that no pair is for: costs are given and not chosen, leverage is part of every exposure.
_NEVER: Final = frozenset({Rule.COSTS, Rule.LEVERAGE})


@dataclass(frozen=True, slots=True)
class Dead:
    """A field that changes nothing around the setting, the other field at its place.

    Attributes
    ----------
    path : str
    low, high : float
        Levels between which every metric stays the same; what lies between two was not run.
    whole : bool
        Whether that is all of the surface.
    reason : str
        Why, in words, without a full stop; "" where the setting itself is not between them.
    """

    path: str
    low: float
    high: float
    whole: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Plateau:
    """The neighbourhood of a setting on the surface over two fields.

    Attributes
    ----------
    x, y : str
        Paths of the fields.
    at : (float, float)
        The setting: x, y.
    here : float
        Its own metric; NaN = undefined.
    cell : (float, float)
        The cell nearest to it, which is scored; `value` is the metric there.
    score : float
        Share of the cells around that keep ``core.surface.KEPT`` of `value`; NaN = not known.
    best, best_value, best_score : (float, float) or None, float, float
        The cell with the highest value, that value, and its own score.
    settings, different : int
        Cells, and those of them with different results: the trials.
    dead : tuple of Dead
    """

    x: str
    y: str
    at: tuple[float, float]
    here: float
    cell: tuple[float, float]
    value: float
    score: float
    best: tuple[float, float] | None
    best_value: float
    best_score: float
    settings: int
    different: int
    dead: tuple[Dead, ...]

    @property
    def exact(self) -> bool:
        """Whether the setting is itself a cell."""
        return self.at == self.cell

    @property
    def verdict(self) -> Verdict | None:
        """What it stands on; None where nothing can be said."""
        if not math.isfinite(self.score):
            return None
        if len(self.dead) == 2:
            return "dead"
        if self.score >= PLATEAU:
            return "plateau"
        return "slope" if self.score >= SLOPE else "spike"


@dataclass(frozen=True, slots=True)
class Plateaus:
    """Every pair that was scored, and the rules that are on and in none.

    `error` is the standard error of the setting's Sharpe ratio a year, NaN where it has none.
    """

    pairs: tuple[Plateau, ...]
    left_out: tuple[Rule, ...]
    error: float

    @property
    def settings(self) -> int:
        """Settings that were run."""
        return sum(pair.settings for pair in self.pairs)

    @property
    def trials(self) -> int:
        """Those with different results, surface by surface, as the journal counts them."""
        return sum(pair.different for pair in self.pairs)


def pairs_of(run: Run) -> tuple[tuple[tuple[str, str], ...], tuple[Rule, ...]]:
    """Return pairs of fields whose rules are on, and the rules that are on and in none of them."""
    on = [rule for rule in rules_on(run.inputs, run.scenario.risk) if rule not in _NEVER]
    pairs: list[tuple[str, str]] = []
    covered: set[Rule] = set()
    for x, y, rules in _PAIRS:
        if set(rules) <= set(on) and not set(rules) <= covered:
            pairs.append((x, y))
            covered |= set(rules)
    return tuple(pairs), tuple(rule for rule in on if rule not in covered)


def plateau_work(pipeline: Pipeline, run: Run, journal: Journal) -> Callable[[Pace], Plateaus]:
    """Return the work that scores `run` on the surfaces that the Risk page draws.

    Every surface is in the journal before anybody sees a score, under the hash it has there: a
    surface that was looked at on the Risk page is not counted again. Where the work is cancelled,
    none is.

    Raises
    ------
    core.errors.CancelledError
        From the work.
    """

    def work(pace: Pace) -> Plateaus:
        pairs, left_out = pairs_of(run)
        found = []
        for n, (x, y) in enumerate(pairs):
            found.append(surface_work(pipeline, run, x, y)(_part(pace, n, len(pairs))))
        for surface in found:
            record_surface(journal, run, surface, pace)
        return Plateaus(tuple(_plateau(run, one) for one in found), left_out, _error(run))

    return work


def _part(pace: Pace, number: int, of: int) -> Pace:
    return Pace(pace.cancelled, lambda share: pace.share((number + share) / of))


def _error(run: Run) -> float:
    try:
        return sharpe_standard_error(sharpe_moments(excess_of(run))) * math.sqrt(SESSIONS_PER_YEAR)
    except CoreError:  # too few returns, or none that moves
        return float("nan")


def _plateau(run: Run, found: Surface) -> Plateau:
    values, scores = found.metric(METRIC), found.plateau(METRIC, radius=RADIUS)
    best = found.best(METRIC, radius=RADIUS)
    runs = found.table.runs
    return Plateau(
        x=found.x.path,
        y=found.y.path,
        at=(value_at(run.scenario, found.x.path), value_at(run.scenario, found.y.path)),
        here=run.metrics.sharpe_ratio,
        cell=_levels(found, found.current),
        value=float(values[found.current]),
        score=float(scores[found.current]),
        best=None if best is None else _levels(found, best),
        best_value=float("nan") if best is None else float(values[best]),
        best_score=float("nan") if best is None else float(scores[best]),
        settings=len(runs.values),
        different=different_runs(runs),
        dead=_dead(run, found),
    )


def _levels(found: Surface, cell: tuple[int, int]) -> tuple[float, float]:
    return found.x.levels[cell[1]], found.y.levels[cell[0]]


def _dead(run: Run, found: Surface) -> tuple[Dead, ...]:
    table = found.table.runs.values.reshape((*found.shape, -1))
    row, column = found.current
    lines = ((found.x, table[row], column), (found.y, table[:, column], row))
    dead = (_dead_along(run, axis.path, axis.levels, line, at) for axis, line, at in lines)
    return tuple(one for one in dead if one is not None)


def _dead_along(run: Run, path: str, levels: Any, line: Any, at: int) -> Dead | None:
    # The setting's stretch of equal results, if it holds all neighbours that have one.
    ran: Bools = np.isfinite(line).any(axis=1)
    same: Bools = np.isclose(line, line[at], rtol=_ALIKE, atol=0.0, equal_nan=True).all(axis=1)
    same &= ran
    near = slice(max(at - RADIUS, 0), at + RADIUS + 1)
    if not ran[at] or same[near].sum() < 2 or (ran & ~same)[near].any():
        return None
    low = high = at
    while low > 0 and same[low - 1]:
        low -= 1
    while high + 1 < len(levels) and same[high + 1]:
        high += 1
    zone = (float(levels[low]), float(levels[high]))
    reason = ""
    if zone[0] <= value_at(run.scenario, path) <= zone[1]:
        name = specs()[path].name
        reason = dead_zone_reason(name, zone, run.scenario.risk, run.result, run.inputs)
    return Dead(path, *zone, bool(same[ran].all()), reason)
