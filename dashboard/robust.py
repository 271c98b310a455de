"""How much of a result hangs on what happened to happen: disturbed histories, shocks, crises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.crises import Crisis, Seen, seen
from core.evidence.fans import Fan, fan
from core.evidence.perturb import KINDS, perturbed
from core.evidence.sample import MIN_RETURNS
from core.evidence.shocks import correlation_shock, sector_shock, volatility_shock
from core.metrics import daily_returns, drawdown_series
from core.rules import Rule, only, without_regime_leverage
from core.simulation import METRICS, SimulationInputs
from core.sweep import Chunk
from core.units import Floats
from dashboard.run import Run
from dashboard.sweep_backends import Backend, run_jobs
from dashboard.sweep_job import BookInputs, run_job

__all__ = ["CrisisRow", "KindRow", "Robustness", "ShockRow", "robustness"]

_SECTOR_FALL: Final = -0.20
_VOLATILITY: Final = (1.5, 2.0)
_CORRELATION: Final = (0.5, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class KindRow:
    """What one kind of disturbance did.

    Attributes
    ----------
    kind : str
        Key of :data:`core.evidence.perturb.KINDS`.
    values : float64[D, M]
        Metrics of the scenario on each draw, columns as ``core.simulation.METRICS``; NaN = ruined.
    bare : float64[D, M]
        The same book on the same draw without any rule, at the same costs.
    """

    kind: str
    values: Floats
    bare: Floats

    def quantiles(self, metric: str, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> Floats:
        """Return quantiles of the defined draws, NaN where none is."""
        column = self.values[:, METRICS.index(metric)]
        known = column[np.isfinite(column)]
        found: Floats = np.quantile(known, levels) if len(known) else np.full(len(levels), np.nan)
        return found

    def better(self, metric: str) -> float:
        """Return the share of the draws on which the rules had more of `metric` than none."""
        column = METRICS.index(metric)
        gap = self.values[:, column] - self.bare[:, column]
        known = gap[np.isfinite(gap)]
        return float((known > 0.0).mean()) if len(known) else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class ShockRow:
    """One shock: what it is, and the metrics over the whole period with it.

    ``at_once`` is what the book loses on the day by itself, a fraction of NAV; NaN for a shock that
    has no day. ``date`` is that day, None as well.
    """

    label: str
    date: np.datetime64 | None
    at_once: float
    values: Floats


@dataclass(frozen=True, slots=True)
class CrisisRow:
    """A large fall of the market, and what the portfolio did from its peak to its trough.

    The figures are None where the period never saw it; of a fall seen in part, of that part.
    """

    crisis: Crisis
    seen: Seen
    portfolio: float | None
    benchmark: float | None
    deepest: float | None


@dataclass(frozen=True, eq=False)
class Robustness:
    """Everything about one run; `base` are its own metrics, columns as METRICS."""

    run: Run
    base: Floats
    kinds: tuple[KindRow, ...]
    shocks: tuple[ShockRow, ...]
    crises: tuple[CrisisRow, ...]
    fan: Fan | None
    draws: int
    seed: int


def robustness(
    run: Run, backend: Backend, *, draws: int, seed: int, finished: Callable[[int], None]
) -> Robustness:
    """Run every disturbance and shock of one run.

    Parameters
    ----------
    run : Run
        With weights.
    backend : Backend
        Of sweeps.
    draws : int
        Of each random kind, at least 1.
    seed : int
    finished : callable
        Told the number of runs that are done.

    Raises
    ------
    core.errors.CoreError
    """
    found: dict[int, tuple[str, Floats]] = {}
    done = 0
    for chunk, runs in run_jobs(backend, _jobs(run, draws, seed, found)):
        found[chunk.number][1][:] = runs.values
        done += len(chunk.rows)
        finished(done)
    kinds = tuple(KindRow(kind, _of(found, kind, 0), _of(found, kind, 1)) for kind in KINDS)
    shocks = tuple(
        ShockRow(label, day, at_once, _one(run, inputs))
        for label, day, at_once, inputs in _shocks(run)
    )
    base = np.array([getattr(run.metrics, name) for name in METRICS], dtype=np.float64)
    return Robustness(run, base, kinds, shocks, crisis_rows(run), _fan(run, seed), draws, seed)


def _jobs(
    run: Run, draws: int, seed: int, found: dict[int, tuple[str, Floats]]
) -> Iterator[tuple[Chunk, BookInputs]]:
    # Even numbers are the scenario, odd ones the same draw without rules, at the same costs.
    risk = run.scenario.risk
    for kind in KINDS:
        for draw in perturbed(kind, run.inputs, risk, run.dates, draws=draws, seed=seed):
            bare = tuple(only(one, [Rule.COSTS]) for one in draw.risks)
            plain = without_regime_leverage(draw.inputs)
            for inputs, risks in ((draw.inputs, draw.risks), (plain, bare)):
                number, rows = len(found), np.arange(len(risks), dtype=np.int64)
                found[number] = (kind, np.full((len(risks), len(METRICS)), np.nan))
                yield Chunk(number, run.scenario, rows, risks, {}), BookInputs(inputs, draw.dates)


def _of(found: dict[int, tuple[str, Floats]], kind: str, odd: int) -> Floats:
    tables = [table for n, (of, table) in found.items() if of == kind and n % 2 == odd]
    return np.concatenate(tables) if tables else np.empty((0, len(METRICS)))


def _one(run: Run, inputs: SimulationInputs) -> Floats:
    found: Floats = run_job(BookInputs(inputs, run.dates), [run.scenario.risk]).runs.values[0]
    return found


def _shocks(run: Run) -> Iterator[tuple[str, Any, float, SimulationInputs]]:
    for sector, weight in run.sector_weights.items():
        most = int(np.argmax(weight[:-1])) if len(weight) > 1 else -1
        if most < 0 or weight[most] <= 0.0:
            continue
        names = np.array([name == sector for name in run.sectors], dtype=np.bool_)
        yield (
            f"{sector} falls by {-_SECTOR_FALL:.0%}",
            run.dates[most + 1],
            float(weight[most]) * _SECTOR_FALL,
            sector_shock(run.inputs, names, most + 1, _SECTOR_FALL),
        )
    for factor in _VOLATILITY:
        label = f"volatility {factor:g} times as high"
        yield label, None, float("nan"), volatility_shock(run.inputs, factor)
    for share in _CORRELATION:
        label = f"correlation: {share:.0%} of what is a name's own becomes the market's"
        yield label, None, float("nan"), correlation_shock(run.inputs, share)


def crisis_rows(run: Run) -> tuple[CrisisRow, ...]:
    """Return the large falls of the market, the latest first, with what the run did in each."""
    dates = run.dates.astype("datetime64[D]")
    first, last = (d.astype(dt.date) for d in (dates[0], dates[-1]))
    rows = []
    for crisis, how in reversed(seen(first, last).items()):
        inside = (dates >= np.datetime64(crisis.peak)) & (dates <= np.datetime64(crisis.trough))
        if run.market.simulated or how is Seen.NEVER or inside.sum() < 2:
            rows.append(CrisisRow(crisis, Seen.NEVER, None, None, None))
            continue
        nav, level = run.result.nav[inside], run.benchmark[inside]
        rows.append(
            CrisisRow(
                crisis, how, float(nav[-1] / nav[0] - 1.0), float(level[-1] / level[0] - 1.0),
                float(drawdown_series(nav).min()),
            )
        )  # fmt: skip
    return tuple(rows)


def _fan(run: Run, seed: int) -> Fan | None:
    returns = daily_returns(run.result.nav, run.result.initial_nav)
    return fan(returns, seed=seed) if len(returns) >= MIN_RETURNS else None
