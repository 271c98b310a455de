"""Splits and dividends beside bars that came without them."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_bars import reaches
from data.acquire_each import ask_each
from data.acquire_job import Job, action_source, keep_refused, unreadable_error
from data.acquire_write import written
from data.fetched_errors import FetchedCorruptError, FetchedGapError
from data.fetched_tables import FETCHED_TABLES
from data.net.errors import ProviderError
from data.providers.base import Batch, Refused
from data.providers.fetching import Fetch

__all__ = ["fetch_actions"]

_TABLES: Final = ("splits", "dividends")
# Corrections of a few weeks are seen at every refresh.
_REASK: Final = dt.timedelta(days=30)
# So many days of all stocks are a page or two of the lists; a name of its own is a request.
_SHORT: Final = dt.timedelta(days=75)
_WORKERS: Final = 10


def fetch_actions(
    job: Job, provider: str, tickers: Iterable[str], *, again: bool = False
) -> dict[str, ProviderError]:
    """Bring splits and dividends of `tickers` up to the window's end; return who failed, and why.

    A few days of all stocks are asked for at once where the store has all before; else each
    ticker is asked for. `again`: also those that the store has up to the end, since a list of the
    last weeks may have been corrected.

    A row that cannot be read is a split or dividend that nobody knows: its ticker has failed, and
    what is stored of it stays.
    """
    end = job.window[1]
    starts = _starts(job, provider, tickers, again=again)
    broken: set[str] = set()
    recent = {t: day for t, day in starts.items() if end - day <= _SHORT}
    if len(recent) > 2 * len(_TABLES):
        job.meter.stage("actions", "Splits and dividends of the last days", len(starts))
        for ticker in _all_stocks(job, provider, recent, broken):
            job.meter.tick()
            del starts[ticker]
    else:
        job.meter.stage("actions", "Splits and dividends", len(starts))
    failed = _each(job, provider, starts, broken)
    if broken and not job.cancelled.is_set():
        # What was stored could not be gone on with: only the whole says what prices must know.
        failed |= _each(job, provider, dict.fromkeys(sorted(broken), job.window[0]), None)
    return failed


def _starts(job: Job, provider: str, tickers: Iterable[str], *, again: bool) -> dict[str, dt.date]:
    # Day from which each ticker must be asked; those that need nothing are left out.
    start, end = job.window
    labels = [job.labels(table, provider) for table in _TABLES]
    starts = {}
    for ticker in tickers:
        held = [one.get(ticker) for one in labels]
        if not again and all(reaches(label, start, end) for label in held):
            continue
        ends = [label.end for label in held if label is not None and reaches(label, start, start)]
        known = [day for day in ends if day is not None]
        since = min([*known, end]) - _REASK
        starts[ticker] = max(start, since) if len(known) == len(held) else start
    return starts


def _all_stocks(
    job: Job, provider: str, starts: Mapping[str, dt.date], broken: set[str]
) -> set[str]:
    # Returns who is answered; the others are asked for one by one.
    since, end = min(starts.values()), job.window[1]
    wanted = pa.array(sorted(starts), pa.string())
    try:
        batches = {
            "splits": job.sources.splits(since, end, provider=provider, cancelled=job.cancelled),
            "dividends": job.sources.dividends(
                since, end, provider=provider, cancelled=job.cancelled
            ),
        }
    except ProviderError:
        return set()
    answered = set(starts)
    for table, batch in batches.items():
        ours = batch.table.filter(pc.is_in(batch.table["ticker"], value_set=wanted))
        refused = [item for item in batch.refused if item.ticker in starts]
        keep_refused(job.store, table, refused, batch.provenance)
        told: dict[str, list[Refused]] = defaultdict(list)
        for item in refused:
            told[item.ticker].append(item)
        unsure = {ticker for ticker, rows in told.items() if job.unstated(table, ticker, rows)}
        answered -= unsure
        for ticker in starts.keys() - unsure:
            rows = ours.filter(pc.equal(ours["ticker"], ticker))
            mine = Batch(rows, batch.provenance, tuple(told[ticker]))
            _put(job, table, ticker, mine, (since, end), broken)
    return answered


def _each(
    job: Job, provider: str, starts: Mapping[str, dt.date], broken: set[str] | None
) -> dict[str, ProviderError]:
    # `broken` takes the tickers whose stored actions the answer does not go on; None = replace.
    end = job.window[1]

    def ask(ticker: str, cancelled: threading.Event) -> tuple[Batch, Batch]:
        since = starts[ticker]
        chosen = {"ticker": ticker, "provider": provider}
        return (
            job.sources.splits(since, end, **chosen, cancelled=cancelled),
            job.sources.dividends(since, end, **chosen, cancelled=cancelled),
        )

    def keep(said: tuple[str, tuple[Batch, Batch] | ProviderError]) -> ProviderError | None:
        ticker, answer = said
        if isinstance(answer, ProviderError):
            return answer
        why: ProviderError | None = None
        for table, batch in zip(_TABLES, answer, strict=True):
            refused = [replace(item, ticker=ticker) for item in batch.refused]
            keep_refused(job.store, table, refused, batch.provenance)
            unknown = job.unstated(table, ticker, refused)
            if unknown:
                why = unreadable_error(job, provider, table, ticker, unknown)
            else:
                _put(job, table, ticker, batch, (starts[ticker], end), broken)
        return why

    failed = {}
    answers = ask_each(starts, ask, Fetch(provider, _WORKERS), job.cancelled)
    for (ticker, _), why in written(answers, keep):
        job.meter.tick(failed=why is not None)
        if why is not None:
            failed[ticker] = why
    return failed


def _put(
    job: Job,
    table: str,
    ticker: str,
    batch: Batch,
    asked: tuple[dt.date, dt.date],
    broken: set[str] | None,
) -> None:
    source = action_source(table, batch)
    rows = _asked_for(batch.table, table, ticker, asked)
    if broken is None:
        job.store.replace(table, ticker, rows, source, asked)
        return
    try:
        job.store.append(table, ticker, rows, source, asked)
    except (FetchedCorruptError, FetchedGapError) as error:
        job.note(str(error))
        broken.add(ticker)


def _asked_for(rows: pa.Table, table: str, ticker: str, asked: tuple[dt.date, dt.date]) -> pa.Table:
    # A source that tells more than it was asked for tells it without a promise to be complete.
    days = rows[FETCHED_TABLES[table].date]
    first, last = (pa.scalar(day, pa.date32()) for day in asked)
    inside = pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last))
    return rows.filter(pc.and_(inside, pc.equal(rows["ticker"], ticker)))
