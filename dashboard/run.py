"""One finished run: everything the faces show, and frames made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from core.book import Book
from core.config import Scenario
from core.factors.names import REGIMES
from core.limits import CapBreaches, cap_breaches
from core.market import Dates, Floats, MarketPanel
from core.metrics import CurveMetrics, Metrics, drawdown_series
from core.result import BacktestResult
from core.scenario import scenario_hash
from core.signals import Signals
from core.simulation import SimulationInputs

__all__ = ["STAGES", "Run", "Timing", "weights_by_sector"]

STAGES: Final = ("warm_up", "load", "signals", "book", "simulate")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time a stage took; a stage read from a cache shows what the reading took.

    ``warm_up`` is compiling the engine or loading what was compiled; nothing once a process did.
    """

    warm_up: float
    load: float
    signals: float
    book: float
    simulate: float
    total: float

    def as_dict(self) -> dict[str, float]:
        """Return stage → seconds."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, eq=False)
class Run:
    """A scenario, the data it ran on and what came out.

    Attributes
    ----------
    first : int
        Index in ``market.sessions`` of the first simulated session.
    columns : int64[n]
        Columns of the market that the simulation holds: names with a target at any time.
    regime : int64[T_market]
        Regime code of every session of the market.
    benchmark : float64[T]
        Benchmark over the simulated sessions, 1.0 on the first.
    """

    scenario: Scenario
    market: MarketPanel
    signals: Signals | None
    regime: np.ndarray
    book: Book
    first: int
    columns: np.ndarray
    inputs: SimulationInputs
    result: BacktestResult
    metrics: Metrics
    benchmark: Floats
    benchmark_name: str
    benchmark_metrics: CurveMetrics
    timing: Timing
    notes: tuple[str, ...]

    @property
    def dates(self) -> Dates:
        """Simulated sessions, datetime64[D][T]."""
        return self.market.sessions[self.first : self.first + len(self.result.nav)]

    @property
    def index(self) -> pd.DatetimeIndex:
        """Simulated sessions as an index for frames."""
        return pd.DatetimeIndex(self.dates.astype("datetime64[s]"), name="date")

    @cached_property
    def tickers(self) -> tuple[str, ...]:
        """Ticker of every simulated column."""
        return tuple(self.market.tickers[i] for i in self.columns)

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """Sector of every simulated column."""
        return tuple(self.market.sector[i] for i in self.columns)

    @cached_property
    def content_key(self) -> str:
        """Text that two runs share only where setting, data, sessions and last NAV are the same."""
        window = f"{self.dates[0]}-{self.dates[-1]}"
        end = float(self.result.nav[-1]).hex()
        return f"{scenario_hash(self.scenario)}-{self.market.fingerprint}-{window}-{end}"

    def equity_frame(self) -> pd.DataFrame:
        """Growth of 1: columns portfolio and benchmark."""
        portfolio = self.result.nav / self.result.initial_nav
        return pd.DataFrame({"portfolio": portfolio, "benchmark": self.benchmark}, self.index)

    def underwater_frame(self) -> pd.DataFrame:
        """Drawdowns in [−1, 0] of the same columns, the start included."""
        benchmark = drawdown_series(self.benchmark)
        return pd.DataFrame({"portfolio": self.result.drawdown, "benchmark": benchmark}, self.index)

    def exposure_frame(self) -> pd.DataFrame:
        """Wanted, applied and actually invested exposure, fractions of NAV."""
        result = self.result
        return pd.DataFrame(
            {
                "wanted": result.wanted_exposure,
                "applied": result.applied_exposure,
                "invested": result.invested,
            },
            index=self.index,
        )

    @property
    def caps(self) -> tuple[float | None, float | None]:
        """Position and sector cap of the targets, fractions; none apply to a book of one's own."""
        book = self.scenario.book
        return (None, None) if book.own_book is not None else (book.position_cap, book.sector_cap)

    @cached_property
    def cap_breaches(self) -> CapBreaches:
        """Spells in which a name or a sector stood above its cap; sessions count in `dates`."""
        position_cap, sector_cap = self.caps
        return cap_breaches(
            self._weights(),
            self.tickers,
            self.sectors,
            position_cap=position_cap,
            sector_cap=sector_cap,
        )

    def _weights(self) -> Floats:
        if self.result.weights is None:
            raise ValueError("weights need a run with weights=True, this one has none")
        return self.result.weights

    def sector_frame(self) -> pd.DataFrame:
        """Weight of each sector, fractions of NAV, one column a sector that was ever held."""
        return pd.DataFrame(dict(self.sector_weights), index=self.index)

    @cached_property
    def sector_weights(self) -> Mapping[str, Floats]:
        """Sector → weight[T], fractions of NAV, by name; sectors that were ever held."""
        return MappingProxyType(weights_by_sector(self._weights(), self.sectors))

    def regime_series(self) -> pd.Series:
        """Regime label of each session."""
        codes = self.regime[self.first : self.first + len(self.result.nav)]
        return pd.Series(np.array(REGIMES)[codes], index=self.index, name="regime")

    def sector_shares(self) -> Mapping[str, float]:
        """Average share of each sector in what was invested, largest first; they sum to 1."""
        return self._sector_shares

    @cached_property
    def _sector_shares(self) -> Mapping[str, float]:
        # Cards, tables and reports all ask for it; the weights of a run never change.
        totals = {name: float(weight.mean()) for name, weight in self.sector_weights.items()}
        invested = sum(totals.values())
        if invested <= 0.0:
            return MappingProxyType({})
        shares = {name: total / invested for name, total in totals.items() if total > 0.0}
        return MappingProxyType(dict(sorted(shares.items(), key=lambda item: -item[1])))


def weights_by_sector(weights: Floats, sectors: Sequence[str]) -> dict[str, Floats]:
    """Return sector → weight[T], fractions of NAV, from weights[T, n] and the sector of each."""
    # Masks take half as long as sorted columns; a product of matrices waits for its threads.
    names, of = np.unique(np.array(sectors), return_inverse=True)
    return {str(name): weights[:, of == k].sum(axis=1) for k, name in enumerate(names)}
