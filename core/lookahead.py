"""Whether any past decision knew later data: the same run on what was known by a date.

A run is made again on a market that ends at the close of a rebalance, and every decision up to that
close is held against the one of the whole data: each factor's scores, universe, regimes, book, and
what each rule did. What differs knew something that was not there yet. It cannot see data that
were revised in the store itself, such as a sector that is today's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from core.book import Book
from core.errors import HistoryError, InputsError
from core.ledger import EventKind
from core.market import MarketPanel
from core.result import BacktestResult
from core.rules import Rule
from core.signals import Signals
from core.units import Bools, Floats, Ints

__all__ = ["Check", "Decisions", "check_dates", "compare_decisions", "known_at"]

_Values = Floats | Ints | Bools
_TOLERANCE: Final = 1e-9  # relative: a sum over fewer names may round otherwise
_OPTIONAL: Final = ("vix", "benchmark", "open", "low")

#: What each rule writes every session, and what it leaves in the ledger.
_RULES: Final = {
    Rule.DRAWDOWN_SCALING: (("risk_drawdown", "dd_scale"), ()),
    Rule.VOLATILITY_TARGET: (("sigma", "vol_scale"), (EventKind.RESCALE,)),
    Rule.POSITION_STOP: ((), (EventKind.STOP,)),
    Rule.TRAILING_STOP: ((), (EventKind.TRAILING,)),
    Rule.CIRCUIT_BREAKER: ((), (EventKind.BREAKER, EventKind.REENTRY)),
    Rule.TURNOVER_CAP: ((), (EventKind.CAP,)),
    Rule.ALPHA_GATE: ((), (EventKind.GATE,)),
    Rule.LEVERAGE: (("leverage",), (EventKind.LEVERAGE_LIMIT, EventKind.MARGIN_CALL)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """A run as far as it was decided.

    Attributes
    ----------
    market : MarketPanel
    signals : Signals or None
        None for a book of one's own.
    regime : int64[T_market]
    book : Book
    first : int
        First simulated session, counted in ``market.sessions``.
    columns : int64[n]
        Columns of the market that are simulated.
    result : BacktestResult
        With weights.
    detectors : dict of str to int64[T_market]
        Labels of every regime detector there is, also of those that the scenario does not follow.
    """

    market: MarketPanel
    signals: Signals | None
    regime: Ints
    book: Book
    first: int
    columns: Ints
    result: BacktestResult
    detectors: Mapping[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of decision, up to one date.

    Attributes
    ----------
    kind : str
        "factor", "universe", "regime", "book" or "rule".
    name : str
        Of the factor, detector or rule; what was compared.
    compared, different : int
        Values compared, what is missing in both left out, and those that are not the same.
    first : int
        Session of the first difference, counted in ``market.sessions``; −1 without one.
    """

    kind: str
    name: str
    compared: int
    different: int
    first: int

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return self.different == 0


def check_dates(market: MarketPanel, rebalance: Ints, count: int) -> Ints:
    """Choose rebalances at whose close the data may end, spread over all of them.

    Parameters
    ----------
    market : MarketPanel
    rebalance : int64[R]
        Of the run, counted in ``market.sessions``.
    count : int
        How many at most, at least 1.

    Returns
    -------
    int64[k]
        Sessions before the last one that end their month by the calendar, so that data which end
        there show it.

    Raises
    ------
    HistoryError
        There is none.
    """
    if count < 1:
        raise InputsError(f"the number of dates must be at least 1, was {count}")
    days = market.sessions[rebalance]
    following = (days.astype("datetime64[M]") + 1).astype("datetime64[D]")
    whole = np.busday_count(days + np.timedelta64(1, "D"), following) == 0
    usable = rebalance[whole & (rebalance < len(market.sessions) - 1)]
    if not len(usable):
        raise HistoryError(
            "a look-ahead test must cut the data at a month's end inside the period, there is "
            "none; choose a longer period"
        )
    # From the last one back: a single date leaves the most to compare.
    picked = np.linspace(len(usable) - 1, 0, min(count, len(usable))).round().astype(np.int64)
    chosen: Ints = usable[np.unique(picked)]
    return chosen


def known_at(market: MarketPanel, session: int) -> MarketPanel:
    """Return the market as it was known at the close of `session`: nothing later is in it.

    Of a security that trades on, neither its end nor what its holder gets then is known.
    """
    kept = slice(0, session + 1)
    known = market.filings.available <= market.sessions[session]
    ended = market.last_session <= session
    optional: dict[str, Any] = {
        name: None if (has := getattr(market, name)) is None else has[kept] for name in _OPTIONAL
    }
    return dataclasses.replace(
        market,
        fingerprint=f"{market.fingerprint}-until-{market.sessions[session]}",
        sessions=market.sessions[kept],
        close=market.close[kept],
        price=market.price[kept],
        dollar_volume=market.dollar_volume[kept],
        member=market.member[kept],
        last_session=np.where(ended, market.last_session, session + 1),
        delisting_return=np.where(ended, market.delisting_return, 0.0),
        data_ended=market.data_ended & ended,
        filings=dataclasses.replace(
            market.filings,
            security=market.filings.security[known],
            available=market.filings.available[known],
            period_end=market.filings.period_end[known],
            items={name: values[known] for name, values in market.filings.items.items()},
        ),
        cash_rate=market.cash_rate[kept],
        funds=None if market.funds is None else market.funds.until(session),
        **optional,
    )


def compare_decisions(whole: Decisions, cut: Decisions) -> tuple[Check, ...]:
    """Hold every decision of a run on data that end early against the run on all data.

    Parameters
    ----------
    whole : Decisions
    cut : Decisions
        Of ``known_at(whole.market, session)`` and the same scenario; its last session is the last
        that is compared.

    Returns
    -------
    tuple of Check
        Factors, universe, regimes, book, rules, and last the portfolio itself.

    Raises
    ------
    InputsError
        The two do not begin with the same sessions.
    """
    count = len(cut.market.sessions)
    if cut.first != whole.first or not np.array_equal(
        cut.market.sessions, whole.market.sessions[:count]
    ):
        raise InputsError(
            "both runs of a look-ahead test must begin with the same sessions, did not; run the "
            "same scenario on both markets"
        )
    return (*_of_signals(whole, cut), *_of_book(whole, cut), *_of_rules(whole, cut))


def _of_signals(whole: Decisions, cut: Decisions) -> Iterator[Check]:
    if whole.signals is not None and cut.signals is not None:
        a, b = whole.signals, cut.signals
        rows = len(b.rebalance)
        at = a.rebalance[:rows]
        for k, factor in enumerate(b.panel.factors):
            yield _check("factor", factor, a.panel.values[:rows, :, k], b.panel.values[:, :, k], at)
        yield _check("factor", "volatility", a.panel.volatility[:rows], b.panel.volatility, at)
        yield _check("universe", "universe", a.universe[:rows], b.universe, at)
    count = len(cut.market.sessions)
    yield _check("regime", "regime", whole.regime[:count], cut.regime, np.arange(count))
    for name, labels in cut.detectors.items():
        before = whole.detectors[name][:count]
        yield _check("regime", f"detector: {name}", before, labels, np.arange(count))


def _of_book(whole: Decisions, cut: Decisions) -> Iterator[Check]:
    rows = len(cut.book.rebalance)
    a, b, at = whole.book, cut.book, whole.book.rebalance[:rows]
    yield _check("book", "dates", at, b.rebalance, at)
    yield _check("book", "composite", a.composite[:rows], b.composite, at)
    yield _check("book", "target", a.target[:rows], b.target, at)
    if a.alpha is not None and b.alpha is not None:
        yield _check("book", "alpha", a.alpha[:rows], b.alpha, at)
    for name in ("leverage", "stop_scale"):
        one, two = getattr(a, name), getattr(b, name)
        if one is not None or two is not None:
            yield _check("book", name, _scale(one, a)[:rows], _scale(two, b), at)


def _scale(values: Floats | None, book: Book) -> Floats:
    # None of a book is 1 all along.
    return np.ones(len(book.rebalance)) if values is None else values


def _of_rules(whole: Decisions, cut: Decisions) -> Iterator[Check]:
    count = len(cut.result.nav)
    at = np.arange(count) + cut.first
    for rule, (names, kinds) in _RULES.items():
        pairs = [(getattr(whole.result, n)[:count], getattr(cut.result, n)) for n in names]
        pairs += [(_acts(whole, kind, count), _acts(cut, kind, count)) for kind in kinds]
        a, b = (np.column_stack(sides) for sides in zip(*pairs, strict=True))
        yield _check("rule", str(rule), a, b, at)
    for name in ("wanted_exposure", "turnover", "cost", "nav"):
        a, b = getattr(whole.result, name)[:count], getattr(cut.result, name)
        yield _check("rule", f"portfolio: {name}", a, b, at)


def _acts(run: Decisions, kind: EventKind, count: int) -> Floats:
    # float64[count, N]: what the rule measured where it acted on a security (NaN: it did not), and
    # in the last column on the whole portfolio.
    events = run.result.events
    table = np.full((count, len(run.market.tickers) + 1), np.nan)
    mine = (events.kind == kind) & (events.session < count)
    security = events.security[mine]
    place = np.where(security < 0, -1, run.columns[np.maximum(security, 0)])
    table[events.session[mine], place] = events.value[mine]
    return table


def _check(kind: str, name: str, a: _Values, b: _Values, at: Ints) -> Check:
    if a.shape != b.shape:  # a decision more, or one less
        shorter = min(len(a), len(b), max(len(at) - 1, 0))
        return Check(kind, name, int(b.size), 1, int(at[shorter]) if len(at) else 0)
    left, right = a.astype(np.float64), b.astype(np.float64)
    same = np.isclose(left, right, rtol=_TOLERANCE, atol=1e-12, equal_nan=True)
    rows = same.reshape(len(same), -1).all(axis=1)
    first = -1 if rows.all() else int(at[int(np.argmin(rows))])
    compared = np.count_nonzero(~(np.isnan(left) & np.isnan(right)))
    return Check(kind, name, int(compared), int(np.count_nonzero(~same)), first)
