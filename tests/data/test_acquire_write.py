"""Several files at once, told in order, and nothing begun is left unfinished."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest

from data.acquire_write import written


def test_several_at_once_in_the_order_of_the_items() -> None:
    both = threading.Barrier(2, timeout=30)  # two writes must be under way together

    def write(item: int) -> int:
        if item < 2:
            both.wait()
        return item * 10

    assert list(written(iter(range(200)), write)) == [(n, n * 10) for n in range(200)]
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch-writer")]


def test_an_error_is_raised_and_what_was_begun_is_finished() -> None:
    done: set[int] = set()

    def write(item: int) -> None:
        if item == 3:
            raise OSError("the disk is full")
        done.add(item)

    told = written(range(6), write)
    assert [next(told)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="full"):
        next(told)
    assert {0, 1, 2} <= done


def test_the_next_item_waits_for_a_slow_disk() -> None:
    taken, go = [], threading.Event()

    def items() -> Iterator[int]:
        for item in range(500):
            taken.append(item)
            if item == 100:
                raise AssertionError("too many answers wait")
            yield item

    def write(item: int) -> None:
        assert go.wait(30)

    timer = threading.Timer(0.2, go.set)
    timer.start()
    found = written(items(), write)
    next(found)
    assert len(taken) <= 70
    assert isinstance(found, Generator)
    found.close()
    timer.join()
