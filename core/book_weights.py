"""From a ranking to target weights: who is chosen, how they are weighted, what limits hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.book_config import BookConfig
from core.caps import (
    ROUNDING,
    buffered,
    capped_weights,
    chosen_names,
    filled,
    quotas,
    spread_rest,
    tilt,
)
from core.covariance import betas, shrunk_covariance
from core.factors.trailing import trailing_volatility
from core.market import Bools, Floats, Ints
from core.quadratic import Limits, minimised

__all__ = ["Builder", "Decision"]

#: Weights of a solver below this are dust: they would be orders of a few dollars.
_DUST = 1e-6
#: How far beta may miss its range: what polishing a solver's answer moves.
_BETA_SLACK = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What there is to decide one book from.

    Attributes
    ----------
    session : int
        At whose close it is decided.
    ranking : int64[M]
        Columns of the eligible names, best first.
    composite : float64[N]
        Mixed scores; NaN = none.
    universe : bool[N]
    last : float64[N]
        Targets of the book before; zeros for the first.
    """

    session: int
    ranking: Ints
    composite: Floats
    universe: Bools
    last: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Builder:
    """Turns decisions into targets, as one book's configuration says.

    Attributes
    ----------
    config : BookConfig
    sector : int64[N]
        Code of each column.
    returns : float64[T, N]
        Daily simple returns; NaN = not known. Only rows up to a decision's session are read.
    market : float64[T]
        Return of the equal-weighted index members.
    defensive : bool[N], optional
        Columns of defensive sectors; asked only with ``config.defensive_share``.
    """

    config: BookConfig
    sector: Ints
    returns: Floats
    market: Floats
    defensive: Bools | None = None

    @property
    def name_room(self) -> float:
        """Largest weight of a name."""
        return 1.0 if self.config.position_cap is None else self.config.position_cap

    @property
    def sector_room(self) -> float:
        """Largest weight of a sector."""
        return 1.0 if self.config.sector_cap is None else self.config.sector_cap

    def targets(self, given: Decision) -> tuple[Floats, str]:
        """Return float64[N] targets that keep every cap, and why they are not what was asked.

        The text is empty where nothing stood in the way.
        """
        config = self.config
        ranking = buffered(given.ranking, given.last, config.names_held, config.rank_buffer)
        ranking, without = self._with_history(ranking, given.session)
        ranking, few = self._defensive_first(ranking)
        chosen = self._chosen(ranking, given.universe)
        weights, why = _WEIGHTINGS[config.weighting](self, chosen, given)
        beta, unmet = self._in_beta_range(weights, chosen, given.session)
        weights = self._banded(beta, chosen, given)
        reasons = [self._shortfall(weights, len(ranking)), why, unmet, without, few]
        return weights, "; ".join(reason for reason in reasons if reason)

    def limits(self, names: Ints, session: int) -> Limits:
        """Return what weights of `names` must keep, invested as far as the caps allow."""
        config = self.config
        room = filled(np.ones(len(names)), self.sector[names], self.name_room, self.sector_room)
        beta = np.ones(len(names))
        if config.has_beta_range:
            lookback = config.covariance_lookback_days
            beta = betas(self.returns, self.market, names, session, lookback)
        return Limits(
            total=float(room.sum()),
            name=self.name_room,
            by_sector=self.sector_room,
            sector=self.sector[names],
            beta=beta,
            beta_low=config.beta_low,
            beta_high=config.beta_high,
        )

    def window(self, names: Ints, session: int) -> Floats:
        """Return the daily returns of `names` over the covariance window, float64[L, K]."""
        first = max(session - self.config.covariance_lookback_days + 1, 0)
        rows: Floats = self.returns[first : session + 1][:, names]
        return rows

    def polished(self, names: Ints, weights: Floats) -> Floats:
        """Return a solver's weights of `names` as float64[N] that keeps every cap exactly."""
        out = np.zeros(len(self.sector))
        out[names] = np.where(weights > _DUST, np.minimum(weights, self.name_room), 0.0)
        held = np.bincount(self.sector, weights=out)
        out *= np.minimum(1.0, self.sector_room / np.maximum(held, self.sector_room))[self.sector]
        out /= max(1.0, float(out.sum()))
        return spread_rest(out, self.sector, out > 0.0, self.name_room, self.sector_room)

    def _with_history(self, ranking: Ints, session: int) -> tuple[Ints, str]:
        # Weights made from risk need half of the window; who has less is passed over and said.
        if self.config.weighting not in ("inverse_volatility", "minimum_variance"):
            return ranking, ""
        lookback = self.config.covariance_lookback_days
        volatility = trailing_volatility(self.returns, session, lookback)
        known = volatility[ranking] > 0.0
        if known.all():
            return ranking, ""
        kept = ranking[known]
        passed = int((~known[: self.config.names_held]).sum())
        text = f"{passed} of the best names have less than half of book.covariance_lookback_days"
        return kept, f"{text} {lookback} and were passed over" if passed else ""

    @property
    def _most(self) -> int:
        # Names of one sector that its cap has room for.
        weight = min(1.0 / self.config.names_held, self.name_room, self.sector_room)
        return int(np.floor((self.sector_room + ROUNDING) / weight))

    def _defensive_first(self, ranking: Ints) -> tuple[Ints, str]:
        # As many of the best defensive names as are asked for come before all others.
        config = self.config
        asked = math.ceil(config.defensive_share * config.names_held - ROUNDING)
        if asked == 0 or self.defensive is None:
            return ranking, ""
        own = ranking[self.defensive[ranking]]
        first = chosen_names(own, self.sector, asked, self._most)
        rest = ranking[~np.isin(ranking, first)]
        text = (
            f"{len(first)} of {asked} names of defensive sectors could be had: the others take "
            "their places"
        )
        return np.concatenate([first, rest]), text if len(first) < asked else ""

    def _chosen(self, ranking: Ints, universe: Bools) -> Ints:
        config = self.config
        quota = None
        if config.selection == "sector_balanced":
            quota = quotas(
                self.sector[universe], int(self.sector.max(initial=0)) + 1, config.names_held
            )
        return chosen_names(ranking, self.sector, config.names_held, self._most, quota)

    def _in_beta_range(self, weights: Floats, chosen: Ints, session: int) -> tuple[Floats, str]:
        # The nearest weights whose beta is in its range; the same ones where it is already.
        config = self.config
        if not weights.any() or self._keeps_beta(weights, chosen, session):
            return weights, ""
        limits = self.limits(chosen, session)
        nearest = minimised(np.eye(len(chosen)), -weights[chosen], limits)
        if nearest is None:
            low = -math.inf if config.beta_low is None else config.beta_low
            high = math.inf if config.beta_high is None else config.beta_high
            beta = float(limits.beta @ weights[chosen])
            return weights, (
                f"infeasible beta range: no weights of the {len(chosen)} chosen names keep the "
                f"caps and a beta of {low:g} … {high:g}; theirs stays {beta:.2f}"
            )
        return self.polished(chosen, nearest), ""

    def _keeps_beta(self, weights: Floats, chosen: Ints, session: int) -> bool:
        # Whether `weights`, of `chosen` alone, have a beta in its range; so do all without one.
        config = self.config
        if not config.has_beta_range:
            return True
        lookback = config.covariance_lookback_days
        own = betas(self.returns, self.market, chosen, session, lookback)
        beta = float(own @ weights[chosen])
        above = config.beta_low is None or beta >= config.beta_low - _BETA_SLACK
        return above and (config.beta_high is None or beta <= config.beta_high + _BETA_SLACK)

    def _banded(self, weights: Floats, chosen: Ints, given: Decision) -> Floats:
        # Small changes of names that stay are not made; what they leave goes to the others, in
        # proportion. Where that would break a cap or the range of beta, nothing is left undone.
        near = (weights > 0.0) & (given.last > 0.0)
        near &= np.abs(weights - given.last) < self.config.no_trade_band
        if not near.any():
            return weights
        kept = np.where(near, given.last, 0.0)
        moved = np.where(near, 0.0, weights)
        if moved.any():
            moved *= (weights.sum() - kept.sum()) / moved.sum()
        out = kept + moved
        held = np.bincount(self.sector, weights=out)
        caps = out.max() <= self.name_room + ROUNDING and held.max() <= self.sector_room + ROUNDING
        whole = moved.min() >= 0.0 and out.sum() <= 1.0 + ROUNDING
        return out if caps and whole and self._keeps_beta(out, chosen, given.session) else weights

    def _shortfall(self, target: Floats, scored: int) -> str:
        config = self.config
        rest = 1.0 - float(target.sum())
        if rest <= 1e3 * ROUNDING:
            return ""
        if scored == 0:
            return "no name has a score: all cash"
        caps = [
            f"book.{name} {cap:g}"
            for name in ("position_cap", "sector_cap")
            if (cap := getattr(config, name)) is not None
        ]
        return (
            f"infeasible cap: {int((target > 0).sum())} of {config.names_held} names from {scored} "
            f"with a score under {' and '.join(caps)} leave {rest:.1%} in cash"
        )


def _equal(builder: Builder, chosen: Ints, _given: Decision) -> tuple[Floats, str]:
    config = builder.config
    weights = capped_weights(
        chosen, builder.sector, config.names_held, config.position_cap, config.sector_cap
    )
    return weights, ""


def _by_score(builder: Builder, chosen: Ints, given: Decision) -> tuple[Floats, str]:
    size = np.zeros(len(builder.sector))
    size[chosen] = tilt(given.composite[chosen])
    return filled(size, builder.sector, builder.name_room, builder.sector_room), ""


def _by_volatility(builder: Builder, chosen: Ints, given: Decision) -> tuple[Floats, str]:
    lookback = builder.config.covariance_lookback_days
    size = np.zeros(len(builder.sector))
    size[chosen] = 1.0 / trailing_volatility(builder.returns, given.session, lookback)[chosen]
    return filled(size, builder.sector, builder.name_room, builder.sector_room), ""


def _by_variance(builder: Builder, chosen: Ints, given: Decision) -> tuple[Floats, str]:
    if not len(chosen):
        return np.zeros(len(builder.sector)), ""
    covariance = shrunk_covariance(builder.window(chosen, given.session))
    limits = builder.limits(chosen, given.session)
    found = minimised(covariance, np.zeros(len(chosen)), limits)
    if found is None:  # mostly the range of beta: the sum is one that the caps allow
        weights, why = _equal(builder, chosen, given)
        text = f"no least variance of the {len(chosen)} chosen names was found within book's limits"
        return weights, "; ".join(filter(None, (f"{text}: equal weights instead", why)))
    return builder.polished(chosen, found), ""


#: How chosen names are weighted, by the value of ``book.weighting``.
_WEIGHTINGS: Mapping[str, Callable[[Builder, Ints, Decision], tuple[Floats, str]]] = {
    "equal": _equal,
    "score": _by_score,
    "inverse_volatility": _by_volatility,
    "minimum_variance": _by_variance,
}
