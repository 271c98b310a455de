"""The second regime detector beside the rules of a run: a study, since it takes many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.compiled import code_fingerprint
from core.factors.names import REGIMES
from core.factors.turbulence import turbulence_share
from core.regime_hindsight import DetectionLag, detection_lag, hindsight_labels
from core.regime_markov import Filtered, filtered, filtered_key
from core.regime_stats import RegimeStats, regime_stats
from core.regimes import label_sessions, market_returns
from core.units import Floats, Ints
from dashboard.cache import ArrayCache
from dashboard.diagrams import DiagramCache, mute
from dashboard.review_regimes import decided
from dashboard.run import Run
from dashboard.studies import Pace, Work

__all__ = ["Detector", "SecondDetector", "detectors_frame", "second_detector", "second_work"]

_KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """What one detector said over the sessions of a run, int64[T] codes into ``REGIMES``."""

    labels: Ints
    stats: RegimeStats
    lag: DetectionLag


@dataclass(frozen=True, slots=True, eq=False)
class SecondDetector:
    """Both detectors side by side.

    Attributes
    ----------
    filtered : Filtered
        Of the whole market, not only of the sessions of the run.
    rules, markov : Detector
    agreement, agreement_volatile : float
        Share of the sessions with the same label, and with the same answer to “volatile?”.
    volatility : tuple of float
        Volatility of each state in the last fit, a fraction a year; NaN without a fit.
    """

    filtered: Filtered
    rules: Detector
    markov: Detector
    agreement: float
    agreement_volatile: float
    volatility: tuple[float, ...]


def second_work(run: Run, home: Path) -> Work:
    """Return the study of :func:`second_detector`, with its probabilities kept below `home`."""

    def work(pace: Pace) -> SecondDetector:
        cache = ArrayCache(home / "markov", kept=_KEPT)
        returns = market_returns(run.market.close, run.market.member)
        config = run.scenario.regimes.markov
        found = cache.get(
            f"{filtered_key(returns, config)}-{code_fingerprint()}",
            lambda: filtered(returns, config, cancelled=pace.cancelled, said=pace.share),
            Filtered.to_arrays,
            Filtered.from_arrays,
        )
        share, _ = turbulence_share(
            run.market,
            run.scenario.regimes.turbulence,
            DiagramCache(home / "topology").telling(mute),
        )
        return second_detector(run, found, share)

    return work


def second_detector(run: Run, found: Filtered, turbulence: Floats | None = None) -> SecondDetector:
    """Put the labels with the Markov probability beside those of the rules of `run`."""
    returns = market_returns(run.market.close, run.market.member)
    config = run.scenario.regimes
    rows = slice(run.first, run.first + len(run.result.nav))
    later = hindsight_labels(returns, config)[rows]

    def detector(risky: np.ndarray | None) -> Detector:
        labels = label_sessions(returns, config, run.market.vix, risky, turbulence)[rows]
        stats = regime_stats(labels, REGIMES, decided(run))
        return Detector(labels, stats, detection_lag(labels, later))

    rules, markov = detector(None), detector(found.risky)
    volatile = REGIMES.index("volatile")
    last = (
        found.variance[-1] if len(found.variance) else np.full(found.probability.shape[1], np.nan)
    )
    return SecondDetector(
        filtered=found,
        rules=rules,
        markov=markov,
        agreement=float((rules.labels == markov.labels).mean()),
        agreement_volatile=float(
            ((rules.labels == volatile) == (markov.labels == volatile)).mean()
        ),
        volatility=tuple((np.sqrt(last * 252.0) / 100.0).tolist()),
    )


def detectors_frame(found: SecondDetector) -> pd.DataFrame:
    """Return one row a regime: share, spells, mean stay, decisions and median lag of each."""
    columns: dict[str, Any] = {}
    for name, one in (("rules", found.rules), ("markov", found.markov)):
        lag = one.lag.frame()["median_lag"].to_numpy()
        columns |= {
            f"{name}_share": one.stats.share,
            f"{name}_spells": one.stats.spells,
            f"{name}_mean_dwell": one.stats.mean_dwell,
            f"{name}_decisions": one.stats.rebalances,
            f"{name}_median_lag": lag,
        }
    return pd.DataFrame(columns, index=pd.Index(REGIMES, name="regime"))
