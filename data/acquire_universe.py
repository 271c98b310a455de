"""The universe of a fetch; one by dollar volume is ranked from the provider's own lists."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_each import ask_each
from data.acquire_meter import Meter
from data.acquire_types import FetchRequest
from data.calendar import sessions
from data.errors import ReferenceFileError
from data.net.errors import BadAnswerError, ProviderError
from data.providers.base import checked_ticker
from data.providers.fetching import Fetch
from data.providers.hybrid import HybridProvider
from data.providers.polygon import PolygonProvider
from data.reference_universe import Member, Universe, by_dollar_volume
from data.universe_ranked import WINDOW, MostTraded, keep_ranking, kept_ranking

__all__ = ["universe_of"]

# Common stock and receipts for it; no funds, preferred shares, warrants, units, rights.
_STOCKS: Final = pa.array(["CS", "ADRC"], pa.string())
_BARS: Final = ("date", "ticker", "close", "volume")
_WORKERS: Final = 10
_SHOWN: Final = 8
Rows = Sequence[Mapping[str, Any]]


def universe_of(
    home: Path,
    request: FetchRequest,
    sources: HybridProvider,
    meter: Meter,
    cancelled: threading.Event,
) -> Universe:
    """Return whom `request` names; the most traded stocks are asked for once and then kept.

    Raises
    ------
    ReferenceFileError
        No such universe; or one by dollar volume that is not kept, where nobody has the lists.
    ProviderError
        Polygon, which has them, did not answer.
    """
    asked = request.most_traded
    if asked is None:
        return request.members(home)
    try:
        return kept_ranking(home, asked)
    except ReferenceFileError:
        return _ranked(home, asked, _lists(request, asked, sources), meter, cancelled)


def _lists(request: FetchRequest, asked: MostTraded, sources: HybridProvider) -> PolygonProvider:
    way = (
        "or name the symbols: --universe us200, or a CSV file with a column ticker (no key needed)"
    )
    if request.provider == "yahoo":
        raise ReferenceFileError(
            f"the universe {asked.text} must be ranked from a list of all stocks; Yahoo has none. "
            f"Ask Polygon for it (--provider auto with POLYGON_API_KEY), {way}."
        )
    provider = sources.provider("polygon")
    fault = provider.unavailable()
    if fault is not None:
        raise ReferenceFileError(
            f"the universe {asked.text} must be ranked from Polygon's list of all stocks, and "
            f"Polygon cannot be asked: {fault.thing} must {fault.expected}, {fault.found}. Yahoo "
            f"has no such list. Set it, {way}."
        ) from fault
    assert isinstance(provider, PolygonProvider)
    return provider


@dataclass(frozen=True, slots=True)
class _Listed:
    """Rows of one list of stocks, found by symbol or by identity."""

    rows: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(
        cls, provider: PolygonProvider, day: dt.date | None, cancelled: threading.Event
    ) -> _Listed:
        table = provider.listings(active=True, as_of=day, cancelled=cancelled).table
        stocks = table.filter(pc.is_in(table["type"], value_set=_STOCKS))
        return cls({row["ticker"]: row for row in stocks.to_pylist()})

    def by_identity(self) -> dict[str, str]:
        return {str(row["identity"]): ticker for ticker, row in self.rows.items()}


def _ranked(
    home: Path,
    asked: MostTraded,
    provider: PolygonProvider,
    meter: Meter,
    cancelled: threading.Event,
) -> Universe:
    assert asked.as_of is not None  # a request is pinned to its day before it is asked
    meter.stage("plan", "Lists of all stocks")
    then = _Listed.of(provider, asked.as_of, cancelled)
    now = _Listed.of(provider, None, cancelled)
    bars = _traded(provider, asked.as_of, frozenset(then.rows), meter, cancelled)
    ranking = by_dollar_volume(bars.to_pandas(), asked.as_of, asked.count, WINDOW)
    members, notes = _today(ranking, then, now)
    keep_ranking(home, asked, members, notes)
    return kept_ranking(home, asked)


def _traded(
    provider: PolygonProvider,
    as_of: dt.date,
    tickers: frozenset[str],
    meter: Meter,
    cancelled: threading.Event,
) -> pa.Table:
    # All or nothing: a ranking over some of the days would be another one.
    days = [day.item() for day in sessions(as_of - dt.timedelta(days=2 * WINDOW), as_of)[-WINDOW:]]
    meter.stage("plan", f"Trading of all stocks up to {as_of}", len(days))

    def ask(day: str, stop: threading.Event) -> pa.Table:
        found = provider.grouped_day(dt.date.fromisoformat(day), tickers, cancelled=stop)
        if not found.bars.num_rows:
            thing = f"daily bars of all stocks on {day}"
            raise BadAnswerError(
                provider.name, thing, "have rows, it was a session", "had none", "Try again later."
            )
        return found.bars.select(_BARS)

    parts = []
    names = [day.isoformat() for day in days]
    for _, answer in ask_each(names, ask, Fetch(provider.name, _WORKERS), cancelled):
        if isinstance(answer, ProviderError):
            raise answer
        meter.tick()
        parts.append(answer)
    return pa.concat_tables(parts)


def _today(
    ranking: Sequence[str], then: _Listed, now: _Listed
) -> tuple[list[Member], tuple[str, ...]]:
    # Who is meant is decided by identity: symbols are changed, and given to other companies.
    by_identity = now.by_identity()
    members: dict[str, Member] = {}
    taken = []
    for symbol in ranking:
        row = then.rows[symbol]
        holder = now.rows.get(symbol)
        ticker = by_identity.get(row["identity"], symbol)
        if ticker == symbol and holder is not None and not _same(row, holder):
            taken.append(symbol)
            continue
        checked_ticker("polygon", ticker)
        name = now.rows.get(ticker, row)["name"] or ""
        members.setdefault(ticker, Member(ticker, name, "stock", None, None))
    if not taken:
        return list(members.values()), ()
    more = f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
    note = (
        f"universe: {len(taken)} of the most traded then are left out, another company has their "
        f"symbol today: {', '.join(taken[:_SHOWN])}{more}"
    )
    return list(members.values()), (note,)


def _same(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    by_filer = then["cik"] is not None and then["cik"] == now["cik"]
    return bool(by_filer or then["identity"] == now["identity"])
