"""What a study of factors found, as numbers and frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from core.factors.evaluation import FactorEvaluation
from core.factors.evaluation_statistics import MeanTest, by_label, mean_test
from core.regime_stats import MINIMUM_REBALANCES
from core.units import Floats

__all__ = ["AHEAD", "COMPOSITE", "LEAST", "QUANTILES", "FactorStudy"]

COMPOSITE: Final = "composite"
QUANTILES: Final = 5
#: Months between the end of a score's own month and the month it is held against; 0 = the next.
AHEAD: Final = (0, 1, 2, 5, 11)
#: Months below which nothing is said of a group: a regime as on the Regimes page, a year may be
#: a part year.
LEAST: Final = MappingProxyType({"year": 6, "regime": MINIMUM_REBALANCES})


@dataclass(frozen=True, slots=True, eq=False)
class FactorStudy:
    """The scores of a run against what followed, by factor and for the composite.

    Attributes
    ----------
    names : tuple of F str
        ``momentum``, ``topology``, ``value``, ``quality`` as far as they were judged, then
        ``composite``.
    index : DatetimeIndex
        Dates of the R decisions.
    evaluations : mapping of name to FactorEvaluation
    decays : mapping of name to list of MeanTest
        One a value of ``AHEAD``.
    correlations : float64[F, F]
        Mean rank correlation over the dates, in the order of `names`.
    regimes : tuple of R str
        Regime of the book at each decision.
    cost_bps : float
        What a trade costs in the scenario, basis points of what is traded.
    apart : tuple of str
        Factors that were judged although the composite does not hold them.
    """

    names: tuple[str, ...]
    index: pd.DatetimeIndex
    evaluations: Mapping[str, FactorEvaluation]
    decays: Mapping[str, list[MeanTest]]
    correlations: Floats
    regimes: tuple[str, ...]
    cost_bps: float
    apart: tuple[str, ...]

    def series(self, name: str) -> pd.DataFrame:
        """Return what is known of a factor decision by decision.

        Columns: rank_ic, cumulative_rank_ic, ic, spread, net_spread, growth, net_growth (of 1, of
        the spread before and after costs), turnover, new_in_highest, persistence, coverage and
        quantile_1 … quantile_5, the lowest scores first. Fractions; NaN = not known.
        """
        found = self.evaluations[name]
        net = found.net_spread(self.cost_bps)
        columns: dict[str, Floats] = {
            "rank_ic": found.rank_ic,
            "cumulative_rank_ic": _summed(found.rank_ic),
            "ic": found.ic,
            "spread": found.spread,
            "net_spread": net,
            "growth": _grown(found.spread),
            "net_growth": _grown(net),
            "turnover": found.turnover,
            "new_in_highest": found.replaced,
            "persistence": found.persistence,
            "coverage": found.coverage,
        }
        columns |= {f"quantile_{q + 1}": found.quantiles[:, q] for q in range(QUANTILES)}
        return pd.DataFrame(columns, self.index)

    def summary(self) -> pd.DataFrame:
        """Return one row a factor: means over all decisions, with Newey–West intervals."""
        rows = {name: self._summary(found) for name, found in self.evaluations.items()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")

    def _summary(self, found: FactorEvaluation) -> dict[str, Any]:
        tests = found.tests() | {"net_spread": mean_test(found.net_spread(self.cost_bps))}
        row: dict[str, Any] = {"months": tests["rank_ic"].count}
        for name in ("rank_ic", "ic", "spread", "net_spread"):
            row |= _test_columns(name, tests[name])
        return row | {
            "turnover": tests["turnover"].mean,
            "new_in_highest": _mean(found.replaced),
            "persistence": _mean(found.persistence),
            "coverage": _mean(found.coverage),
        }

    def row(self, name: str) -> dict[str, float]:
        """Return the row of one factor in :meth:`summary`."""
        return self._summary(self.evaluations[name])

    def quantiles(self, name: str) -> pd.DataFrame:
        """Return a row a quantile: mean return a month, and its gap to the mean of all five."""
        returns = self.evaluations[name].quantiles
        known = np.isfinite(returns).all(axis=1)
        apart = returns - returns.mean(axis=1, keepdims=True)
        tests = [mean_test(apart[known, q]) for q in range(QUANTILES)]
        return pd.DataFrame(
            {
                "mean": [_mean(returns[known, q]) for q in range(QUANTILES)],
                "gap": [test.mean for test in tests],
                "low": [test.low for test in tests],
                "high": [test.high for test in tests],
                "t": [test.t for test in tests],
            },
            index=pd.Index(range(1, QUANTILES + 1), name="quantile"),
        )

    def by(self, group: str) -> pd.DataFrame:
        """Return the rank IC by ``year`` or ``regime``: a row a group and factor.

        Groups with fewer than ``LEAST`` months have their count and nothing else.
        """
        labels = self.index.year.to_numpy() if group == "year" else np.array(self.regimes)
        rows = []
        for name, found in self.evaluations.items():
            for label, test in by_label(found.rank_ic, labels).items():
                said = _test_columns("rank_ic", test)
                if test.count < LEAST[group]:
                    said = dict.fromkeys(said, np.nan)
                rows.append({group: label, "factor": name, "months": test.count} | said)
        return pd.DataFrame(rows).set_index([group, "factor"])

    def decay_of(self, name: str) -> pd.DataFrame:
        """Return the rank IC of one factor with later months: a row a month."""
        rows = [
            {"month": ahead + 1, "months": test.count} | _test_columns("rank_ic", test)
            for ahead, test in zip(AHEAD, self.decays[name], strict=True)
        ]
        return pd.DataFrame(rows).set_index("month")

    def decay_frame(self) -> pd.DataFrame:
        """Return the rank IC with the return of a later month: a row a factor and month."""
        return pd.concat({name: self.decay_of(name) for name in self.names}, names=["factor"])

    def correlation_frame(self) -> pd.DataFrame:
        """Return the mean rank correlation of each two factors."""
        return pd.DataFrame(
            self.correlations, pd.Index(self.names, name="factor"), list(self.names)
        )


def _test_columns(name: str, test: MeanTest) -> dict[str, float]:
    return {
        name: test.mean,
        f"{name}_t": test.t,
        f"{name}_low": test.low,
        f"{name}_high": test.high,
    }


def _mean(series: Floats) -> float:
    known = series[np.isfinite(series)]
    return float(known.mean()) if len(known) else np.nan


def _summed(series: Floats) -> Floats:
    # Flat where nothing is known, NaN before the first value and after the last.
    return _within(series, np.cumsum(np.nan_to_num(series)))


def _grown(series: Floats) -> Floats:
    growth: Floats = np.cumprod(1.0 + np.nan_to_num(series), dtype=np.float64)
    return _within(series, growth)


def _within(series: Floats, line: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(series))
    out = np.full(len(series), np.nan)
    if len(known):
        rows = slice(int(known[0]), int(known[-1]) + 1)
        out[rows] = line[rows]
    return out
