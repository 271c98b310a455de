"""Import, one backtest, end: ``python -m benchmarks.peers_start ours|orders|rules market.npz``.

A process of its own each time, so that what is timed from outside is what a command line costs.
Nothing is imported that the one measured does not need.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np

__all__ = ["main"]


def _ours(market: Mapping[str, np.ndarray]) -> float:
    from core.risk.config import RiskConfig
    from core.simulation import SimulationInputs, simulate

    return float(simulate(SimulationInputs(**market), RiskConfig()).nav[-1])


def _orders(market: Mapping[str, np.ndarray]) -> float:
    import pandas as pd
    import vectorbt as vbt

    size = np.full(market["close"].shape, np.nan)
    filled = market["rebalance"] + 1 < len(size)
    size[market["rebalance"][filled] + 1] = market["target"][filled]
    portfolio = vbt.Portfolio.from_orders(
        pd.DataFrame(market["close"]), size=size, size_type="targetpercent", init_cash=1e6,
        fees=1e-3, group_by=True, cash_sharing=True, call_seq="auto", freq="1D",
    )  # fmt: skip
    return float(portfolio.value().iloc[-1])


def _rules(market: Mapping[str, np.ndarray]) -> float:
    from benchmarks.peers_vectorbt import vectorbt_rules
    from core.risk.config import RiskConfig
    from core.simulation import SimulationInputs

    return float(vectorbt_rules(SimulationInputs(**market), RiskConfig()).value().iloc[-1])


def main(what: str, path: str) -> None:
    """Run one; print its last NAV, then the most memory that the process held, MB."""
    with np.load(path) as saved:
        market = dict(saved)
    print({"ours": _ours, "orders": _orders, "rules": _rules}[what](market))
    with open("/proc/self/status", encoding="ascii") as status:
        print(int(status.read().split("VmHWM:")[1].split()[0]) / 1e3)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
