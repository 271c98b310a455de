"""The pace is kept by all threads together, whatever they do."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.net.budget import Budget
from data.net.errors import CancelledError, TimedOutError
from data.net.pacing import PLANS, Pace, Pacer, shared_pacer


class Clock:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeBudget(Budget):
    """Waits by moving the clock, a little longer than asked, as sleeping does."""

    def __init__(self, clock: Clock, late: float = 0.0) -> None:
        super().__init__("test")
        object.__setattr__(self, "clock", clock)
        object.__setattr__(self, "late", late)

    def wait(self, seconds: float, thing: str) -> None:
        clock: Clock = self.clock  # type: ignore[attr-defined]
        clock.now += seconds + self.late  # type: ignore[attr-defined]


@given(
    pace=st.builds(
        Pace,
        spacing=st.floats(0.05, 0.5),
        catch_up=st.just(0.0) | st.floats(0.0, 1.0),
        least=st.floats(0.0, 0.05),
        count=st.integers(0, 6),
        window=st.floats(0.5, 5.0),
    ),
    pauses=st.lists(st.floats(0.0, 2.0) | st.just(0.0), min_size=2, max_size=40),
    late=st.floats(0.0, 0.4),
)
def test_no_stretch_of_time_has_more_slots_than_the_pace_allows(
    pace: Pace, pauses: list[float], late: float
) -> None:
    clock = Clock()
    pacer = Pacer(pace, clock)
    taken = []
    for pause in pauses:
        clock.now += pause
        pacer.slot(FakeBudget(clock, late), "x")
        taken.append(clock.now)
    for first, last in itertools.combinations(range(len(taken)), 2):
        seconds = taken[last] - taken[first]
        assert seconds >= (last - first) * pace.least - 1e-9
        assert seconds >= (last - first) * pace.spacing - pace.catch_up - 1e-9
        if pace.count and last - first >= pace.count:
            assert seconds >= pace.window - 1e-9


def test_delays_are_made_up_for_in_the_long_run() -> None:
    clock = Clock()
    pacer = Pacer(Pace(0.015, catch_up=0.1, least=0.010), clock)
    for _ in range(200):
        pacer.slot(FakeBudget(clock, late=0.004), "x")
    assert clock.now - 100.0 == pytest.approx(199 * 0.015, abs=0.03)


def test_the_paid_plan_never_reaches_a_hundred_a_second() -> None:
    paid = PLANS["paid"]
    assert paid.least > 0.01
    assert (1.0 + paid.catch_up) / paid.spacing + 1 < 75


def test_a_free_slot_is_given_at_once() -> None:
    clock = Clock()
    pacer = Pacer(PLANS["free"], clock)
    for _ in range(5):
        pacer.slot(FakeBudget(clock), "x")
    assert clock.now == pytest.approx(100.0 + 4 * PLANS["free"].spacing)
    pacer.slot(FakeBudget(clock), "x")
    assert clock.now == pytest.approx(100.0 + PLANS["free"].window)


def test_nobody_gets_a_slot_while_the_source_wants_quiet() -> None:
    clock = Clock()
    pacer = Pacer(Pace(0.01), clock)
    pacer.hold(3.0)
    pacer.hold(1.0)  # a shorter wish does not end a longer one
    pacer.slot(FakeBudget(clock), "x")
    assert clock.now == pytest.approx(103.0)


def test_many_threads_keep_the_spacing() -> None:
    pacer = Pacer(Pace(0.005))
    taken: list[float] = []

    def work() -> None:
        for _ in range(5):
            pacer.slot(Budget("test"), "x")
            taken.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert max(taken) - began >= 39 * 0.005


def test_waiting_for_a_slot_ends_with_the_wish_and_with_the_deadline() -> None:
    pacer = Pacer(Pace(0.0))
    pacer.hold(60.0)
    with pytest.raises(TimedOutError, match="bars must be there before the deadline"):
        pacer.slot(Budget.of("test", 0.02), "bars")
    cancelled = threading.Event()
    threading.Timer(0.05, cancelled.set).start()
    with pytest.raises(CancelledError, match="test: bars must be fetched to the end"):
        pacer.slot(Budget.of("test", None, cancelled), "bars")


def test_one_who_waits_does_not_keep_others_from_giving_up() -> None:
    pacer = Pacer(Pace(0.0))
    pacer.hold(60.0)
    first = threading.Event()
    holder = threading.Thread(target=lambda: _swallow(pacer, first))
    holder.start()
    with pytest.raises(TimedOutError):
        pacer.slot(Budget.of("test", 0.1), "bars")
    first.set()
    holder.join()


def _swallow(pacer: Pacer, cancelled: threading.Event) -> None:
    with pytest.raises(CancelledError):
        pacer.slot(Budget.of("test", None, cancelled), "bars")


def test_one_source_has_one_pacer_in_the_process() -> None:
    pace = Pace(0.015)
    assert shared_pacer("a", pace) is shared_pacer("a", Pace(0.015))
    assert shared_pacer("a", pace) is not shared_pacer("b", pace)
