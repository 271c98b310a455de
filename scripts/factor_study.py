"""The factors of the real market and what followed them: the material of docs/factors.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from core.book import build_book
from core.factors.evaluation import FactorEvaluation, evaluate
from core.factors.evaluation_residual import residual
from core.factors.evaluation_returns import forward_returns
from core.factors.evaluation_statistics import automatic_lags, mean_test
from core.factors.names import AVAILABLE_FACTORS, REGIMES
from core.factors.scores import zscore
from core.factors.topology import return_windows, topology, topology_statistics
from core.factors.topology_config import TopologyConfig
from core.factors.topology_diagrams import diagrams_of
from core.factors.topology_features import FEATURES
from core.factors.trailing import simple_returns, trailing_volatility
from core.market import Floats, Ints, MarketPanel
from core.periods import resolve_period
from core.scenario import preset, with_values
from core.signals import Signals
from core.units import Bools
from dashboard.pipeline import Pipeline

__all__ = ["CHOSEN_UNTIL", "EMBEDDINGS", "Study", "Variant", "study_of"]

START: Final = dt.date(2016, 1, 4)
#: A variant may be chosen by outcomes that were complete on this date; what came later judges it.
CHOSEN_UNTIL: Final = np.datetime64("2020-12-31")
#: (window, dimension, delay) that were tried, the origin report's first.
EMBEDDINGS: Final = ((60, 3, 1), (20, 3, 1), (40, 3, 1), (60, 2, 1), (60, 4, 1), (60, 3, 5))
LIMIT: Final = 3.0  # factors.winsor_limit of the presets
_FLIPS: Final = 1000
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to turn a window of returns into a score, and its rank IC before and after."""

    config: TopologyConfig
    scores: Floats
    evaluation: FactorEvaluation

    @property
    def name(self) -> str:
        """What it is, for a table."""
        own = self.config
        returns = "normalised" if own.normalised else "raw"
        shape = f"{own.window_days} days, {own.dimension}-d, delay {own.delay_days}"
        return f"{shape}, {returns}, H{own.homology} {own.statistic.replace('_', ' ')}"


@dataclass(frozen=True, eq=False)
class Study:
    """Scores of every factor at every month's end and the returns until the next."""

    market: MarketPanel
    signals: Signals
    composite: Floats

    @cached_property
    def rebalance(self) -> Ints:
        """Sessions at whose close scores are known, int64[R]."""
        return self.signals.rebalance

    @cached_property
    def universe(self) -> Bools:
        """The cross-section of each date, bool[R, N]."""
        return self.signals.universe

    @cached_property
    def forward(self) -> Floats:
        """Returns from fill to fill, float64[R, N]."""
        return forward_returns(self.market, self.rebalance)

    @cached_property
    def years(self) -> Ints:
        """Year of each decision."""
        days = self.market.sessions[self.rebalance].astype("datetime64[Y]")
        return days.astype(np.int64) + 1970

    @cached_property
    def regimes(self) -> list[str]:
        """Regime in force at each decision."""
        return [REGIMES[code] for code in self.signals.regime[self.rebalance]]

    @cached_property
    def early(self) -> Bools:
        """Decisions whose outcome was complete at CHOSEN_UNTIL, bool[R]."""
        ends = np.append(self.rebalance[1:] + 1, len(self.market.sessions))
        days = self.market.sessions[np.minimum(ends, len(self.market.sessions) - 1)]
        return (days <= CHOSEN_UNTIL) & (ends < len(self.market.sessions))

    @cached_property
    def returns(self) -> Floats:
        """Daily returns, float64[T, N]."""
        return simple_returns(self.market.close)

    @cached_property
    def volatility(self) -> Floats:
        """Volatility over the origin report's window, float64[R, N]."""
        rows = [trailing_volatility(self.returns, int(t), 60) for t in self.rebalance]
        return np.stack(rows)

    @cached_property
    def origin(self) -> TopologyConfig:
        """The factor as the origin report has it, with the defaults of the project."""
        return TopologyConfig()

    @cached_property
    def scores(self) -> Mapping[str, Floats]:
        """Z-scores by factor; the composite is that of Phase 8, without topology."""
        panel = self.signals.panel.values
        own = topology(self.returns, self.rebalance, self.universe, self.origin)
        known = {name: panel[:, :, column] for column, name in enumerate(AVAILABLE_FACTORS)}
        return known | {
            "topology": self.scored(own),
            "low volatility": self.scored(-self.volatility),
            "composite": self.composite,
        }

    def scored(self, values: Floats) -> Floats:
        """Winsorised z-scores of raw values by date."""
        rows = zip(values, self.universe, strict=True)
        return np.stack([zscore(row, inside, LIMIT) for row, inside in rows])

    def judged(self, scores: Floats) -> FactorEvaluation:
        """Evaluate scores against what followed."""
        return evaluate(scores, self.forward, self.universe)

    @cached_property
    def evaluations(self) -> Mapping[str, FactorEvaluation]:
        """Evaluation of each of the scores."""
        return {name: self.judged(values) for name, values in self.scores.items()}

    def left_over(self, scores: Floats) -> Floats:
        """Take volatility (60 and 252 sessions) and sector out of scores."""
        sizes = (self.volatility, self.signals.panel.volatility)
        exposures = np.stack([self.scored(size) for size in sizes], axis=2)
        return residual(scores, exposures, self.market.sector, universe=self.universe)

    @cached_property
    def variants(self) -> list[Variant]:
        """Every variant that was tried, low preferred; equal ones once."""
        return [variant for shape in EMBEDDINGS for variant in self._embedded(*shape)]

    def _embedded(self, window: int, dimension: int, delay: int) -> list[Variant]:
        windows = return_windows(self.returns, self.rebalance, self.universe, window)
        diagrams = diagrams_of(windows.values, dimension, delay)
        found = []
        for normalised in (False, True):
            table = topology_statistics(windows, diagrams, normalised=normalised)
            for column, feature in enumerate(FEATURES):
                if normalised and feature.endswith("entropy"):
                    continue  # free of scale: the same as with raw returns
                fields = {
                    "window_days": window,
                    "dimension": dimension,
                    "delay_days": delay,
                    "normalised": normalised,
                    "homology": int(feature[1]),
                    "statistic": feature[3:],
                }
                scores = self.scored(-table[:, :, column])
                config = TopologyConfig.model_validate(fields)
                found.append(Variant(config, scores, self.judged(scores)))
        return found

    @cached_property
    def best(self) -> Variant:
        """The variant with the largest |t| of the rank IC until CHOSEN_UNTIL, its sign learnt."""
        every = [abs(mean_test(each.evaluation.rank_ic[self.early]).t) for each in self.variants]
        found = self.variants[int(np.argmax(every))]
        if np.nanmean(found.evaluation.rank_ic[self.early]) >= 0.0:
            return found
        config = found.config.model_copy(update={"prefer": "high"})
        return Variant(config, -found.scores, self.judged(-found.scores))

    @cached_property
    def luck(self) -> float:
        """Share of worlds without any skill in which the best |t| is at least as large.

        In each, every month's information coefficients of all variants change their sign together
        or not: their relations stay, their means are 0.
        """
        every = np.stack([each.evaluation.rank_ic[self.early] for each in self.variants])
        best = abs(mean_test(self.best.evaluation.rank_ic[self.early]).t)
        generator = np.random.default_rng(_SEED)
        signs = generator.choice([-1.0, 1.0], size=(_FLIPS, every.shape[1]))
        return float(np.mean([np.abs(_t_values(every * sign)).max() >= best for sign in signs]))


def _t_values(series: Floats) -> Floats:
    # mean_test(...).t of each row of complete series.
    count = series.shape[1]
    mean = series.mean(axis=1)
    rest = series - mean[:, None]
    total = (rest * rest).sum(axis=1)
    lags = automatic_lags(count)
    for lag in range(1, lags + 1):
        weight = 2.0 * (1.0 - lag / (lags + 1.0))
        total += weight * (rest[:, lag:] * rest[:, :-lag]).sum(axis=1)
    found: Floats = mean / np.sqrt(np.maximum(total, 1e-300) / count / (count - 1))
    return found


def study_of(pipeline: Pipeline, source: str) -> Study:
    """Load everything from the store."""
    market = pipeline.market(source)
    fields = {"universe.source": source, "period.start": START}
    scenario = with_values(preset("Phase 8"), fields)
    signals = pipeline.signals(market, scenario, resolve_period(market, scenario))
    return Study(market, signals, build_book(market, signals, scenario).composite)
