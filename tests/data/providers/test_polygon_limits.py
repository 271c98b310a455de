"""Pace, concurrency, cancelling and silence, as the server measures them."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from data.net.errors import (
    CancelledError,
    MissingKeyError,
    NotAskedError,
    NotInPlanError,
    RateLimitError,
    RejectedKeyError,
    UnreachableError,
)
from data.net.pacing import Pace
from data.providers.base import BarsComplete, BarsEmpty, BarsFailed
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from tests.data.providers.bars import expected_bars
from tests.data.providers.conftest import QUICK, Polygon
from tests.loopback import faults as wrong
from tests.loopback.market import LAST

START = dt.date(2026, 9, 1)
NAMES = [f"X{number:03d}" for number in range(60)]


def span(polygon: Polygon) -> float:
    moments = [request.moment for request in polygon.server.meter.requests]
    return max(moments) - min(moments)


def test_requests_under_way_and_connections_never_pass_their_limit(polygon: Polygon) -> None:
    polygon.server.latency = 0.03
    outcomes = list(polygon.provider(workers=4).fetch_bars(NAMES, START, LAST))
    meter = polygon.server.meter
    assert all(isinstance(outcome, BarsEmpty) for outcome in outcomes)
    assert len(meter.requests) == len(NAMES)
    assert meter.most_in_flight <= 4
    assert meter.connections <= 4


def test_requests_keep_the_pace(polygon: Polygon) -> None:
    list(polygon.provider(pace=Pace(0.02)).fetch_bars(NAMES[:30], START, LAST))
    # Arrivals lie unevenly on a busy machine; without a pace it would be a tenth of this.
    assert span(polygon) >= 0.7 * 29 * 0.02


def test_retries_keep_the_pace_too(polygon: Polygon) -> None:
    polygon.server.faults.always("X0", wrong.status(500, "x"))
    list(polygon.provider(pace=Pace(0.04)).fetch_bars(NAMES[:6], START, LAST))
    count = len(polygon.server.meter.requests)
    assert count >= 9
    assert span(polygon) >= 0.7 * (count - 1) * 0.04


def test_a_plan_of_few_requests_never_meets_the_servers_limit(polygon: Polygon) -> None:
    polygon.protocol.limit = (5, 0.5)
    provider = polygon.provider(pace=Pace(0.0, count=5, window=1.5))
    outcomes = list(provider.fetch_bars(NAMES[:12], START, LAST))
    assert all(isinstance(outcome, BarsEmpty) for outcome in outcomes)
    assert polygon.protocol.refused == 0


def test_a_pace_that_is_too_fast_is_corrected_by_the_server_and_loses_nothing(
    polygon: Polygon,
) -> None:
    polygon.protocol.limit = (4, 0.3)
    names = [name for name in polygon.market.tickers() if name.startswith("N0")]
    retry = RetryMany
    outcomes = list(polygon.provider(retry, pace=Pace(0.0)).fetch_bars(names, START, LAST))
    assert polygon.protocol.refused > 0
    for outcome in outcomes:
        assert isinstance(outcome, BarsComplete)
        assert outcome.bars.equals(expected_bars(polygon.market, outcome.ticker, START))


RetryMany = type(QUICK)(attempts=40, backoff=0.1, max_backoff=0.2, call_seconds=60.0)


def test_a_cancel_keeps_what_came_and_ends_at_once(polygon: Polygon) -> None:
    polygon.server.faults.always("N003", wrong.hang(600.0))
    polygon.server.faults.always("N004", wrong.drip(0.05))
    cancelled = threading.Event()
    names = [f"N{number:03d}" for number in range(8)]
    outcomes = {}
    patient = polygon.provider(read_seconds=600.0)  # only the cancel can end what hangs
    for outcome in patient.fetch_bars(names, START, LAST, cancelled=cancelled):
        outcomes[outcome.ticker] = outcome
        if len(outcomes) == 6:
            cancelled.set()
    assert set(outcomes) == set(names)
    for name in names:
        outcome = outcomes[name]
        if name in ("N003", "N004"):
            assert isinstance(outcome, BarsFailed)
            assert isinstance(outcome.error, CancelledError)
            assert "What had come before is kept" in str(outcome.error)
        else:
            assert isinstance(outcome, BarsComplete)
            assert outcome.bars.equals(expected_bars(polygon.market, name, START))


def test_closing_the_iterator_stops_the_workers(polygon: Polygon) -> None:
    polygon.server.latency = 0.02
    outcomes = polygon.provider(workers=2).fetch_bars(NAMES, START, LAST)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    asked = len(polygon.server.meter.requests)
    assert asked < len(NAMES)
    assert not [t for t in threading.enumerate() if t.name.startswith("polygon-fetch")]
    polygon.server.latency = 0.0
    assert isinstance(polygon.provider().bars("N000", START, LAST), BarsComplete)
    assert len(polygon.server.meter.requests) == asked + 1


def test_a_single_call_can_be_cancelled(polygon: Polygon) -> None:
    polygon.server.faults.always("splits", wrong.hang(600.0))
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    with pytest.raises(CancelledError, match="polygon: splits must be fetched to the end"):
        polygon.provider(read_seconds=600.0).splits(cancelled=cancelled)


def test_a_source_that_is_silent_is_not_asked_for_every_name(polygon: Polygon) -> None:
    polygon.server.faults.always("X", wrong.reset)
    outcomes = list(polygon.provider(workers=2).fetch_bars(NAMES, START, LAST))
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, BarsFailed)]
    assert len(errors) == len(NAMES)
    assert {type(error) for error in errors} == {UnreachableError, NotAskedError}
    assert len(polygon.server.meter.requests) <= 4 * QUICK.attempts
    assert sum(isinstance(error, NotAskedError) for error in errors) >= len(NAMES) - 4
    assert "was not reached" in str(next(e for e in errors if isinstance(e, NotAskedError)))


def test_what_came_before_the_silence_is_kept(polygon: Polygon) -> None:
    polygon.server.faults.always("X", wrong.status(429, "enough"))
    names = ["N000", "N001", *NAMES[:20]]
    outcomes = {o.ticker: o for o in polygon.provider(workers=1).fetch_bars(names, START, LAST)}
    assert isinstance(outcomes["N000"], BarsComplete)
    assert isinstance(outcomes["N001"], BarsComplete)
    first = outcomes["X000"]
    assert isinstance(first, BarsFailed)
    assert isinstance(first.error, RateLimitError)
    assert len(polygon.server.meter.requests) == 2 + 3 * QUICK.attempts


def test_a_rejected_key_is_tried_once(polygon: Polygon) -> None:
    polygon.protocol.key = "another"
    outcomes = list(polygon.provider(workers=1).fetch_bars(NAMES, START, LAST))
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, BarsFailed)]
    assert [type(error) for error in errors] == [RejectedKeyError] + [NotAskedError] * 59
    assert len(polygon.server.meter.requests) == 1


def test_dates_outside_the_plan_are_not_asked_for_every_name(polygon: Polygon) -> None:
    polygon.protocol.outside_plan = ("/X",)
    outcomes = list(polygon.provider(workers=1).fetch_bars(["N000", *NAMES], START, LAST))
    assert isinstance(outcomes[0], BarsComplete)
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, BarsFailed)]
    assert [type(error) for error in errors] == [NotInPlanError] * 10 + [NotAskedError] * 50
    assert "was answered with 403" in str(errors[-1])
    assert len(polygon.server.meter.requests) == 11


def test_without_a_key_nothing_is_asked(polygon: Polygon) -> None:
    provider = PolygonProvider(PolygonSettings(), {"POLYGON_BASE_URL": polygon.server.url})
    with pytest.raises(MissingKeyError, match="POLYGON_API_KEY or MASSIVE_API_KEY, was not set"):
        provider.fetch_bars(NAMES, START, LAST)
    assert isinstance(provider.unavailable(), MissingKeyError)
    assert polygon.server.meter.requests == []


def test_no_tickers_is_no_request(polygon: Polygon) -> None:
    assert list(polygon.provider().fetch_bars([], START, LAST)) == []
    assert polygon.provider().snapshots([]).table.num_rows == 0
    assert polygon.server.meter.requests == []


def test_two_providers_share_one_pace(polygon: Polygon) -> None:
    pace = Pace(0.021)
    first, second = polygon.provider(pace=pace), polygon.provider(pace=pace)
    threads = [
        threading.Thread(target=lambda p=one: list(p.fetch_bars(NAMES[:10], START, LAST)))
        for one in (first, second)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(polygon.server.meter.requests) == 20
    assert span(polygon) >= 0.7 * 19 * 0.021
