"""Trades and events of one run: what was held, why it left, and what each rule did when.

pandas is imported by the first table that is asked for: a run needs none of it, and it is a third
of the time and a fifth of the memory of a new process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from core.units import Bools, Dates, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PORTFOLIO", "EventKind", "Events", "ExitReason", "Trades"]


PORTFOLIO = -1  # the security of an event that concerns the whole portfolio


class ExitReason(IntEnum):
    """Why a round trip ended; ``OPEN`` while it has not."""

    OPEN = 0
    REBALANCE = 1
    STOP = 2
    TRAILING = 3
    BREAKER = 4
    DELISTED = 5
    DATA_ENDED = 6

    @property
    def label(self) -> str:
        """Name in tables and files."""
        return self.name.lower()


class EventKind(IntEnum):
    """What a rule did. ``BacktestResult.flags`` has bit ``1 << kind`` set in its session."""

    STOP = 0
    TRAILING = 1
    BREAKER = 2
    REENTRY = 3
    RESCALE = 4
    CAP = 5
    GATE = 6
    LEVERAGE_LIMIT = 7
    WAITING = 8
    DELISTED = 9
    REBALANCE = 10
    MARGIN_CALL = 11
    INFEASIBLE = 12
    EMPTY_SECTOR = 13
    EQUAL_SCORES = 14
    MISSING_SCORES = 15
    SHORT_HISTORY = 16
    NO_VIX = 17
    NO_FUND = 18

    @property
    def label(self) -> str:
        """Name in tables and files."""
        return self.name.lower()

    @property
    def flag(self) -> int:
        """Bit of this kind in ``BacktestResult.flags``."""
        return 1 << int(self)

    @property
    def is_fallback(self) -> bool:
        """Whether a book was decided from something else than asked; no simulation makes it."""
        return self >= EventKind.INFEASIBLE


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Round trips as parallel columns: closed ones in order of exit, then the open ones.

    Attributes
    ----------
    security : int64[M]
        Column of the security in the inputs.
    entry_session, exit_session : int64[M]
        Sessions of the first buy and of the last sale; -1 while open.
    entry_price : float64[M]
        Average cost at fill prices, costs excluded; sales leave it unchanged.
    exit_price : float64[M]
        Average price of all sales, a delisting included (last close x (1 + delisting return)); the
        last close of a trip that is still open.
    quantity, notional : float64[M]
        Shares and dollars bought over the whole trip.
    trade_return : float64[M]
        ``pnl / notional``, a fraction, before costs.
    pnl : float64[M]
        Dollars realised, and open ones at the last close, before costs.
    costs : float64[M]
        Dollars of trading costs of its buys and sales.
    holding_sessions : int64[M]
        Exit minus entry session; to the last session while open.
    reason : int64[M]
        An :class:`ExitReason`.
    is_open : bool[M]
    """

    security: Ints
    entry_session: Ints
    exit_session: Ints
    entry_price: Floats
    exit_price: Floats
    quantity: Floats
    notional: Floats
    trade_return: Floats
    pnl: Floats
    costs: Floats
    holding_sessions: Ints
    reason: Ints
    is_open: Bools

    def __len__(self) -> int:
        return len(self.security)

    def frame(self, dates: Dates, tickers: Sequence[str]) -> pd.DataFrame:
        """Return one row a round trip, with dates, tickers and reasons for people.

        Parameters
        ----------
        dates : datetime64[D][T]
            Sessions of the run.
        tickers : sequence of N str

        Returns
        -------
        pandas.DataFrame
            Columns ticker, entry_date, exit_date (NaT while open), then the columns of this class
            from ``entry_price`` on; ``reason`` as text.
        """
        columns: dict[str, Any] = {
            "ticker": _names(self.security, tickers, ""),
            "entry_date": _dates(self.entry_session, dates),
            "exit_date": _dates(self.exit_session, dates),
        }
        for column in (field.name for field in fields(self)[3:]):
            columns[column] = getattr(self, column)
        columns["reason"] = _labels(self.reason, ExitReason)
        import pandas as pd

        return pd.DataFrame(columns)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """What the rules did, in order, as parallel columns.

    ``value`` is what triggered the event and ``threshold`` what it was held against:

    ==============  =======================================  ======================================
    kind            value                                    threshold
    ==============  =======================================  ======================================
    stop            close (or low) over average entry - 1    -position_stop_loss x stop scale
    trailing        close (or low) over highest close - 1    -trailing_stop_pct x stop scale
    breaker         risk drawdown                            -circuit_breaker_dd
    reentry         sessions since the breaker's fill        breaker_cooldown_days
    rescale         wanted over applied exposure - 1         vol_rebalance_threshold
    cap             turnover the alpha part wanted           max_turnover_per_rebal
    gate            number of names left alone               expected return a name had to reach
    leverage_limit  sum of weights before buys were cut      max_leverage
    waiting         weight of the name whose exit failed     NaN
    delisted (*)    delisting return                         NaN
    rebalance       exposure of the fill                     NaN
    margin_call     NAV over what is held                    maintenance_margin
    infeasible      sum of the targets that keep the limits  1
    empty_sector    sectors without an eligible member       sectors with a bar that day
    equal_scores    names that score the same                NaN
    missing_scores  share of the universe with the factor    one half
    short_history   sessions known                           sessions wanted
    no_vix          NaN                                      level of the override
    no_fund         0, the target of the fund                what it would have been
    ==============  =======================================  ======================================

    (*) Or its data only ended: the trade's reason and :meth:`frame` tell the two apart.

    From infeasible on they are of the book, not of the simulation, see :mod:`core.fallbacks`.

    Stop, trailing, breaker, reentry and margin_call carry their decision session, as those of the
    book do, the others that of their fill.
    A stop inside the session has one session for both, its low, and reference prices as known at
    the close before.

    Attributes
    ----------
    session, kind, security : int64[M]
        ``kind`` is an :class:`EventKind`; ``security`` is -1 for the whole portfolio.
    value, threshold : float64[M]
    """

    session: Ints
    kind: Ints
    security: Ints
    value: Floats
    threshold: Floats

    def __len__(self) -> int:
        return len(self.session)

    def count(self, kind: EventKind) -> int:
        """Return how many events of one kind there are."""
        return int(np.count_nonzero(self.kind == kind))

    def frame(
        self, dates: Dates, tickers: Sequence[str], data_ended: Bools | None = None
    ) -> pd.DataFrame:
        """Return one row an event: date, event, ticker ("" = portfolio), value, threshold.

        Parameters
        ----------
        dates : datetime64[D][T]
        tickers : sequence of N str
        data_ended : bool[N], optional
            Names of which only the data ended: what is "delisted" else is "data_ended" for them.
        """
        import pandas as pd

        event = _labels(self.kind, EventKind)
        if data_ended is not None:
            gone = (self.kind == EventKind.DELISTED) & np.append(data_ended, False)[self.security]
            event = event.mask(gone, ExitReason.DATA_ENDED.label)
        return pd.DataFrame(
            {
                "date": _dates(self.session, dates),
                "event": event,
                "ticker": _names(self.security, tickers, ""),
                "value": self.value,
                "threshold": self.threshold,
            }
        )


def _dates(sessions: Ints, dates: Dates) -> Dates:
    # Session -1 (still open) picks the NaT put at the end.
    lookup = np.append(dates.astype("datetime64[s]"), np.datetime64("NaT", "s"))
    return lookup[sessions]


def _names(codes: Ints, names: Sequence[str], missing: str) -> pd.Series[str]:
    import pandas as pd

    lookup = np.array([*names, missing], dtype=object)
    return pd.Series(lookup[codes], dtype="str")


def _labels(codes: Ints, kinds: type[ExitReason] | type[EventKind]) -> pd.Series[str]:
    return _names(codes, [kind.label for kind in kinds], "")
