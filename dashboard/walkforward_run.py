"""A walk-forward from plan to curve: windows on the backend of sweeps, then one portfolio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.book import Book
from core.config import Scenario
from core.errors import ConfigError, HistoryError, InputsError
from core.evidence.bootstrap import MIN_RETURNS, PairedDifference, compare
from core.evidence.cut import cut_inputs
from core.evidence.folds import Fold, lay_out
from core.evidence.luck import Luck, luck_of_the_best
from core.evidence.purged import MIN_PER_GROUP, PurgedPaths, purged_paths
from core.evidence.sharpe import probabilistic_sharpe, sharpe_moments
from core.evidence.switching import simulate_switching
from core.evidence.walkforward import (
    best_rows,
    check_metric,
    check_plan,
    drift,
    efficiency,
    spliced_book,
)
from core.metrics import curve_metrics, daily_returns, summarise
from core.presets import preset
from core.result import BacktestResult
from core.risk.config import RiskConfig
from core.simulation import METRICS, SweepResult, simulate, simulate_many
from core.sweep import Chunk, chunks
from core.sweep_plan import SweepPlan
from core.units import Bools, Dates, Floats, Ints
from dashboard.pipeline import Pipeline, book_inputs
from dashboard.run import Run
from dashboard.sweep_backends import Backend, run_jobs
from dashboard.sweep_job import BookInputs
from dashboard.walkforward import WalkForward, WalkWindows

__all__ = ["sure_of", "walk_forward"]

_ROWS: Final = 4096  # of one book that are run together
_MOST_PATHS: Final = 4096  # settings whose returns are kept for the combinatorial paths


@dataclass(frozen=True, eq=False)
class _Settings:
    # Every row of a plan, ready to simulate: its rules, and the number of its book.
    risks: dict[int, RiskConfig]
    book_of: dict[int, int]
    books: list[Book]


def walk_forward(
    plan: SweepPlan,
    windows: WalkWindows,
    pipeline: Pipeline,
    backend: Backend,
    finished: Callable[[int, int], None],
) -> WalkForward:
    """Choose at every fold, and run the portfolio that follows the choices.

    Parameters
    ----------
    plan : SweepPlan
    windows : WalkWindows
    pipeline : Pipeline
    backend : Backend
        Where the training windows are run, of sweeps.
    finished : callable
        Told runs that are done, and how many there are.

    Raises
    ------
    core.errors.CoreError, data.errors.DataError
    """
    check_metric(windows.metric)
    check_plan(plan)
    run = pipeline.run(plan.base)
    folds = lay_out(
        run.inputs.rebalance, len(run.dates), train=windows.train, test=windows.test,
        anchored=windows.anchored, purge=windows.purge,
    )  # fmt: skip
    whole = (folds[0].test_first, folds[-1].test_last)
    stretches = [(fold.train_first, fold.train_last) for fold in folds] + [whole]
    values = np.full((len(stretches), len(plan), len(METRICS)), np.nan)
    with_paths = windows.groups > 0 and len(plan) <= _MOST_PATHS
    excess = np.full((len(run.dates) - 1, len(plan)), np.nan) if with_paths else None
    settings = _Settings({}, {}, [])
    total = len(plan) * len(stretches)
    jobs = _jobs(plan, run, pipeline, settings, stretches, excess)
    done = 0
    for chunk, runs in run_jobs(backend, jobs):
        values[chunk.number, chunk.rows] = runs.values
        done += len(chunk.rows)
        finished(done, total)
    in_sample = values[:-1, :, METRICS.index(windows.metric)]
    chosen = best_rows(in_sample, windows.metric)
    result, inputs = _followed(run, folds, settings, chosen, whole)
    return _judged(plan, windows, run, folds, in_sample, chosen, result, inputs, values[-1], excess)


def _same_ground(run: Run, found: Run) -> None:
    if not np.array_equal(found.dates, run.dates):
        raise InputsError(
            "every setting of a walk-forward must be simulated over the same sessions, "
            f"one over {found.dates[0]} … {found.dates[-1]}. Give --start and --end"
        )
    # A fund may be a security of the market as well: then its sector alone tells.
    if (found.market.tickers, found.market.sector) != (run.market.tickers, run.market.sector):
        raise InputsError(
            "every setting of a walk-forward must hold the same funds as the scenario: "
            "whether a sleeve is on, and its fund, cannot be axes. Vary its weight instead"
        )


def _jobs(
    plan: SweepPlan,
    run: Run,
    pipeline: Pipeline,
    settings: _Settings,
    stretches: list[tuple[int, int]],
    excess: Floats | None,
) -> Iterator[tuple[Chunk, BookInputs]]:
    last: tuple[Scenario, BookInputs] | None = None
    for chunk in chunks(plan, _ROWS):
        if chunk.scenario is None or not len(chunk.rows):
            continue
        idle = chunk.scenario.model_copy(update={"risk": preset("No overlay").risk})
        if last is None or last[0] != idle:
            try:
                found = pipeline.run(idle)
            except (ConfigError, HistoryError):
                continue  # counted as refused: none of its rows has a value
            _same_ground(run, found)
            last = (idle, BookInputs(found.inputs, found.dates))
            settings.books.append(found.book)
        settings.risks.update(zip(chunk.rows.tolist(), chunk.risks, strict=True))
        settings.book_of.update(dict.fromkeys(chunk.rows.tolist(), len(settings.books) - 1))
        if excess is not None:
            curves = simulate_many(last[1].inputs, chunk.risks, run.dates, nav=True).nav
            assert curves is not None
            cash = last[1].inputs.market.cash_rate[1:]
            for row, nav in zip(chunk.rows.tolist(), curves, strict=True):
                excess[:, row] = daily_returns(nav, run.result.initial_nav) - cash
        for number, (first, end) in enumerate(stretches):
            book = BookInputs(cut_inputs(last[1].inputs, first, end), run.dates[first : end + 1])
            yield replace(chunk, number=number, refused={}), book


def _followed(
    run: Run, folds: tuple[Fold, ...], settings: _Settings, chosen: Ints, whole: tuple[int, int]
) -> tuple[BacktestResult, BookInputs]:
    books = [settings.books[settings.book_of[row]] for row in chosen.tolist()]
    book = spliced_book(books, folds, run.first)
    columns = np.flatnonzero((book.target > 0.0).any(axis=0))
    first, last = whole[0] + run.first, whole[1] + run.first
    inputs = book_inputs(run.market, book, columns, (first, last))
    since = np.array([fold.test_first - whole[0] for fold in folds], dtype=np.int64)
    risks = [settings.risks[row] for row in chosen.tolist()]
    result = simulate_switching(inputs, risks, since, initial_nav=run.result.initial_nav)
    return result, BookInputs(inputs, run.market.sessions[first : last + 1])


def _judged(
    plan: SweepPlan, windows: WalkWindows, run: Run, folds: tuple[Fold, ...], in_sample: Floats,
    chosen: Ints, result: BacktestResult, book: BookInputs, fixed: Floats, excess: Floats | None,
) -> WalkForward:  # fmt: skip
    dates, cash = book.dates, book.inputs.market.cash_rate
    first, last = folds[0].test_first, folds[-1].test_last
    base = simulate(
        cut_inputs(run.inputs, first, last), run.scenario.risk, initial_nav=result.initial_nav
    )
    metrics = summarise(result, dates, cash)
    picked = in_sample[np.arange(len(chosen)), chosen]
    kept = efficiency(picked, getattr(metrics, windows.metric), windows.metric)
    benchmark = run.benchmark[first : last + 1]
    luck, deflated = _deflated(excess, folds[-1], int(chosen[-1]))
    return WalkForward(
        plan=plan, windows=windows, run=run, folds=folds, in_sample=in_sample, chosen=chosen,
        dates=dates, result=result, metrics=metrics,
        by_fold=_by_fold(folds, result, dates, cash, windows.metric),
        base=summarise(base, dates, cash), base_nav=base.nav,
        benchmark=curve_metrics(benchmark, dates, cash),
        fixed=SweepResult(fixed, np.full(len(fixed), -1, dtype=np.int64)),
        efficiency=kept, drift=drift(plan, chosen),
        against_base=_against(result, base.nav, "the scenario as it stands", book),
        against_benchmark=_against(
            result, benchmark * (result.initial_nav / benchmark[0]), run.benchmark_name, book
        ),
        paths=_paths(excess, windows),
        luck=luck, deflated=deflated,
        sure=sure_of(daily_returns(result.nav, result.initial_nav) - cash[1:]),
        refused=int(np.isnan(in_sample).all(axis=0).sum()),
    )  # fmt: skip


def _against(
    result: BacktestResult, nav: Floats, name: str, book: BookInputs
) -> dict[str, PairedDifference] | None:
    if len(book.dates) <= MIN_RETURNS:
        return None
    return compare(
        result.nav, nav, book.dates, book.inputs.market.cash_rate,
        initial_nav=result.initial_nav, labels=("The walk-forward", name),
    )  # fmt: skip


def _by_fold(
    folds: tuple[Fold, ...], result: BacktestResult, dates: Dates, cash: Floats, metric: str
) -> Floats:
    # The test of a fold begins with the NAV at its first session, a rebalance that fills later.
    values = []
    for fold in folds:
        rows = slice(
            fold.test_first - folds[0].test_first,
            min(fold.test_last - folds[0].test_first + 2, len(dates)),
        )
        found = curve_metrics(result.nav[rows], dates[rows], cash[rows])
        values.append(getattr(found, metric, float("nan")))
    return np.array(values)


def _deflated(excess: Floats | None, fold: Fold, row: int) -> tuple[Luck | None, float]:
    # Row t of the excess returns is of session t + 1. A choice by another metric is deflated too.
    if excess is None:
        return None, float("nan")
    seen = excess[fold.train_first : fold.train_last]
    known: Bools = np.all(np.isfinite(seen), axis=0)
    if not known[row] or len(seen) < MIN_RETURNS or known.sum() < 2:
        return None, float("nan")
    try:
        luck = luck_of_the_best(seen[:, known])
        return luck, probabilistic_sharpe(sharpe_moments(seen[:, row]), luck.expected_best)
    except InputsError:  # nothing moved
        return None, float("nan")


def sure_of(excess: Floats) -> float:
    """Return the probability that the true Sharpe ratio of excess returns is above 0, or NaN."""
    try:
        return probabilistic_sharpe(sharpe_moments(excess))
    except (HistoryError, InputsError):  # too few returns, or none that moves
        return float("nan")


def _paths(excess: Floats | None, windows: WalkWindows) -> PurgedPaths | None:
    if excess is None:
        return None
    known = excess[:, np.isfinite(excess).all(axis=0)]
    if known.shape[1] < 2 or len(known) < MIN_PER_GROUP * windows.groups:
        return None
    return purged_paths(
        known, groups=windows.groups, tests=windows.tests,
        purge=windows.purge, embargo=windows.embargo,
    )  # fmt: skip
