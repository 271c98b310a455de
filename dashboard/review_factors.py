"""What the factors of a run were worth: the study of the Factors page and `plimsoll factors`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import CancelledError, InputsError
from core.factors.evaluation import FactorEvaluation, decay, evaluate
from core.factors.evaluation_returns import forward_returns
from core.factors.evaluation_statistics import MeanTest, rank_correlations_of_factors
from core.factors.names import FACTORS, REGIMES
from core.factors.scores import zscore
from core.factors.topology import topology
from core.factors.trailing import simple_returns
from core.signals import Signals
from core.units import Floats
from dashboard.diagrams import DiagramCache
from dashboard.review_factors_found import AHEAD, COMPOSITE, QUANTILES, FactorStudy
from dashboard.run import Run
from dashboard.studies import Pace, Work

__all__ = ["can_judge", "factor_study", "factors_work", "scores_of"]

_LEAST_DECISIONS: Final = 3  # two outcomes, the fewest that have an error


def can_judge(run: Run) -> bool:
    """Return whether `run` has scores on enough dates for a mean and its error."""
    return run.signals is not None and len(run.signals.rebalance) >= _LEAST_DECISIONS


def factors_work(run: Run, home: Path, *, with_topology: bool) -> Work:
    """Return the study of `run`; topology also where the scenario leaves it out, on request."""

    def work(pace: Pace) -> FactorStudy:
        return factor_study(run, pace, home if with_topology else None)

    return work


def factor_study(run: Run, pace: Pace, home: Path | None = None) -> FactorStudy:
    """Judge every score of `run` by the returns until the next decision.

    Parameters
    ----------
    run : Run
    pace : Pace
    home : Path, optional
        Where persistence diagrams are kept: topology is judged as well where the scenario leaves
        it out.

    Raises
    ------
    InputsError
        When the run has no scores or too few decisions.
    CancelledError
    """
    signals = _signals(run)
    scores = scores_of(run, signals)
    apart: tuple[str, ...] = ()
    if home is not None and "topology" not in scores:
        scores["topology"] = _topology(run, signals, home, pace)
        apart = ("topology",)
    names: tuple[str, ...] = tuple(name for name in (*FACTORS, COMPOSITE) if name in scores)
    forward = forward_returns(run.market, signals.rebalance)
    evaluations: dict[str, FactorEvaluation] = {}
    decays: dict[str, list[MeanTest]] = {}
    for number, name in enumerate(names):
        _go_on(pace, 0.5 + 0.5 * number / len(names), number)
        evaluations[name] = evaluate(scores[name], forward, signals.universe, quantiles=QUANTILES)
        decays[name] = decay(run.market, scores[name], signals.universe, signals.rebalance, AHEAD)
    return FactorStudy(
        names=names,
        index=_dates(run, signals),
        evaluations=evaluations,
        decays=decays,
        correlations=rank_correlations_of_factors(np.stack([scores[n] for n in names], axis=2)),
        regimes=tuple(REGIMES[code] for code in signals.regime[signals.rebalance]),
        cost_bps=run.scenario.risk.cost_per_trade_bps,
        apart=apart,
    )


def _signals(run: Run) -> Signals:
    signals = run.signals
    if signals is not None and can_judge(run):
        return signals
    raise InputsError(
        f"factors are judged with scores on at least {_LEAST_DECISIONS} dates, this run has "
        f"{0 if signals is None else len(signals.rebalance)}. Choose a longer period, or no "
        "book of your own"
    )


def scores_of(run: Run, signals: Signals) -> dict[str, Floats]:
    """Return factor and composite → z-scores, float64[R, N], of the universe; NaN = none."""
    values = signals.panel.values
    own = {name: values[:, :, column] for column, name in enumerate(signals.panel.factors)}
    return own | {COMPOSITE: run.book.composite}


def _topology(run: Run, signals: Signals, home: Path, pace: Pace) -> Floats:
    config = run.scenario.factors

    def said(_stage: str, share: float) -> None:
        _go_on(pace, 0.5 * share, 0)

    raw = topology(
        simple_returns(run.market.close),
        signals.rebalance,
        signals.universe,
        config.topology,
        diagrams=DiagramCache(home / "topology").telling(said),
    )
    rows = zip(raw, signals.universe, strict=True)
    return np.stack([zscore(row, inside, config.winsor_limit) for row, inside in rows])


def _go_on(pace: Pace, share: float, judged: int) -> None:
    if pace.cancelled():
        raise CancelledError(judged, len(FACTORS) + 1)
    pace.share(share)


def _dates(run: Run, signals: Signals) -> pd.DatetimeIndex:
    days: npt.NDArray[np.datetime64] = run.market.sessions[signals.rebalance]
    return pd.DatetimeIndex(days.astype("datetime64[s]"), name="date")
