"""Make the golden answers of the factor research in tests/golden: what other libraries say.

Run it in an environment of its own that has them (none is a dependency of this project)::

    python -m venv ../research && ../research/bin/pip install gudhi scikit-learn alphalens-reloaded
    ../research/bin/python benchmarks/golden_factors.py tests/golden

The inputs are made of integer arithmetic and products only, so that every platform makes the same;
the tests make them again from this file.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np

__all__ = ["DATES", "QUANTILES", "make_scores", "make_windows"]

DATES, NAMES, QUANTILES = 30, 23, 5
WINDOWS, RETURNS = 4, 60


def _draws(count: int, seed: int) -> list[float]:
    # Numbers in [0, 1) from a plain congruential generator: its quality does not matter here.
    state, draws = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        draws.append((state >> 8) / 2**23)
    return draws


def make_windows() -> np.ndarray:
    """Return WINDOWS × RETURNS daily returns within ±4 %, products of draws: fat in the middle."""
    draws = np.array(_draws(2 * WINDOWS * RETURNS, 60)).reshape(2, WINDOWS, RETURNS)
    return (draws[0] - 0.5) * draws[1] * 0.08


def make_scores() -> tuple[np.ndarray, np.ndarray]:
    """Return scores and the returns that followed, DATES × NAMES; the scores know a little."""
    draws = np.array(_draws(2 * DATES * NAMES, 1926)).reshape(2, DATES, NAMES)
    score = draws[0] - 0.5
    return score, 0.04 * score + 0.2 * (draws[1] - 0.5)


def _rips(folder: Path) -> None:
    import gudhi
    from gudhi.sklearn import RipsPersistence

    series = make_windows()
    clouds = [np.stack([row[:-2], row[1:-1], row[2:]], axis=1) for row in series]
    found = RipsPersistence([0, 1], homology_coeff_field=2).fit_transform(clouds)
    lines = [
        "# Vietoris-Rips persistence of 60 returns embedded in three dimensions, delay 1.",
        "# Origin: benchmarks/golden_factors.py, run with",
        f"# gudhi {gudhi.__version__} (RipsPersistence, coefficients modulo 2), "
        f"Python {platform.python_version()}.",
        "window,dimension,birth,death",
    ]
    for window, diagrams in enumerate(found):
        for dimension, bars in enumerate(diagrams):
            finite = bars[np.isfinite(bars[:, 1])]
            ordered = finite[np.lexsort((finite[:, 0], finite[:, 1]))]
            lines += [f"{window},{dimension},{float(b)!r},{float(d)!r}" for b, d in ordered]
    (folder / "gudhi_rips.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _alphalens(folder: Path) -> None:
    import pandas as pd
    from alphalens import performance, utils

    score, forward = make_scores()
    dates = pd.date_range("2020-01-01", periods=DATES, freq="D")
    index = pd.MultiIndex.from_product([dates, [f"N{n:02d}" for n in range(NAMES)]])
    index.names = ["date", "asset"]
    returns = pd.DataFrame({"1D": forward.ravel()}, index=index)
    data = utils.get_clean_factor(
        pd.Series(score.ravel(), index=index), returns, quantiles=QUANTILES, max_loss=0.0
    )
    ic = performance.factor_information_coefficient(data)["1D"].reindex(dates)
    means = performance.mean_return_by_quantile(data, by_date=True, demeaned=False)[0]["1D"]
    new = performance.quantile_turnover(data["factor_quantile"], QUANTILES, 1).reindex(dates)
    persistence = performance.factor_rank_autocorrelation(data, 1).reindex(dates)
    table = means.unstack(level="factor_quantile").reindex(dates)
    lines = [
        "# Rank IC, mean return of each quantile, share of new names in the highest, rank",
        "# autocorrelation of made scores, by date. Origin: benchmarks/golden_factors.py, run with",
        f"# alphalens-reloaded {_version('alphalens-reloaded')}, pandas {pd.__version__}, "
        f"Python {platform.python_version()}.",
        "date,rank_ic," + ",".join(f"q{q}" for q in range(QUANTILES)) + ",replaced,persistence",
    ]
    for row, date in enumerate(dates):
        cells = [ic[date], *table.loc[date], new[date], persistence[date]]
        lines.append(",".join([str(row), *[repr(float(cell)) for cell in cells]]))
    (folder / "alphalens_scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _version(package: str) -> str:
    import importlib.metadata

    return importlib.metadata.version(package)


if __name__ == "__main__":
    _rips(Path(sys.argv[1]))
    _alphalens(Path(sys.argv[1]))
