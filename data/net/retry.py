"""Which faults are asked again, how long to wait before, and when to give up."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from data.net.budget import Budget
from data.net.errors import ProviderError, RateLimitError, ServerFaultError, TimedOutError
from data.net.pacing import Pacer

__all__ = ["RetryPolicy", "call", "parse_retry_after"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a request is repeated.

    Attributes
    ----------
    attempts : int
        Requests at most, the first included, ≥ 1.
    backoff, max_backoff : float
        Seconds before the second attempt, doubled for each further one up to the maximum.
    jitter : float
        Up to this fraction of the backoff is added at random, so threads do not come back together.
    retry_after_cap : float
        No wish of the source to wait is followed for longer than these seconds.
    attempt_seconds : float
        One attempt, from the first byte sent to the last received.
    call_seconds : float
        All attempts and the waiting between them; waiting for the pace is not counted.
    """

    attempts: int = 5
    backoff: float = 0.5
    max_backoff: float = 20.0
    jitter: float = 0.5
    retry_after_cap: float = 60.0
    attempt_seconds: float = 60.0
    call_seconds: float = 240.0

    def delay(self, attempt: int, retry_after: float | None, draw: float) -> float:
        """Seconds before the next attempt: max(what the source asked for, backoff with jitter).

        Parameters
        ----------
        attempt : int
            Attempts made so far, ≥ 1.
        retry_after : float or None
            Seconds that the source asked for.
        draw : float
            Random number in [0, 1).
        """
        # The exponent is bounded: 2.0 ** 1024 would overflow long after the maximum is reached.
        grown: float = min(self.max_backoff, self.backoff * 2.0 ** min(attempt - 1, 60))
        asked = min(retry_after or 0.0, self.retry_after_cap)
        return max(asked, grown * (1.0 + self.jitter * draw))


def parse_retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for; None where it says nothing usable.

    Parameters
    ----------
    value : str or None
        Whole seconds, or an HTTP date (RFC 9110 §10.2.3).
    now : datetime
        The present moment with a time zone; a date in the past gives 0.
    """
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def call(
    attempt: Callable[[], T],
    *,
    thing: str,
    policy: RetryPolicy,
    pacer: Pacer,
    budget: Budget,
    draw: Callable[[], float] = random.random,
) -> tuple[T, int]:
    """Run `attempt` until it succeeds, a fault is final, or patience ends.

    Parameters
    ----------
    attempt : callable
        Sends one request; raises ProviderError.
    thing : str
        What is asked for, for messages.

    Returns
    -------
    result, int
        What `attempt` returned, and how many requests it took.

    Raises
    ------
    ProviderError
        The last fault; CancelledError or TimedOutError when the budget ends first.
    """
    spent = 0.0
    for number in range(1, policy.attempts + 1):
        pacer.slot(budget, thing)
        began = time.monotonic()
        try:
            return attempt(), number
        except ProviderError as error:
            budget.check(thing)
            fault = error
        spent += time.monotonic() - began
        wait = policy.delay(number, fault.retry_after, draw())
        if not fault.retryable or number == policy.attempts:
            raise fault
        if spent + wait > policy.call_seconds:
            raise _too_long(thing, policy, fault) from fault
        if isinstance(fault, RateLimitError) or (
            isinstance(fault, ServerFaultError) and fault.retry_after
        ):
            pacer.hold(wait)  # the limit is the key's: the other threads would hit it as well
        budget.wait(wait, thing)
        spent += wait
    raise AssertionError("attempts must be at least 1")


def _too_long(thing: str, policy: RetryPolicy, fault: ProviderError) -> TimedOutError:
    return TimedOutError(
        fault.provider,
        thing,
        f"be there within {policy.call_seconds:g} seconds",
        f"was not; the last fault: {fault.found}",
        fault.way_out,
    )
