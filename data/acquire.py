"""Fetch a universe from its providers into the store, and make a market of it: a headless job.

plan → reference → bars → actions → filings → assemble. Every name is stored as it comes, so a job
that is cancelled or killed loses at most the names under way, and the next one asks for the rest.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from data.acquire_actions import fetch_actions
from data.acquire_bars import Asked, fetch_bars, plan_bars
from data.acquire_filings import fetch_filings
from data.acquire_job import Job, open_sources
from data.acquire_meter import Meter
from data.acquire_probe import must_be_reachable
from data.acquire_rates import fetch_rates
from data.acquire_recipe import save_request, saved_request
from data.acquire_reference import fetch_reference, stored_changes
from data.acquire_refresh import refresh_by_day
from data.acquire_types import (
    LIVE,
    AcquireReport,
    FetchRequest,
    ProviderChoice,
    Say,
    TickerOutcome,
)
from data.acquire_universe import universe_of
from data.assemble import NothingStoredError, assemble
from data.assemble_overrides import market_overrides
from data.calendar import last_complete_session
from data.errors import NotFetchedError
from data.fetched import FetchedStore
from data.net.errors import CancelledError
from data.providers.hybrid import HybridProvider
from data.snapshot import market_names

__all__ = ["acquire", "last_request", "refresh"]


def acquire(
    home: Path,
    request: FetchRequest,
    *,
    sources: HybridProvider | None = None,
    progress: Say | None = None,
    cancelled: threading.Event | None = None,
    environ: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> AcquireReport:
    """Fetch what `request` names and is not stored yet, and make its market.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME.
    request : FetchRequest
    sources : HybridProvider, optional
        Whom to ask; None = made from the request and the environment, and closed afterwards.
    progress : callable, optional
        Called with AcquireProgress from the calling thread, after each name; it must be quick.
    cancelled : threading.Event, optional
        Set it to stop: what came is kept, and the market is made of the names that are whole.
    environ : mapping, optional
        Where keys and addresses are read; None = the process's environment.
    now : datetime, optional
        Aware; the clock when not given.

    Returns
    -------
    AcquireReport
        Also where sources failed: each symbol has its outcome.

    Raises
    ------
    ReferenceFileError
        No such universe.
    ProviderError
        The provider that the request names cannot be asked at all (no key, no library), or nobody
        can be reached (UnreachableError).
    OverridesError
        The market's overrides file is there and means nothing.
    StoreBusyError, StoreFullError, StoreWriteError
        What had come before is kept.
    """
    return _run(home, request, sources, progress, cancelled, environ, now)


def refresh(
    home: Path,
    name: str = LIVE,
    *,
    provider: ProviderChoice | None = None,
    sources: HybridProvider | None = None,
    progress: Say | None = None,
    cancelled: threading.Event | None = None,
    environ: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> AcquireReport:
    """Bring a fetched market up to the newest session: by whole day where that is fewer requests.

    The last three sessions are asked again. Parameters, errors and report as in `acquire`; an end
    that the fetch had is lifted, `provider` None = as at the fetch.

    Raises
    ------
    NotFetchedError
        No fetch has made a market of that name.
    """
    request = saved_request(home, name)
    if request is None:
        raise NotFetchedError(name, market_names(home))
    request = replace(request, end=None, provider=provider or request.provider)
    return _run(home, request, sources, progress, cancelled, environ, now, by_day=True)


def last_request(home: Path, name: str = LIVE) -> FetchRequest | None:
    """Return what the market of that name was fetched with, None where it never was."""
    return saved_request(home, name)


def _run(
    home: Path,
    request: FetchRequest,
    given: HybridProvider | None,
    progress: Say | None,
    cancelled: threading.Event | None,
    environ: Mapping[str, str] | None,
    now: dt.datetime | None,
    *,
    by_day: bool = False,
) -> AcquireReport:
    sources = given or open_sources(home, request.provider, environ)
    meter, stop = Meter(progress), cancelled or threading.Event()
    try:
        if request.provider != "auto":
            fault = sources.provider(request.provider).unavailable()
            if fault is not None:
                raise fault
        stated = market_overrides(home, request.name).actions
        last = last_complete_session(now or dt.datetime.now(dt.UTC))
        request = request.pinned(last)
        if request.most_traded is None:
            request.members(home)  # a list that is none is told before anybody is asked
        if given is None:
            must_be_reachable(request.provider, environ)
        start, end = request.window(last)
        meter.stage("plan", "Looking at what is stored")
        universe = universe_of(home, request, sources, meter, stop)
        save_request(home, request)
        # Fetched to the newest session also where the market ends earlier: one more row costs
        # nothing, and Yahoo's prices are on the split basis of today.
        store = FetchedStore(home)
        job = Job(home, store, request, universe, (start, last), sources, meter, stop)
        job.stated = stated
        store.sweep()
        _fetch(job, by_day=by_day)
    finally:
        if given is None:
            sources.close()
    return _made(job, (start, end))


def _fetch(job: Job, *, by_day: bool) -> None:
    members = job.universe.tickers
    fetch_reference(job, members)
    beside = [s for s in (job.request.benchmark, job.request.volatility) if s is not None]
    former = [symbol for ticker in members for symbol in stored_changes(job, ticker).values()]
    job.symbols = tuple(dict.fromkeys([*members, *beside, *former]))
    _bars_and_actions(job, by_day=by_day)
    if not job.cancelled.is_set():
        fetch_rates(job)
    if job.request.filings and not job.cancelled.is_set():
        served = _by_provider(job, [member.ticker for member in job.universe.stocks])
        for provider, tickers in served.items():
            fetch_filings(job, provider, tickers)


def _bars_and_actions(job: Job, *, by_day: bool) -> None:
    # The first provider that can be asked; whom it cannot serve with bars and actions, the next.
    waiting = list(job.symbols)
    reasons: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for provider in job.usable():
        if not waiting or job.cancelled.is_set():
            break
        asked = plan_bars(job, waiting, provider)
        if by_day:
            asked = refresh_by_day(job, waiting, asked, provider)
        job.meter.stage("bars", f"Daily bars, {provider} first", len(asked))
        again = fetch_bars(job, asked)
        if again and not job.cancelled.is_set():
            job.meter.stage("bars", "Whole series that could not be continued", len(again))
            fetch_bars(job, [Asked(ticker, job.window[0], provider) for ticker in again])
        waiting = _without_actions(job, reasons, told, again=by_day)
    for ticker in waiting:
        if ticker not in job.outcomes:
            job.outcome(ticker, "cancelled", detail="It was not asked for any more.")
    for ticker, reason in reasons.items():
        found = job.outcomes[ticker]
        if found.state in ("stored", "fresh") and not found.detail:
            job.outcomes[ticker] = replace(found, detail=reason)


def _without_actions(
    job: Job, reasons: dict[str, str], told: set[tuple[str, str]], *, again: bool
) -> list[str]:
    # Bars without their splits and dividends are no returns: such a name is not served yet. `told`
    # are the providers' names whose actions this job has asked for.
    unserved = [
        t for t in job.symbols if t not in job.outcomes or job.outcomes[t].state == "failed"
    ]
    for provider, tickers in _by_provider(job, job.symbols).items():
        if job.sources.provider(provider).base != "raw":
            continue  # they came with the bars
        companies = [t for t in tickers if not t.startswith("I:") and (provider, t) not in told]
        told.update((provider, ticker) for ticker in companies)
        for ticker, error in fetch_actions(job, provider, companies, again=again).items():
            if isinstance(error, CancelledError):
                job.outcome(ticker, "cancelled", provider, detail=str(error))
                continue
            job.outcome(ticker, "failed", provider, detail=f"Bars came, but {error}")
            unserved.append(ticker)
    for ticker in unserved:
        if ticker in job.outcomes:
            reasons.setdefault(ticker, job.outcomes[ticker].detail)
    return unserved


def _by_provider(job: Job, tickers: Iterable[str]) -> dict[str, list[str]]:
    served: dict[str, list[str]] = {}
    for ticker in tickers:
        outcome = job.outcomes.get(ticker)
        if outcome is not None and outcome.state in ("stored", "fresh"):
            served.setdefault(outcome.provider, []).append(ticker)
    return served


def _made(job: Job, window: tuple[dt.date, dt.date]) -> AcquireReport:
    job.meter.stage("assemble", "Making the market")
    snapshot, unmade = None, ""
    try:
        snapshot = assemble(
            job.home, job.request, window, notes=job.notes, progress=job.meter.inside
        )
    except NothingStoredError as error:
        unmade = str(error)
    job.meter.stage("done", "Done")
    none = TickerOutcome("", "failed")
    outcomes = tuple(replace(job.outcomes.get(t, none), ticker=t) for t in job.symbols)
    return AcquireReport(
        request=job.request,
        window=window,
        outcomes=outcomes,
        snapshot=snapshot,
        cancelled=job.cancelled.is_set(),
        notes=tuple(job.notes),
        seconds=job.meter.seconds,
        unmade=unmade,
    )
