"""Where one result stands among all the trials it was chosen from.

A setting that was reached by trying others is judged as the best of them. Of most trials the
returns are known, and how alike they are says to how many independent chances they amount. The
other runs of a sweep, which keeps a sample, are taken to be as alike. Of trials that stand for
nothing that is known each is a chance of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import InputsError
from core.evidence.deflation import (
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_backtest_length,
)
from core.evidence.luck import Luck, luck_of_the_best
from core.evidence.sharpe import (
    SharpeMoments,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_moments,
    sharpe_standard_error,
)
from core.units import Floats

__all__ = ["ENOUGH_KNOWN", "Standing", "chances", "standing"]

#: Trials with returns from which the rest may be judged; with fewer each of the rest is a chance.
ENOUGH_KNOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """A Sharpe ratio, and what is left of it after the trials are taken off.

    Attributes
    ----------
    moments : SharpeMoments
        Of the result, per session.
    standard_error : float
        Of its Sharpe ratio, per session.
    probabilistic : float
        PSR against 0: no trial taken off.
    track_record : float or None
        Returns that would show a Sharpe ratio above 0 at 95 %; None where it is not above 0.
    trials : int
        Different settings tried, this one included.
    known : int
        Those of them whose returns are known and move.
    unseen : int
        Those of which nothing but the number is known.
    effective : float
        Independent trials they amount to, in [1, `trials`].
    luck : Luck
        Of the trials whose returns are known.
    expected_best, expected_best_all : float
        Sharpe ratio per session that the best of `effective`, or of `trials`, shows by luck.
    deflated, deflated_all : float
        DSR with `effective` and with `trials`, in [0, 1]; the second is never the larger one.
    backtest_years : float
        MinBTL: years below which the best of `effective` trials without skill shows a yearly Sharpe
        ratio of 1.
    """

    moments: SharpeMoments
    standard_error: float
    probabilistic: float
    track_record: float | None
    trials: int
    known: int
    unseen: int
    effective: float
    luck: Luck
    expected_best: float
    expected_best_all: float
    deflated: float
    deflated_all: float
    backtest_years: float


def standing(
    excess: Floats, others: Floats, trials: int,
    *, unseen: int = 0, draws: int = 2000, seed: int = 0,
) -> Standing:  # fmt: skip
    """Judge a result as one of the trials it was chosen from.

    The variance of a trial's Sharpe ratio without skill is 1 / (T − 1): with the variance across
    the trials themselves, which is small where they are alike, alikeness would count twice.

    Parameters
    ----------
    excess : float64[T]
        Excess returns of the result over cash, fractions; finite. Not modified.
    others : float64[T, M]
        Those of the other trials over the same sessions, M may be 0. Not modified.
    trials : int
        Different settings tried in all, at least 1 + the different ones among `others`; a smaller
        number is raised to that.
    unseen : int
        Those of them that the known ones say nothing of: each is a chance of its own. For all
        others the known ones stand.
    draws, seed : int
        As in :func:`core.evidence.luck.luck_of_the_best`.

    Raises
    ------
    HistoryError
        With fewer than ``core.evidence.sharpe.MIN_OBSERVATIONS`` returns.
    InputsError
        When the result never moves, or shapes or values are not as described.
    """
    if others.ndim != 2 or len(others) != len(excess):
        raise InputsError(
            f"other trials must be float64[T, M] with T = {len(excess)}, had shape {others.shape}"
        )
    moments = sharpe_moments(excess)
    all_known = np.column_stack([excess, others])
    luck = luck_of_the_best(all_known, draws=draws, seed=seed)
    number = max(trials, 1 + others.shape[1])
    still = others.shape[1] + 1 - luck.trials  # in cash all the time: no chance of a Sharpe ratio
    unseen = min(max(unseen, 0), number - 1 - others.shape[1])
    seen = max(number - still - unseen, luck.trials)
    effective = min(chances(luck.effective, luck.trials, seen) + unseen, float(number))
    variance = 1.0 / (moments.observations - 1)
    return Standing(
        moments=moments,
        standard_error=sharpe_standard_error(moments),
        probabilistic=probabilistic_sharpe(moments),
        track_record=minimum_track_record(moments),
        trials=number,
        known=luck.trials,
        unseen=unseen,
        effective=effective,
        luck=luck,
        expected_best=expected_maximum_sharpe(variance, effective),
        expected_best_all=expected_maximum_sharpe(variance, number),
        deflated=deflated_sharpe(moments, variance, effective),
        deflated_all=deflated_sharpe(moments, variance, number),
        backtest_years=minimum_backtest_length(effective),
    )


def chances(effective: float, known: int, trials: int) -> float:
    """Return to how many independent trials `trials` amount, from those that are known.

    Where all trials correlate by ρ, their best shows √(1 − ρ) of what independent ones show, and
    that grows with √(2 ln N): N alike trials amount to about N^(1 − ρ). The exponent that the known
    ones have is taken for all.

    Parameters
    ----------
    effective : float
        Of the known trials, at least 1.
    known, trials : int
        Known ones and all, 1 ≤ known ≤ trials. With fewer known than ``ENOUGH_KNOWN`` every other
        trial counts as a chance of its own.

    Returns
    -------
    float
        In [`effective`, `trials`].

    Examples
    --------
    >>> chances(10.0, 100, 10_000)
    100.0
    >>> chances(1.5, 2, 12)
    11.5
    """
    if not 1 <= known <= trials or not 1.0 <= effective <= known:
        raise InputsError(
            f"known trials must be 1 to {trials} and amount to 1 up to their number, were {known} "
            f"and {effective:g}"
        )
    if known == trials:
        return effective
    if known < ENOUGH_KNOWN:
        return effective + (trials - known)
    exponent = math.log(effective) / math.log(known)
    return float(min(max(trials**exponent, effective), trials))
