"""Turns: one at a time, what is waited for first, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dashboard.turns import Turns

_LIMIT = 10.0  # seconds; only a failing test waits as long


class Crowd:
    """Threads that take turns, and in which order they got them."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def first(self, name: str) -> None:
        def work() -> None:
            with self.turns.first():
                self.order.append(name)

        self.queued(work)

    def after(self, name: str) -> None:
        def work() -> None:
            with self.turns.after():
                self.order.append(name)

        self.queued(work)

    def queued(self, work: Callable[[], None]) -> None:
        """Start `work` and return when it stands in the queue."""
        before = len(self.turns._waiting)
        self.start(work)
        until = time.monotonic() + _LIMIT
        while len(self.turns._waiting) == before:
            assert time.monotonic() < until
            time.sleep(0.001)

    def end(self) -> list[str]:
        for thread in self._threads:
            thread.join(_LIMIT)
            assert not thread.is_alive()
        return self.order


def test_what_is_waited_for_comes_first_and_each_kind_in_the_order_of_asking() -> None:
    turns = Turns(longest=_LIMIT)
    crowd = Crowd(turns)
    with turns.first():
        for name in ("rest a", "rest b"):
            crowd.after(name)
        for name in ("a", "b", "c"):
            crowd.first(name)
    assert crowd.end() == ["a", "b", "c", "rest a", "rest b"]


def test_the_rest_of_a_page_gives_way_between_its_parts_and_stays_ahead_of_later_ones() -> None:
    turns = Turns(longest=_LIMIT)
    crowd = Crowd(turns)
    with turns.after() as pause:
        crowd.after("later rest")
        pause()
        assert crowd.order == []  # nobody is waited for: it goes on
        crowd.first("a")
        crowd.first("b")
        pause()
        assert crowd.order == ["a", "b"]
    assert crowd.end() == ["a", "b", "later rest"]


def test_who_stands_aside_goes_on_when_no_page_has_the_turn() -> None:
    turns = Turns(longest=_LIMIT)
    turns.stand_aside()  # nobody there
    crowd = Crowd(turns)

    def aside() -> None:
        turns.stand_aside()
        crowd.order.append("aside")

    with turns.after():
        crowd.queued(aside)
        crowd.first("a")
    assert crowd.end() == ["a", "aside"]


def test_whoever_takes_too_long_holds_up_nobody() -> None:
    turns = Turns(longest=0.05)
    crowd = Crowd(turns)
    with turns.first():
        crowd.first("a")
        assert crowd.end() == ["a"]
    with turns.after() as pause:
        crowd.first("b")
        crowd.end()
        pause()  # the turn went on without it
    assert turns.is_free()


def test_a_turn_is_given_back_when_the_work_fails() -> None:
    turns = Turns()

    def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError), turns.first():
        fail()
    with pytest.raises(KeyError), turns.after():
        fail()
    assert turns.is_free()


def test_a_first_turn_is_not_free_and_a_rest_is() -> None:
    turns = Turns()
    with turns.first():
        assert not turns.is_free()
    with turns.after():
        assert turns.is_free()


def test_of_many_threads_one_at_a_time_has_the_turn() -> None:
    turns = Turns(longest=_LIMIT)
    crowd, inside, most = Crowd(turns), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with turns.first():
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
            with turns.after() as pause:
                inside += 1
                most = max(most, inside)
                inside -= 1
                pause()

    for _ in range(8):
        crowd.start(work)
    crowd.end()
    assert most == 1
    assert turns.is_free()
