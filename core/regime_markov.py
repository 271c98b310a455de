"""Markov switching of the market's volatility: the second detector (Hamilton 1989).

Daily log returns come from one of a few normal distributions, each with its own mean and variance;
which one follows a Markov chain. Parameters are estimated on everything known at a refit and used
until the next one; the probability of a session comes from Hamilton's filter, which reads nothing
after it. Smoothed probabilities, which do, are never used.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from core.errors import CancelledError
from core.regime_effects_config import MarkovConfig
from core.units import Bools, Floats, Ints

__all__ = ["Filtered", "filtered", "filtered_key", "fitted"]

_PERCENT: Final = 100.0  # the optimiser wants numbers of about 1
_EM_STEPS: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """Filtered probabilities of S states, the calmest first.

    Attributes
    ----------
    probability : float64[T, S]
        Of each state given everything up to the session; rows sum to 1. NaN before the first fit
        and on sessions whose return is not known.
    refits : int64[K]
        Sessions after whose close parameters were estimated.
    converged : bool[K]
        Whether that worked; where not, the parameters before went on.
    variance : float64[K, S]
        Daily variance of each state, in squared percent; NaN without parameters.
    notes : tuple of str
        For people.
    """

    probability: Floats
    refits: Ints
    converged: Bools
    variance: Floats
    notes: tuple[str, ...] = field(default=())

    @property
    def risky(self) -> Floats:
        """Probability of the most volatile state, float64[T]."""
        last: Floats = self.probability[:, -1]
        return last

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, ready for ``np.savez``; no array holds objects."""
        return {
            "probability": self.probability,
            "refits": self.refits,
            "converged": self.converged,
            "variance": self.variance,
            "notes": np.array(json.dumps(self.notes)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Filtered:
        """Rebuild from :meth:`to_arrays`; KeyError where it is something else."""
        return cls(
            probability=np.asarray(arrays["probability"], dtype=np.float64),
            refits=np.asarray(arrays["refits"], dtype=np.int64),
            converged=np.asarray(arrays["converged"], dtype=np.bool_),
            variance=np.asarray(arrays["variance"], dtype=np.float64),
            notes=tuple(json.loads(str(arrays["notes"]))),
        )


def filtered_key(returns: Floats, config: MarkovConfig) -> str:
    """Content hash of what the probabilities depend on, apart from the code; hexadecimal."""
    digest = hashlib.sha256(np.ascontiguousarray(returns).tobytes())
    digest.update(config.model_dump_json().encode())
    return digest.hexdigest()[:32]


def filtered(
    returns: Floats,
    config: MarkovConfig,
    *,
    cancelled: Callable[[], bool] | None = None,
    said: Callable[[float], None] | None = None,
) -> Filtered:
    """Estimate on an expanding window and filter; the row of t uses nothing after t.

    Parameters
    ----------
    returns : float64[T]
        Simple market return over each session, NaN = not known: such a session is passed over.
    config : MarkovConfig
    cancelled : callable, optional
        Asked before each fit.
    said : callable, optional
        Told the share that is done, in [0, 1].

    Raises
    ------
    CancelledError
        When `cancelled` said so.

    Notes
    -----
    The states are told apart by their variance: the last one is the most volatile. A fit that does
    not converge, or fails, leaves the parameters before in force; before the first good fit there
    are none.
    """
    known = np.flatnonzero(np.isfinite(returns) & (returns > -1.0))
    moves = _PERCENT * np.log1p(returns[known])
    begins = list(range(config.history_days, len(known), config.refit_days))
    probability = np.full((len(returns), config.states), np.nan)
    variance = np.full((len(begins), config.states), np.nan)
    converged = np.zeros(len(begins), dtype=np.bool_)
    parameters: Floats | None = None
    for k, begin in enumerate(begins):
        if cancelled is not None and cancelled():
            raise CancelledError(k, len(begins))
        fresh = fitted(_model(moves[:begin], config.states), parameters)
        converged[k] = fresh is not None
        parameters = parameters if fresh is None else fresh
        end = begins[k + 1] if k + 1 < len(begins) else len(known)
        if parameters is not None:
            rows, variance[k] = _filter(moves[:end], parameters, config.states)
            probability[known[begin - 1 : end]] = rows[begin - 1 :]
        if said is not None:
            said((k + 1) / len(begins))
    refits = known[np.array(begins, dtype=np.int64) - 1] if begins else known[:0]
    notes = _notes(len(known), config, converged)
    return Filtered(probability, refits, converged, variance, notes)


def fitted(model: Any, start: Floats | None) -> Floats | None:
    """Maximise the likelihood of a statsmodels Markov-switching model.

    Parameters
    ----------
    model : statsmodels MarkovSwitching
    start : float64[P] or None
        Parameters to begin from besides the library's own: the likelihood has more than one top,
        and the higher of those found is taken.

    Returns
    -------
    float64[P] or None
        None where no attempt converged to finite parameters.
    """
    best, height = None, -np.inf
    for begin in (None,) if start is None else (None, start):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what they say is read from the result
                found = model.fit(start_params=begin, em_iter=_EM_STEPS, disp=False)
        except (np.linalg.LinAlgError, ValueError, RuntimeError, FloatingPointError):
            continue
        parameters: Floats = np.asarray(found.params, dtype=np.float64)
        usable = found.mle_retvals["converged"] and np.isfinite(parameters).all()
        if usable and found.llf > height:
            best, height = parameters, float(found.llf)
    return best


def _model(moves: Floats, states: int) -> Any:
    # Imported when first used: it takes a second or two, and most runs never ask for it.
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    return MarkovRegression(moves, k_regimes=states, trend="c", switching_variance=True)


def _filter(moves: Floats, parameters: Floats, states: int) -> tuple[Floats, Floats]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _model(moves, states).filter(parameters)
    variance = parameters[-states:]  # trends come before variances, transitions before both
    order = np.argsort(variance, kind="stable")
    rows: Floats = np.asarray(found.filtered_marginal_probabilities)[:, order]
    return rows, variance[order]


def _notes(known: int, config: MarkovConfig, converged: Bools) -> tuple[str, ...]:
    if not len(converged):
        return (
            f"Markov switching needs {config.history_days:,} sessions of returns, there are "
            f"{known:,}: the rules alone decide",
        )
    failed = int((~converged).sum())
    if not failed:
        return ()
    return (
        f"Markov switching: {failed} of {len(converged)} fits did not converge; the parameters "
        "before them went on, and before the first good fit the rules alone decide",
    )
