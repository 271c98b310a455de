"""What cash earns: the 3-month bill, of the first source that tells it."""

from __future__ import annotations

import datetime as dt
from typing import Final

from data.acquire_bars import reaches
from data.acquire_job import Job, keep_refused, source_of
from data.fetched_errors import FetchedCorruptError, FetchedGapError, FetchedRowsError
from data.net.errors import CancelledError, ProviderError
from data.providers.bill_rates import DISCOUNT_BILL, TREASURY_BILL

__all__ = ["LATE", "RATE_SYMBOLS", "fetch_rates"]

#: Symbol under which each provider's figure is stored: it says how it is quoted.
RATE_SYMBOLS: Final = {"polygon": TREASURY_BILL, "yahoo": DISCOUNT_BILL}
# The first session needs the quote of a day before it.
_EARLIER: Final = dt.timedelta(days=14)
#: A yield is published a day late, over a holiday later: quotes that end this near the day asked
#: for are as good as all.
LATE: Final = dt.timedelta(days=10)


def fetch_rates(job: Job) -> None:
    """Bring the bill's rate up to the window's end; where nobody tells it, that becomes a note.

    One request or a few; nothing is asked where nothing else came, or the store has it.
    """
    if not any(outcome.state in ("stored", "fresh") for outcome in job.outcomes.values()):
        return
    first, end = job.window[0] - _EARLIER, job.window[1]
    if any(_is_told(job, provider, first, end) for provider in job.order):
        return
    # The progress of statements is still to come.
    job.meter.stage("actions", "The 3-month Treasury bill", 1)
    faults = []
    for provider in job.usable():
        try:
            _fetch(job, provider, first, end)
            if _is_near(job, provider, end):
                break
            faults.append(_stops(job, provider))
        except CancelledError:
            return
        except (ProviderError, FetchedRowsError) as error:
            faults.append(str(error))
    else:
        job.note(f"The yield of the 3-month bill did not come: {' '.join(faults)}")
    job.meter.tick()


def _is_told(job: Job, provider: str, first: dt.date, end: dt.date) -> bool:
    # An answer may be whole and say nothing: what was asked for is not what is known.
    symbol = RATE_SYMBOLS[provider]
    label = job.labels("rates", provider).get(symbol)
    return reaches(label, first, end) and _is_near(job, provider, end)


def _is_near(job: Job, provider: str, end: dt.date) -> bool:
    last = job.store.last_day("rates", provider, RATE_SYMBOLS[provider])
    return last is not None and end - last <= LATE


def _stops(job: Job, provider: str) -> str:
    last = job.store.last_day("rates", provider, RATE_SYMBOLS[provider])
    return f"{provider} has no quote." if last is None else f"{provider}'s quotes end on {last}."


def _fetch(job: Job, provider: str, first: dt.date, end: dt.date) -> None:
    symbol = RATE_SYMBOLS[provider]
    label = job.labels("rates", provider).get(symbol)
    known = job.store.last_day("rates", provider, symbol) if reaches(label, first, first) else None
    since = first if known is None else max(first, known - LATE)
    source = job.sources.provider(provider)
    batch = source.bill_rates(since, end, cancelled=job.cancelled)
    keep_refused(job.store, "rates", batch.refused, batch.provenance)
    try:
        job.store.append("rates", symbol, batch.table, source_of(batch.provenance), (since, end))
    except (FetchedCorruptError, FetchedGapError) as error:
        job.note(str(error))
        batch = source.bill_rates(first, end, cancelled=job.cancelled)
        job.store.replace("rates", symbol, batch.table, source_of(batch.provenance), (first, end))
