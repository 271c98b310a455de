"""When a request is repeated, and how long is waited before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.net.budget import Budget
from data.net.errors import (
    BadQueryError,
    ProviderError,
    RateLimitError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)
from data.net.pacing import Pace, Pacer
from data.net.retry import RetryPolicy, call, parse_retry_after

NOW = dt.datetime(2026, 11, 20, 12, 0, 0, tzinfo=dt.UTC)
QUICK = RetryPolicy(attempts=4, backoff=0.001, max_backoff=0.002, retry_after_cap=0.01)


def fault(kind: type[ProviderError], retry_after: float | None = None) -> ProviderError:
    return kind("test", "bars", "come", "did not", "Try again.", retry_after)


class Attempts:
    """Raises the given faults one after the other, then succeeds."""

    def __init__(self, *faults: ProviderError) -> None:
        self.faults = list(faults)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.faults:
            raise self.faults.pop(0)
        return "done"


def run(attempts: Callable[[], str], policy: RetryPolicy = QUICK) -> tuple[str, int]:
    pacer = Pacer(Pace(0.0))
    return call(attempts, thing="bars", policy=policy, pacer=pacer, budget=Budget("test"))


def test_a_passing_fault_costs_one_attempt() -> None:
    assert run(Attempts(fault(UnreachableError), fault(ServerFaultError))) == ("done", 3)


def test_a_fault_that_cannot_pass_is_raised_at_once() -> None:
    attempts = Attempts(fault(BadQueryError))
    with pytest.raises(BadQueryError, match=r"test: bars must come, did not\. Try again\."):
        run(attempts)
    assert attempts.made == 1


def test_the_last_fault_is_raised_when_the_attempts_are_used_up() -> None:
    attempts = Attempts(*(fault(UnreachableError) for _ in range(9)))
    with pytest.raises(UnreachableError):
        run(attempts)
    assert attempts.made == QUICK.attempts


def test_a_wait_beyond_the_time_of_the_call_is_not_begun() -> None:
    attempts = Attempts(fault(RateLimitError, 60.0))
    policy = RetryPolicy(retry_after_cap=60.0, call_seconds=5.0)
    with pytest.raises(TimedOutError, match=r"within 5 seconds, was not; the last fault: did not"):
        run(attempts, policy)
    assert attempts.made == 1


def test_too_many_requests_make_all_threads_wait() -> None:
    class Spy(Pacer):
        held: float = 0.0

        def hold(self, seconds: float) -> None:
            self.held = seconds

    pacer = Spy(Pace(0.0))
    attempts = Attempts(fault(RateLimitError, 0.005))
    call(attempts, thing="x", policy=QUICK, pacer=pacer, budget=Budget("test"), draw=lambda: 0.0)
    assert pacer.held == 0.005


@given(
    attempt=st.integers(1, 5000),
    wish=st.none() | st.floats(0.0, 1e6),
    draw=st.floats(0.0, 1.0, exclude_max=True),
)
def test_the_wait_is_the_greater_of_wish_and_backoff_within_the_caps(
    attempt: int, wish: float | None, draw: float
) -> None:
    policy = RetryPolicy()
    wait = policy.delay(attempt, wish, draw)
    assert wait >= min(wish or 0.0, policy.retry_after_cap)
    assert wait >= min(policy.max_backoff, policy.backoff * 2.0 ** min(attempt - 1, 30))
    ceiling = policy.max_backoff * (1 + policy.jitter)
    assert wait <= max(policy.retry_after_cap, ceiling)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 12:00:30", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: str | None, seconds: float | None
) -> None:
    assert parse_retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_the_reading(header: str) -> None:
    seconds = parse_retry_after(header, NOW)
    assert seconds is None or seconds >= 0.0
