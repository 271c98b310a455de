"""Times taken in turn, where some take a thousand times as long as others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

__all__ = ["FULL_TURN", "turns"]

#: Seconds that a turn takes at least. What is quicker is repeated: right after another program it
#: would be timed with that program's data in the processor's caches and none of its own.
FULL_TURN = 0.03


def turns(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return seconds of one run of every task by round; each round gives every task one turn."""
    repeats, seconds = {}, {name: [] for name in tasks}
    for name, task in tasks.items():
        _timed(task)  # may compile
        took = _timed(task)
        repeats[name] = math.ceil(FULL_TURN / took) if took < FULL_TURN else 1
    for _ in range(rounds):
        for name, task in tasks.items():
            began = time.perf_counter()
            for _ in range(repeats[name]):
                task()
            seconds[name].append((time.perf_counter() - began) / repeats[name])
    return seconds


def _timed(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began
