"""Who is behind each symbol: details, symbol changes and delisted namesakes, kept with the bars."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_each import ask_each
from data.acquire_job import Job, keep_refused, source_of
from data.acquire_write import written
from data.fetched import Source
from data.fetched_errors import FetchedCorruptError
from data.fetched_tables import FETCHED_TABLES
from data.net.errors import ProviderError
from data.providers.base import Batch
from data.providers.fetching import Fetch
from data.providers.polygon import PolygonProvider
from data.providers.polygon_listings import SymbolChange, TickerDetails

__all__ = ["fetch_reference", "stored_changes"]

# Companies change their codes and symbols rarely; a week-old answer is as good as a new one.
_FRESH: Final = dt.timedelta(days=7)
_WORKERS: Final = 10
# The list of all delisted stocks takes some twenty requests, each symbol's own one.
_FEW: Final = 25
Answer = tuple[TickerDetails | None, tuple[SymbolChange, ...]]


def fetch_reference(job: Job, tickers: Sequence[str]) -> None:
    """Ask Polygon who is behind `tickers`, where it can be asked; what fails becomes a note."""
    if "polygon" not in job.usable():
        return
    provider = job.sources.provider("polygon")
    if not isinstance(provider, PolygonProvider):
        return
    stale = _stale(job, "changes", tickers)
    job.meter.stage("reference", "Companies behind the symbols", len(stale) + 1)
    error = _names(job, provider, stale)
    if error is None and not job.cancelled.is_set():
        symbols = {*tickers, *(s for t in tickers for s in stored_changes(job, t).values())}
        error = _delisted(job, provider, sorted(symbols))
        job.meter.tick()
    if error is not None:
        job.note(
            "Sectors beyond the universe's own, delistings and symbols that changed hands are not "
            f"known: {error}"
        )


def stored_changes(job: Job, ticker: str) -> dict[dt.date, str]:
    """Return the symbols of the security behind `ticker` by first day; {} where not known."""
    try:
        series = job.store.read("changes", "polygon", ticker)
    except FetchedCorruptError:
        return {}
    if series is None:
        return {}
    return {row["day"]: row["symbol"] for row in series.rows.to_pylist()}


def _stale(job: Job, table: str, tickers: Iterable[str]) -> list[str]:
    labels = job.store.labels(table, "polygon")
    now = dt.datetime.now(dt.UTC)
    return [t for t in tickers if t not in labels or abs(now - labels[t].fetched_at) > _FRESH]


def _names(job: Job, provider: PolygonProvider, tickers: Sequence[str]) -> ProviderError | None:
    def ask(ticker: str, cancelled: threading.Event) -> Answer:
        return (
            provider.ticker_details(ticker, cancelled=cancelled),
            provider.symbol_changes(ticker, cancelled=cancelled),
        )

    def keep(said: tuple[str, Answer | ProviderError]) -> None:
        ticker, answer = said
        if isinstance(answer, ProviderError):
            return
        details, changes = answer
        moment = Source("polygon", "raw", dt.datetime.now(dt.UTC))
        if details is not None:
            row = {name: value for name, value in asdict(details).items() if name != "provenance"}
            moment = source_of(details.provenance)
            _put(job, "details", ticker, [row], moment)
        rows = [{"ticker": ticker, "day": one.day, "symbol": one.ticker} for one in changes]
        _put(job, "changes", ticker, rows, moment)

    failed: ProviderError | None = None
    answers = ask_each(tickers, ask, Fetch("polygon", _WORKERS), job.cancelled)
    for (_, answer), _ in written(answers, keep):
        job.meter.tick(failed=isinstance(answer, ProviderError))
        if isinstance(answer, ProviderError):
            failed = failed or answer
    return failed


def _delisted(job: Job, provider: PolygonProvider, symbols: Sequence[str]) -> ProviderError | None:
    stale = _stale(job, "listings", symbols)
    if not stale:
        return None
    try:
        if len(stale) > _FEW:
            batches = [provider.listings(active=False, cancelled=job.cancelled)]
        else:
            batches = [
                provider.listings(active=False, ticker=ticker, cancelled=job.cancelled)
                for ticker in stale
            ]
    except ProviderError as error:
        return error
    wanted = pa.array(stale, pa.string())
    table = pa.concat_tables([batch.table for batch in batches])
    ours = table.filter(pc.is_in(table["ticker"], value_set=wanted))
    rows: dict[str, list[dict[str, object]]] = {ticker: [] for ticker in stale}
    for row in ours.to_pylist():
        rows[row["ticker"]].append(row)
    source = source_of(batches[-1].provenance)
    for _ in written(stale, lambda ticker: _put(job, "listings", ticker, rows[ticker], source)):
        pass
    _keep_refused(job, batches, set(stale))
    return None


def _keep_refused(job: Job, batches: Iterable[Batch], symbols: set[str]) -> None:
    for batch in batches:
        ours = [item for item in batch.refused if item.ticker in symbols]
        keep_refused(job.store, "listings", ours, batch.provenance)


def _put(
    job: Job, table: str, ticker: str, rows: Sequence[dict[str, object]], source: Source
) -> None:
    answer = pa.Table.from_pylist(list(rows), schema=FETCHED_TABLES[table].columns)
    try:
        job.store.append(table, ticker, answer, source)
    except FetchedCorruptError:
        job.store.replace(table, ticker, answer, source)
