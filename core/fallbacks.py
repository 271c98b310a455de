"""What a book was decided from instead of what was asked for: one event a rebalance and cause."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.config import Scenario
from core.factors.turbulence import turbulence_sessions
from core.ledger import PORTFOLIO, EventKind, Events
from core.market import FUND_SECTORS, Floats, Ints, MarketPanel
from core.regimes import market_returns
from core.result import BacktestResult
from core.signals import Signals

__all__ = ["Fallback", "regime_fallbacks", "score_fallbacks", "with_fallbacks"]

#: A factor known for less than this share of the universe is said to be missing.
THIN = 0.5


@dataclass(frozen=True, slots=True)
class Fallback:
    """One thing that could not be had at a rebalance, and what was done instead.

    Attributes
    ----------
    session : int
        Of the decision, counted in ``market.sessions``.
    kind : EventKind
    value, threshold : float
        As :class:`core.ledger.Events` says.
    text : str
        For people: what was missing, a colon, and what was done instead.
    """

    session: int
    kind: EventKind
    value: float
    threshold: float
    text: str


def score_fallbacks(
    market: MarketPanel,
    signals: Signals,
    scenario: Scenario,
    composite: Floats,
    targets: Floats,
    infeasible: Sequence[tuple[int, str]],
) -> tuple[Fallback, ...]:
    """Return what universe, scores and limits of a book could not be, in order of session.

    Parameters
    ----------
    market, signals, scenario
        What the book was built from.
    composite, targets : float64[R, N]
        Of the book.
    infeasible : sequence of (int, str)
        Of the book: row and reason.
    """
    found: list[Fallback] = []
    for row, session in enumerate(signals.rebalance.tolist()):
        found += _empty_sectors(market, signals, scenario, row, session)
        found += _missing_scores(signals, row, session)
        found += _equal_scores(signals, composite[row], row, session)
    found += [
        Fallback(
            int(signals.rebalance[row]), EventKind.INFEASIBLE, float(targets[row].sum()), 1.0, text
        )
        for row, text in infeasible
    ]
    return tuple(sorted(found, key=lambda one: one.session))


def regime_fallbacks(
    market: MarketPanel, scenario: Scenario, rebalance: Ints
) -> tuple[Fallback, ...]:
    """Return what the labels of the rebalances could not be told from, in order of session.

    A missing volatility index, a window or a detector without enough history, turbulence that is
    not known. Nothing after a session is read for it.
    """
    config = scenario.regimes
    known = np.isfinite(market_returns(market.close, market.member))
    before = np.r_[0, np.cumsum(known)]
    storms = turbulence_sessions(market, config.turbulence)
    found = []
    for session in rebalance.tolist():
        first = max(session + 1 - config.lookback_days, 0)
        have = int(before[session + 1] - before[first])
        if have < config.lookback_days:
            found.append(_short(session, have, config.lookback_days, "regime", "it is “default”"))
        if config.detector == "markov" and before[session + 1] < config.markov.history_days:
            have = int(before[session + 1])
            rules = "the rules tell instead"
            found.append(
                _short(session, have, config.markov.history_days, "Markov switching", rules)
            )
        if storms is not None and storms[0][session] < storms[1][session]:
            have, want = int(storms[0][session]), int(storms[1][session])
            text = (
                f"turbulence: a sector or the history is missing, {have} of {want} sessions known: "
                "the other rules of the regimes alone decide"
            )
            short = EventKind.SHORT_HISTORY
            found.append(Fallback(session, short, float(have), float(want), text))
        if config.vix_override and (market.vix is None or not np.isfinite(market.vix[session])):
            text = "VIX override: no close of the volatility index: the rules alone decide"
            found.append(Fallback(session, EventKind.NO_VIX, math.nan, config.vix_level, text))
    return tuple(found)


def with_fallbacks(
    result: BacktestResult, fallbacks: Iterable[Fallback], first: int
) -> BacktestResult:
    """Return `result` with `fallbacks` among its events, after those of the same session.

    Parameters
    ----------
    result : BacktestResult
    fallbacks : iterable of Fallback
    first : int
        The run's session 0, counted in ``market.sessions``.
    """
    told = [one for one in fallbacks if 0 <= one.session - first < result.sessions]
    if not told:
        return result
    session = np.array([one.session - first for one in told], dtype=np.int64)
    kind = np.array([int(one.kind) for one in told], dtype=np.int64)
    old = result.events
    order = np.argsort(np.r_[old.session, session], kind="stable")
    flags = result.flags.copy()
    np.bitwise_or.at(flags, session, np.left_shift(1, kind))
    events = Events(
        session=np.r_[old.session, session][order],
        kind=np.r_[old.kind, kind][order],
        security=np.r_[old.security, np.full(len(told), PORTFOLIO)][order],
        value=np.r_[old.value, [one.value for one in told]][order],
        threshold=np.r_[old.threshold, [one.threshold for one in told]][order],
    )
    return dataclasses.replace(result, events=events, flags=flags)


def _short(session: int, have: int, want: int, what: str, instead: str) -> Fallback:
    text = f"{what}: {have} of {want} sessions of returns known: {instead}"
    return Fallback(session, EventKind.SHORT_HISTORY, float(have), float(want), text)


def _empty_sectors(
    market: MarketPanel, signals: Signals, scenario: Scenario, row: int, session: int
) -> Iterator[Fallback]:
    balanced = "sector_balanced"
    if balanced not in (scenario.universe.selection, scenario.book.selection):
        return
    there = {market.sector[name] for name in np.flatnonzero(np.isfinite(market.close[session]))}
    sectors = sorted(there - {"Other", *FUND_SECTORS})
    held = {market.sector[name] for name in np.flatnonzero(signals.universe[row])}
    empty = [name for name in sectors if name not in held]
    if empty:
        yield Fallback(
            session, EventKind.EMPTY_SECTOR, float(len(empty)), float(len(sectors)),
            f"no eligible member of {', '.join(empty)}: no place goes there",
        )  # fmt: skip


def _missing_scores(signals: Signals, row: int, session: int) -> Iterator[Fallback]:
    for column, factor in enumerate(signals.panel.factors):
        share = float(signals.panel.factor_coverage[row, column])
        if share < THIN:
            yield Fallback(
                session, EventKind.MISSING_SCORES, share, THIN,
                f"{factor}: known for less than half of the universe, for want of filings or of "
                "history: its weight is spread over the other scores of a name",
            )  # fmt: skip


def _equal_scores(
    signals: Signals, composite: Floats, row: int, session: int
) -> Iterator[Fallback]:
    columns = [
        (name, signals.panel.values[row, :, f]) for f, name in enumerate(signals.panel.factors)
    ]
    for name, values in (*columns, ("composite", composite)):
        known = values[np.isfinite(values)]
        if len(known) > 1 and known.min() == known.max():
            instead = "it says nothing" if name != "composite" else "names come by the alphabet"
            yield Fallback(
                session, EventKind.EQUAL_SCORES, float(len(known)), math.nan,
                f"{name}: all names score the same: {instead}",
            )  # fmt: skip
