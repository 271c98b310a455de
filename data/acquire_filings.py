"""Financial statements into the store: Polygon's with the day they were filed, Yahoo's without."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_bars import reaches
from data.acquire_each import ask_each
from data.acquire_job import Job, keep_refused, source_of
from data.fetched_errors import FetchedCorruptError, FetchedGapError, FetchedRowsError
from data.fetched_tables import FETCHED_TABLES
from data.net.errors import ProviderError
from data.providers.base import Batch
from data.providers.fetching import Fetch

__all__ = ["fetch_filings"]

# A statement that is a few days late in the store changes no book that is made once a month.
_FRESH: Final = dt.timedelta(days=7)
_REASK: Final = dt.timedelta(days=45)
# A year before the first bar: four quarters must be known on the first day.
_EARLIER: Final = dt.timedelta(days=500)
_WORKERS: Final = {"polygon": 10, "yahoo": 2}


def fetch_filings(job: Job, provider: str, tickers: Sequence[str]) -> None:
    """Ask `provider` for statements of `tickers`; what fails becomes a note, never an error."""
    end = job.window[1]
    first = job.window[0] - _EARLIER
    labels = job.labels("filings", provider)
    starts = {}
    for ticker in tickers:
        label = labels.get(ticker)
        if reaches(label, first, end - _FRESH):
            continue
        known = label is not None and label.end is not None and reaches(label, first, label.end)
        starts[ticker] = label.end - _REASK if known and label and label.end else first
    if not starts:
        return
    job.meter.stage("filings", "Financial statements", len(starts))
    # Yahoo shows a handful of periods: one kind of statement is enough of a burden for it.
    kinds = ("quarterly", "annual") if provider == "polygon" else ("quarterly",)

    def ask(ticker: str, cancelled: threading.Event) -> list[Batch]:
        since, until = (starts[ticker], end) if provider == "polygon" else (None, None)
        return [
            job.sources.filings(
                ticker, since, until, timeframe=kind, provider=provider, cancelled=cancelled
            )
            for kind in kinds
        ]

    failed: list[ProviderError] = []
    fetch = Fetch(provider, _WORKERS.get(provider, 2))
    for ticker, answer in ask_each(starts, ask, fetch, job.cancelled):
        job.meter.tick(failed=isinstance(answer, ProviderError))
        if isinstance(answer, ProviderError):
            failed.append(answer)
        else:
            _put(job, ticker, dict(zip(kinds, answer, strict=True)), (starts[ticker], end))
    if failed and not job.cancelled.is_set():
        job.note(f"Statements of {len(failed)} names did not come: {failed[0]}")


def _put(
    job: Job, ticker: str, batches: Mapping[str, Batch], asked: tuple[dt.date, dt.date]
) -> None:
    tables = [_conformed(batch.table, kind) for kind, batch in batches.items()]
    rows = pa.concat_tables(tables)
    days = rows["available_date"]
    # What Yahoo's lag puts into the future is not known yet; the next fetch stores it.
    inside = pc.and_(
        pc.greater_equal(days, pa.scalar(asked[0], pa.date32())),
        pc.less_equal(days, pa.scalar(asked[1], pa.date32())),
    )
    rows = rows.filter(inside)
    source = source_of(next(iter(batches.values())).provenance)
    try:
        job.store.append("filings", ticker, rows, source, asked)
    except (FetchedCorruptError, FetchedGapError):
        job.store.replace("filings", ticker, rows, source, asked)
    except FetchedRowsError as error:
        job.note(str(error))
    for batch in batches.values():
        keep_refused(job.store, "filings", batch.refused, batch.provenance)


def _conformed(table: pa.Table, kind: str) -> pa.Table:
    # Rows of another kind than asked for are that kind's to bring; one that does not say its kind
    # answers the question.
    place = table.column_names.index("timeframe")
    table = table.set_column(place, "timeframe", pc.fill_null(table["timeframe"], kind))
    table = table.filter(pc.equal(table["timeframe"], kind))
    if "date_kind" not in table.column_names:
        kinds = pa.repeat(pa.scalar("filing", pa.string()), table.num_rows)
        table = table.append_column("date_kind", kinds)
    return table.select(FETCHED_TABLES["filings"].columns.names)
