"""From what was fetched to a market in the store: adjusted, joined, labelled, written whole."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_types import FetchRequest
from data.assemble_choice import Choice, choose
from data.assemble_endings import delisting_returns
from data.assemble_filings import stored_filings
from data.assemble_key import market_key, remember, unchanged
from data.assemble_overrides import Applied, applied_overrides, market_overrides
from data.assemble_prices import MarketPrices, adjusted_prices
from data.assemble_rates import Rates, stored_rates
from data.assemble_securities import membership_of, securities_of
from data.assemble_words import PROVIDERS, Words
from data.errors import DataError
from data.fetched import FetchedStore
from data.fetched_errors import FetchedCorruptError
from data.frames import to_frame
from data.listings import bar_spans
from data.overrides import Overrides
from data.reference_universe import Universe
from data.schema import SCHEMAS
from data.snapshot import Snapshot
from data.store import ImportTrail, MarketTables, write_market

__all__ = ["VOLATILITY", "NothingStoredError", "assemble"]

# Name under which the engine looks for the volatility index, whoever calls it what.
VOLATILITY: Final = "^VIX"
Window = tuple[dt.date, dt.date]
Tell = Callable[[str, float], None]


class NothingStoredError(DataError):
    """No name of the universe has bars with their splits and dividends."""


def assemble(
    home: Path,
    request: FetchRequest,
    window: Window,
    *,
    notes: Sequence[str] = (),
    progress: Tell | None = None,
) -> Snapshot:
    """Make the market of `request` from what is stored, and write it as a snapshot.

    Every security is one provider's series, adjusted for splits and dividends; funds and the
    volatility index go to the table indices. Where nothing has changed since the last time, the
    market of that time is returned.

    Parameters
    ----------
    window : (date, date)
        Days of the market, both included.
    notes : sequence of str
        What the fetch has to say, kept in the snapshot.

    Raises
    ------
    NothingStoredError
    OverridesError
        ``PLIMSOLL_HOME/overrides/<name>.toml`` is there and means nothing.
    StoreBusyError, StoreFullError, StoreWriteError
        The former snapshot stays.
    """
    tell = progress or (lambda _text, _share: None)
    store = FetchedStore(home)
    universe = request.members(home)
    beside = [member.ticker for member in universe.funds]
    beside += [s for s in (request.benchmark, request.volatility) if s is not None]
    order = PROVIDERS if request.provider == "auto" else (request.provider,)
    wanted = dict.fromkeys([*(member.ticker for member in universe.stocks), *beside])
    known = market_overrides(home, request.name)
    choice = choose(store, wanted, order, window, known.actions)
    rates = stored_rates(store, order, window)
    asked = (request, universe, window, tuple(notes), rates.mark)
    key = market_key(store, choice, request.name, asked)
    same = unchanged(store, request.name, key)
    if same is not None:
        return same
    task = _Task(request, universe, window, choice, rates, known, tuple(notes))
    made = _made(store, task, tell)
    tell("Writing the market", 0.8)
    snapshot = write_market(
        home,
        request.name,
        made.tables,
        simulated=False,
        return_basis=made.words.return_basis(),
        origin=made.words.origin(),
        trail=made.trail,
    )
    if not made.prices.lost:
        remember(store, snapshot, key, made.prices.key)
    return snapshot


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    request: FetchRequest
    universe: Universe
    window: Window
    choice: Choice
    rates: Rates
    known: Overrides
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    tables: MarketTables
    words: Words
    trail: ImportTrail
    prices: MarketPrices


def _made(store: FetchedStore, task: _Task, tell: Tell) -> _Made:
    request, choice = task.request, task.choice
    stocks = {member.ticker: member for member in task.universe.stocks}
    made = adjusted_prices(store, request.name, choice, task.window, tell)
    symbols = {part.symbol for line in choice.lines.values() for part in line.segments}
    applied = applied_overrides(task.known, made.done.bars, symbols)
    is_stock = pc.is_in(applied.bars["ticker"], value_set=pa.array(list(stocks), pa.string()))
    prices = applied.bars.filter(is_stock)
    others = applied.bars.filter(pc.invert(is_stock))
    if not prices.num_rows:
        raise NothingStoredError(
            "a market needs bars with their splits and dividends, and none of the "
            f"{len(stocks)} names of the universe has them. Fetch again when a source answers."
        )
    tell("Securities, filings, membership", 0.6)
    lines = {ticker: line for ticker, line in choice.lines.items() if ticker in stocks}
    facts = task.known.securities
    after = delisting_returns(prices, lines)
    securities = securities_of(lines, stocks, bar_spans(prices), facts, after)
    frame = securities.listings.frame
    filings, filing_notes = stored_filings(store, lines, task.window)
    tables = MarketTables(
        prices=_bars_frame(prices),
        securities=frame,
        membership=membership_of(lines, _first_bars(prices), frame),
        fundamentals=filings,
        indices=_bars_frame(_renamed(others, request.volatility)),
        rates=task.rates.frame,
    )
    words = Words(request, task.universe, choice, made.done, prices, others)
    said = [*words.notes(), task.rates.note, *securities.notes, *filing_notes, *task.notes]
    said += [*made.lost, *applied.notes]
    said += [f"override matches nothing: {fact}" for fact in securities.listings.unmatched]
    kept = [(line.provider, ticker) for ticker, line in choice.lines.items()]
    trail = _trail(store, [*kept, *task.rates.served], applied, tuple(dict.fromkeys(said)))
    return _Made(tables, words, trail, made)


def _bars_frame(bars: pa.Table) -> pd.DataFrame:
    frame = to_frame(bars)
    frame["basis"] = "full"
    return frame[list(SCHEMAS["prices"].names)]


def _renamed(bars: pa.Table, volatility: str | None) -> pa.Table:
    tickers = bars["ticker"]
    if volatility is not None:
        tickers = pc.if_else(pc.equal(tickers, volatility), VOLATILITY, tickers)
    return bars.set_column(bars.column_names.index("ticker"), "ticker", tickers)


def _first_bars(prices: pa.Table) -> dict[str, dt.date]:
    first = prices.group_by("ticker").aggregate([("date", "min")])
    return dict(zip(first["ticker"].to_pylist(), first["date_min"].to_pylist(), strict=True))


def _trail(
    store: FetchedStore,
    series: Iterable[tuple[str, str]],
    applied: Applied,
    notes: tuple[str, ...],
) -> ImportTrail:
    rows: list[dict[str, Any]] = []
    for provider, ticker in series:
        try:
            refused = store.read("refused", provider, ticker)
        except FetchedCorruptError:
            continue
        rows += [] if refused is None else refused.rows.to_pylist()
    counts = Counter(f"{row['table']}: {row['reason']}" for row in rows)
    findings = pd.DataFrame(
        {
            "table": [row["table"] for row in rows],
            "fate": ["quarantined"] * len(rows),
            "reason": [row["reason"] for row in rows],
            "file_row": np.arange(len(rows), dtype=np.int64),
            "row": [row["row"] for row in rows],
        }
    )
    return ImportTrail(
        quarantined=dict(counts),
        excluded=dict(applied.excluded),
        overrides=applied.overrides,
        notes=notes,
        findings=findings if len(rows) else None,
    )
