"""A walk-forward for people and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.evidence.luck import Luck
from core.evidence.purged import PurgedPaths
from core.scenario import scenario_hash, specs
from core.simulation import METRICS
from core.surface import DIRECTIONS
from core.units import SESSIONS_PER_YEAR
from dashboard.format import DASH, FORMATS, count, percent, ratio
from dashboard.report.comparison_words import difference_text, field_text
from dashboard.report.faces import FACES
from dashboard.report.targets import TARGETS
from dashboard.report.walkforward_verdicts import first_verdicts, other_verdicts, verdicts_document
from dashboard.walkforward import WalkForward

__all__ = [
    "HEADS",
    "fold_frame",
    "metric_rows",
    "print_walk_forward",
    "walk_forward_document",
    "walk_words",
]

_SHOWN: Final = (
    "total_return", "cagr", "volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown",
    "calmar_ratio", "win_rate", "turnover", "average_exposure",
)  # fmt: skip
#: Of the columns beside the scenario as it stands and the benchmark.
HEADS: Final = ("Walk-forward", "Median setting held", "Best held, in hindsight", "Target")
_EVEN: Final = 0.5
_FEW: Final = 24  # folds that are shown one by one; of more, the first and the last


def print_walk_forward(found: WalkForward, console: Console) -> None:
    """Print the folds, the curve beside the scenario as it stands, and what to think of it."""
    run = found.run
    console.print(
        Text(
            f"Walk-forward · {run.scenario.name} · {run.market.source} · out of sample "
            f"{found.dates[0]} … {found.dates[-1]} · {len(found.dates)} sessions · "
            f"{len(found.plan)} settings, {len(found.folds)} choices by "
            f"{FACES[found.windows.metric].label}"
            + ("  [SIMULATED MARKET]" if run.market.simulated else "")
        )
    )
    console.print(_folds(found))
    console.print(_metrics(found))
    for line in walk_words(found):
        console.print(Text(line))


def _folds(found: WalkForward) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Training", "Out of sample"):
        table.add_column(name)
    for axis in found.plan.axes:
        table.add_column(Text(specs()[axis.path].label), justify="right")
    label = FACES[found.windows.metric].label
    for name in (f"{label} in training", "out of sample"):
        table.add_column(Text(name), justify="right")
    dates, few = found.run.dates, _FEW // 2
    for n, fold in enumerate(found.folds):
        if len(found.folds) > _FEW and few <= n < len(found.folds) - few:
            if n == few:
                table.add_row(f"… {len(found.folds) - 2 * few} more", "…")
            continue
        table.add_row(
            f"{dates[fold.train_first]} … {dates[fold.train_last]}",
            f"{dates[fold.test_first]} … {dates[fold.test_last]}",
            *(
                field_text(specs()[path], value)
                for path, value in found.plan.values(int(found.chosen[n])).items()
            ),
            _value(found.windows.metric, found.chosen_in_sample[n]),
            _value(found.windows.metric, found.by_fold[n]),
        )
    return table


def _metrics(found: WalkForward) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Out of sample")
    base, benchmark = f"{found.run.scenario.name} as it stands", found.run.benchmark_name
    for name in (HEADS[0], base, *HEADS[1:3], benchmark, HEADS[3]):
        table.add_column(Text(name), justify="right")
    for row in metric_rows(found):
        table.add_row(FACES[row[0]].label, *row[1:])
    return table


def metric_rows(found: WalkForward) -> Iterator[tuple[str, ...]]:
    """Yield a row a metric: its name, and its values as they are written.

    Of the walk-forward, the scenario as it stands, the median setting, the best one in hindsight,
    the benchmark, and the target.
    """
    best = _hindsight(found)
    for name in _SHOWN:
        column = found.fixed.metric(name)
        known = column[np.isfinite(column)]
        of_curve = getattr(found.benchmark, name, None) if FACES[name].of_curve else None
        yield (
            name,
            _value(name, getattr(found.metrics, name)),
            _value(name, getattr(found.base, name)),
            _value(name, float(np.median(known)) if len(known) else None),
            DASH if best is None else _value(name, column[best]),
            "" if of_curve is None else _value(name, of_curve),
            TARGETS[name].text if name in TARGETS else "",
        )


def fold_frame(found: WalkForward) -> pd.DataFrame:
    """Return one row a choice: both windows, what was chosen, the metric in them as numbers."""
    dates, rows = found.run.dates, []
    for n, fold in enumerate(found.folds):
        rows.append(
            {
                "train_first": str(dates[fold.train_first]),
                "train_last": str(dates[fold.train_last]),
                "test_first": str(dates[fold.test_first]),
                "test_last": str(dates[fold.test_last]),
                **_values(found, n),
                "in_sample": float(found.chosen_in_sample[n]),
                "out_of_sample": float(found.by_fold[n]),
            }
        )
    return pd.DataFrame(rows)


def _hindsight(found: WalkForward) -> int | None:
    column = found.fixed.metric(found.windows.metric)
    if not np.isfinite(column).any():
        return None
    return int(np.nanargmax(DIRECTIONS[found.windows.metric] * column))


def walk_words(found: WalkForward) -> Iterator[str]:
    """Say what to think of a walk-forward, a sentence each, the verdict first."""
    metric, label = found.windows.metric, FACES[found.windows.metric].label
    yield _verdict(found)
    yield from first_verdicts(found)
    if math.isfinite(found.efficiency):
        promised = float(np.mean(found.chosen_in_sample))
        yield (
            f"Efficiency {ratio(found.efficiency)}: {label} {_value(metric, promised)} on average "
            f"where it was chosen, {_value(metric, getattr(found.metrics, metric))} afterwards. "
            "Near 1 what was found lasts, near 0 it was noise."
        )
    before, after = found.lead
    then, now = (difference_text(metric, one) for one in (before, after))
    yield (
        f"Above the median setting: {then} on average where it was chosen, {now} afterwards. "
        "This is what choosing added in this one history; no test stands behind it."
    )
    if found.luck is not None:
        yield _luck(found, found.luck)
    if math.isfinite(found.sure):
        yield (
            f"Out of sample the true Sharpe is above 0 with a probability of "
            f"{percent(found.sure, 0)}."
        )
    yield from other_verdicts(found)
    for one in found.drift:
        yield (
            f"{specs()[one.path].label}: {one.changes} changes in {len(found.folds)} choices, "
            f"{one.distinct} of {one.levels} values; {field_text(specs()[one.path], one.commonest)}"
            f" in {percent(one.share, 0)} of them."
        )
    if found.paths is not None:
        yield _paths(found.paths, found)
    if found.refused:
        yield f"{count(found.refused)} settings were never run or never had a {label}."
    yield f"Books balance ✓: off by {abs(found.result.books_residual):.0e} of NAV at most."


def _verdict(found: WalkForward) -> str:
    if not math.isfinite(found.beaten):
        return "No setting held all along can be compared: whether choosing helped is not known."
    helped = "more than chance gives here" if found.beaten > _EVEN else "choosing added nothing"
    return (
        f"It beat {percent(found.beaten, 0)} of the settings held all along, chance alone about "
        f"one half: {helped}."
    )


def _luck(found: WalkForward, luck: Luck) -> str:
    year = math.sqrt(SESSIONS_PER_YEAR)
    return (
        f"Last training window: the {luck.trials} settings amount to {luck.effective:.1f} "
        f"independent ones; without any skill their best would show a Sharpe of "
        f"{ratio(luck.expected_best * year)}, the best of them has {ratio(luck.best * year)}. "
        f"Deflated Sharpe of the choice {ratio(found.deflated)}: above 0.95 it is hardly luck."
    )


def _paths(paths: PurgedPaths, found: WalkForward) -> str:
    low, middle, high = np.nanquantile(paths.sharpe, (0.0, 0.5, 1.0))
    return (
        f"Combinatorial cross-validation by Sharpe: {len(paths.splits)} splits of "
        f"{found.windows.groups} groups make {len(paths.sharpe)} histories out of sample, Sharpe "
        f"{ratio(low)} … {ratio(high)}, median {ratio(middle)}, where training promised "
        f"{ratio(float(np.mean(paths.in_sample)))}."
    )


def _value(name: str, value: Any) -> str:
    return FORMATS[FACES[name].kind](None if value is None else float(value))


def walk_forward_document(found: WalkForward) -> dict[str, Any]:
    """Return everything `plimsoll walkforward` knows: fractions, ISO dates, None for NaN."""
    run, dates = found.run, found.run.dates
    return {
        "schema": "plimsoll.walkforward/2",
        "scenario": scenario_hash(run.scenario),
        "data": {"source": run.market.source, "fingerprint": run.market.fingerprint,
                 "simulated": run.market.simulated},
        "plan": {"hash": found.plan.hash, "settings": len(found.plan), "refused": found.refused,
                 "design": found.plan.design, "axes": [str(axis) for axis in found.plan.axes]},
        "windows": {name: getattr(found.windows, name) for name in found.windows.__slots__},
        "folds": [
            {
                "train": [str(dates[fold.train_first]), str(dates[fold.train_last])],
                "test": [str(dates[fold.test_first]), str(dates[fold.test_last])],
                "row": int(found.chosen[n]),
                "values": _values(found, n),
                "in_sample": _number(found.chosen_in_sample[n]),
                "out_of_sample": _number(found.by_fold[n]),
            }
            for n, fold in enumerate(found.folds)
        ],
        "metrics": found.metrics.as_dict(),
        "as_it_stands": found.base.as_dict(),
        "benchmark": found.benchmark.as_dict(),
        "held": {name: _quantiles(found.fixed.metric(name)) for name in METRICS},
        "lead": [_number(value) for value in found.lead],
        "beaten": _number(found.beaten),
        "efficiency": _number(found.efficiency),
        "drift": [
            {"path": one.path, "changes": one.changes, "distinct": one.distinct,
             "levels": one.levels, "commonest": _plain(one.commonest), "share": one.share}
            for one in found.drift
        ],
        "against_as_it_stands": verdicts_document(found.against_base),
        "against_benchmark": verdicts_document(found.against_benchmark),
        "luck": None if found.luck is None else {
            "trials": found.luck.trials, "effective": found.luck.effective,
            "expected_best": found.luck.expected_best * math.sqrt(SESSIONS_PER_YEAR),
            "best": found.luck.best * math.sqrt(SESSIONS_PER_YEAR),
            "p_value": found.luck.p_value, "deflated_sharpe": _number(found.deflated),
        },
        "probabilistic_sharpe": _number(found.sure),
        "paths": None if found.paths is None else {
            "sharpe": [_number(value) for value in found.paths.sharpe],
            "in_sample": _number(np.mean(found.paths.in_sample)),
            "efficiency": _number(found.paths.efficiency),
            "splits": len(found.paths.splits),
        },
        "dates": [str(date) for date in found.dates],
        "nav": found.result.nav.tolist(),
        "as_it_stands_nav": found.base_nav.tolist(),
    }  # fmt: skip


def _values(found: WalkForward, fold: int) -> dict[str, Any]:
    chosen = found.plan.values(int(found.chosen[fold]))
    return {path: _plain(value) for path, value in chosen.items()}


def _quantiles(column: Any) -> dict[str, float | None]:
    known = column[np.isfinite(column)]
    marks = {"least": 0.0, "p5": 0.05, "median": 0.5, "p95": 0.95, "most": 1.0}
    return {
        name: float(np.quantile(known, mark)) if len(known) else None
        for name, mark in marks.items()
    }


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
