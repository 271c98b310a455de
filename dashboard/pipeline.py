"""Composition root, without Streamlit: from the store through the engine to a finished run."""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pandas as pd

from core.book import Book, build_book, imported_book
from core.compiled import code_fingerprint
from core.config import Scenario
from core.market import Dates, Floats, MarketPanel
from core.metrics import curve_metrics, summarise
from core.periods import resolve_period
from core.regimes import market_returns, regime_codes
from core.result import BacktestResult
from core.scenario import scenario_hash, with_values
from core.signals import Signals, compute_signals, signals_key
from core.simulation import SimulationInputs, simulate, warm_up
from dashboard import assemble
from dashboard.cache import ArrayCache
from dashboard.run import STAGES, Run, Timing
from data.catalog import Catalog

__all__ = ["Pipeline", "Progress"]

Progress = Callable[[str, float], None]
Prepared = tuple[Book, SimulationInputs, np.ndarray]
BEFORE_RISK: Final = ("universe", "period", "factors", "regimes", "book")
_KEPT_BOOKS: Final = 16
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_KEPT_MARKETS: Final = 2
_KEPT_SIGNALS: Final = 4


class Pipeline:
    """Runs scenarios over the store below `home`; safe to share between threads.

    Markets and signals are kept in memory, a few of each; signals also on disk under a content
    hash of inputs, code and parameters.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.catalog = Catalog(home)
        self._market_files = ArrayCache(home / "panels", kept=4)
        self._signal_files = ArrayCache(home / "signals", kept=64)
        self._markets: OrderedDict[tuple[str, str], MarketPanel] = OrderedDict()
        self._signals: OrderedDict[str, Signals] = OrderedDict()
        self._books: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.RLock()
        self._warm = False

    def sources(self) -> tuple[str, ...]:
        """Names of the markets in the store."""
        return self.catalog.sources()

    def books(self) -> tuple[str, ...]:
        """Names of the imported books."""
        return self.catalog.books()

    def market(self, source: str) -> MarketPanel:
        """Return the market called `source`, from memory when its snapshot has not changed."""
        with self._lock:
            while True:
                key = (source, self.catalog.snapshot(source).fingerprint)
                if key not in self._markets:
                    market = self._market_files.get(
                        f"{source}-{key[1][:32]}-{_assembly_fingerprint()}",
                        functools.partial(assemble.assemble_market, self.catalog, source),
                        MarketPanel.to_arrays,
                        MarketPanel.from_arrays,
                    )
                    if self.catalog.snapshot(source).fingerprint != key[1]:
                        continue  # replaced while it was being read: tables of two snapshots
                    _keep(self._markets, key, market, _KEPT_MARKETS)
                self._markets.move_to_end(key)
                return self._markets[key]

    def warm_up(self) -> None:
        """Compile the engine, or load what was compiled before; once a process."""
        with self._lock:
            if not self._warm:
                warm_up()
                self._warm = True

    def run(self, scenario: Scenario, progress: Progress | None = None) -> Run:
        """Run `scenario` from the store to metrics.

        Raises
        ------
        core.errors.CoreError, data.errors.DataError
            Typed, with what was expected, what was found and the way out.
        """
        say = progress or (lambda _stage, _share: None)
        clock = [time.perf_counter()]
        say("Loading the compiled engine (compiled once, up to a minute)", 0.0)
        self.warm_up()
        clock.append(time.perf_counter())
        say("Reading prices", 0.2)
        market = self.market(scenario.universe.source)
        own = None if scenario.book.own_book is None else self.catalog.book(scenario.book.own_book)
        first, last = resolve_period(market, _from_first_date(scenario, own))
        clock.append(time.perf_counter())
        say("Computing signals", 0.3)
        signals = self.signals(market, scenario, first, last) if own is None else None
        clock.append(time.perf_counter())
        say("Building the book", 0.8)
        book, inputs, columns = self._prepared(market, signals, own, scenario, (first, last))
        clock.append(time.perf_counter())
        say("Simulating", 0.9)
        result = simulate(inputs, scenario.risk, weights=True)
        clock.append(time.perf_counter())
        run = _finish(scenario, market, signals, book, first, columns, inputs, result, clock)
        say("Done", 1.0)
        return run

    def signals(self, market: MarketPanel, scenario: Scenario, first: int, last: int) -> Signals:
        """Return factor panel, universe and regimes of the period, from a cache where possible."""
        key = f"{signals_key(market.fingerprint, scenario)}-{code_fingerprint()}"
        with self._lock:
            if key not in self._signals:
                signals = self._signal_files.get(
                    key,
                    lambda: compute_signals(market, scenario, (first, last)),
                    Signals.to_arrays,
                    Signals.from_arrays,
                )
                _keep(self._signals, key, signals, _KEPT_SIGNALS)
            self._signals.move_to_end(key)
            return self._signals[key]

    def _prepared(
        self,
        market: MarketPanel,
        signals: Signals | None,
        own: pd.DataFrame | None,
        scenario: Scenario,
        period: tuple[int, int],
    ) -> Prepared:
        """Return book and inputs, kept as long as only risk fields change."""
        if own is not None:  # may be imported anew under its name
            return _prepare(market, signals, own, scenario, period)
        key = f"{market.fingerprint}-{scenario_hash(scenario, BEFORE_RISK)}"
        with self._lock:
            if key not in self._books:
                prepared = _prepare(market, signals, own, scenario, period)
                _keep(self._books, key, prepared, _KEPT_BOOKS)
            self._books.move_to_end(key)
            return self._books[key]


def _from_first_date(scenario: Scenario, own: pd.DataFrame | None) -> Scenario:
    # A book of one's own needs no history for signals: without a start it begins with its dates.
    if own is None or scenario.period.start is not None:
        return scenario
    return with_values(scenario, {"period.start": own["date"].min().date()})


def _book(
    market: MarketPanel,
    signals: Signals | None,
    own: pd.DataFrame | None,
    scenario: Scenario,
    period: tuple[int, int],
) -> Book:
    if signals is not None:
        return build_book(market, signals, scenario)
    assert own is not None  # there are signals, or a book of one's own
    codes, _ = regime_codes(market, scenario.regimes)
    return imported_book(market, own, *period, codes)


def _keep(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)


def _prepare(
    market: MarketPanel,
    signals: Signals | None,
    own: pd.DataFrame | None,
    scenario: Scenario,
    period: tuple[int, int],
) -> Prepared:
    book = _book(market, signals, own, scenario, period)
    return book, *_inputs(market, book, *period)


def _inputs(
    market: MarketPanel, book: Book, first: int, last: int
) -> tuple[SimulationInputs, np.ndarray]:
    """Cut the period and the names that ever have a target out of the market."""
    columns = np.flatnonzero((book.target > 0.0).any(axis=0))
    rows = slice(first, last + 1)
    length = last + 1 - first
    ends = market.last_session[columns] - first
    return SimulationInputs(
        close=np.ascontiguousarray(market.close[rows][:, columns]),
        rebalance=book.rebalance - first,
        target=np.ascontiguousarray(book.target[:, columns]),
        alpha=None if book.alpha is None else np.ascontiguousarray(book.alpha[:, columns]),
        last_session=np.minimum(ends, length),
        delisting_return=market.delisting_return[columns],
        data_ended=market.data_ended[columns],
        cash_rate=market.cash_rate[rows],
    ), columns


def _finish(
    scenario: Scenario,
    market: MarketPanel,
    signals: Signals | None,
    book: Book,
    first: int,
    columns: np.ndarray,
    inputs: SimulationInputs,
    result: BacktestResult,
    clock: list[float],
) -> Run:
    rows = slice(first, first + len(result.nav))
    dates = market.sessions[rows]
    benchmark, benchmark_name = _benchmark(market, rows)
    stages = dict(zip(STAGES, (float(s) for s in np.diff(clock)), strict=True))
    return Run(
        scenario=scenario,
        market=market,
        signals=signals,
        regime=signals.regime if signals else regime_codes(market, scenario.regimes)[0],
        book=book,
        first=first,
        columns=columns,
        inputs=inputs,
        result=result,
        metrics=summarise(result, dates, inputs.cash_rate),
        benchmark=benchmark,
        benchmark_name=benchmark_name,
        benchmark_metrics=curve_metrics(benchmark, dates, inputs.cash_rate),
        timing=Timing(**stages, total=clock[-1] - clock[0]),
        notes=_notes(scenario, market, signals, book, dates, inputs),
    )


def _benchmark(market: MarketPanel, rows: slice) -> tuple[Floats, str]:
    """Cut the benchmark to the period, 1.0 at its start; without one, equal-weighted members."""
    if market.benchmark is not None:
        level = market.benchmark[rows]
        if np.isfinite(level).all():
            return level / level[0], market.benchmark_name
    returns = market_returns(market.close, market.member)[rows]
    level = np.cumprod(1.0 + np.r_[0.0, np.nan_to_num(returns[1:])])
    return level, "Equal-weighted index members"


def _notes(
    scenario: Scenario,
    market: MarketPanel,
    signals: Signals | None,
    book: Book,
    dates: Dates,
    inputs: SimulationInputs,
) -> tuple[str, ...]:
    notes = ["Simulated market: no figure here is about real companies"] if market.simulated else []
    notes.extend(book.notes)
    notes.extend(signals.notes if signals else ())
    if len(inputs.rebalance) and inputs.rebalance[0] > 0:
        notes.append(
            f"in cash until the first decision at the close of {dates[inputs.rebalance[0]]}"
        )
    return (*notes, *market.notes, *scenario.warnings())


@functools.cache
def _assembly_fingerprint() -> str:
    # What makes a panel from tables lies outside core/, so its own text belongs to the key.
    own = hashlib.sha256(Path(assemble.__file__).read_bytes()).hexdigest()[:8]
    return f"{code_fingerprint()}-{own}"
