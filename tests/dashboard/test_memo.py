from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.memo import Memo, keep, kept


def test_a_value_is_computed_once_however_many_ask() -> None:
    memo: Memo[str, int] = Memo(2)
    begun, go = threading.Event(), threading.Event()
    calls: list[int] = []

    def compute() -> int:
        calls.append(1)
        begun.set()
        assert go.wait(10)
        return 7

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(memo.get, "a", compute) for _ in range(3)]
        assert begun.wait(10)
        # Another key does not wait for the first.
        assert memo.get("b", lambda: 8) == 8
        go.set()
        assert [future.result(10) for future in asked] == [7, 7, 7]
    assert calls == [1]


def test_only_the_latest_are_kept() -> None:
    memo: Memo[int, list[int]] = Memo(2)
    first = memo.get(1, lambda: [1])
    memo.get(2, lambda: [2])
    assert memo.get(1, lambda: [0]) is first  # now the latest
    memo.get(3, lambda: [3])
    assert memo.get(1, lambda: [0]) is first
    assert memo.get(2, lambda: [20]) == [20]


def test_a_failure_is_not_kept() -> None:
    memo: Memo[str, int] = Memo(2)

    def fail() -> int:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        memo.get("a", fail)
    assert memo.get("a", lambda: 1) == 1


class Thing:
    """What a run is to these tests: never changed, told apart by identity."""


def test_a_value_is_kept_as_long_as_its_object_and_no_longer() -> None:
    calls: list[Thing] = []

    @kept
    def told(thing: Thing) -> list[Thing]:
        """Say it."""
        calls.append(thing)
        return [thing]  # refers to its owner, as what is made of a run may

    one, other = Thing(), Thing()
    assert told(one) is told(one)
    assert told(other) is not told(one)
    assert calls == [one, other]
    assert told.__doc__ == "Say it."
    gone = weakref.ref(one)
    calls.clear()
    del one
    gc.collect()
    assert gone() is None


def test_what_fails_is_not_kept_and_nothing_can_be_kept_without_a_place() -> None:
    thing = Thing()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        keep(thing, "a", fail)
    assert keep(thing, "a", lambda: 3) == keep(thing, "a", fail) == 3
    assert keep(thing, "b", lambda: None) is None
    with pytest.raises(TypeError):
        keep(object(), "a", lambda: 3)


def test_nothing_is_known_after_a_clear() -> None:
    memo: Memo[str, int] = Memo(4)
    assert [memo.get("a", lambda: 1), memo.get("a", lambda: 2)] == [1, 1]
    memo.clear()
    assert memo.get("a", lambda: 3) == 3
