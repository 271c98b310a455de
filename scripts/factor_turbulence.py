"""The table of docs/factors.md about market turbulence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from core.factors.turbulence import NORMS, sector_returns, turbulence
from core.market import MarketPanel
from core.regimes import market_returns
from core.units import Floats, Ints
from dashboard.format import count, ratio
from scripts.results_rules import markdown_row, markdown_rule

__all__ = ["turbulence_table"]

WINDOWS = (50, 100)
_PAST = 50


def turbulence_table(market: MarketPanel, rebalance: Ints) -> Iterator[str]:
    """Rank correlations over months of what is known with the month that follows."""
    returns = market_returns(market.close, market.member)
    inside = rebalance[:-1]
    following = [returns[a + 1 : b + 1] for a, b in zip(inside, rebalance[1:], strict=True)]
    calm = np.array([each.std(ddof=1) for each in following])
    gain = np.array([np.prod(1.0 + each) - 1.0 for each in following])
    past = np.array([returns[t - _PAST + 1 : t + 1].std(ddof=1) for t in inside])
    known: dict[str, Floats] = {f"volatility, {_PAST} sessions": past}
    if market.vix is not None:
        known["VIX"] = market.vix[inside]
    own, _ = sector_returns(market)
    for window in WINDOWS:
        table = turbulence(own, window)[inside]
        for column, name in enumerate(NORMS):
            label = f"turbulence, {window} sessions, {name.replace('landscape_l', 'L')}"
            known[label] = table[:, column]
    titles = ("months", "next month's volatility", "same, past volatility and VIX taken out")
    yield markdown_row("rank correlation over months", *titles, "next month's return")
    yield markdown_rule(len(titles) + 1)
    controls = [series for name, series in known.items() if not name.startswith("turbulence")]
    for name, series in known.items():
        usable = np.isfinite(series) & np.all([np.isfinite(each) for each in controls], axis=0)
        others = [each[usable] for each in controls if each is not series]
        yield markdown_row(
            name,
            count(int(usable.sum())),
            ratio(_partial(series[usable], calm[usable], []), signed=True),
            ratio(_partial(series[usable], calm[usable], others), signed=True),
            ratio(_partial(series[usable], gain[usable], []), signed=True),
        )


def _partial(one: Floats, other: Floats, controls: list[Floats]) -> float:
    # Correlation of the ranks that regressions on the ranks of the controls leave.
    design = np.stack([np.ones(len(one)), *[rankdata(each) for each in controls]], axis=1)
    left = []
    for series in (one, other):
        ranked = rankdata(series)
        left.append(ranked - design @ np.linalg.lstsq(design, ranked, rcond=None)[0])
    return float(np.corrcoef(left[0], left[1])[0, 1])
