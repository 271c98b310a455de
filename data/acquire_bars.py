"""Bars of many symbols into the store: only what is not there yet, each as it comes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from data.acquire_job import Job, keep_refused, source_of
from data.acquire_types import State
from data.fetched_errors import FetchedBasisError, FetchedCorruptError, FetchedGapError
from data.fetched_file import Label
from data.net.errors import CancelledError, ProviderError
from data.providers.base import RAW_BARS, Actions, BarsComplete, BarsEmpty, BarsFailed
from data.providers.hybrid import BarsStored, HybridOutcome

__all__ = ["Asked", "fetch_bars", "plan_bars", "reaches"]

# Tables that must reach as far as the bars for a series to be of use.
_PARTS = ("bars", "splits", "dividends")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one symbol: from when on, and whose stored series the answer goes on."""

    ticker: str
    start: dt.date
    continues: str = ""


def reaches(label: Label | None, start: dt.date, end: dt.date) -> bool:
    """Whether a stored series was asked for all days from `start` to `end`."""
    if label is None or label.start is None or label.end is None:
        return False
    return label.start <= start and label.end >= end


def plan_bars(job: Job, symbols: Iterable[str], provider: str) -> list[Asked]:
    """Return what must be asked of `provider` so that the store covers the window."""
    start, end = job.window
    labels = {part: job.store.labels(part, provider) for part in _PARTS}
    moving = job.sources.provider(provider).base != "raw"
    asked = []
    for ticker in symbols:
        held = {part: labels[part].get(ticker) for part in _PARTS}
        label = held["bars"]
        if label is None or not reaches(label, start, label.end or start):
            asked.append(Asked(ticker, start))
            continue
        # On a basis that moves with every split the actions come with the bars: all or nothing.
        parts = list(held.values()) if moving else [label]
        if all(reaches(part, start, end) for part in parts):
            job.outcome(ticker, "fresh", provider)
        else:
            asked.append(_going_on(job, ticker, provider, parts))
    return asked


def _going_on(job: Job, ticker: str, provider: str, parts: Sequence[Label | None]) -> Asked:
    start, end = job.window
    try:
        since = job.store.ask_from(provider, ticker)
    except FetchedCorruptError as error:
        job.note(str(error))
        return Asked(ticker, start)
    ends = [part.end for part in parts if part is not None and part.end is not None]
    if since is None or len(ends) < len(parts):
        return Asked(ticker, start)
    return Asked(ticker, min(max(min([since, *ends]), start), end), provider)


def fetch_bars(job: Job, asked: Iterable[Asked]) -> list[str]:
    """Ask and store; return the symbols whose whole series must be asked for again.

    Every symbol has an outcome afterwards.
    """
    by_start: dict[dt.date, dict[str, Asked]] = defaultdict(dict)
    for one in asked:
        by_start[one.start][one.ticker] = one
    again: list[str] = []
    for start, group in sorted(by_start.items()):
        continues = {ticker: one.continues for ticker, one in group.items() if one.continues}
        again += _fetch_group(job, start, list(group), continues)
    return again


def _fetch_group(
    job: Job, start: dt.date, tickers: list[str], continues: Mapping[str, str]
) -> list[str]:
    again = []
    outcomes = job.sources.fetch_bars(
        tickers, start, job.window[1], continues=continues, cancelled=job.cancelled
    )
    for outcome in outcomes:
        ticker = outcome.ticker
        try:
            _keep(job, outcome, start, whole=ticker not in continues)
        except (FetchedBasisError, FetchedCorruptError, FetchedGapError) as error:
            job.outcome(ticker, "failed", detail=str(error))
            again.append(ticker)
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
        job.outcome(ticker, "empty", outcome.provenance.provider, detail=outcome.proof)
    else:
        _store(job, outcome, outcome.bars, outcome.actions, start, whole=whole)
        keep_refused(job.store, "bars", outcome.refused, outcome.provenance)
        rows = outcome.bars.num_rows
        job.outcome(ticker, "stored", outcome.provenance.provider, rows)


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
        put("splits", ticker, actions.splits.table, source_of(actions.splits.provenance), days)
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
            source_of(actions.dividends.provenance),
            days,
        )
