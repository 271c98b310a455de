"""Many tickers at once: workers, progress, cancelling, and a source that stopped answering."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from data.net.budget import Budget
from data.net.errors import (
    BadQueryError,
    CancelledError,
    NotAskedError,
    NotInPlanError,
    ProviderError,
    RateLimitError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)
from data.providers.base import BarOutcome, BarsComplete, BarsFailed, Progress

__all__ = ["Fetch", "fetch_each"]

_LOOK = 0.05  # seconds between looks at the user's wish to stop
# Tickers in a row that may find the source silent before the rest is not asked any more.
_SILENT_LIMIT = 3
# The same for answers that the plan does not include: dates too far back concern every ticker.
_REFUSAL_LIMIT = 10
_SILENCE = (UnreachableError, RateLimitError, ServerFaultError, TimedOutError)

Ask = Callable[[str, Budget], BarOutcome]


@dataclass(frozen=True, slots=True)
class Fetch:
    """How a fetch is run: source, threads, and the seconds it may take in all (None = any)."""

    provider: str
    workers: int = 10
    seconds: float | None = None


def fetch_each(
    tickers: Iterable[str],
    ask: Ask,
    fetch: Fetch,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[BarOutcome]:
    """Ask for every ticker once and yield exactly one outcome for each, as they come.

    Parameters
    ----------
    tickers : iterable of str
        Repeated ones are asked for once.
    ask : callable
        Answers for one ticker within a budget; raises ProviderError.
    progress : callable, optional
        Called in the caller's thread after each outcome.
    cancelled : threading.Event, optional
        Set it to stop: requests under way are broken off, and every ticker that has not come is
        yielded as failed with CancelledError. Closing the iterator stops as well.
    """
    asked = list(dict.fromkeys(tickers))
    stop = cancelled if cancelled is not None else threading.Event()
    inner = threading.Event()  # ours: set by the user's event, and when the reader goes away
    if stop.is_set():
        inner.set()
    budget = Budget.of(fetch.provider, fetch.seconds, inner)
    silence = _Silence()
    done: queue.SimpleQueue[BarOutcome] = queue.SimpleQueue()
    tally = _Tally(len(asked))
    workers = ThreadPoolExecutor(max(1, min(fetch.workers, len(asked))), f"{fetch.provider}-fetch")
    try:

        def work(ticker: str) -> None:
            done.put(_one(ticker, ask, budget, silence))

        for ticker in asked:
            workers.submit(work, ticker)
        for _ in asked:
            outcome = _next(done, stop, inner)
            tally.add(outcome)
            if progress is not None:
                progress(tally.progress())
            yield outcome
    finally:
        inner.set()
        workers.shutdown(wait=True, cancel_futures=True)


def _next(
    done: queue.SimpleQueue[BarOutcome], stop: threading.Event, inner: threading.Event
) -> BarOutcome:
    while True:
        if stop.is_set():
            inner.set()
        try:
            return done.get(timeout=_LOOK)
        except queue.Empty:
            continue


def _one(ticker: str, ask: Ask, budget: Budget, silence: _Silence) -> BarOutcome:
    try:
        silence.check(budget.provider, ticker)
        budget.check(f"daily bars of {ticker}")
        outcome = ask(ticker, budget)
    except ProviderError as error:
        silence.failed(error)
        return BarsFailed(ticker, error)
    except Exception as error:  # noqa: BLE001 - an outcome that never came would hang the reader
        return BarsFailed(ticker, _defect(budget.provider, ticker, error))
    silence.answered()
    return outcome


def _defect(provider: str, ticker: str, error: Exception) -> ProviderError:
    # Only the type: the text of an unforeseen error may quote a request with its headers.
    return ProviderError(
        provider,
        f"daily bars of {ticker}",
        "be read without a defect of this program",
        f"met {type(error).__name__}",
        "Please report it with the version of Plimsoll.",
    )


class _Silence:
    # Remembers whether the source still answers. Shared by the workers of one fetch.
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row = self._refused_in_a_row = 0
        self._verdict: ProviderError | None = None

    def check(self, provider: str, ticker: str) -> None:
        verdict = self._verdict
        if verdict is not None:
            raise NotAskedError(
                provider,
                f"daily bars of {ticker}",
                "be asked of a source that answers",
                f"were not asked: {verdict.thing} {verdict.found}",
                verdict.way_out,
            ) from verdict

    def answered(self) -> None:
        with self._lock:
            self._in_a_row = self._refused_in_a_row = 0

    def failed(self, error: ProviderError) -> None:
        if isinstance(error, NotAskedError | CancelledError | BadQueryError):
            return
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if isinstance(error, _SILENCE) else 0
            self._refused_in_a_row += isinstance(error, NotInPlanError)
            silent = self._in_a_row >= _SILENT_LIMIT
            if error.fatal or silent or self._refused_in_a_row >= _REFUSAL_LIMIT:
                self._verdict = self._verdict or error


class _Tally:
    def __init__(self, total: int) -> None:
        self._began = time.monotonic()
        self._total = total
        self._done = self._failed = self._rows = self._requests = 0

    def add(self, outcome: BarOutcome) -> None:
        self._done += 1
        if isinstance(outcome, BarsFailed):
            self._failed += 1
            return
        self._requests += outcome.provenance.requests
        if isinstance(outcome, BarsComplete):
            self._rows += outcome.bars.num_rows

    def progress(self) -> Progress:
        seconds = time.monotonic() - self._began
        counts = (self._done, self._total, self._failed, self._rows, self._requests)
        return Progress(*counts, seconds)
