"""Between signals and simulation: the book of a scenario and what a simulation of it reads."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.book import Book, build_book, imported_book
from core.book_effects import has_effects, with_effects
from core.config import Scenario
from core.factors.topology_diagrams import DiagramSource, diagrams_of
from core.fallbacks import regime_fallbacks
from core.market import Ints, MarketPanel
from core.regimes import regime_codes
from core.signals import Signals
from core.simulation import SimulationInputs
from core.sleeves import with_sleeves
from dashboard.execution import inside_prices

__all__ = ["Prepared", "book_inputs", "prepare"]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a risk field does not change: the book and the simulation's inputs.

    ``columns`` are those of the market that are simulated, ``regime`` codes of all its sessions.
    """

    book: Book
    regime: Ints
    inputs: SimulationInputs
    columns: Ints


def prepare(
    market: MarketPanel,
    signals: Signals | None,
    own: pd.DataFrame | None,
    scenario: Scenario,
    period: tuple[int, int],
    *,
    diagrams: DiagramSource = diagrams_of,
) -> Prepared:
    """Build the book of `scenario` and what a simulation of it reads; `own` where no signals."""
    if signals is not None:
        book, regime = build_book(market, signals, scenario), signals.regime
        book = with_sleeves(book, market, scenario.book)
    else:
        assert own is not None  # there are signals, or a book of one's own
        regime, _ = regime_codes(market, scenario.regimes, diagrams=diagrams)
        book = imported_book(market, own, *period, regime)
    if signals is not None or has_effects(scenario.regimes):
        told = (*book.fallbacks, *regime_fallbacks(market, scenario, book.rebalance))
        told = tuple(sorted(told, key=lambda one: one.session))
        book = dataclasses.replace(book, fallbacks=told)
    book = with_effects(book, market, scenario.regimes)
    columns = np.flatnonzero((book.target > 0.0).any(axis=0))
    return Prepared(book, regime, book_inputs(market, book, columns, period), columns)


def book_inputs(
    market: MarketPanel, book: Book, columns: Ints, period: tuple[int, int]
) -> SimulationInputs:
    """Return what a simulation of `book` reads: only the period, only the names in `columns`."""
    first, last = period
    rows = slice(first, last + 1)
    length = last + 1 - first
    ends = market.last_session[columns] - first
    return SimulationInputs(
        close=np.ascontiguousarray(market.close[rows][:, columns]),
        rebalance=book.rebalance - first,
        target=np.ascontiguousarray(book.target[:, columns]),
        alpha=None if book.alpha is None else np.ascontiguousarray(book.alpha[:, columns]),
        leverage=book.leverage,
        stop_scale=book.stop_scale,
        last_session=np.minimum(ends, length),
        delisting_return=market.delisting_return[columns],
        data_ended=market.data_ended[columns],
        cash_rate=market.cash_rate[rows],
        **inside_prices(market, rows, columns),
    )
