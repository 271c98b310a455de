"""Persistence diagrams of many return windows: computed on threads, kept as plain arrays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import CancelledError, InputsError
from core.factors.topology_rips import embedded_bars, most_loops
from core.units import Floats, Ints

__all__ = ["DiagramSource", "Diagrams", "diagrams_key", "diagrams_of", "takens"]

_FORMAT = 1
_BLOCK: Final = 64  # windows a thread takes at a time: tens of milliseconds between two questions
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Diagrams:
    """Persistence diagrams of M windows.

    Attributes
    ----------
    components : float64[M, P - 1]
        Deaths of the components (dimension 0), ascending; all are born at 0.
    loops : float64[B, 2]
        Birth and death of the loops (dimension 1), window after window.
    counts : int64[M]
        Loops of each window.
    """

    components: Floats
    loops: Floats
    counts: Ints

    def __len__(self) -> int:
        return len(self.counts)

    def loops_of(self, window: int) -> Floats:
        """Birth and death of the loops of one window, float64[b, 2]."""
        end = int(self.counts[: window + 1].sum())
        return self.loops[end - int(self.counts[window]) : end]

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return everything as arrays, ready for ``np.savez``; no array holds objects."""
        return {
            "format": np.array(_FORMAT),
            "components": self.components,
            "loops": self.loops,
            "counts": self.counts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Diagrams:
        """Rebuild from :meth:`to_arrays`; ValueError or KeyError where it is something else."""
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"diagrams must be in format {_FORMAT}, was {arrays['format']}")
        found = cls(
            components=np.asarray(arrays["components"], dtype=np.float64),
            loops=np.asarray(arrays["loops"], dtype=np.float64),
            counts=np.asarray(arrays["counts"], dtype=np.int64),
        )
        if int(found.counts.sum()) != len(found.loops) or len(found) != len(found.components):
            raise ValueError("diagrams must hold as many loops and windows as they count")
        return found


class DiagramSource(Protocol):
    """Where persistence diagrams come from: computed by :func:`diagrams_of`, or a cache of it."""

    def __call__(self, windows: Floats, dimension: int, delay: int, step: int = 1, /) -> Diagrams:
        """Return the diagrams of `windows`, see :func:`diagrams_of`."""


def takens(series: Floats, dimension: int, delay: int) -> Floats:
    """Delay embedding of a series.

    Parameters
    ----------
    series : float64[L]
    dimension, delay : int
        Coordinates of a point, and steps between two of them; at least 1.

    Returns
    -------
    float64[L - (dimension - 1) * delay, dimension]
        Point p is ``(series[p], series[p + delay], …)``; no rows where the series is too short.

    Notes
    -----
    Takens 1981.

    Examples
    --------
    >>> takens(np.array([1.0, 2.0, 3.0, 4.0]), 2, 2).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    points = max(len(series) - (dimension - 1) * delay, 0)
    cloud: Floats = series[np.arange(points)[:, None] + delay * np.arange(dimension)[None, :]]
    return cloud


def diagrams_key(windows: Floats, dimension: int, delay: int, step: int = 1) -> str:
    """Content hash of what :func:`diagrams_of` depends on, apart from the code; hexadecimal."""
    digest = hashlib.sha256(repr((_FORMAT, windows.shape, dimension, delay, step)).encode())
    digest.update(np.ascontiguousarray(windows).tobytes())
    return digest.hexdigest()[:32]


def diagrams_of(
    windows: Floats,
    dimension: int,
    delay: int,
    step: int = 1,
    *,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> Diagrams:
    """Embed each window and find its Vietoris–Rips persistence in dimensions 0 and 1.

    Parameters
    ----------
    windows : float64[M, L]
        Finite; not modified.
    dimension, delay : int
        See :func:`takens`.
    step : int
        Values from one point to the next: 1 embeds a series; the number of coordinates, with delay
        1, reads each window as the points of a cloud, one after the other.
    workers : int, optional
        Threads; as many as the machine has processors when not given.
    cancelled : callable, optional
        Asked between blocks of windows; True ends the call with CancelledError.
    done : callable, optional
        Told the number of finished windows after each block.

    Raises
    ------
    CancelledError
        When `cancelled` said so.
    InputsError
        A value is not finite, or the windows are too short for two points.
    """
    points = _points(windows, dimension, delay, step)
    series = np.ascontiguousarray(windows, dtype=np.float64)
    components = np.zeros((len(series), points - 1))
    counts = np.zeros(len(series), dtype=np.int64)

    def block(begin: int) -> Floats:
        rows = slice(begin, begin + _BLOCK)
        scratch = np.empty((most_loops(points), 2))
        return embedded_bars(
            series[rows], dimension, delay, step, components[rows], scratch, counts[rows]
        )

    starts = range(0, len(series), _BLOCK)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        futures = [pool.submit(block, begin) for begin in starts]
        try:
            _wait(futures, len(series), cancelled, done)
        finally:
            for future in futures:
                future.cancel()
        loops = [future.result() for future in futures]
    return Diagrams(components, np.concatenate([np.empty((0, 2)), *loops]), counts)


def _points(windows: Floats, dimension: int, delay: int, step: int) -> int:
    # Points of a window's cloud; refuses what makes none.
    reach = (dimension - 1) * delay
    points = (int(windows.shape[1]) - reach - 1) // step + 1
    if points < 2:
        raise InputsError(
            f"a window must hold at least {reach + step + 1} returns for dimension "
            f"{dimension} and delay {delay}, was {windows.shape[1]}. Lengthen the window."
        )
    if not np.isfinite(windows).all():
        raise InputsError("every return of a window must be finite. Leave out incomplete windows.")
    return points


def _wait(
    futures: list[Future[Floats]],
    total: int,
    cancelled: Callable[[], bool] | None,
    done: Callable[[int], None] | None,
) -> None:
    # The callbacks are asked and told on the caller's thread.
    running = set(futures)
    while running:
        ended, running = wait(running, _POLL_SECONDS, FIRST_COMPLETED)
        for future in ended:
            future.result()
        finished = min((len(futures) - len(running)) * _BLOCK, total)
        if ended and done is not None:
            done(finished)
        if running and cancelled is not None and cancelled():
            raise CancelledError(finished, total)
