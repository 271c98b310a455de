"""The newest sessions of many symbols at once: one request a day instead of one a symbol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_bars import Asked, is_late
from data.acquire_job import Job, keep_refused, source_of
from data.calendar import sessions
from data.fetched import REASK_SESSIONS
from data.fetched_errors import FetchedCorruptError, FetchedGapError
from data.net.errors import ProviderError
from data.providers.polygon import PolygonProvider
from data.providers.polygon_bars import GroupedDay
from data.providers.refresh import plan_refresh

__all__ = ["refresh_by_day"]


def refresh_by_day(
    job: Job, symbols: Iterable[str], asked: Sequence[Asked], provider: str
) -> list[Asked]:
    """Store the newest sessions of `symbols` by whole days where that takes fewer requests.

    Parameters
    ----------
    symbols : iterable of str
        All that `provider` is to serve, the fresh ones too: their last sessions are asked again.
    asked : sequence of Asked
        What would be asked for one by one.

    Returns
    -------
    list of Asked
        What is left to ask for one by one; everything, where a day does not come.
    """
    source = job.sources.provider(provider)
    if not isinstance(source, PolygonProvider):
        return list(asked)
    alone = {one.ticker: one for one in asked}
    held = _held(job, provider, symbols)
    days = [day.item() for day in sessions(*job.window)]
    plan = plan_refresh(days, held, reask=REASK_SESSIONS)
    tickers = plan.day_tickers
    spans = {
        span.ticker: Asked(span.ticker, span.start, provider, whole=False) for span in plan.spans
    }
    rest = {**alone, **spans}
    if not tickers:
        return list(rest.values())
    job.meter.stage("bars", "The newest sessions of all stocks", len(plan.days))
    found: list[GroupedDay] = []
    try:
        for day in plan.days:
            found.append(source.grouped_day(day, tickers, cancelled=job.cancelled))
            job.meter.tick(found[-1].bars.num_rows)
    except ProviderError as error:
        job.note(
            f"The newest sessions did not come by whole days, each name was asked for: {error}"
        )
        return list(asked)
    refused = _store(job, found, sorted(tickers), (plan.days[0], plan.days[-1]))
    left = [one for ticker, one in rest.items() if ticker not in tickers or ticker in refused]
    return left + [Asked(ticker, job.window[0], provider) for ticker in refused - rest.keys()]


def _held(job: Job, provider: str, symbols: Iterable[str]) -> Mapping[str, dt.date | None]:
    # Stocks alone: a whole day has no indices. Of those, the ones whose series can be continued.
    labels = job.labels("bars", provider)
    held: dict[str, dt.date | None] = {}
    for ticker in symbols:
        label = labels.get(ticker)
        if ticker.startswith("I:") or label is None or label.end is None or not label.rows:
            continue
        if label.start is not None and label.start <= job.window[0]:
            late = is_late(job, provider, ticker)
            last = job.store.last_day("bars", provider, ticker) if late else None
            held[ticker] = min(last or label.end, label.end, job.window[1])
    return held


def _store(
    job: Job, found: Sequence[GroupedDay], tickers: Sequence[str], days: tuple[dt.date, dt.date]
) -> set[str]:
    # Returns whose stored series could not be continued: those are asked for one by one.
    whole = pa.concat_tables([one.bars for one in found])
    source = source_of(found[-1].provenance)
    failed = set()
    for ticker in tickers:
        rows = whole.filter(pc.equal(whole["ticker"], ticker))
        try:
            job.store.append("bars", ticker, rows, source, days)
            job.outcome(ticker, "stored", source.provider, rows.num_rows)
        except (FetchedCorruptError, FetchedGapError) as error:
            job.note(str(error))
            failed.add(ticker)
    for one in found:
        ours = [item for item in one.refused if item.ticker in tickers]
        keep_refused(job.store, "bars", ours, one.provenance)
    return failed
