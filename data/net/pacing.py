"""One pace for all threads: a slot per attempt, retries included."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from data.net.budget import Budget

__all__ = ["PLANS", "Pace", "Pacer", "shared_pacer"]

_TURN_CHECK = 0.05  # seconds between looks at the budget while another thread has the turn


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast requests may follow each other.

    In any t seconds there are at most (t + catch_up) / spacing + 1 requests.

    Attributes
    ----------
    spacing : float
        Seconds between two requests in the long run, ≥ 0.
    catch_up : float
        Delay that may be made up for, seconds ≥ 0: a busy machine wakes threads late, and without
        it would never reach its pace. 0 = each gap is at least `spacing`.
    least : float
        Least seconds between two requests while a delay is made up for, ≤ `spacing`.
    count, window : int, float
        At most `count` requests in any `window` seconds; count 0 = no such rule.
    """

    spacing: float
    catch_up: float = 0.0
    least: float = 0.0
    count: int = 0
    window: float = 0.0


# Polygon's knowledge base: free 5 a minute; paid "stay under 100 a second": 67 a second in the long
# run, and no two within 10 ms. The free minute is a second longer here: the source counts
# arrivals, which lie unevenly on the way.
PLANS: Final = {
    "free": Pace(spacing=0.1, count=5, window=61.0),
    "paid": Pace(spacing=0.015, catch_up=0.1, least=0.0101),
}


class Pacer:
    """Gives out slots; whoever sends a request takes one first, for every attempt.

    Threads wait in turn, and a slot counts from the moment it is really taken, not from the one
    it was planned for.

    Parameters
    ----------
    pace : Pace
        The pace to keep.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self.pace = pace
        self._clock = clock
        self._turn = threading.Lock()
        self._held_until = float("-inf")
        self._planned = float("-inf")  # moment of the last slot, had nobody woken up late
        self._taken: deque[float] = deque(maxlen=max(pace.count, 1))

    def slot(self, budget: Budget, thing: str) -> None:
        """Return when a request may be sent; raises what ``budget.check`` raises."""
        while not self._turn.acquire(timeout=_TURN_CHECK):
            budget.check(thing)
        try:
            while (wait := self._due() - self._clock()) > 0:
                budget.wait(wait, thing)
            budget.check(thing)
            self._take(self._clock())
        finally:
            self._turn.release()

    def hold(self, seconds: float) -> None:
        """Give out no slot for `seconds` from now: the source asked all threads to wait."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def _take(self, now: float) -> None:
        planned = self._planned + self.pace.spacing
        # Longer than that is no delay: nobody asked, and idleness earns nothing.
        self._planned = planned if now - planned <= self.pace.catch_up else now
        self._taken.append(now)

    def _due(self) -> float:
        due = self._held_until
        if self._taken:
            due = max(due, self._planned + self.pace.spacing, self._taken[-1] + self.pace.least)
            if self.pace.count and len(self._taken) == self.pace.count:
                due = max(due, self._taken[0] + self.pace.window)
        return due


_shared: dict[tuple[str, Pace], Pacer] = {}
_shared_lock = threading.Lock()


def shared_pacer(source: str, pace: Pace) -> Pacer:
    """Return the one pacer of this process for `source` at that pace, whoever asks."""
    with _shared_lock:
        return _shared.setdefault((source, pace), Pacer(pace))
