"""Persistence diagrams on disk, under a hash of the windows they are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.compiled import code_fingerprint
from core.factors.topology_diagrams import (
    Diagrams,
    DiagramSource,
    diagrams_key,
    diagrams_of,
)
from core.units import Floats
from dashboard.cache import ArrayCache

__all__ = ["DiagramCache", "mute"]

_KEPT: Final = 16
_SHARES: Final = (0.3, 0.8)  # of a run, between which signals are computed


def mute(_stage: str, _share: float) -> None:
    """Tell nobody how far a run is."""


class DiagramCache:
    """Diagrams of return windows, computed once for each set of windows and embedding.

    Other weights, another statistic or normalised returns ask for the same diagrams; so does the
    same past of a market that has grown by other names or filings.
    """

    def __init__(self, folder: Path) -> None:
        self._files = ArrayCache(folder, kept=_KEPT)

    def telling(self, say: Callable[[str, float], None]) -> DiagramSource:
        """Return what gives the diagrams of windows and tells `say` how far it is."""

        def diagrams(windows: Floats, dimension: int, delay: int, step: int = 1) -> Diagrams:
            def done(finished: int) -> None:
                low, high = _SHARES
                text = f"Finding the shape of returns, {finished:,} of {len(windows):,} windows"
                say(text, low + (high - low) * finished / len(windows))

            return self._files.get(
                f"{diagrams_key(windows, dimension, delay, step)}-{code_fingerprint()}",
                lambda: diagrams_of(windows, dimension, delay, step, done=done),
                Diagrams.to_arrays,
                Diagrams.from_arrays,
            )

        return diagrams
