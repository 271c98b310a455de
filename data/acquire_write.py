"""Files written beside the requests: several at once, told in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

__all__ = ["written"]

_WRITERS: Final = 4  # a write waits for the disk most of its time; more of them gain nothing
_WAITING: Final = 64  # answers that may wait for a slow disk before the next is taken

Item = TypeVar("Item")
Result = TypeVar("Result")


def written(
    items: Iterable[Item], write: Callable[[Item], Result]
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what `write` returned for it, in the order of `items`.

    `items` are taken in the caller's thread, `write` runs in another one, and it must be safe to
    write two items at once. What `write` raises is raised here, once those before it are told;
    what was begun by then is finished.
    """
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="fetch-writer") as pool:
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(write, item)))
            while waiting and (waiting[0][1].done() or len(waiting) > _WAITING):
                first, future = waiting.popleft()
                yield first, future.result()
        for item, future in waiting:
            yield item, future.result()
