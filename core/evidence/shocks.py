"""What if: one sector falls, everything moves more, everything moves together."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import InputsError
from core.evidence.perturb import returns_of
from core.simulation import SimulationInputs
from core.units import Bools, Floats

__all__ = ["correlation_shock", "sector_shock", "volatility_shock"]

_LEAST_RETURN: Final = -0.95


def sector_shock(
    inputs: SimulationInputs, names: Bools, session: int, size: float
) -> SimulationInputs:
    """Let prices of some names gap by `size` before `session` opens, and stay there.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    names : bool[N]
        Which fall.
    session : int
        From 1 on: nothing is held before.
    size : float
        Return of the gap, a fraction above −1; −0.2 is a fall of 20 %.
    """
    if not 1 <= session < inputs.shape[0] or len(names) != inputs.shape[1]:
        raise InputsError(
            f"a shock needs one flag a name and a session from 1 to {inputs.shape[0] - 1}, had "
            f"{len(names)} flags and session {session}"
        )
    if not (math.isfinite(size) and size > -1.0):
        raise InputsError(f"the size of a shock must be a fraction above -1, was {size}")
    factor = np.ones(inputs.shape)
    factor[session:, names] = 1.0 + size
    return _scaled(inputs, factor)


def volatility_shock(inputs: SimulationInputs, factor: float) -> SimulationInputs:
    """Let every return deviate from its name's mean `factor` times as far.

    The mean of the simple returns stays; compounded growth falls, as it does with volatility.
    """
    if not (math.isfinite(factor) and factor > 0.0):
        raise InputsError(f"the factor of a volatility shock must be above 0, was {factor}")
    returns = returns_of(inputs)
    mean = _mean(returns, _traded(inputs))
    return _moved(inputs, returns, mean + factor * (returns - mean))


def correlation_shock(inputs: SimulationInputs, share: float) -> SimulationInputs:
    """Move `share` of what is a name's own into the market's part of its returns.

    The market is the mean return of all names that have a bar. The variance that names lose on
    average is what the market's part gains, so the average name is about as volatile as before.

    Parameters
    ----------
    inputs : SimulationInputs
        Not modified.
    share : float
        Of the variance of what is a name's own, in [0, 1]; 0 changes nothing, with 1 all names
        move alike around their means.
    """
    if not 0.0 <= share <= 1.0:
        raise InputsError(f"the share of a correlation shock must be in [0, 1], was {share}")
    returns = returns_of(inputs)
    traded = _traded(inputs)
    market = np.where(traded, returns, 0.0).sum(axis=1) / np.maximum(traded.sum(axis=1), 1)
    common = np.broadcast_to(market[:, None], returns.shape)
    # Around the means over each name's own sessions: its mean return stays what it was.
    moved = common - _mean(common, traded)
    own = returns - common
    own = np.where(traded, own - _mean(own, traded), 0.0)
    variance = float(market[traded.any(axis=1)].var()) if traded.any() else 0.0
    gained = float(np.mean(np.square(own[traded]))) if traded.any() else 0.0
    raised = math.sqrt(1.0 + share * gained / variance) if variance > 0.0 else 1.0
    wanted = _mean(returns, traded) + raised * moved + math.sqrt(1.0 - share) * own
    return _moved(inputs, returns, wanted)


def _traded(inputs: SimulationInputs) -> Bools:
    traded: Bools = np.isfinite(inputs.close)
    traded[1:] &= np.isfinite(inputs.close[:-1])
    traded[0] = False
    return traded


def _mean(returns: Floats, traded: Bools) -> Floats:
    mean: Floats = np.where(traded, returns, 0.0).sum(axis=0) / np.maximum(traded.sum(axis=0), 1)
    return mean


def _moved(inputs: SimulationInputs, returns: Floats, wanted: Floats) -> SimulationInputs:
    # Only bars that follow a bar get another return: gaps and delistings stay as they were.
    traded = _traded(inputs)
    other = np.where(traded, np.maximum(wanted, _LEAST_RETURN), returns)
    return _scaled(inputs, np.cumprod((1.0 + other) / (1.0 + returns), axis=0))


def _scaled(inputs: SimulationInputs, factor: npt.NDArray[np.floating[Any]]) -> SimulationInputs:
    prices = {
        name: getattr(inputs, name) * factor
        for name in ("close", "open", "low")
        if getattr(inputs, name) is not None
    }
    return dataclasses.replace(inputs, **prices)
