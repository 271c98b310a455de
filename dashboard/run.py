"""One finished run: everything the faces show, and frames made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from core.book import Book
from core.metrics import Metrics
from core.result import BacktestResult
from core.signals import Signals

from core.config import Scenario
from core.factors.names import REGIMES
from core.market import Dates, Floats, MarketPanel
from core.simulation import SimulationInputs

__all__ = ["Run", "Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time a stage took; a stage read from a cache shows what the reading took."""

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
    benchmark : float64[T] or None
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
    benchmark: Floats | None
    benchmark_name: str
    benchmark_metrics: Metrics | None
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

    def equity_frame(self) -> pd.DataFrame:
        """Growth of 1: column portfolio and, where there is one, benchmark."""
        columns = {"portfolio": self.result.nav / self.result.initial_nav}
        if self.benchmark is not None:
            columns["benchmark"] = self.benchmark
        return pd.DataFrame(columns, index=self.index)

    def underwater_frame(self) -> pd.DataFrame:
        """Drawdowns in [−1, 0] of the same columns, the start included."""
        columns = {"portfolio": self.result.drawdown}
        if self.benchmark is not None:
            filled = pd.Series(self.benchmark).ffill().to_numpy()
            columns["benchmark"] = filled / np.maximum.accumulate(filled) - 1.0
        return pd.DataFrame(columns, index=self.index)

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

    def sector_frame(self) -> pd.DataFrame:
        """Weight of each sector, fractions of NAV, one column a sector that was ever held."""
        weights = self.result.weights
        if weights is None:
            raise ValueError("sector weights need a run with weights=True, this one has none")
        names = sorted(set(self.sectors))
        held = np.array(self.sectors)
        table = {name: weights[:, held == name].sum(axis=1) for name in names}
        return pd.DataFrame(table, index=self.index)

    def regime_series(self) -> pd.Series:
        """Regime label of each session."""
        codes = self.regime[self.first : self.first + len(self.result.nav)]
        return pd.Series(np.array(REGIMES)[codes], index=self.index, name="regime")

    def sector_shares(self) -> Mapping[str, float]:
        """Average share of each sector in what was invested, largest first; they sum to 1."""
        totals = self.sector_frame().mean()
        invested = float(totals.sum())
        if invested <= 0.0:
            return {}
        shares = (totals / invested).sort_values(ascending=False)
        return {str(name): float(share) for name, share in shares.items() if share > 0.0}
