"""The look-ahead test of a run: made again on data that end early, every past decision compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from core.errors import CancelledError
from core.lookahead import Check, Decisions, check_dates, compare_decisions, known_at
from core.market import MarketPanel
from core.periods import resolve_period
from core.regime_markov import filtered
from core.regimes import label_sessions, market_returns
from core.scenario import with_values
from core.signals import compute_signals
from core.simulation import simulate
from core.units import Ints
from dashboard.format import count, date
from dashboard.pipeline import Pipeline, prepare
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = ["DATES", "LookAhead", "Looked", "look_ahead_work", "look_words"]

DATES: Final = 6  # where the data end: enough to see every regime of a few years
_DETECTORS: Final = ("rules", "markov")


@dataclass(frozen=True, slots=True)
class Looked:
    """One kind of decision over all dates.

    Attributes
    ----------
    kind, name : str
        As in :class:`core.lookahead.Check`.
    compared, different : int
    first : date or None
        Of the earliest decision that differs.
    cut : date or None
        Where the data ended when it differed first.
    """

    kind: str
    name: str
    compared: int
    different: int
    first: dt.date | None
    cut: dt.date | None


@dataclass(frozen=True, slots=True)
class LookAhead:
    """The whole test: where the data were cut, and what was found of every kind of decision."""

    cuts: tuple[dt.date, ...]
    rows: tuple[Looked, ...]

    @property
    def passed(self) -> bool:
        """Whether no past decision changed."""
        return all(row.different == 0 for row in self.rows)


def look_ahead_work(
    run: Run, pipeline: Pipeline, dates: int = DATES
) -> Callable[[Pace], LookAhead]:
    """Return the work that tests `run` for look-ahead: a few seconds for each date.

    Nothing is taken from a cache: what is compared is computed from the shorter data alone. Markov
    switching takes as long as all the rest: where the scenario does not follow it, it is compared
    on the latest date alone, which leaves the most of it.

    Raises
    ------
    core.errors.HistoryError
        From the work, where the period holds no month's end to cut at.
    core.errors.CancelledError
        From the work, between two dates.
    """

    def work(pace: Pace) -> LookAhead:
        cuts = check_dates(run.market, run.book.rebalance, dates).tolist()
        steps = len(cuts) + 2  # both detectors, on all data and on the latest date
        whole = _whole(run, pace, len(cuts))
        pace.share(1 / steps)
        found: list[tuple[int, tuple[Check, ...]]] = []
        for done, cut in enumerate(cuts):
            if pace.cancelled():
                raise CancelledError(done, len(cuts))
            made = _decided(run, pipeline, cut)
            names = _DETECTORS if cut == cuts[-1] else _DETECTORS[:1]
            made = replace(made, detectors=_detected(made.market, run, names, pace))
            found.append((cut, compare_decisions(whole, made)))
            pace.share((done + 2) / steps)
        days = tuple(_day(run, cut) for cut in cuts)
        return LookAhead(days, _summed(run, found))

    return work


def _whole(run: Run, pace: Pace, dates: int) -> Decisions:
    if pace.cancelled():
        raise CancelledError(0, dates)
    return Decisions(
        run.market, run.signals, run.regime, run.book, run.first, run.columns, run.result,
        detectors=_detected(run.market, run, _DETECTORS, pace),
    )  # fmt: skip


def _detected(market: MarketPanel, run: Run, names: tuple[str, ...], pace: Pace) -> dict[str, Ints]:
    # Labels of each detector with the thresholds of the scenario, whichever it follows. Turbulence
    # is a rule beside them: it is in the labels in force, which are compared on every date.
    config, labels = run.scenario.regimes, {}
    returns = market_returns(market.close, market.member)
    for name in names:
        risky = None
        if name == "markov":
            risky = filtered(returns, config.markov, cancelled=pace.cancelled).risky
        labels[name] = label_sessions(returns, config, market.vix, risky)
    return labels


def _decided(run: Run, pipeline: Pipeline, cut: int) -> Decisions:
    market = known_at(run.market, cut)
    start = run.dates[0].astype("datetime64[D]").astype(dt.date)
    scenario = with_values(run.scenario, {"period.start": start, "period.end": None})
    period = resolve_period(market, scenario)
    signals, own = None, None
    if scenario.book.own_book is None:
        signals = compute_signals(market, scenario, period)
    else:
        own = pipeline.own_book(scenario)
        assert own is not None  # the scenario names it
        own = own[own["date"] <= pd.Timestamp(market.sessions[-1])]
    made = prepare(market, signals, own, scenario, period)
    result = simulate(made.inputs, scenario.risk, weights=True)
    return Decisions(market, signals, made.regime, made.book, period[0], made.columns, result)


def _summed(run: Run, found: list[tuple[int, tuple[Check, ...]]]) -> tuple[Looked, ...]:
    rows: dict[tuple[str, str], Looked] = {}
    for cut, checks in found:
        for check in checks:
            key = (check.kind, check.name)
            before = rows.get(key, Looked(*key, 0, 0, None, None))
            first, where = before.first, before.cut
            if not check.passed and (first is None or _day(run, check.first) < first):
                first, where = _day(run, check.first), _day(run, cut)
            compared = before.compared + check.compared
            different = before.different + check.different
            rows[key] = Looked(*key, compared, different, first, where)
    return tuple(rows.values())


def _day(run: Run, session: int) -> dt.date:
    day: dt.date = run.market.sessions[session].astype("datetime64[D]").astype(dt.date)
    return day


def look_words(found: LookAhead) -> str:
    """Say whether any past decision knew later data, and which one first."""
    number = sum(row.compared for row in found.rows)
    over = f"data that end on {date(found.cuts[0])}"
    if len(found.cuts) > 1:
        over = (
            f"data that end on {count(len(found.cuts))} dates, {date(found.cuts[0])} to "
            f"{date(found.cuts[-1])}"
        )
    if found.passed:
        return (
            f"{count(number)} values of past decisions were computed again on {over}: all are the "
            "same. On these dates no factor, regime, book or rule knew what came later."
        )
    bad = [row for row in found.rows if row.different]
    worst = min(bad, key=lambda row: (row.first or dt.date.max, found.rows.index(row)))
    return (
        f"{count(sum(row.different for row in bad))} of {count(number)} values of past decisions "
        f"change on {over}: first {worst.kind} “{worst.name}” on {date(worst.first)}, with data "
        f"that end on {date(worst.cut)}. Something knew what came later."
    )
