"""A source that is slow ends in time, and what comes after it is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.net.errors import TimedOutError
from data.net.retry import RetryPolicy
from data.providers.base import BarsComplete
from tests.data.providers.bars import expected_bars
from tests.data.providers.conftest import Polygon
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, LAST

TICKER = "N000"


def test_an_answer_that_drips_ends_in_time(
    polygon: Polygon, quick_with: Callable[..., RetryPolicy]
) -> None:
    polygon.server.faults.always(TICKER, wrong.drip(0.02))
    retry = quick_with(attempts=2, attempt_seconds=0.3)
    with pytest.raises(TimedOutError, match="was too slow"):
        polygon.provider(retry).bars(TICKER, FIRST, LAST)
    assert len(polygon.server.meter.requests) == 2


def test_a_server_that_hangs_ends_in_time(polygon: Polygon) -> None:
    polygon.server.faults.always(TICKER, wrong.hang(30.0))
    with pytest.raises(TimedOutError, match="was too slow"):
        polygon.provider(read_seconds=0.2).bars(TICKER, FIRST, LAST)
    assert len(polygon.server.meter.requests) == 3


def test_after_a_dripping_answer_the_next_question_is_answered(
    polygon: Polygon, quick_with: Callable[..., RetryPolicy]
) -> None:
    polygon.server.faults.on(TICKER, wrong.drip(0.02))
    outcome = polygon.provider(quick_with(attempt_seconds=0.3)).bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(polygon.market, TICKER))


def test_a_call_ends_when_all_its_attempts_together_take_too_long(
    polygon: Polygon, quick_with: Callable[..., RetryPolicy]
) -> None:
    polygon.server.faults.always(TICKER, wrong.status(503, "later", Retry_After="100"))
    retry = quick_with(attempts=50, retry_after_cap=0.2, call_seconds=0.5)
    with pytest.raises(TimedOutError, match=r"within 0\.5 seconds.*503"):
        polygon.provider(retry).bars(TICKER, FIRST, LAST)
    assert len(polygon.server.meter.requests) < 5


def test_the_deadline_of_the_whole_call_ends_it(polygon: Polygon) -> None:
    polygon.server.faults.always(TICKER, wrong.drip(0.02))
    with pytest.raises(TimedOutError, match="before the deadline of the whole fetch"):
        polygon.provider(fetch_seconds=0.3).bars(TICKER, FIRST, LAST)
    assert len(polygon.server.meter.requests) == 1
