"""Time to load prices as sessions × names from the store: ``python -m benchmarks.load``.

Beside DuckDB's PIVOT and the reshape of a sorted parquet file by pyarrow, which knows that no bar
is missing and checks nothing; timed in turn, each in the same process. Goals: 20 times as fast as
PIVOT, within twice the reshape. ``--size L`` needs some gigabytes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from data.catalog import Catalog
from data.store import ImportTrail, MarketTables, write_market

SIZES = {"S": (756, 200), "M": (2520, 500), "L": (5040, 3000)}
COLUMN = "adj_close"
PIVOT_GOAL, RESHAPE_GOAL = 20.0, 2.0


def make_store(home: Path, sessions: int, names: int) -> Path:
    """Write a market without holes; return its file of prices."""
    rng = np.random.default_rng(sessions)
    days = np.busday_offset("2000-01-03", np.arange(sessions)).astype("datetime64[s]")
    closes = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (sessions, names)), axis=0)).ravel()
    frame = pd.DataFrame(
        {
            "date": np.repeat(days, names),
            "ticker": np.tile([f"N{number:04d}" for number in range(names)], sessions),
            **dict.fromkeys(("open", "high", "low", "close", "adj_close"), closes),
            "volume": 1e6,
            "basis": "full",
            "source": "benchmark",
        }
    )
    securities = pd.DataFrame({"ticker": frame["ticker"][:names], "data_ended": False})
    snapshot = write_market(
        home,
        "bench",
        MarketTables(prices=frame, securities=securities),
        simulated=False,
        return_basis="none",
        origin="benchmark",
        trail=ImportTrail(),
    )
    return snapshot.path / "prices.parquet"


def pivot(path: Path) -> np.ndarray:
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW p AS SELECT date, ticker, {COLUMN} FROM read_parquet('{path}')")
        wide = con.sql(f"PIVOT p ON ticker USING first({COLUMN}) ORDER BY date").fetchnumpy()
    return np.column_stack([wide[name] for name in sorted(set(wide) - {"date"})])


def reshape(path: Path, shape: tuple[int, int]) -> np.ndarray:
    return pq.ParquetFile(path).read([COLUMN])[COLUMN].to_numpy().reshape(shape)


def ours(catalog: Catalog) -> np.ndarray:
    # A new catalog compares the digest of the file first, one that has read it does not again.
    return catalog.price_panel("bench", [COLUMN]).arrays[COLUMN]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="M")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    shape = SIZES[options.size]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = make_store(home, *shape)
        known = Catalog(home)
        ways: dict[str, Callable[[], np.ndarray]] = {
            "the store, checked": lambda: ours(Catalog(home)),
            "the store, checked before": lambda: known.price_panel("bench", [COLUMN]).arrays[
                COLUMN
            ],
            "pyarrow reshape": lambda: reshape(path, shape),
            "DuckDB PIVOT": lambda: pivot(path),
        }
        expected = reshape(path, shape)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.runs + 1):
            for name, way in ways.items():
                began = time.perf_counter()
                found = way()
                took[name].append(time.perf_counter() - began)
                if not np.array_equal(found, expected):
                    raise SystemExit(f"{name} gave another panel")
        middle = {name: statistics.median(times[1:]) for name, times in took.items()}
    print(f"{options.size}: {shape[0]} sessions × {shape[1]} names, load {os.getloadavg()[0]:.1f}")
    for name, seconds in middle.items():
        print(f"{name}: {seconds * 1e3:.1f} ms")
    best = middle["the store, checked before"]
    print(
        f"PIVOT takes {middle['DuckDB PIVOT'] / best:.0f} times as long (goal {PIVOT_GOAL:.0f}); "
        f"the reshape {best / middle['pyarrow reshape']:.2f} of it (goal {RESHAPE_GOAL:.0f})"
    )


if __name__ == "__main__":
    main()
