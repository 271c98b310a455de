"""Make tests/golden/vectorbt_target_percent.csv: what vectorbt says of a book without any rule.

Run it in an environment of its own that has vectorbt (it is no dependency of this project)::

    python -m venv ../vectorbt && ../vectorbt/bin/pip install vectorbt
    ../vectorbt/bin/python benchmarks/golden_vectorbt.py tests/golden/vectorbt_target_percent.csv

The market is made of integer arithmetic and products only, so that every platform and every
version of numpy makes the same prices; the test makes them again from this file.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np

__all__ = ["INITIAL_NAV", "NAMES", "SESSIONS", "make_book", "make_close"]

SESSIONS, NAMES, MONTH = 252, 6, 21
INITIAL_NAV = 1_000_000.0


def _draws(count: int, seed: int) -> list[float]:
    # Numbers in [0, 1) from a plain congruential generator: its quality does not matter here.
    state, draws = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        draws.append((state >> 8) / 2**23)
    return draws


def make_close() -> np.ndarray:
    """Return closes of SESSIONS × NAMES, daily moves within ±4 %."""
    draws = iter(_draws(SESSIONS * NAMES, 20210601))
    close = np.empty((SESSIONS, NAMES))
    level = [20.0 * (i + 1) for i in range(NAMES)]
    for t in range(SESSIONS):
        for i in range(NAMES):
            level[i] *= 1.0 + (next(draws) - 0.497) * 0.08
            close[t, i] = level[i]
    return close


def make_book() -> tuple[np.ndarray, np.ndarray]:
    """Return monthly sessions and targets: full and partly invested, names come and go."""
    rebalance = np.arange(0, SESSIONS, MONTH)
    draws = iter(_draws(len(rebalance) * NAMES, 7))
    target = np.empty((len(rebalance), NAMES))
    for k in range(len(rebalance)):
        row = [next(draws) for _ in range(NAMES)]
        row[k % NAMES] = 0.0
        invested = 1.0 if k % 3 else 0.75
        target[k] = [weight / sum(row) * invested for weight in row]
    return rebalance, target


def _main(path: Path) -> None:
    import pandas as pd
    import vectorbt as vbt

    rebalance, target = make_book()
    size = np.full((SESSIONS, NAMES), np.nan)
    size[rebalance] = target
    portfolio = vbt.Portfolio.from_orders(
        pd.DataFrame(make_close()),
        size=size,
        size_type="targetpercent",
        init_cash=INITIAL_NAV,
        fees=0.0,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        freq="1D",
    )
    lines = [
        "# NAV and cash of monthly target-percent orders filled at the close, without costs.",
        "# Origin: benchmarks/golden_vectorbt.py (market, book and command are in it), run with",
        f"# vectorbt {vbt.__version__}, numpy {np.__version__}, pandas {pd.__version__}, "
        f"Python {platform.python_version()}.",
        "session,nav,cash",
    ]
    values = zip(portfolio.value().to_numpy(), portfolio.cash().to_numpy(), strict=True)
    lines += [f"{t},{float(nav)!r},{float(cash)!r}" for t, (nav, cash) in enumerate(values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
