"""What a simulation is given: validated once, never modified."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputsError
from core.risk.config import RiskConfig
from core.simulation.blocks import Blocks, make_blocks
from core.simulation.state import Market
from core.units import Bools, Floats, Ints

__all__ = ["SimulationInputs", "require_prices"]


_ROW_SUM_SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SimulationInputs:
    """Prices, books and streams of T sessions, N securities and R rebalances, ENGINE §1.

    Numbers are converted to C-contiguous float64 and held as read-only views; an array that already
    is one is not copied, so do not write to it while its inputs are in use. Fractions, not percent.

    Attributes
    ----------
    close : float64[T, N]
        Total-return index (split- and dividend-adjusted), positive; NaN = no bar that session. A
        finite close after ``last_session`` is not a bar and becomes NaN here.
    rebalance : int64[R]
        Sessions at whose close the book is decided, strictly increasing, in [0, T).
    target : float64[R, N]
        Book at full exposure, weights >= 0; a row sums to at most 1, the rest is cash.
    open, low : float64[T, N], optional
        Same adjustment as `close`; needed by ``execution="next_open"`` (open) and
        ``stop_fill="intraday"`` (both) only. NaN where missing on a bar: the close stands in for
        the open, and a low counts as no higher than open and close. Without a close they are
        no bar.
    alpha : float64[R, N], optional
        Expected return until the next rebalance; NaN = that name is not gated, None = gate off.
    leverage : float64[R], optional
        Regime leverage, >= 0; None = 1.
    stop_scale : float64[R], optional
        Multiplies both stop levels, > 0; None = 1.
    last_session : int64[N], optional
        Last session on which the security trades, >= T when it lives on; None = all live.
    delisting_return : float64[N], optional
        What a holder gets after the last close, >= -1; None = 0.
    cash_rate : float64[T], optional
        Return of cash over session t, > -1; None = 0.
    overlay : float64[T], optional
        Exogenous return per unit of NAV over session t; None = 0.
    data_ended : bool[N], optional
        True where only the data stops at ``last_session``; names the exit reason, nothing else.

    Raises
    ------
    InputsError
        When a shape, an order or a range is not as promised; the message names the place.
    """

    close: Floats
    rebalance: Ints
    target: Floats
    open: Floats | None = None
    low: Floats | None = None
    alpha: Floats | None = None
    leverage: Floats | None = None
    stop_scale: Floats | None = None
    last_session: Ints | None = None
    delisting_return: Floats | None = None
    cash_rate: Floats | None = None
    overlay: Floats | None = None
    data_ended: Bools | None = None
    market: Market = field(init=False, repr=False)
    _blocks: Blocks | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        close = _prices("close", self.close, None)
        sessions, securities = close.shape
        rebalance = _rebalance(self.rebalance, sessions)
        book, by_session, by_name = (len(rebalance), securities), (sessions,), (securities,)
        by_rebalance = (len(rebalance),)
        last = _integers("last_session", self.last_session, by_name)
        ready: dict[str, npt.NDArray[Any] | None] = {
            "close": _without_bars_after(close, last),
            "rebalance": rebalance,
            "target": _target(self.target, book),
            "open": None if self.open is None else _prices("open", self.open, close.shape),
            "low": None if self.low is None else _prices("low", self.low, close.shape),
            "alpha": _floats("alpha", self.alpha, book, may_miss=True),
            "leverage": _floats("leverage", self.leverage, by_rebalance, at_least=0.0),
            "stop_scale": _floats("stop_scale", self.stop_scale, by_rebalance, above=0.0),
            "last_session": last,
            "delisting_return": _floats(
                "delisting_return", self.delisting_return, by_name, at_least=-1.0
            ),
            "cash_rate": _floats("cash_rate", self.cash_rate, by_session, above=-1.0),
            "overlay": _floats("overlay", self.overlay, by_session),
            "data_ended": _flags("data_ended", self.data_ended, by_name),
        }
        for name, array in ready.items():
            object.__setattr__(self, name, array if array is None else _frozen(array))
        object.__setattr__(self, "market", self._complete())

    @property
    def shape(self) -> tuple[int, int]:
        """Sessions and securities."""
        return self.close.shape[0], self.close.shape[1]

    @property
    def blocks(self) -> Blocks:
        """The closes laid out for event-driven runs: made when first asked for, then kept."""
        if self._blocks is None:
            object.__setattr__(self, "_blocks", make_blocks(self.close, self.rebalance))
        assert self._blocks is not None
        return self._blocks

    def _complete(self) -> Market:
        sessions, securities = self.shape
        rebalances = len(self.rebalance)

        opened, low = self._inside()

        def or_full(array: npt.NDArray[Any] | None, size: int, value: float | bool) -> Any:
            return _frozen(np.full(size, value)) if array is None else array

        return Market(
            close=self.close,
            rebalance=self.rebalance,
            target=self.target,
            alpha=_frozen(np.empty((0, securities))) if self.alpha is None else self.alpha,
            leverage=or_full(self.leverage, rebalances, 1.0),
            stop_scale=or_full(self.stop_scale, rebalances, 1.0),
            last_session=or_full(self.last_session, securities, sessions),
            delisting_return=or_full(self.delisting_return, securities, 0.0),
            data_ended=or_full(self.data_ended, securities, False),
            cash_rate=or_full(self.cash_rate, sessions, 0.0),
            overlay=or_full(self.overlay, sessions, 0.0),
            open=_frozen(opened),
            low=_frozen(low),
        )

    def _inside(self) -> tuple[Floats, Floats]:
        # Open and low as ENGINE §8 reads them: a value on every bar, NaN elsewhere.
        opened = low = np.empty((0, self.shape[1]))
        if self.open is not None:
            opened = self.close.copy()
            np.copyto(opened, self.open, where=(self.open > 0.0) & (self.close > 0.0))
        if self.low is not None:
            low = self.close.copy() if self.open is None else np.minimum(opened, self.close)
            np.copyto(low, self.low, where=self.low < low)  # False where either is a NaN
        return opened, low


def require_prices(inputs: SimulationInputs, risk: RiskConfig) -> None:
    """Raise InputsError where `risk` fills at prices that `inputs` do not have."""
    for name, asks in (("open", risk.needs_open), ("low", risk.needs_low)):
        if asks and getattr(inputs, name) is None:
            raise InputsError(
                f'inputs.{name} must be given for risk.execution "{risk.execution}" with '
                f'risk.stop_fill "{risk.stop_fill}", was None: pass float64[T, N] of it, or choose '
                'execution "next_close" and stop_fill "close", which read closes only'
            )


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # A read-only view: compiled code is then specialised once, and cannot write to it.
    view = array.view()
    view.flags.writeable = False
    return view


def _numbers(name: str, array: object, shape: tuple[int, ...] | None, dimensions: int) -> Floats:
    try:
        numbers: Floats = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputsError(f"{name} must be an array of numbers, was not: {error}") from error
    if numbers.ndim != dimensions or (shape is not None and numbers.shape != shape):
        expected = f"{dimensions} dimensions" if shape is None else f"shape {shape}"
        raise InputsError(f"{name} must have {expected}, had shape {numbers.shape}")
    return np.ascontiguousarray(numbers)


def _refuse(name: str, wrong: npt.NDArray[np.bool_], array: npt.NDArray[Any], rule: str) -> None:
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        at = ", ".join(map(str, place))
        raise InputsError(f"{name} must be {rule}, was {array[place]:g} at [{at}]")


def _prices(name: str, array: object, shape: tuple[int, ...] | None) -> Floats:
    prices = _numbers(name, array, shape, 2)
    if prices.size == 0:
        raise InputsError(f"{name} must have at least one session and one security, was empty")
    wrong = (prices <= 0.0) | np.isinf(prices)
    _refuse(name, wrong, prices, "a positive price, or NaN where there is no bar")
    return prices


def _target(array: object, shape: tuple[int, ...]) -> Floats:
    target = _numbers("target", array, shape, 2)
    wrong = ~(np.isfinite(target) & (target >= 0.0))
    _refuse("target", wrong, target, "a weight of at least 0")
    sums = target.sum(axis=1)
    if (sums > 1.0 + _ROW_SUM_SLACK).any():
        row = int(np.argmax(sums))
        raise InputsError(
            f"target must sum to at most 1 in every row (fractions: 0.02 is 2 %), was "
            f"{sums[row]:.12g} in row {row}. Exposure above 1 comes from leverage, not from targets"
        )
    return target


def _floats(
    name: str,
    array: object,
    shape: tuple[int, ...],
    *,
    at_least: float | None = None,
    above: float | None = None,
    may_miss: bool = False,
) -> Floats | None:
    if array is None:
        return None
    values = _numbers(name, array, shape, len(shape))
    wrong = np.isinf(values) if may_miss else ~np.isfinite(values)
    _refuse(name, wrong, values, "finite or NaN" if may_miss else "finite")
    if at_least is not None:
        _refuse(name, values < at_least, values, f"at least {at_least:g}")
    if above is not None:
        _refuse(name, values <= above, values, f"above {above:g}")
    return values


def _integers(name: str, array: object, shape: tuple[int, ...] | None) -> Ints | None:
    if array is None:
        return None
    found = np.asarray(array)
    if found.dtype.kind not in "iu" and found.size > 0:
        raise InputsError(f"{name} must hold whole session numbers, had dtype {found.dtype}")
    if found.ndim != 1 or (shape is not None and found.shape != shape):
        expected = "1 dimension" if shape is None else f"shape {shape}"
        raise InputsError(f"{name} must have {expected}, had shape {found.shape}")
    return np.ascontiguousarray(found, dtype=np.int64)


def _flags(name: str, array: object, shape: tuple[int, ...]) -> Bools | None:
    if array is None:
        return None
    found = np.ascontiguousarray(array)
    if found.dtype != np.bool_ or found.shape != shape:
        raise InputsError(
            f"{name} must be bool of shape {shape}, was {found.dtype} of shape {found.shape}"
        )
    return found


def _rebalance(array: object, sessions: int) -> Ints:
    rebalance = _integers("rebalance", array, None)
    if rebalance is None:
        raise InputsError("rebalance must be an array of sessions, was None; empty means never")
    outside = (rebalance < 0) | (rebalance >= sessions)
    _refuse("rebalance", outside, rebalance, f"a session from 0 to {sessions - 1}")
    late = np.zeros(len(rebalance), dtype=np.bool_)
    late[1:] = rebalance[1:] <= rebalance[:-1]
    _refuse("rebalance", late, rebalance, "strictly increasing")
    return rebalance


def _without_bars_after(close: Floats, last_session: Ints | None) -> Floats:
    if last_session is None or (last_session >= len(close) - 1).all():
        return close
    after = np.arange(len(close))[:, None] > last_session
    if np.isnan(close[after]).all():
        return close
    return np.where(after, np.nan, close)
