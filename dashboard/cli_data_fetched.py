"""What `plimsoll status` says of the providers and of what they gave."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboard.format import count, date
from data.fetched_status import FetchedStatus
from data.net.errors import ProviderError
from data.providers.hybrid_record import REASONS, ProvidersRecord, read_record

__all__ = ["fetched_document", "fetched_lines", "provider_lines", "provider_states"]

_SHOWN = 8


def provider_states(home: Path) -> ProvidersRecord:
    """Return who is active and why another is not, without asking anybody."""
    from data.acquire_job import open_sources  # the clients: nothing that a start should wait for

    try:
        sources = open_sources(home, "auto")
        try:
            return sources.record()
        finally:
            sources.close()
    except ProviderError:  # a setting that nobody can read: what the last fetch knew
        return read_record(home)


def provider_lines(record: ProvidersRecord) -> Iterator[str]:
    """Say of each provider whether it is active, why not, and since when."""
    for one in record.states:
        words: str = one.state
        if one.reason:
            words += f": {REASONS.get(one.reason, one.reason)}"
        since = "since when is not known" if one.since is None else f"since {_moment(one.since)}"
        words += f" ({since})"
        yield f"provider {one.provider}: {words}"
        if one.message:
            yield f"provider {one.provider}: {one.message}"
    said = {(one.provider, one.reason) for one in record.states}
    for (provider, reason), tickers in sorted(record.passed_over().items()):
        if (provider, reason) in said:
            continue
        more = f" and {count(len(tickers) - _SHOWN)} more" if len(tickers) > _SHOWN else ""
        yield (
            f"provider {provider}: not the source of {', '.join(tickers[:_SHOWN])}{more}: "
            f"{REASONS.get(reason, reason)}, at their last fetch"
        )
    for provider, (names, rows) in sorted(record.served().items()):
        if provider:
            told = f"{count(names)} names, {count(rows)} bars at their last fetch"
            yield f"provider {provider}: gave {told}"


def fetched_lines(fetched: FetchedStatus) -> Iterator[str]:
    """Say what is stored of each provider, for which markets, and what must come again."""
    for one in fetched.providers:
        moment = "never" if one.fetched_at is None else _moment(one.fetched_at)
        yield (
            f"fetched from {one.provider}: {count(one.names)} names, {count(one.rows)} bars, "
            f"{date(one.first_asked)} to {date(one.last_asked)}, last answer {moment}"
            + (f"; without any: {count(one.empty)}" if one.empty else "")
        )
    for request in fetched.requests:
        chosen = request.universe
        universe = chosen if isinstance(chosen, str) else f"{count(len(chosen))} symbols"
        yield f"fetched market {request.name}: {universe} by {request.provider}"
    if fetched.quarantined:
        yield f"quarantine: {count(len(fetched.quarantined))} files of fetched data set aside"
    if fetched.refetch:
        names = [f"{table} of {ticker} ({provider})" for table, provider, ticker in fetched.refetch]
        more = f" and {count(len(names) - _SHOWN)} more" if len(names) > _SHOWN else ""
        yield f"to be fetched again: {', '.join(names[:_SHOWN])}{more}"


def fetched_document(fetched: FetchedStatus, record: ProvidersRecord) -> dict[str, Any]:
    """Return the same as JSON-ready values; dates are made texts by the caller."""
    return {
        "providers": [dataclasses.asdict(one) for one in fetched.providers],
        "requests": [dataclasses.asdict(one) for one in fetched.requests],
        "quarantined": [dataclasses.asdict(one) for one in fetched.quarantined],
        "refetch": [
            {"table": table, "provider": provider, "ticker": ticker}
            for table, provider, ticker in fetched.refetch
        ],
        "sources": [dataclasses.asdict(one) for one in record.sources.values()],
    }


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
