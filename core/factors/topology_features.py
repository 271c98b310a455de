"""What a persistence diagram is summed up to: landscape norms, total persistence, entropy."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.factors.topology_diagrams import Diagrams
from core.units import Floats, Ints

__all__ = ["DEGREES", "FEATURES", "STATISTICS", "bar_statistics", "diagram_features"]

STATISTICS: Final = ("landscape_l1", "landscape_l2", "total_persistence", "entropy")
#: What each statistic is multiplied by when the cloud grows by c: c to this power.
DEGREES: Final = (2.0, 1.5, 1.0, 0.0)
#: Columns of :func:`diagram_features`: dimension 0, then dimension 1.
FEATURES: Final = tuple(f"h{dimension}_{name}" for dimension in (0, 1) for name in STATISTICS)


def bar_statistics(birth: Floats, death: Floats, owner: Ints, windows: int) -> Floats:
    """Sum up the bars of each window.

    Parameters
    ----------
    birth, death : float64[B]
        ``birth <= death``, both finite, in units of the cloud.
    owner : int64[B]
        Window of each bar, in [0, windows).
    windows : int

    Returns
    -------
    float64[windows, 4]
        In the order of ``STATISTICS``; 0 where a window has no bar of positive length. Scaling
        the cloud by c > 0 multiplies them by c to the power in ``DEGREES``.

    Notes
    -----
    The landscape (Bubenik 2015) of a diagram is made of one tent a bar, of height half its length.
    At each point its k-th function is the k-th highest tent, so the p-th powers of all functions
    sum to those of all tents and the norm needs no grid: ``sum((d - b) ** 2) / 4`` for p = 1,
    ``sqrt(sum((d - b) ** 3) / 12)`` for p = 2. Gidea & Katz 2018 use these norms. Entropy is that
    of the bars' shares of the total length (Chintakunta et al. 2015), in nats.
    """
    length = death - birth
    total = np.bincount(owner, length, windows)
    share = length / np.where(total > 0.0, total, 1.0)[owner]
    surprise = np.zeros(len(share))
    np.log(share, out=surprise, where=share > 0.0)
    return np.stack(
        [
            np.bincount(owner, length**2, windows) / 4.0,
            np.sqrt(np.bincount(owner, length**3, windows) / 12.0),
            total,
            # A single bar has entropy 0, and -0 is read as a sign.
            np.abs(np.bincount(owner, share * surprise, windows)),
        ],
        axis=1,
    )


def diagram_features(diagrams: Diagrams) -> Floats:
    """Features of each diagram, float64[M, 8] in the order of ``FEATURES``; never NaN."""
    windows, bars = diagrams.components.shape
    deaths = diagrams.components.ravel()
    of_components = bar_statistics(
        np.zeros(len(deaths)), deaths, np.repeat(np.arange(windows), bars), windows
    )
    of_loops = bar_statistics(
        diagrams.loops[:, 0],
        diagrams.loops[:, 1],
        np.repeat(np.arange(windows), diagrams.counts),
        windows,
    )
    return np.concatenate([of_components, of_loops], axis=1)
