"""Made-up NAV curves for tests of what reads a finished run."""

from __future__ import annotations

import numpy as np

from core.units import Floats


def curve(seed: int, sessions: int, volatility: float = 0.01, *, of: str = "nav") -> Floats:
    """A random curve around a million dollars; `of` gives another of the same seed."""
    rng = np.random.default_rng([seed, len(of)])
    return 1e6 * np.cumprod(np.exp(rng.normal(2e-4, volatility, sessions)))


def related(seed: int, other: Floats, beta: float = 0.7) -> Floats:
    """A curve that moves with `other`, and on its own."""
    rng = np.random.default_rng([seed, 99])
    market = np.concatenate(([0.0], np.diff(np.log(other))))
    return 1e6 * np.exp(np.cumsum(beta * market + rng.normal(1e-4, 0.004, len(other))))


def cash_rates(seed: int, sessions: int) -> Floats:
    return np.random.default_rng([seed, 7]).uniform(0.0, 3e-4, sessions)
