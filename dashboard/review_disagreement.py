"""The days on which two runs parted, and what differed: exposure, names, costs, stops, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.contribution import PORTFOLIO_LINES
from core.ledger import EventKind, ExitReason
from core.units import Floats, Ints
from dashboard import review
from dashboard.charts.exposure import BINDING, binding_codes
from dashboard.review_compare import Side
from dashboard.run import Run

__all__ = ["LARGEST", "Disagreement", "Held", "disagreements", "disagreements_frame", "gaps"]

LARGEST: Final = 12
_NAMES: Final = 3  # that made most of a day's gap
_STOPS: Final = (ExitReason.STOP, ExitReason.TRAILING)
_FILLS: Final = (EventKind.REBALANCE, EventKind.RESCALE)


@dataclass(frozen=True, slots=True)
class Held:
    """What one run went into a day with.

    Attributes
    ----------
    net_return : float
        Of the day.
    exposure : float
        Held value over NAV at the close before.
    binding : str
        Which rule had set exposure when it was last traded to: one of
        :data:`dashboard.charts.exposure.BINDING`, empty before the first trade.
    stopped : tuple of str
        Names that a stop had sold since its last rebalance and that the other run held, the
        other's largest first.
    """

    net_return: float
    exposure: float
    binding: str
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One day of two runs.

    Attributes
    ----------
    session : int
    one, other : Held
        The first of the comparison, and the one beside it.
    by_exposure, by_names, by_rest : float
        Parts of the gap: being more or less invested at the average of the two returns on what was
        held, holding other names or weights, and costs, interest and overlay. They sum to it.
    names : tuple of (str, float)
        Names whose contributions to the two returns differed most, and by how much.
    """

    session: int
    one: Held
    other: Held
    by_exposure: float
    by_names: float
    by_rest: float
    names: tuple[tuple[str, float], ...]

    @property
    def gap(self) -> float:
        """Return of the other minus return of the one."""
        return self.other.net_return - self.one.net_return


def gaps(one: Side, other: Side) -> pd.Series:
    """Return the daily return of `other` minus that of `one`, fractions."""
    values = other.run.result.net_return - one.run.result.net_return
    return pd.Series(values, index=one.run.index, name="gap")


def disagreements(one: Side, other: Side, top: int = LARGEST) -> tuple[Disagreement, ...]:
    """Return the days with the largest gap, the largest first; days without any are left out."""
    size = np.abs(gaps(one, other).to_numpy())
    order = np.argsort(-size, kind="stable")[:top]
    first, second = _lines(one.run), _lines(other.run)
    return tuple(
        _day(int(t), one.run, other.run, first.row(int(t)), second.row(int(t)))
        for t in order
        if size[t] > 0.0
    )


def disagreements_frame(found: tuple[Disagreement, ...], one: Side, other: Side) -> pd.DataFrame:
    """Return the days as a table: fractions, ISO dates as index, both letters in the columns."""
    rows = [
        {
            f"return_{one.letter}": day.one.net_return,
            f"return_{other.letter}": day.other.net_return,
            "gap": day.gap,
            "by_exposure": day.by_exposure,
            "by_names": day.by_names,
            "by_costs_and_cash": day.by_rest,
            f"exposure_{one.letter}": day.one.exposure,
            f"exposure_{other.letter}": day.other.exposure,
            f"held_by_{one.letter}": day.one.binding,
            f"held_by_{other.letter}": day.other.binding,
            f"stopped_in_{one.letter}": " ".join(day.one.stopped),
            f"stopped_in_{other.letter}": " ".join(day.other.stopped),
            "names": " ".join(f"{name}:{value:.6f}" for name, value in day.names),
        }
        for day in found
    ]
    index = one.run.index[[day.session for day in found]]
    return pd.DataFrame(rows, index=index)


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    # Contributions to each session's return: of every name, and of the lines that are none.
    tickers: tuple[str, ...]
    names: Floats
    rest: Floats

    def row(self, t: int) -> tuple[dict[str, float], float]:
        return dict(zip(self.tickers, self.names[t].tolist(), strict=True)), float(self.rest[t])


def _lines(run: Run) -> _Lines:
    sessions = review.contribution(run).sessions()
    split = sessions.shape[1] - len(PORTFOLIO_LINES)
    return _Lines(run.tickers, sessions[:, :split], sessions[:, split:].sum(axis=1))


def _day(
    t: int,
    one: Run,
    other: Run,
    first: tuple[dict[str, float], float],
    second: tuple[dict[str, float], float],
) -> Disagreement:
    exposures = [float(run.result.invested[t - 1]) if t > 0 else 0.0 for run in (one, other)]
    made = [sum(names.values()) for names, _ in (first, second)]
    by_exposure = _exposure_part(exposures, made)
    differ = {
        name: second[0].get(name, 0.0) - first[0].get(name, 0.0)
        for name in dict.fromkeys((*first[0], *second[0]))
    }
    largest = sorted(differ, key=lambda name: -abs(differ[name]))[:_NAMES]
    return Disagreement(
        session=t,
        one=_held(one, other, t, exposures[0]),
        other=_held(other, one, t, exposures[1]),
        by_exposure=by_exposure,
        by_names=made[1] - made[0] - by_exposure,
        by_rest=second[1] - first[1],
        names=tuple((name, differ[name]) for name in largest if differ[name] != 0.0),
    )


def _exposure_part(exposures: list[float], made: list[float]) -> float:
    # Of one that held nothing there is no return on what was held: the other's counts.
    returns = [m / e for m, e in zip(made, exposures, strict=True) if e > 0.0]
    return (exposures[1] - exposures[0]) * float(np.mean(returns)) if returns else 0.0


def _held(run: Run, against: Run, t: int, exposure: float) -> Held:
    return Held(
        net_return=float(run.result.net_return[t]),
        exposure=exposure,
        binding=_binding(run, t),
        stopped=_stopped(run, against, t),
    )


def _binding(run: Run, t: int) -> str:
    # What held exposure at the decision of the last fill before the session.
    result, risk, events = run.result, run.scenario.risk, run.result.events
    fills = events.session[np.isin(events.kind, _FILLS) & (events.session < t)]
    trips = events.session[(events.kind == EventKind.BREAKER) & (events.session < t)]
    last = int(fills.max(initial=-1))
    if len(trips) and int(trips.max()) + risk.execution_lag_days >= last:
        return "breaker"
    if last < 0:
        return ""
    at = slice(max(last - risk.execution_lag_days, 0), max(last - risk.execution_lag_days, 0) + 1)
    codes = binding_codes(
        result.dd_scale[at],
        result.vol_scale[at],
        result.leverage[at],
        result.wanted_exposure[at],
        floor=risk.min_position_scale,
        limit=risk.max_leverage,
    )
    return BINDING[int(codes[0])]


def _stopped(run: Run, against: Run, t: int) -> tuple[str, ...]:
    if t == 0 or run.result.weights is None or against.result.weights is None:
        return ()
    events, trades = run.result.events, run.result.trades
    rebalanced = events.session[(events.kind == EventKind.REBALANCE) & (events.session < t)]
    since = int(rebalanced.max(initial=0))
    sold = np.isin(trades.reason, _STOPS)
    sold &= (trades.exit_session >= since) & (trades.exit_session < t)
    columns: Ints = np.unique(trades.security[sold])
    gone = [run.tickers[i] for i in columns if run.result.weights[t - 1, i] == 0.0]
    held = _weights(against, t - 1)
    return tuple(sorted((n for n in gone if held.get(n, 0.0) > 0.0), key=lambda n: -held[n]))


def _weights(run: Run, t: int) -> Mapping[str, float]:
    assert run.result.weights is not None  # asked before
    return dict(zip(run.tickers, run.result.weights[t].tolist(), strict=True))
