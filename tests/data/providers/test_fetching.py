"""One outcome for every ticker, whatever happens to the others."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.net.budget import Budget
from data.net.errors import (
    CancelledError,
    NotAskedError,
    NotFoundError,
    ProviderError,
    TimedOutError,
    UnreachableError,
)
from data.providers.base import BarOutcome, BarsEmpty, BarsFailed, Progress, Provenance
from data.providers.fetching import Fetch, fetch_each

FROM = Provenance("test", "raw", dt.datetime(2026, 1, 2, tzinfo=dt.UTC), 1, "test 1")
KINDS = ("empty", "unknown", "silent", "defect")


def fault(kind: type[ProviderError], ticker: str) -> ProviderError:
    return kind("test", f"daily bars of {ticker}", "come", "did not", "Try again.")


def answer(ticker: str, budget: Budget) -> BarOutcome:
    kind = ticker.partition("-")[0]
    if kind == "unknown":
        raise fault(NotFoundError, ticker)
    if kind == "silent":
        raise fault(UnreachableError, ticker)
    if kind == "defect":
        raise ZeroDivisionError("secret text")
    return BarsEmpty(ticker, "none", FROM)


@settings(max_examples=40)
@given(
    kinds=st.lists(st.sampled_from(KINDS), max_size=25),
    workers=st.integers(1, 6),
    repeated=st.booleans(),
)
def test_every_ticker_has_one_outcome(kinds: list[str], workers: int, repeated: bool) -> None:
    tickers = [f"{kind}-{number}" for number, kind in enumerate(kinds)]
    seen: list[Progress] = []
    asked = tickers * 2 if repeated else tickers
    outcomes = list(fetch_each(asked, answer, Fetch("test", workers), progress=seen.append))
    assert sorted(outcome.ticker for outcome in outcomes) == sorted(tickers)
    assert [progress.done for progress in seen] == list(range(1, len(tickers) + 1))
    silent = False
    for outcome in outcomes:
        if isinstance(outcome, BarsFailed):
            silent |= isinstance(outcome.error, NotAskedError)
            assert "secret text" not in str(outcome.error)
        else:
            assert outcome.ticker.startswith("empty")
    assert not silent or kinds.count("silent") >= 3


def test_silence_is_a_row_of_failures_and_any_answer_ends_the_row() -> None:
    tickers = ["silent-1", "silent-2", "empty-1", "silent-3", "unknown-1", "silent-4", "empty-2"]
    outcomes = list(fetch_each(tickers, answer, Fetch("test", workers=1)))
    assert not [
        o for o in outcomes if isinstance(o, BarsFailed) and isinstance(o.error, NotAskedError)
    ]
    tickers = ["silent-1", "silent-2", "silent-3", "empty-1"]
    last = list(fetch_each(tickers, answer, Fetch("test", workers=1)))[-1]
    assert isinstance(last, BarsFailed)
    assert isinstance(last.error, NotAskedError)
    assert "were not asked: daily bars of silent-3 did not" in str(last.error)


def test_a_defect_names_its_kind_and_not_its_text() -> None:
    (outcome,) = fetch_each(["defect-1"], answer, Fetch("test"))
    assert isinstance(outcome, BarsFailed)
    assert "met ZeroDivisionError" in str(outcome.error)


def test_the_deadline_of_the_fetch_ends_what_waits() -> None:
    def wait(ticker: str, budget: Budget) -> BarOutcome:
        if ticker == "quick":
            return BarsEmpty(ticker, "none", FROM)
        budget.wait(600.0, f"daily bars of {ticker}")
        raise AssertionError("waited to the end")

    outcomes = {o.ticker: o for o in fetch_each(["quick", "a", "b"], wait, Fetch("test", 3, 0.2))}
    assert isinstance(outcomes["quick"], BarsEmpty)
    for name in ("a", "b"):
        outcome = outcomes[name]
        assert isinstance(outcome, BarsFailed)
        assert isinstance(outcome.error, TimedOutError)


def test_cancelled_before_it_begins_nothing_is_asked() -> None:
    cancelled = threading.Event()
    cancelled.set()
    asked: list[str] = []

    def note(ticker: str, budget: Budget) -> BarOutcome:
        budget.wait(0.2, "x")
        asked.append(ticker)
        return BarsEmpty(ticker, "none", FROM)

    outcomes = list(fetch_each(["a", "b"], note, Fetch("test", 1), cancelled=cancelled))
    assert asked == []
    assert [type(o.error) for o in outcomes if isinstance(o, BarsFailed)] == [CancelledError] * 2


def test_progress_knows_rate_and_time_left() -> None:
    progress = Progress(done=50, total=200, failed=1, rows=10, requests=51, seconds=5.0)
    assert (progress.rate, progress.remaining_seconds) == (10.0, 15.0)
    assert Progress(0, 200, 0, 0, 0, 0.0).remaining_seconds is None


def test_an_error_of_the_reader_stops_the_workers() -> None:
    def stuck(ticker: str, budget: Budget) -> BarOutcome:
        if ticker == "a":
            return BarsEmpty(ticker, "none", FROM)
        budget.wait(600.0, "x")
        raise AssertionError("waited to the end")

    def explode(_: Progress) -> None:
        raise RuntimeError("the reader's own")

    with pytest.raises(RuntimeError, match="the reader's own"):
        list(fetch_each(["a", "b", "c"], stuck, Fetch("test", 3), progress=explode))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-fetch")]
