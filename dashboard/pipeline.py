"""Composition root, without Streamlit: from the store through the engine to a finished run."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.compiled import code_fingerprint
from core.config import Scenario
from core.errors import InputsError
from core.fallbacks import with_fallbacks
from core.market import Dates, MarketPanel
from core.metrics import curve_metrics, summarise
from core.periods import resolve_period
from core.result import BacktestResult
from core.scenario import scenario_hash, with_values
from core.signals import Signals, compute_signals, signals_key
from core.simulation import simulate, warm_up
from core.sleeves import sleeve_funds, with_funds
from dashboard import assemble
from dashboard.assemble import assemble_market
from dashboard.benchmark import benchmark_of
from dashboard.cache import ArrayCache, contents
from dashboard.diagrams import DiagramCache, mute
from dashboard.errors import SleeveFundError
from dashboard.execution import check_prices, stand_in_notes
from dashboard.memo import Memo
from dashboard.prepared import Prepared, book_inputs, prepare
from dashboard.progress import engine_words
from dashboard.run import STAGES, Run, Timing
from data import catalog, frames, schema, snapshot
from data.errors import StoreCorruptError
from data.snapshot import Snapshot

__all__ = ["Pipeline", "Prepared", "Progress", "book_inputs", "prepare", "reading_fingerprint"]

Progress = Callable[[str, float], None]
BEFORE_RISK: Final = ("universe", "period", "factors", "regimes", "book")
SIMULATED: Final = (
    "Simulated market: no figure here is about real companies, and it is kinder than real markets"
)
_KEPT_MARKETS, _KEPT_SIGNALS, _KEPT_BOOKS = 2, 4, 16


class Pipeline:
    """Runs scenarios over the store below `home`; safe to share between threads.

    Markets, signals and books are kept in memory, a few of each; markets and signals also on disk,
    under a content hash of inputs, code and parameters.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.catalog = catalog.Catalog(home)
        self._market_files = ArrayCache(home / "panels", kept=4)
        self._signal_files = ArrayCache(home / "signals", kept=64)
        self._diagrams = DiagramCache(home / "topology")
        self._markets: Memo[str, MarketPanel] = Memo(_KEPT_MARKETS)
        self._funded: Memo[str, MarketPanel] = Memo(1)
        self._signals: Memo[str, Signals] = Memo(_KEPT_SIGNALS)
        self._books: Memo[str, Prepared] = Memo(_KEPT_BOOKS)
        self._warm: Memo[str, None] = Memo(1)

    def sources(self) -> tuple[str, ...]:
        """Names of the markets in the store."""
        return self.catalog.sources()

    def books(self) -> tuple[str, ...]:
        """Names of the imported books."""
        return self.catalog.books()

    def key(self, scenario: Scenario) -> str:
        """Return a hash that differs whenever the run of `scenario` may: of fields and of data."""
        return f"{self.data_key(scenario)}-{scenario_hash(scenario)}"

    def data_key(self, scenario: Scenario) -> str:
        """Return a hash of the data alone, with which every key of `scenario` begins."""
        market = self.catalog.snapshot(scenario.universe.source).fingerprint
        return f"{market}-{self._own_fingerprint(scenario)}"

    def market(self, source: str) -> MarketPanel:
        """Return the market called `source`, from memory when its snapshot has not changed."""
        while True:
            current = self.catalog.snapshot(source)
            try:
                return self._assembled(current)
            except StoreCorruptError:
                # Two imports during the reading sweep the snapshot that is being read.
                if self.catalog.snapshot(source).snapshot_id == current.snapshot_id:
                    raise

    def market_of(self, scenario: Scenario) -> MarketPanel:
        """Return the market of `scenario` with the funds of its sleeves, from memory if it can."""
        market, funds = self.market(scenario.universe.source), sleeve_funds(scenario.book)
        if not funds:
            return market
        key = f"{market.source}-{market.fingerprint}-{','.join(funds)}"
        return self._funded.get(key, lambda: _with_funds(market, funds))

    def _assembled(self, current: Snapshot) -> MarketPanel:
        key = f"{current.name}-{current.fingerprint}-{reading_fingerprint()}"
        return self._markets.get(
            key,
            lambda: self._market_files.get(
                key,
                lambda: assemble_market(self.catalog, current),
                MarketPanel.to_arrays,
                MarketPanel.from_arrays,
            ),
        )

    def warm_up(self) -> None:
        """Compile the engine, or load what was compiled before; once a process."""
        self._warm.get("engine", warm_up)

    def run(self, scenario: Scenario, progress: Progress | None = None) -> Run:
        """Run `scenario` from the store to metrics.

        Raises
        ------
        core.errors.CoreError, data.errors.DataError
            Typed, with what was expected, what was found and the way out.
        """
        say, clock = progress or mute, [time.perf_counter()]
        self.data_key(scenario)  # a market or book that is not there is named before compiling
        say(engine_words(self.home), 0.0)
        self.warm_up()
        clock.append(time.perf_counter())
        say("Reading prices", 0.2)
        market = self.market_of(scenario)
        own = self.own_book(scenario)
        check_prices(market, scenario.risk)
        period = resolve_period(market, _from_first_date(scenario, own))
        clock.append(time.perf_counter())
        say("Computing signals", 0.3)
        signals = self.signals(market, scenario, period, say) if own is None else None
        clock.append(time.perf_counter())
        say("Building the book", 0.8)
        prepared = self._books.get(
            f"{market.fingerprint}-{contents(own)}-{scenario_hash(scenario, BEFORE_RISK)}",
            lambda: prepare(
                market, signals, own, scenario, period, diagrams=self._diagrams.telling(say)
            ),
        )
        clock.append(time.perf_counter())
        say("Simulating", 0.9)
        result = simulate(prepared.inputs, scenario.risk, weights=True)
        result = with_fallbacks(result, prepared.book.fallbacks, period[0])
        clock.append(time.perf_counter())
        run = _finish(scenario, market, signals, prepared, period[0], result, clock)
        if own is not None and (held := self.catalog.snapshot(market.source).withheld_from):
            note = f"own book: nothing of it from {held} on is read, where the holdout is sealed"
            run = replace(run, notes=(*run.notes, note))
        say("Done", 1.0)
        return run

    def signals(
        self, market: MarketPanel, scenario: Scenario, period: tuple[int, int], say: Progress = mute
    ) -> Signals:
        """Return factor panel, universe and regimes of the period, from a cache where possible."""
        key = f"{signals_key(market.fingerprint, scenario)}-{reading_fingerprint()}"
        diagrams = self._diagrams.telling(say)
        return self._signals.get(
            key,
            lambda: self._signal_files.get(
                key,
                lambda: compute_signals(market, scenario, period, diagrams=diagrams),
                Signals.to_arrays,
                Signals.from_arrays,
            ),
        )

    def own_book(self, scenario: Scenario) -> pd.DataFrame | None:
        """Return the weights of one's own that a sealed holdout leaves to `scenario`, if any."""
        name = scenario.book.own_book
        return None if name is None else self.catalog.book(name, scenario.universe.source)

    def _own_fingerprint(self, scenario: Scenario) -> str:
        own = scenario.book.own_book
        return "ensemble" if own is None else self.catalog.book_fingerprint(own)


def _with_funds(market: MarketPanel, funds: dict[str, str]) -> MarketPanel:
    try:
        return with_funds(market, funds)
    except InputsError as error:
        raise SleeveFundError(str(error)) from error


def _from_first_date(scenario: Scenario, own: pd.DataFrame | None) -> Scenario:
    # A book of one's own needs no history for signals: without a start it begins with its dates.
    if own is None or scenario.period.start is not None:
        return scenario
    return with_values(scenario, {"period.start": own["date"].min().date()})


def _finish(
    scenario: Scenario,
    market: MarketPanel,
    signals: Signals | None,
    prepared: Prepared,
    first: int,
    result: BacktestResult,
    clock: list[float],
) -> Run:
    rows = slice(first, first + len(result.nav))
    dates = market.sessions[rows]
    cash_rate = prepared.inputs.cash_rate
    benchmark, benchmark_name, benchmark_notes = benchmark_of(market, rows)
    stages = dict(zip(STAGES, (float(s) for s in np.diff(clock)), strict=True))
    return Run(
        scenario=scenario,
        market=market,
        signals=signals,
        regime=prepared.regime,
        book=prepared.book,
        first=first,
        columns=prepared.columns,
        inputs=prepared.inputs,
        result=result,
        metrics=summarise(result, dates, cash_rate),
        benchmark=benchmark,
        benchmark_name=benchmark_name,
        benchmark_metrics=curve_metrics(benchmark, dates, cash_rate),
        timing=Timing(**stages, total=clock[-1] - clock[0]),
        notes=(*_notes(scenario, market, signals, prepared, dates), *benchmark_notes),
    )


def _notes(
    scenario: Scenario,
    market: MarketPanel,
    signals: Signals | None,
    prepared: Prepared,
    dates: Dates,
) -> tuple[str, ...]:
    notes = [*([SIMULATED] if market.simulated else []), *prepared.book.notes]
    notes.extend(signals.notes if signals else ())
    decisions = prepared.inputs.rebalance
    if len(decisions) and decisions[0] > 0:
        notes.append(f"in cash until the first decision at the close of {dates[decisions[0]]}")
    notes.extend(stand_in_notes(scenario.risk, prepared.inputs))
    return (*notes, *market.notes, *scenario.warnings())


@functools.cache
def reading_fingerprint() -> str:
    """Return a hash of all code that stands between the files of a store and signals."""
    digest = hashlib.sha256(code_fingerprint().encode())
    for module in (assemble, catalog, frames, schema, snapshot):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]
