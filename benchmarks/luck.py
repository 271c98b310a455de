"""How often luck passes for skill: the best of many random settings on noise, with and without.

Usage: python -m benchmarks.luck [--tries 200] [--settings 1000] [--sessions 756] [--seed 1]

Two kinds of noise. *Returns*: settings whose excess returns are normal, without any mean, and all
correlate alike. *Engine*: the simulation itself, a random book over random walks without drift and
costs, run with random risk settings: whatever a rule does there, it has no skill. Prints the table
of docs/evidence.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from core.evidence.deflation import deflated_sharpe
from core.evidence.luck import luck_of_the_best
from core.evidence.sharpe import probabilistic_sharpe, sharpe_moments
from core.evidence.standing import chances
from core.evidence.superior import superiority
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate_many
from core.units import SESSIONS_PER_YEAR, Floats

LEVEL: Final = 0.05
SAMPLE: Final = 48  # runs of a sweep whose returns are kept
DRAWS: Final = 400
NAMES: Final = 20
#: What is asked of the best, in the order of the table.
RULES: Final = (
    "PSR, nothing taken off",
    "DSR, variance across trials",
    "DSR, every trial a chance",
    "DSR, effective number",
    "DSR, effective, of a sample",
    "p-value of the best",
    "Hansen's SPA",
)


def judged(excess: Floats, seed: int) -> list[bool]:
    """Say of each rule whether it calls the best of these trials skill."""
    count, number = excess.shape
    sharpes = excess.mean(axis=0) / excess.std(axis=0, ddof=1)
    moments = sharpe_moments(excess[:, int(np.argmax(sharpes))])
    luck = luck_of_the_best(excess, draws=DRAWS, seed=seed)
    ranked = np.argsort(-sharpes)
    rows = ranked[np.linspace(0, number - 1, SAMPLE).round().astype(int)]
    part = luck_of_the_best(excess[:, rows], draws=DRAWS, seed=seed)
    few = chances(part.effective, part.trials, number)
    skill = 1.0 / (count - 1)
    sure = 1.0 - LEVEL
    return [
        probabilistic_sharpe(moments) >= sure,
        deflated_sharpe(moments, float(sharpes.var(ddof=1)), number) >= sure,
        deflated_sharpe(moments, skill, number) >= sure,
        deflated_sharpe(moments, skill, luck.effective) >= sure,
        deflated_sharpe(moments, skill, few) >= sure,
        luck.p_value <= LEVEL,
        superiority(excess, resamples=DRAWS, mean_length=1.0, seed=seed).p_value <= LEVEL,
    ]


def returns(
    rng: np.random.Generator, settings: int, sessions: int, correlation: float, skill: float
) -> Floats:
    """Return excess returns of alike settings, one of them with a yearly Sharpe ratio `skill`."""
    common = rng.standard_normal((sessions, 1))
    own = rng.standard_normal((sessions, settings))
    drawn: Floats = math.sqrt(correlation) * common + math.sqrt(1.0 - correlation) * own
    drawn[:, 0] += skill / math.sqrt(SESSIONS_PER_YEAR)
    return 0.01 * drawn


def engine(rng: np.random.Generator, settings: int, sessions: int) -> Floats:
    """Return what random risk settings earn with a random book on random walks."""
    moves = 0.012 * rng.standard_normal((sessions, 1)) + 0.018 * rng.standard_normal(
        (sessions, NAMES)
    )
    close = 100.0 * np.cumprod(1.0 + moves, axis=0)
    rebalance = np.arange(20, sessions, 21)
    target = rng.dirichlet(np.ones(NAMES), len(rebalance))
    inputs = SimulationInputs(close=close, rebalance=rebalance, target=target)
    risks = [_random(rng) for _ in range(settings)]
    dates = np.datetime64("2021-01-01") + np.arange(sessions)
    nav = simulate_many(inputs, risks, dates, nav=True, workers=2).nav
    assert nav is not None  # asked for
    excess: Floats = (nav[:, 1:] / nav[:, :-1] - 1.0).T
    return excess[:, np.isfinite(excess).all(axis=0)]


def _random(rng: np.random.Generator) -> RiskConfig:
    return RiskConfig(
        max_allowed_drawdown=float(rng.uniform(0.1, 0.6)),
        min_position_scale=float(rng.uniform(0.0, 0.9)),
        target_annual_vol=float(rng.uniform(0.06, 0.3)),
        vol_lookback_days=int(rng.integers(10, 100)),
        position_stop_loss=float(rng.uniform(0.03, 0.4)),
        trailing_stop_pct=float(rng.uniform(0.03, 0.4)),
        circuit_breaker_dd=float(rng.uniform(0.05, 0.5)),
        min_alpha_to_cost_ratio=None,
        cost_per_trade_bps=0.0,
    )


def rates(draw: Callable[[np.random.Generator], Floats], tries: int, seed: int) -> list[float]:
    """Return how often each rule calls the best of `tries` draws skill."""
    found = [judged(draw(np.random.default_rng([seed, k])), k) for k in range(tries)]
    return np.mean(found, axis=0).tolist()


def cases(settings: int, sessions: int) -> Iterator[tuple[str, Callable[..., Floats]]]:
    """Yield what is looked at: its name and how one try is drawn."""
    for correlation in (0.0, 0.9, 0.99):
        yield (
            f"returns, correlation {correlation:g}",
            lambda rng, rho=correlation: returns(rng, settings, sessions, rho, 0.0),
        )
    yield "engine, random settings", lambda rng: engine(rng, settings, sessions)
    for skill in (2.0, 3.0):
        yield (
            f"one setting with a true Sharpe ratio of {skill:g}, correlation 0.9",
            lambda rng, true=skill: returns(rng, settings, sessions, 0.9, true),
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--settings", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=756)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(f"| best of {chosen.settings:,}, {chosen.tries} tries | {' | '.join(RULES)} |")
    print(f"|---|{'--:|' * len(RULES)}")
    for name, draw in cases(chosen.settings, chosen.sessions):
        found = rates(draw, chosen.tries, chosen.seed)
        print(f"| {name} | {' | '.join(f'{rate:.1%}' for rate in found)} |", flush=True)


if __name__ == "__main__":
    main()
