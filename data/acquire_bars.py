"""Bars of many symbols into the store: only what is not there yet, each as it comes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from data.acquire_job import Job, action_source, keep_refused, source_of, unreadable_error
from data.acquire_types import State
from data.acquire_write import written
from data.fetched_errors import (
    FetchedBasisError,
    FetchedCorruptError,
    FetchedGapError,
    FetchedRowsError,
)
from data.fetched_file import Label
from data.net.errors import CancelledError, ProviderError
from data.providers.base import RAW_BARS, Actions, BarsComplete, BarsEmpty, BarsFailed
from data.providers.hybrid import BarsStored, HybridOutcome

__all__ = ["Asked", "fetch_bars", "is_late", "plan_bars", "reaches"]

# Tables that must reach as far as the bars for a series to be of use.
_PARTS = ("bars", "splits", "dividends")
_NONE = "The provider had none when it was asked."
# A source may be behind the calendar by days; a series that stops earlier than this has ended.
_LATE = dt.timedelta(days=30)
Held = Mapping[str, Mapping[str, Label]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one symbol: from when on, and to whom.

    `only` names the one provider that may answer; empty = the first that can. `whole`: the answer
    is a whole series, not the end of a stored one.
    """

    ticker: str
    start: dt.date
    only: str = ""
    whole: bool = True


def reaches(label: Label | None, start: dt.date, end: dt.date) -> bool:
    """Whether a stored series was asked for all days from `start` to `end`."""
    if label is None or label.start is None or label.end is None:
        return False
    return label.start <= start and label.end >= end


def is_late(job: Job, provider: str, ticker: str) -> bool:
    """Whether a stored series was asked for up to the window's end and stops shortly before it."""
    last, end = job.store.last_day("bars", provider, ticker), job.window[1]
    return last is not None and last < end <= last + _LATE


def plan_bars(job: Job, symbols: Iterable[str], provider: str) -> list[Asked]:
    """Return what must be asked of `provider` so that the store covers the window.

    What a provider that is preferred to it gave up to the end is not asked again: without a key,
    Polygon's bars of today are as good as with one. A series whose last sessions had not come when
    they were asked for is.
    """
    start = job.window[0]
    better = job.order[: job.order.index(provider)]
    held = {name: _labels(job, name) for name in (*better, provider)}
    only = "" if provider == job.usable()[0] else provider
    asked = []
    for ticker in symbols:
        whole = [name for name in held if _whole(job, held, name, ticker, last=name == provider)]
        late = bool(whole) and whole[0] == provider and is_late(job, provider, ticker)
        if whole and not late:
            bars = held[whole[0]]["bars"][ticker]
            state: State = "fresh" if bars.rows else "empty"
            job.outcome(ticker, state, whole[0], detail="" if bars.rows else _NONE)
            continue
        label = held[provider]["bars"].get(ticker)
        if label is None or not reaches(label, start, label.end or start):
            asked.append(Asked(ticker, start, only))
        else:
            parts = _parts(job, provider, held[provider], ticker)
            asked.append(_going_on(job, ticker, provider, parts))
    return asked


def _labels(job: Job, provider: str) -> Held:
    return {part: job.labels(part, provider) for part in _PARTS}


def _parts(job: Job, provider: str, held: Held, ticker: str) -> list[Label | None]:
    # On a basis that moves with every split the actions come with the bars: all or nothing.
    labels = [held[part].get(ticker) for part in _PARTS]
    bars = labels[0]
    moving = job.sources.provider(provider).base != "raw" and bars is not None and bars.rows
    return labels if moving else labels[:1]


def _whole(job: Job, held: Mapping[str, Held], provider: str, ticker: str, *, last: bool) -> bool:
    # Actions that lack are asked for of the provider in turn, of another they will not come.
    labels = _parts(job, provider, held[provider], ticker)
    if not last and not ticker.startswith("I:"):
        labels = [held[provider][part].get(ticker) for part in _PARTS]
    return all(reaches(label, *job.window) for label in labels)


def _going_on(job: Job, ticker: str, provider: str, parts: Sequence[Label | None]) -> Asked:
    start, end = job.window
    try:
        since = job.store.ask_from(provider, ticker)
    except FetchedCorruptError as error:
        job.note(str(error))
        return Asked(ticker, start, provider)
    ends = [part.end for part in parts if part is not None and part.end is not None]
    if since is None or len(ends) < len(parts):
        return Asked(ticker, start, provider)
    return Asked(ticker, min(max(min([since, *ends]), start), end), provider, whole=False)


def fetch_bars(job: Job, asked: Iterable[Asked]) -> list[str]:
    """Ask and store; return the symbols whose whole series must be asked for again.

    Every symbol has an outcome afterwards.
    """
    by_start: dict[dt.date, dict[str, Asked]] = defaultdict(dict)
    for one in asked:
        by_start[one.start][one.ticker] = one
    again: list[str] = []
    for start, group in sorted(by_start.items()):
        again += _fetch_group(job, start, group)
    return again


def _fetch_group(job: Job, start: dt.date, group: Mapping[str, Asked]) -> list[str]:
    again = []
    only = {ticker: one.only for ticker, one in group.items() if one.only}
    outcomes = job.sources.fetch_bars(
        group, start, job.window[1], continues=only, cancelled=job.cancelled
    )

    def keep(outcome: HybridOutcome) -> bool:
        try:
            _keep(job, outcome, start, whole=group[outcome.ticker].whole)
        except (FetchedBasisError, FetchedCorruptError, FetchedGapError) as error:
            job.outcome(outcome.ticker, "failed", detail=str(error))
            return False
        except FetchedRowsError as error:
            job.outcome(outcome.ticker, "refused", detail=str(error))
        return True

    for outcome, kept in written(outcomes, keep):
        if not kept:
            again.append(outcome.ticker)
        rows = outcome.bars.num_rows if isinstance(outcome, BarsComplete) else 0
        job.meter.tick(rows, failed=isinstance(outcome, BarsFailed | BarsStored))
    return again


def _keep(job: Job, outcome: HybridOutcome, start: dt.date, *, whole: bool) -> None:
    ticker = outcome.ticker
    if isinstance(outcome, BarsFailed):
        job.outcome(ticker, _state(outcome.error), detail=str(outcome.error))
    elif isinstance(outcome, BarsStored):
        detail = f"{outcome.error} In use: {outcome.rows:,} bars up to {outcome.end}, stored."
        job.outcome(ticker, _state(outcome.error), outcome.provider, detail=detail)
    elif isinstance(outcome, BarsEmpty):
        _store(job, outcome, RAW_BARS.empty_table(), None, start, whole=whole)
        job.served(ticker, "empty", outcome.provenance.provider, detail=outcome.proof)
    else:
        keep_refused(job.store, "bars", outcome.refused, outcome.provenance)
        unknown = _unknown_actions(job, outcome)
        if unknown is not None:
            job.outcome(ticker, "failed", detail=str(unknown))
            return
        _store(job, outcome, outcome.bars, outcome.actions, start, whole=whole)
        rows = outcome.bars.num_rows
        job.served(ticker, "stored", outcome.provenance.provider, rows)


def _unknown_actions(job: Job, outcome: BarsComplete) -> ProviderError | None:
    # A split that cannot be read is in the prices all the same: nothing of the answer is stored.
    error = None
    if outcome.actions is not None:
        parts = {"splits": outcome.actions.splits, "dividends": outcome.actions.dividends}
        for table, batch in parts.items():
            keep_refused(job.store, table, batch.refused, batch.provenance)
            unknown = job.unstated(table, outcome.ticker, batch.refused)
            if unknown:
                provider = batch.provenance.provider
                error = error or unreadable_error(job, provider, table, outcome.ticker, unknown)
    return error


def _state(error: ProviderError) -> State:
    return "cancelled" if isinstance(error, CancelledError) else "failed"


def _store(
    job: Job,
    outcome: BarsComplete | BarsEmpty,
    bars: pa.Table,
    actions: Actions | None,
    start: dt.date,
    *,
    whole: bool,
) -> None:
    # Splits first, then bars, then dividends: a process killed between them leaves splits that are
    # newer than the bars, which un-splitting leaves aside, and never bars whose split is unknown.
    store, ticker = job.store, outcome.ticker
    asked = (start, job.window[1])
    source = source_of(outcome.provenance)
    put = store.append
    moving = outcome.provenance.base != "raw"
    if whole and moving and bars.num_rows:
        put = store.replace
    if actions is not None:
        days = (actions.start, actions.end)
        put("splits", ticker, actions.splits.table, action_source("splits", actions.splits), days)
    try:
        put("bars", ticker, bars, source, asked)
    except (FetchedBasisError, FetchedCorruptError, FetchedGapError):
        if not whole:
            raise
        store.replace("bars", ticker, bars, source, asked)
    if actions is not None:
        days = (actions.start, actions.end)
        put(
            "dividends",
            ticker,
            actions.dividends.table,
            action_source("dividends", actions.dividends),
            days,
        )
