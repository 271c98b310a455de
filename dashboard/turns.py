"""Whose turn it is to work: of many sessions one at a time, and what is waited for comes first.

Threads that compute side by side share one interpreter lock: all of them end when the last one
does, and whatever they have to say waits for the lock once more behind each of them. One after the
other they need no longer in all, the first of them is done at once, and the thread that sends finds
the lock free.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Turns"]

_FIRST: Final = 0  # what a hand waits for
_AFTER: Final = 1  # the rest of a page
_ASIDE: Final = 2  # what no page waits for
_LONGEST_S: Final = 1.0  # of a turn; whoever needs longer goes on beside the next one


@dataclass(order=True, slots=True)
class _Turn:
    rank: int
    number: int
    go: threading.Event = field(compare=False, default_factory=threading.Event)


class Turns:
    """The order of one process; safe to share between threads.

    It orders work and protects nothing: who holds a turn for longer than `longest` goes on, but no
    longer alone.

    Parameters
    ----------
    longest : float
        Seconds.
    """

    def __init__(self, longest: float = _LONGEST_S) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[_Turn] = []
        self._held: _Turn | None = None
        self._since = 0.0

    @contextmanager
    def first(self) -> Iterator[None]:
        """Hold the turn for what is waited for, behind those who asked for that before."""
        turn = self._taken(_FIRST)
        try:
            yield
        finally:
            self._give(turn)

    @contextmanager
    def after(self) -> Iterator[Callable[[], None]]:
        """Hold the turn for the rest of a page; what this yields is to be called between its parts.

        Each call lets those go first who wait for :meth:`first`.
        """
        turn = self._taken(_AFTER)

        def pause() -> None:
            with self._lock:
                if self._held is not turn or not self._waiting or self._waiting[0].rank > _FIRST:
                    return
                turn.go.clear()
                heapq.heappush(self._waiting, turn)
                self._pass_on()
            self._wait(turn)

        try:
            yield pause
        finally:
            self._give(turn)

    def stand_aside(self) -> None:
        """Return when no page has the turn; for work that no page waits for, between its parts.

        Never for a thread that holds the turn, nor for one that such a thread waits for.
        """
        with self._lock:
            if self._held is None:
                return
        self._give(self._taken(_ASIDE))

    def is_free(self) -> bool:
        """Return whether nobody waits, and nobody holds the turn for :meth:`first`."""
        with self._lock:
            return not self._waiting and (self._held is None or self._held.rank != _FIRST)

    def _taken(self, rank: int) -> _Turn:
        with self._lock:
            turn = _Turn(rank, next(self._numbers))
            heapq.heappush(self._waiting, turn)
            if self._held is None:
                self._pass_on()
        self._wait(turn)
        return turn

    def _wait(self, turn: _Turn) -> None:
        while not turn.go.wait(self._longest / 4):
            with self._lock:
                if time.monotonic() - self._since > self._longest:
                    self._pass_on()

    def _give(self, turn: _Turn) -> None:
        with self._lock:
            if self._held is turn:
                self._pass_on()

    def _pass_on(self) -> None:
        self._held = heapq.heappop(self._waiting) if self._waiting else None
        self._since = time.monotonic()
        if self._held is not None:
            self._held.go.set()
