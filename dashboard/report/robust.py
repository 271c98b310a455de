"""The robustness of a run for people and as JSON."""

from __future__ import annotations

import math
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.crises import Seen
from core.evidence.fans import LEVELS
from core.evidence.perturb import KINDS
from core.scenario import scenario_hash
from core.simulation import METRICS
from dashboard.format import DASH, FORMATS, percent
from dashboard.report.faces import FACES
from dashboard.report.plateau import plateau_document, print_plateaus
from dashboard.robust import KindRow, Robustness
from dashboard.robust_plateau import Plateaus

__all__ = ["print_robustness", "robustness_document"]

_SHOWN: Final = ("cagr", "sharpe_ratio", "max_drawdown")


def print_robustness(found: Robustness, console: Console, plateaus: Plateaus | None = None) -> None:
    """Print what disturbed histories, shocks and crises do to a run, and what it stands on."""
    run = found.run
    console.print(
        Text(
            f"Robustness · {run.scenario.name} · {run.market.source} · {run.dates[0]} … "
            f"{run.dates[-1]} · {found.draws} draws, seed {found.seed}"
            + ("  [SIMULATED MARKET]" if run.market.simulated else "")
        )
    )
    console.print(_kinds(found))
    for kind, what in KINDS.items():
        console.print(Text(f"{kind}: {what}"))
    console.print(
        Text(
            "Beside each metric: 5 % … median … 95 % of the runs. “Rules better”: on how many of "
            "the runs the rules had the higher Sharpe, and the shallower drawdown, than the same "
            "book without rules."
        )
    )
    console.print(_shocks(found))
    console.print(
        Text(
            "A sector's fall is a gap on the day after the book held most of it; volatility and "
            "correlation are raised over the whole period."
        )
    )
    if any(row.seen is not Seen.NEVER for row in found.crises):
        console.print(_crises(found))
    console.print(Text(_never(found)))
    for line in _fan(found):
        console.print(Text(line))
    if plateaus is not None:
        print_plateaus(plateaus, console)


def _kinds(found: Robustness) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n, name in enumerate(
        ("Disturbed", "Runs", *(FACES[m].label for m in _SHOWN), "Rules better: Sharpe", "drawdown")
    ):
        table.add_column(Text(name), justify="left" if n == 0 else "right")
    base = (_value(name, found.base[METRICS.index(name)]) for name in _SHOWN)
    table.add_row("as it happened", "1", *base, "", "")
    for row in found.kinds:
        table.add_row(
            row.kind,
            f"{len(row.values)}",
            *(" … ".join(_value(name, q) for q in row.quantiles(name)) for name in _SHOWN),
            percent(row.better("sharpe_ratio"), 0),
            percent(row.better("max_drawdown"), 0),
        )
    return table


def _shocks(found: Robustness) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n, name in enumerate(("Shock", "Day", "At once", *(FACES[m].label for m in _SHOWN))):
        table.add_column(Text(name), justify="left" if n < 2 else "right")
    for row in found.shocks:
        table.add_row(
            Text(row.label),
            DASH if row.date is None else str(row.date),
            percent(row.at_once),
            *(_value(name, row.values[METRICS.index(name)]) for name in _SHOWN),
        )
    return table


def _crises(found: Robustness) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    heads = ("Fall of the S&P 500", "Peak … lowest close", "S&P 500, price", "Seen",
             found.run.benchmark_name, "Portfolio", "deepest on the way")  # fmt: skip
    for n, name in enumerate(heads):
        table.add_column(Text(name), justify="left" if n < 2 else "right")
    for row in found.crises:
        if row.seen is Seen.NEVER:
            continue
        table.add_row(
            row.crisis.name,
            f"{row.crisis.peak} … {row.crisis.trough}",
            percent(row.crisis.depth),
            row.seen.value,
            percent(row.benchmark),
            percent(row.portfolio),
            percent(row.deepest),
        )
    return table


def _never(found: Robustness) -> str:
    if found.run.market.simulated:
        return "This market is simulated: no fall of a real market is in it, whatever its dates."
    missed = [row.crisis for row in found.crises if row.seen is Seen.NEVER]
    told = (f"{one.name} ({one.peak.year}, {percent(one.depth, 0)})" for one in missed)
    return f"Never seen in this period: {', '.join(told) or 'none'}."


def _fan(found: Robustness) -> tuple[str, ...]:
    fan = found.fan
    if fan is None:
        return ("Too few sessions for a fan of futures.",)
    years = (fan.nav.shape[1] - 1) / 252
    return (
        f"Fan of {fan.paths} futures of {years:g} year, sessions drawn in blocks of "
        f"{fan.block:.0f} on average: NAV ends at {percent(fan.nav[0, -1] - 1.0, signed=True)} … "
        f"{percent(fan.nav[2, -1] - 1.0, signed=True)} … "
        f"{percent(fan.nav[4, -1] - 1.0, signed=True)}, below the start in {percent(fan.loss, 0)}; "
        f"the deepest drawdown is {percent(fan.deepest[0])} … {percent(fan.deepest[2])} … "
        f"{percent(fan.deepest[4])} (5 %, median, 95 %).",
        "A fall that is not in the period is in none of these numbers.",
    )


def robustness_document(found: Robustness, plateaus: Plateaus | None = None) -> dict[str, Any]:
    """Return everything `plimsoll robust` knows: fractions, ISO dates, None for NaN."""
    run = found.run
    return {
        "schema": "plimsoll.robust/1",
        "scenario": scenario_hash(run.scenario),
        "data": {"source": run.market.source, "fingerprint": run.market.fingerprint,
                 "simulated": run.market.simulated},
        "draws": found.draws,
        "seed": found.seed,
        "base": run.metrics.as_dict(),
        "perturbed": {row.kind: _kind(row) for row in found.kinds},
        "shocks": [
            {"label": row.label, "date": None if row.date is None else str(row.date),
             "at_once": _number(row.at_once),
             "metrics": {n: _number(v) for n, v in zip(METRICS, row.values, strict=True)}}
            for row in found.shocks
        ],
        "crises": [
            {"name": row.crisis.name, "peak": str(row.crisis.peak),
             "trough": str(row.crisis.trough), "depth": row.crisis.depth, "seen": row.seen.value,
             "portfolio": row.portfolio, "benchmark": row.benchmark, "deepest": row.deepest}
            for row in found.crises
        ],
        "fan": None if found.fan is None else {
            "levels": list(LEVELS), "nav": found.fan.nav.tolist(),
            "drawdown": found.fan.drawdown.tolist(), "deepest": found.fan.deepest.tolist(),
            "loss": found.fan.loss, "block": found.fan.block, "paths": found.fan.paths,
        },
        "plateau": None if plateaus is None else plateau_document(plateaus),
    }  # fmt: skip


def _kind(row: KindRow) -> dict[str, Any]:
    return {
        "what": KINDS[row.kind],
        "runs": len(row.values),
        "metrics": {
            name: dict(zip(("p5", "median", "p95"), map(_number, row.quantiles(name)), strict=True))
            for name in METRICS
        },
        "rules_better": {name: _number(row.better(name)) for name in _SHOWN},
    }


def _value(name: str, value: Any) -> str:
    return FORMATS[FACES[name].kind](None if value is None else float(value))


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
