"""Other histories that might as well have been: prices, costs, delays, starts and names disturbed.

A result that hangs on one order of months, one fill day or three lucky names is no result. Every
kind here makes inputs and rules that are as plausible as those that happened; the run over them is
a backtest like any other. Prices are strung together anew from blocks of whole rebalance periods
(the stationary bootstrap of Politis & Romano 1994 on periods): all names take the same blocks, so
that what moved together still does, and calm and wild months keep their neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from core.errors import HistoryError, InputsError
from core.evidence.cut import BY_REBALANCE, cut_inputs
from core.evidence.resampling import draw_indices
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs
from core.units import Dates, Floats, Ints

__all__ = ["KINDS", "Draw", "perturbed", "returns_of", "strung_together"]

_LEAST_RETURN: Final = -0.99  # of a bar: a price must stay above 0
_MOST_DELAY: Final = 20  # sessions: about one month
_COSTS: Final = (0.5, 2.0)  # times what is assumed
_DROPPED: Final = 0.10  # of the names that are ever wanted
_BLOCK: Final = 6.0  # rebalance periods on average


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One disturbed history, and the rules to run over it."""

    inputs: SimulationInputs
    risks: tuple[RiskConfig, ...]
    dates: Dates


def perturbed(
    kind: str, inputs: SimulationInputs, risk: RiskConfig, dates: Dates, *, draws: int, seed: int
) -> Iterator[Draw]:
    """Yield disturbed histories of one kind.

    Parameters
    ----------
    kind : str
        One of ``KINDS``: "prices", "costs", "names" take `draws` random draws; "delays" fills 1 to
        20 sessions later, "starts" begins at later rebalances, as many as there are up to `draws`,
        within the first half of the period.
    inputs, risk, dates
        What happened; not modified.
    draws : int
        At least 1.
    seed : int
        Equal seeds give equal draws.

    Raises
    ------
    HistoryError
        There are too few rebalances to disturb anything.
    InputsError
        An option is out of range.
    """
    if kind not in KINDS:
        raise InputsError(f"kind must be one of {', '.join(KINDS)}, was {kind}")
    if draws < 1 or seed < 0:
        raise InputsError(f"draws must be at least 1 and seed at least 0, were {draws} and {seed}")
    if len(inputs.rebalance) < 2:
        raise HistoryError(
            f"a disturbed history needs at least 2 rebalances, the period has "
            f"{len(inputs.rebalance)}; choose a longer one"
        )
    return _MAKERS[kind](inputs, risk, dates, draws, np.random.default_rng(seed))


def returns_of(inputs: SimulationInputs) -> Floats:
    """Return float64[T, N]: simple returns bar to bar, 0 without a bar and on session 0.

    The session after a name's last one earns its delisting return.
    """
    close = inputs.close
    known = close.copy()
    for t in range(1, len(known)):
        missing = np.isnan(known[t])
        known[t, missing] = known[t - 1, missing]
    returns = np.zeros_like(close)
    with np.errstate(invalid="ignore"):
        returns[1:] = known[1:] / known[:-1] - 1.0
    returns[~np.isfinite(returns)] = 0.0
    last = inputs.market.last_session
    ends = np.flatnonzero((last >= 0) & (last < len(close) - 1))
    returns[last[ends] + 1, ends] = inputs.market.delisting_return[ends]
    lowest: Floats = np.maximum(returns, _LEAST_RETURN)
    return lowest


def strung_together(inputs: SimulationInputs, order: Ints) -> SimulationInputs:
    """Return the period with its rebalance periods in another order, repeats allowed.

    Parameters
    ----------
    inputs : SimulationInputs
    order : int64[P]
        Rows of the book. Each stands for its decision and the sessions after it up to the next
        decision; what comes before the first decision stays where it is.

    Returns
    -------
    SimulationInputs
        At most as long as the period: what is longer is cut off at the end. A name without a bar
        keeps its price and can be sold, and what a holder of a delisted name gets is its last
        return: names come back when an earlier period does.
    """
    sessions = inputs.shape[0]
    edges = np.append(inputs.rebalance, sessions - 1)
    order = order[edges[order + 1] > edges[order]]  # a decision at the last close has no sessions
    parts = [np.arange(edges[0] + 1)] + [np.arange(edges[k] + 1, edges[k + 1] + 1) for k in order]
    taken = np.concatenate(parts)[:sessions]
    decided = np.cumsum([len(part) for part in parts[:-1]]) - 1
    inside = decided < len(taken)
    close = np.cumprod(1.0 + returns_of(inputs)[taken], axis=0)
    changed: dict[str, Any] = {"close": close, "rebalance": decided[inside]}
    for name in ("open", "low"):
        price = getattr(inputs, name)
        changed[name] = None if price is None else close * (price / inputs.close)[taken]
    for name in ("cash_rate", "overlay"):
        stream = getattr(inputs, name)
        changed[name] = None if stream is None else stream[taken]
    for name in BY_REBALANCE:
        rows = getattr(inputs, name)
        changed[name] = None if rows is None else rows[order[inside]]
    for name in ("last_session", "delisting_return", "data_ended"):
        changed[name] = None
    return dataclasses.replace(inputs, **changed)


_Maker = Callable[[SimulationInputs, RiskConfig, Dates, int, np.random.Generator], Iterator[Draw]]


def _prices(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Draw]:
    order = np.empty(len(inputs.rebalance), dtype=np.int64)
    for _ in range(draws):
        draw_indices(generator, _BLOCK, order)
        other = strung_together(inputs, order)
        yield Draw(other, (risk,), dates[: other.shape[0]])


def _costs(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Draw]:
    factors = generator.uniform(*_COSTS, draws)
    priced = [
        risk.model_copy(update={"cost_per_trade_bps": risk.cost_per_trade_bps * float(factor)})
        for factor in factors
    ]
    yield Draw(inputs, tuple(priced), dates)


def _delays(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Draw]:
    for late in range(1, min(_MOST_DELAY, draws) + 1):
        rebalance = inputs.rebalance + late
        inside = rebalance < inputs.shape[0]
        changed = {
            name: getattr(inputs, name)[inside]
            for name in BY_REBALANCE
            if getattr(inputs, name) is not None
        }
        later = dataclasses.replace(inputs, rebalance=rebalance[inside], **changed)
        yield Draw(later, (risk,), dates)


def _starts(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Draw]:
    last = inputs.shape[0] - 1
    early = inputs.rebalance[inputs.rebalance <= last // 2]
    for first in early[:draws].tolist():
        yield Draw(cut_inputs(inputs, first, last), (risk,), dates[first:])


def _names(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[Draw]:
    wanted = np.flatnonzero((inputs.target > 0.0).any(axis=0))
    count = max(round(_DROPPED * len(wanted)), 1)
    whole = inputs.target.sum(axis=1, keepdims=True)
    for _ in range(draws):
        target = inputs.target.copy()
        target[:, generator.choice(wanted, count, replace=False)] = 0.0
        left = target.sum(axis=1, keepdims=True)
        target *= np.divide(whole, left, out=np.zeros_like(left), where=left > 0.0)
        yield Draw(dataclasses.replace(inputs, target=target), (risk,), dates)


_MAKERS: Final[Mapping[str, _Maker]] = MappingProxyType(
    {"prices": _prices, "costs": _costs, "delays": _delays, "starts": _starts, "names": _names}
)
#: Kind → what is disturbed, in words.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "prices": "months in another order, in blocks of half a year, the same for all names",
        "costs": "a trade at half to twice its cost",
        "delays": "every book filled 1 to 20 sessions later",
        "starts": "begun in cash at a later month's end",
        "names": "a tenth of the names not there, their weight given to the others",
    }
)
