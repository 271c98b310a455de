"""From a finished run to the explanation of one of its days, and of one name on it."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass

import numpy as np

from core.errors import HistoryError, InputsError
from core.explain import Explanation, explain_record
from core.explain_absence import Standing, standing
from core.explain_filled import Fill
from core.explain_selection import Placing, Selection, placing
from core.explain_state import RunRecord
from core.factors.names import AVAILABLE_FACTORS, REGIMES
from core.universe import by_ticker
from dashboard.memo import kept
from dashboard.run import Run

__all__ = ["ExplainedDay", "explain_day", "record_of", "selection_of", "session_of"]


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedDay:
    """One day of a run, explained.

    Attributes
    ----------
    run : Run
    record : RunRecord
    selection : Selection
        In the columns of the market.
    asked : date
        What was asked for; the day explained is the session on it or the last one before it.
    day : Explanation
    name : Standing or None
        Of the name asked for.
    """

    run: Run
    record: RunRecord
    selection: Selection
    asked: dt.date
    day: Explanation
    name: Standing | None

    def date(self, session: int) -> dt.date:
        """Return the date of a session of the run."""
        found: dt.date = self.run.dates[session].astype(dt.date)
        return found

    @property
    def session_date(self) -> dt.date:
        """Date of the session that is explained."""
        return self.date(self.day.session)

    @property
    def regime(self) -> str:
        """Regime of the market on the session."""
        return REGIMES[int(self.run.regime[self.run.first + self.day.session])]

    def placing_of(self, column: int, rebalance: int) -> Placing:
        """Place a column of the simulation among all names of a rebalance."""
        return placing(self.selection, rebalance, int(self.run.columns[column]))

    def book_of(self, fill: Fill) -> int:
        """Return the row of the book that a fill trades, or the last one decided before it.

        The second is meant for a rescale, a stop's sale and the breaker's; -1 = there was none.
        """
        if fill.rebalance >= 0:
            return fill.rebalance
        return self.book_before(fill.decided)

    def book_before(self, decided: int) -> int:
        """Return the row of the last book decided before a session, -1 = none."""
        return int(np.searchsorted(self.run.inputs.rebalance, decided, side="left")) - 1

    def rebalance_date(self, rebalance: int) -> dt.date:
        """Return the date on which a row of the book was decided."""
        return self.date(int(self.run.inputs.rebalance[rebalance]))


def explain_day(run: Run, asked: dt.date, ticker: str | None = None) -> ExplainedDay:
    """Explain the session on a date, or the last one before it.

    Parameters
    ----------
    run : Run
        With weights.
    asked : date
    ticker : str, optional
        Any name of the market, held or not; case does not matter.

    Raises
    ------
    HistoryError
        When the date lies outside the simulated period.
    InputsError
        When the ticker is none of the market.
    """
    session = session_of(run, asked)
    record = record_of(run)
    selection = selection_of(run)
    name = None
    if ticker is not None:
        name = standing(record, selection, session, _place(run, ticker))
    return ExplainedDay(run, record, selection, asked, explain_record(record, session), name)


@kept
def record_of(run: Run) -> RunRecord:
    """Return a run made ready to be looked at, kept for the next day that is asked for."""
    return RunRecord.of(run.inputs, run.scenario.risk, run.result)


def session_of(run: Run, asked: dt.date) -> int:
    """Return the session on a date or the last one before it.

    Raises
    ------
    HistoryError
        When the date lies outside the simulated period.
    """
    dates, day = run.dates, np.datetime64(asked, "D")
    if not dates[0] <= day <= dates[-1]:
        raise HistoryError(
            f"the date must be within the simulated period, {dates[0]} … {dates[-1]}, was "
            f"{asked}. Choose another date, or another period with --start and --end"
        )
    return int(np.searchsorted(dates, day, side="right")) - 1


def selection_of(run: Run) -> Selection:
    """Return what the targets of a run were chosen from, in the columns of its market."""
    market, book, signals = run.market, run.book, run.signals
    shape = book.target.shape
    column = np.full(shape[1], -1, dtype=np.int64)
    column[run.columns] = np.arange(len(run.columns))
    none = np.zeros(shape, dtype=np.bool_)
    return Selection(
        column=column,
        target=book.target,
        scored=signals is not None,
        member=market.member[book.rebalance],
        has_bar=np.isfinite(market.close[book.rebalance]),
        universe=none if signals is None else signals.universe,
        factors=AVAILABLE_FACTORS if signals is None else signals.panel.factors,
        scores=np.zeros((*shape, 0)) if signals is None else signals.panel.values,
        composite=book.composite,
        tradable=market.last_session > book.rebalance[:, None],
        order=by_ticker(market.tickers),
        sector=market.sector,
        names_held=run.scenario.book.names_held,
    )


def _place(run: Run, ticker: str) -> int:
    names = run.market.tickers
    if ticker in names:
        return names.index(ticker)
    upper = ticker.strip().upper()
    if upper in names:
        return names.index(upper)
    close = difflib.get_close_matches(upper, names, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise InputsError(
        f"the name must be a ticker of market “{run.market.source}”, was “{ticker}”.{hint}"
    )
