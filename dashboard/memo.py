"""Values kept in memory, a few at most, each computed once however many threads ask for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import wraps
from typing import Any, Generic, TypeVar

__all__ = ["Memo", "keep", "kept"]

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Owner = TypeVar("_Owner")


class Memo(Generic[_Key, _Value]):
    """The latest `kept` values by key; safe to share between threads.

    A thread that asks for what another one is computing waits for it; one that asks for anything
    else does not. A computation that fails is not kept: everyone waiting gets its error, the next
    one to ask computes again.
    """

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self._futures: OrderedDict[_Key, Future[_Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key, compute: Callable[[], _Value]) -> _Value:
        """Return the value of `key`, from memory or from `compute`."""
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = self._futures[key] = Future()
            self._futures.move_to_end(key)
            while len(self._futures) > self.kept:
                self._futures.popitem(last=False)
        if mine:
            self._fill(key, future, compute)
        return future.result()

    def forget(self, key: _Key) -> None:
        """Drop the value of `key`; who waits for it still gets it."""
        with self._lock:
            self._futures.pop(key, None)

    def clear(self) -> None:
        """Drop every value; who waits for one still gets it."""
        with self._lock:
            self._futures.clear()

    def _fill(self, key: _Key, future: Future[_Value], compute: Callable[[], _Value]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            with self._lock:
                if self._futures.get(key) is future:
                    del self._futures[key]
            future.set_exception(error)
            raise


def keep(owner: object, name: str, compute: Callable[[], _Value]) -> _Value:
    """Return the value `name` of `owner`, computed when first asked for and dropped with `owner`.

    For what follows from an object that never changes after it was made, as a run: no table of the
    process holds on to it, so it goes when the object does. Threads that ask at the same time may
    compute twice and get the same object; a computation that fails is not kept.

    Raises
    ------
    TypeError
        When `owner` has no ``__dict__`` to keep it in.
    """
    values: dict[str, Any] = vars(owner)
    if name not in values:
        values.setdefault(name, compute())
    found: _Value = values[name]
    return found


def kept(function: Callable[[_Owner], _Value]) -> Callable[[_Owner], _Value]:
    """Return `function` of one object with its value kept with that object; see :func:`keep`."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def asked(owner: _Owner) -> _Value:
        return keep(owner, name, lambda: function(owner))

    return asked
