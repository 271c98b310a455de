"""What the steps of one fetch share: store, window, sources, outcomes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from data.acquire_meter import Meter
from data.acquire_types import FetchRequest, ProviderChoice, State, TickerOutcome
from data.fetched import FetchedStore, Source
from data.fetched_file import Days, Label
from data.fetched_tables import FETCHED_TABLES
from data.net.errors import BadAnswerError
from data.override_actions import StatedAction, answers, days_told, whole_labels
from data.providers.base import PROVIDER_REASONS, Batch, Provenance, Refused, count_reasons
from data.providers.hybrid import HybridProvider
from data.providers.hybrid_record import reason_of
from data.providers.polygon import PolygonProvider
from data.providers.yahoo import YahooProvider
from data.reference_universe import Universe
from data.schema import REASONS

__all__ = ["Job", "action_source", "keep_refused", "open_sources", "source_of", "unreadable_error"]

# Actions are asked for up to the present day, which is after the newest session by a few.
_AHEAD: Final = dt.timedelta(days=10)


@dataclass(eq=False)
class Job:
    """One fetch under way; its steps fill `outcomes` and `notes`.

    Attributes
    ----------
    symbols : tuple of str
        Whose bars are wanted: members, benchmark, volatility index, former symbols.
    window : (date, date)
        Days to have in the store, both included; the market may end earlier.
    stated : tuple of StatedAction
        Splits and dividends of the market's overrides file.
    """

    home: Path
    store: FetchedStore
    request: FetchRequest
    universe: Universe
    window: tuple[dt.date, dt.date]
    sources: HybridProvider
    meter: Meter
    cancelled: threading.Event
    symbols: tuple[str, ...] = ()
    outcomes: dict[str, TickerOutcome] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)
    stated: tuple[StatedAction, ...] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """Providers that may serve this request, the preferred one first."""
        chosen = self.request.provider
        return ("polygon", "yahoo") if chosen == "auto" else (chosen,)

    def usable(self) -> tuple[str, ...]:
        """Those of `order` that can be asked at all."""
        return tuple(
            name for name in self.order if self.sources.provider(name).unavailable() is None
        )

    def labels(self, table: str, provider: str) -> dict[str, Label]:
        """Return the labels of the stored series that can be believed, by ticker.

        One with rows that could not be read is believed where the overrides file states them. Days
        after the newest session cannot have been asked for: there the clock was or is wrong, and
        the last day stored is all that is known.
        """
        found = whole_labels(self.store.labels(table, provider), self.stated)
        latest = self.window[1] + _AHEAD
        for ticker, label in found.items():
            if label.end is None or label.end <= latest:
                continue
            self.note(
                f"What is stored was asked for beyond the newest session, {self.window[1]} by this "
                "machine's clock: the clock is or was wrong."
            )
            last = self.store.last_day(table, provider, ticker) or label.start
            found[ticker] = replace(label, end=min(last or latest, latest))
        return found

    def unstated(self, table: str, ticker: str, refused: Iterable[Refused]) -> list[Refused]:
        """Return the rows without which an answer is not whole and which nobody states."""
        rows = unreadable(refused)
        days = days_told(table, (item.row for item in rows))
        return [] if answers(self.stated, table, ticker, days) else rows

    def note(self, text: str) -> None:
        """Keep what a reader must know, once; from any thread."""
        with self.guard:
            if text not in self.notes:
                self.notes.append(text)

    def outcome(
        self, ticker: str, state: State, provider: str = "", rows: int = 0, detail: str = ""
    ) -> None:
        """Set what became of a symbol; a later word takes the place of an earlier one."""
        self.outcomes[ticker] = TickerOutcome(ticker, state, provider, rows, detail)

    def served(
        self, ticker: str, state: State, provider: str, rows: int = 0, detail: str = ""
    ) -> None:
        """Set the outcome of a symbol that was answered, and why not by the preferred provider."""
        trouble = self.sources.passed_over(ticker)
        if trouble is None or trouble[0] == provider:
            self.outcome(ticker, state, provider, rows, detail)
            return
        instead_of, error = trouble
        told = f"{detail}; {error}" if detail else str(error)
        code = reason_of(error)
        self.outcomes[ticker] = TickerOutcome(ticker, state, provider, rows, told, instead_of, code)


def open_sources(
    home: Path, choice: ProviderChoice, environ: Mapping[str, str] | None = None
) -> HybridProvider:
    """Return the providers of a choice, with settings from the environment (docs/providers.md)."""
    yahoo = YahooProvider(environ=environ, home=home)
    return HybridProvider(home, PolygonProvider(environ=environ), yahoo, use=choice)


def source_of(provenance: Provenance, unreadable: Days = ()) -> Source:
    """Return the label of an answer for the store."""
    client = provenance.client
    return Source(provenance.provider, provenance.base, provenance.fetched_at, client, unreadable)


def action_source(table: str, batch: Batch) -> Source:
    """Return the label of an answer of splits or dividends, with the days of unreadable rows."""
    rows = (item.row for item in unreadable(batch.refused))
    return source_of(batch.provenance, days_told(table, rows))


def unreadable(refused: Iterable[Refused]) -> list[Refused]:
    """Return the refused rows without which the answer is not whole: all but repeated ones."""
    return [item for item in refused if item.reason != "duplicate_identical"]


def unreadable_error(
    job: Job, provider: str, table: str, ticker: str, refused: Iterable[Refused]
) -> BadAnswerError:
    """Return why splits or dividends of a ticker cannot be used: rows of them say nothing."""
    reasons = count_reasons(unreadable(refused))
    told = "; ".join(REASONS.get(reason) or PROVIDER_REASONS[reason] for reason in sorted(reasons))
    number = sum(reasons.values())
    return BadAnswerError(
        provider,
        f"{table} of {ticker}",
        "have no row that cannot be read",
        f"had {number}: {told}",
        "What was stored before stays in use, the rows are kept as refused. Try again later, or "
        f"state what happened: [[action]] in PLIMSOLL_HOME/overrides/{job.request.name}.toml "
        "(docs/data.md).",
    )


def keep_refused(
    store: FetchedStore, table: str, refused: Iterable[Refused], provenance: Provenance
) -> None:
    """Keep rows that came and cannot be used, with their reason, beside the good ones."""
    rows: dict[str, set[tuple[str, str]]] = {}
    for item in refused:
        rows.setdefault(item.ticker, set()).add((item.reason, item.row))
    for ticker, pairs in rows.items():
        columns: Sequence[Sequence[str]] = list(zip(*sorted(pairs), strict=True))
        names = [[ticker] * len(pairs), [table] * len(pairs), *columns]
        spec = FETCHED_TABLES["refused"].columns
        answer = pa.table([pa.array(values, pa.string()) for values in names], schema=spec)
        store.append("refused", ticker, answer, source_of(provenance))
