"""One fetch over several sources: who is asked for what, what came, and what that says of them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from data.net.errors import (
    BadQueryError,
    CancelledError,
    NotAskedError,
    NotFoundError,
    NotInPlanError,
    ProviderError,
)
from data.providers.base import BarOutcome, BarsComplete, BarsEmpty, BarsFailed, Progress
from data.providers.hybrid_record import (
    ProvidersRecord,
    ProviderState,
    TickerSource,
    reason_of,
)

__all__ = ["BarsStored", "HybridOutcome", "Run"]

# A setting is looked up anew each time; what a source answered holds until it is asked again.
_SETTINGS: Final = ("no_key", "misconfigured")


@dataclass(frozen=True, slots=True)
class BarsStored:
    """No source answered; bars of an earlier fetch are in the store and may stand in.

    Attributes
    ----------
    ticker, provider, base : str
        Whose file it is, and on which basis.
    start, end : date or None
        Window that the file is complete for.
    fetched_at : datetime
        When its newest part came, UTC.
    rows : int
        Bars in it.
    error : ProviderError
        Why nothing newer came.
    """

    ticker: str
    provider: str
    base: str
    start: dt.date | None
    end: dt.date | None
    fetched_at: dt.datetime
    rows: int
    error: ProviderError


HybridOutcome = BarOutcome | BarsStored

Ask = Callable[[list[str]], Iterator[BarOutcome]]
# Looks a ticker up in the store: of one provider, or of the first that has it.
Stored = Callable[[str, ProviderError, str | None], BarsStored | None]


@dataclass(slots=True)
class _Verdict:
    # What a source showed of itself in this run.
    answered: int = 0
    refused: int = 0
    error: ProviderError | None = None


class Run:
    """State of one fetch; one thread reads it."""

    def __init__(
        self,
        tickers: Iterable[str],
        continues: Mapping[str, str],
        progress: Callable[[Progress], None] | None,
        cancelled: threading.Event | None,
    ) -> None:
        self._pending = list(dict.fromkeys(tickers))
        self._total = len(self._pending)
        self._continues = continues
        self._progress, self._cancelled = progress, cancelled
        self._began = time.monotonic()
        self._done = self._failed = self._rows = self._requests = 0
        self._troubles: dict[str, list[tuple[str, ProviderError]]] = {}
        self._verdicts: dict[str, _Verdict] = {}
        self._sources: dict[str, TickerSource] = {}

    def ask(
        self, name: str, fault: ProviderError | None, ask: Ask, stored: Stored
    ) -> Iterator[HybridOutcome]:
        """Ask one source for what is still wanted of it; what it fails at stays wanted."""
        wanted = [t for t in self._pending if self._continues.get(t, name) == name]
        if not wanted:
            return
        if fault is None:
            try:
                outcomes = ask(wanted)
            except ProviderError as error:  # the settings changed in between
                fault = error
        if fault is not None:
            for ticker in wanted:
                self._trouble(ticker, name, fault)
            return
        verdict = self._verdicts[name] = _Verdict()
        for outcome in outcomes:
            final = self._judged(name, verdict, outcome, stored)
            if final is not None:
                yield self._settled(final)

    def trouble(self, ticker: str) -> tuple[str, ProviderError] | None:
        """Return the source that was preferred for a ticker and failed at it, and why; or None."""
        troubles = self._troubles.get(ticker)
        return troubles[0] if troubles else None

    def rest(self, stored: Stored) -> Iterator[HybridOutcome]:
        """Yield for what nobody served what is stored, or the last error."""
        for ticker in list(self._pending):
            error = self._troubles[ticker][-1][1]
            found = stored(ticker, error, self._continues.get(ticker))
            yield self._settled(BarsFailed(ticker, error) if found is None else found)

    def record(
        self,
        faults: Mapping[str, ProviderError | None],
        chosen: Collection[str],
        former: ProvidersRecord,
    ) -> ProvidersRecord:
        """Return what this run and the settings say of the sources, joined to `former`.

        `faults` are those of the settings by source, in order of preference; only the `chosen`
        are asked.
        """
        now = dt.datetime.now(dt.UTC)
        before = {one.provider: one for one in former.states}
        states: list[ProviderState] = []
        for name, fault in faults.items():
            state = self._state(name, fault, before.get(name))
            if state.state != "unavailable" and name not in chosen:
                state = replace(state, state="standby", reason="not_chosen")
            elif state.state != "unavailable" and any(one.state == "active" for one in states):
                state = replace(state, state="standby")
            asked = now if name in self._verdicts else None
            since = None if asked is None and fault is None and name not in before else now
            states.append(replace(state, since=since, asked_at=asked))
        moment = now if self._sources else former.updated_at
        return former.joined(ProvidersRecord(moment, tuple(states), self._sources))

    def _judged(
        self, name: str, verdict: _Verdict, outcome: BarOutcome, stored: Stored
    ) -> HybridOutcome | None:
        if isinstance(outcome, BarsFailed):
            if isinstance(outcome.error, CancelledError):
                return outcome
            self._trouble(outcome.ticker, name, outcome.error)
            _note(verdict, outcome.error)
            return None
        verdict.answered += 1
        troubles = self._troubles.get(outcome.ticker)
        if isinstance(outcome, BarsEmpty) and troubles:
            # A better source could not be asked: what it said before counts more than "none" here.
            return stored(outcome.ticker, troubles[-1][1], None) or outcome
        return outcome

    def _trouble(self, ticker: str, name: str, error: ProviderError) -> None:
        self._troubles.setdefault(ticker, []).append((name, error))

    def _settled(self, outcome: HybridOutcome) -> HybridOutcome:
        self._pending.remove(outcome.ticker)
        self._done += 1
        if isinstance(outcome, BarsFailed):
            self._failed += 1
        elif isinstance(outcome, BarsComplete):
            self._rows += outcome.bars.num_rows
        if isinstance(outcome, BarsComplete | BarsEmpty):
            self._requests += outcome.provenance.requests
        source = self._source(outcome)
        if source is not None:
            self._sources[outcome.ticker] = source
        if self._progress is not None:
            counts = (self._done, self._total, self._failed, self._rows, self._requests)
            self._progress(Progress(*counts, time.monotonic() - self._began))
        return outcome

    def _source(self, outcome: HybridOutcome) -> TickerSource | None:
        ticker = outcome.ticker
        trouble = self.trouble(ticker)
        why = (trouble[0], reason_of(trouble[1])) if trouble is not None else ("", "")
        if isinstance(outcome, BarsStored):
            told = (outcome.provider, outcome.base, outcome.rows, outcome.fetched_at)
            return TickerSource(ticker, *told, True, *why)
        if isinstance(outcome, BarsFailed):
            if isinstance(outcome.error, CancelledError):
                return None  # nothing is known: what was said of it before holds
            return TickerSource(ticker, "", "", 0, dt.datetime.now(dt.UTC), False, *why)
        provenance = outcome.provenance
        rows = outcome.bars.num_rows if isinstance(outcome, BarsComplete) else 0
        told = (provenance.provider, provenance.base, rows, provenance.fetched_at)
        return TickerSource(ticker, *told, False, *why)

    def _state(
        self, name: str, fault: ProviderError | None, former: ProviderState | None
    ) -> ProviderState:
        verdict = self._verdicts.get(name)
        if fault is None and verdict is not None:
            fault = verdict.error if not verdict.answered else None
        elif fault is None and former is not None and former.state == "unavailable":
            if former.reason not in _SETTINGS:
                return former
        if fault is None:
            return ProviderState(name, "active")
        return ProviderState(name, "unavailable", reason_of(fault), str(fault))


def _note(verdict: _Verdict, error: ProviderError) -> None:
    # What concerns one name says nothing of the source; a plan that refuses one may have others.
    if isinstance(error, NotFoundError | BadQueryError):
        return
    if isinstance(error, NotInPlanError):
        verdict.refused += 1
        if verdict.refused == 1:
            return
    if isinstance(error, NotAskedError) and isinstance(error.__cause__, ProviderError):
        error = error.__cause__
    verdict.error = verdict.error or error
