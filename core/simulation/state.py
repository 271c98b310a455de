"""What a run carries from one session to the next, and what it writes down; all of it arrays."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.compiled import compiled_inner as compiled
from core.ledger import EventKind

__all__ = [
    "AT_OPEN",
    "EVENT",
    "INTRADAY",
    "NAME",
    "NEVER",
    "NOTHING",
    "REACHED",
    "REBALANCE",
    "RESCALE",
    "SELL_ALL",
    "SERIES",
    "STATE",
    "TRADE",
    "TRADE_NONE",
    "Market",
    "Picks",
    "Run",
    "note",
]

# Orders of a decision, filled execution_lag_days later.
NOTHING: Final = 0
REBALANCE: Final = 1
RESCALE: Final = 2
SELL_ALL: Final = 3

# Codes of `execution` and `stop_fill` in a row of parameters; 0 is the default of either.
AT_OPEN: Final = 1
INTRADAY: Final = 1

NEVER: Final = -1  # a session that does not come, or has not been

TRADE_NONE: Final = 1e-12  # weights nearer than this to what is held are not traded, ENGINE §4


def _record(floats: str, integers: str) -> np.dtype[np.void]:
    return np.dtype(
        [(name, np.float64) for name in floats.split()]
        + [(name, np.int64) for name in integers.split()],
        align=True,
    )


# One security. Set by its first buy, read while it is held. `exit` is the ExitReason of a decided
# or waiting exit, `waits` whether it found no bar at its fill, `stop_filled` the session at which
# its last stop was filled; NEVER before.
NAME: Final = _record(
    "value shares high entry last bought sold shares_sold costs",
    "exit security entry_session stop_filled waits",
)

# The portfolio. `worth` is the dollar value held, `last_worth` that of the session before (kept by
# ``mark_inside``); `interest`, `overlay`, `cost` and `turnover` are of this session, `traded` what
# of it is not settled yet; `held`, `exits`, `returns`, `reached`, `trades` and `events` are counts;
# `breaker_filled` is the session f of ENGINE §3 while `out`; `next_rebalance` is a row of the book,
# `next_decision` its session; nothing held ends before `next_end`; `near` is whether some name may
# have reached a stop, `stop_level` and `trailing_level` the fractions of its reference prices, NaN
# where no close is tested.
STATE: Final = _record(
    "cash worth last_worth nav last_nav applied risk_peak risk_drawdown peak leverage stop_scale "
    "stop_level trailing_level order_exposure traded interest overlay cost turnover",
    "held exits returns reached trades events next_rebalance next_decision next_end "
    "order order_rebalance out breaker_filled near",
)

# A stop that the session's low reaches: its level, the price and the fall that level comes from,
# and the shares held when the session began. `reason` is an ExitReason.
REACHED: Final = _record("level reference limit shares", "security reason")

TRADE: Final = _record(
    "entry_price exit_price quantity notional trade_return pnl costs",
    "security entry_session exit_session holding_sessions reason",
)
EVENT: Final = _record("value threshold", "session kind security")

# Float columns of a result, one value a session; integer columns are holdings and flags.
SERIES: Final = _record(
    "nav gross_return net_return drawdown risk_drawdown sigma dd_scale vol_scale leverage "
    "wanted_exposure applied_exposure cash turnover cost cost_fraction invested interest overlay",
    "holdings flags",
)


class Market(NamedTuple):
    """Validated inputs, ENGINE §1, with every optional array present; read only.

    ``alpha`` has no rows when the gate is off, ``open`` and ``low`` none when they are not given.
    Where given they have a value on every bar and NaN elsewhere, see ``SimulationInputs``.
    """

    close: npt.NDArray[np.float64]
    rebalance: npt.NDArray[np.int64]
    target: npt.NDArray[np.float64]
    alpha: npt.NDArray[np.float64]
    leverage: npt.NDArray[np.float64]
    stop_scale: npt.NDArray[np.float64]
    last_session: npt.NDArray[np.int64]
    delisting_return: npt.NDArray[np.float64]
    data_ended: npt.NDArray[np.bool_]
    cash_rate: npt.NDArray[np.float64]
    overlay: npt.NDArray[np.float64]
    open: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]


class Picks(NamedTuple):
    """The names of one fill, ascending, as columns: loops over them fill the processor's vectors.

    A name `outside` has an exit that waits; it has target, risk and wanted weight 0.
    """

    security: npt.NDArray[np.int64]
    outside: npt.NDArray[np.bool_]
    price: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]
    current: npt.NDArray[np.float64]  # weights before the fill
    risk: npt.NDArray[np.float64]  # weights of the risk part
    wanted: npt.NDArray[np.float64]
    is_held: npt.NDArray[np.bool_]  # by security, not by pick; False between fills


class Run(NamedTuple):
    """State and output of one run. Records are structured arrays, which numpy cannot type."""

    rules: Any  # ROW[1]
    state: Any  # STATE[1]
    names: Any  # NAME[N]
    held: npt.NDArray[np.int64]  # ascending; the first state.held
    left_out: npt.NDArray[np.int64]  # N, last rebalance whose decision met an exit; NEVER before
    picks: Picks  # N each
    reached: Any  # REACHED[N]; the first state.reached
    returns: npt.NDArray[np.float64]  # T + EIGHT, of the sleeve; the first state.returns
    series: Any  # SERIES[T]
    weights: npt.NDArray[np.float64]  # T x N, or no rows when not asked for
    trades: Any  # TRADE[capacity]
    events: Any  # EVENT[capacity]


@compiled
def note(
    events: Any,
    state: Any,
    row: Any,
    t: int,
    kind: EventKind,
    security: int,
    value: float,
    threshold: float,
) -> None:
    """Write one event and its flag; beyond the tape's capacity it is counted only."""
    row.flags |= 1 << kind
    if state.events < len(events):
        event = events[state.events]
        event.session = t
        event.kind = kind
        event.security = security
        event.value = value
        event.threshold = threshold
    state.events += 1
