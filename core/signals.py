"""Signals: universe, factor scores, regimes and volatilities of every rebalance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.config import Scenario
from core.errors import HistoryError
from core.factors.panel import FactorPanel, factor_panel
from core.factors.topology_diagrams import DiagramSource, diagrams_of
from core.market import Bools, Floats, Ints, MarketPanel
from core.periods import history_needed, month_ends
from core.regimes import regime_codes
from core.universe import universes

__all__ = ["HORIZON_SESSIONS", "Signals", "compute_signals", "signals_key"]

#: Sessions from one month's end to the next. A constant, not the count in the data: the count
#: after the last rebalance is not in the data yet.
HORIZON_SESSIONS = 21
_FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Everything the book is decided from.

    Attributes
    ----------
    rebalance : int64[R]
        Sessions, counted in ``market.sessions``, at whose close a book is decided.
    universe : bool[R, N]
    panel : FactorPanel
    regime : int64[T]
        Code of every session of the market, see :mod:`core.regimes`.
    horizon_vol : float64[R, N]
        Volatility to the next rebalance, a fraction; NaN = not known.
    notes : tuple of str
        For people: what is missing, left out or assumed.
    """

    rebalance: Ints
    universe: Bools
    panel: FactorPanel
    regime: Ints
    horizon_vol: Floats
    notes: tuple[str, ...] = field(default=())

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return everything as arrays, ready for ``np.savez``; no array holds objects."""
        return {
            "format": np.array(_FORMAT),
            "rebalance": self.rebalance,
            "universe": self.universe,
            "values": self.panel.values,
            "volatility": self.panel.volatility,
            "factor_coverage": self.panel.factor_coverage,
            "ingredient_coverage": self.panel.ingredient_coverage,
            "regime": self.regime,
            "horizon_vol": self.horizon_vol,
            "factors": np.array(json.dumps(self.panel.factors)),
            "panel_notes": np.array(json.dumps(self.panel.notes)),
            "notes": np.array(json.dumps(self.notes)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Signals:
        """Rebuild from :meth:`to_arrays`; ValueError or KeyError where it is something else."""
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"signals must be in format {_FORMAT}, was {arrays['format']}")
        panel = FactorPanel(
            values=np.asarray(arrays["values"], dtype=np.float64),
            volatility=np.asarray(arrays["volatility"], dtype=np.float64),
            factor_coverage=np.asarray(arrays["factor_coverage"], dtype=np.float64),
            ingredient_coverage=np.asarray(arrays["ingredient_coverage"], dtype=np.float64),
            notes=tuple(json.loads(str(arrays["panel_notes"]))),
            factors=tuple(json.loads(str(arrays["factors"]))),
        )
        return cls(
            rebalance=np.asarray(arrays["rebalance"], dtype=np.int64),
            universe=np.asarray(arrays["universe"], dtype=np.bool_),
            panel=panel,
            regime=np.asarray(arrays["regime"], dtype=np.int64),
            horizon_vol=np.asarray(arrays["horizon_vol"], dtype=np.float64),
            notes=tuple(json.loads(str(arrays["notes"]))),
        )


def signals_key(market_fingerprint: str, scenario: Scenario) -> str:
    """Content hash of what the signals depend on, apart from the code.

    Parameters
    ----------
    market_fingerprint : str
        Content hash of the market.
    scenario : Scenario
        Factor weights, the information coefficient, book and risk do not enter: signals are the
        same for all of them.

    Returns
    -------
    str
        Hexadecimal. A cache adds :func:`core.compiled.code_fingerprint`.
    """
    unused = {"weights", "information_coefficient", "timing"}
    if not scenario.factors.topology.enabled:
        unused.add("topology")
    without = {"leverage", "stop_scale"}
    if scenario.regimes.detector == "rules":
        without.add("markov")
    if scenario.regimes.turbulence.quantile is None:
        without.add("turbulence")
    parts = {
        "format": _FORMAT,
        "market": market_fingerprint,
        "universe": scenario.universe.model_dump(mode="json", exclude={"source"}),
        "period": scenario.period.model_dump(mode="json"),
        "factors": scenario.factors.model_dump(mode="json", exclude=unused),
        "regimes": scenario.regimes.model_dump(mode="json", exclude=without),
        "rebalance": scenario.book.rebalance,
    }
    book = scenario.book
    funds = [one.fund for one in (book.eafe, book.small_value) if one.enabled]
    if funds and book.own_book is None:  # their columns are in every table of the signals
        parts["funds"] = funds
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def compute_signals(
    market: MarketPanel,
    scenario: Scenario,
    sessions_range: tuple[int, int],
    *,
    diagrams: DiagramSource = diagrams_of,
) -> Signals:
    """Compute the signals of every rebalance within a period.

    Parameters
    ----------
    market : MarketPanel
    scenario : Scenario
        Its universe, factors and regimes.
    sessions_range : (int, int)
        First and last simulated session, from :func:`core.periods.resolve_period`. History before
        the first is used.
    diagrams : callable, optional
        Where persistence diagrams come from, of names as of sectors.

    Raises
    ------
    HistoryError
        The period holds no month's end, no rebalance has a universe, or none has a factor.
    """
    first, last = sessions_range
    rebalance = month_ends(market.sessions, first, last)
    period = f"{market.sessions[first]} … {market.sessions[last]}"
    if not len(rebalance):
        raise HistoryError(
            f"a book is decided at each month's last session, {period} holds none. "
            "Choose a longer period."
        )
    universe, dollar_volume = universes(market, rebalance, scenario.universe)
    if not universe.any():
        raise HistoryError(
            f"no index member has a bar and {scenario.universe.liquidity_lookback_days} sessions "
            f"of volume at any rebalance of {period}. Choose a later period.start, or check the "
            f"membership table of market “{market.source}”."
        )
    panel = factor_panel(
        market, rebalance, universe, dollar_volume, scenario.factors, diagrams=diagrams
    )
    _check_scored(market, scenario, panel, period)
    regime, regime_notes = regime_codes(market, scenario.regimes, diagrams=diagrams)
    return Signals(
        rebalance=rebalance,
        universe=universe,
        panel=panel,
        regime=regime,
        horizon_vol=panel.volatility * np.sqrt(HORIZON_SESSIONS),
        notes=(
            *_size_notes(market, rebalance, universe, scenario.universe.size),
            *_history_notes(market, scenario, rebalance, panel),
            *panel.notes,
            *regime_notes,
        ),
    )


def _check_scored(market: MarketPanel, scenario: Scenario, panel: FactorPanel, period: str) -> None:
    if not np.isfinite(panel.values).any():
        raise HistoryError(
            f"no factor can be computed at any rebalance of {period}: market “{market.source}” "
            f"starts on {market.sessions[0]} and the factors need "
            f"{history_needed(scenario)} sessions. Choose a later period.start, or shorten "
            "factors.momentum_lookback_days and factors.volatility_lookback_days."
        )


def _size_notes(
    market: MarketPanel, rebalance: Ints, universe: Bools, size: int
) -> tuple[str, ...]:
    held = universe.sum(axis=1)
    short = held < size
    if not short.any():
        return ()
    worst = int(held.argmin())
    return (
        f"universe: fewer than {size} names at {short.sum()} of {len(held)} rebalances, "
        f"{held[worst]} on {market.sessions[rebalance[worst]]}",
    )


def _history_notes(
    market: MarketPanel, scenario: Scenario, rebalance: Ints, panel: FactorPanel
) -> tuple[str, ...]:
    notes = []
    needed = history_needed(scenario)
    if rebalance[0] < needed:
        notes.append(
            f"little history: the first rebalance, {market.sessions[rebalance[0]]}, has "
            f"{rebalance[0]} sessions before it, the signals want {needed}"
        )
    for column, factor in enumerate(panel.factors):
        share = panel.factor_coverage[:, column]
        thin = share < 0.5
        if thin.any():
            worst = int(share.argmin())
            notes.append(
                f"{factor}: less than half of the universe has it at {thin.sum()} of "
                f"{len(share)} rebalances ({share[worst]:.0%} on "
                f"{market.sessions[rebalance[worst]]}); its weight is spread over the others"
            )
    return tuple(notes)
