"""`plimsoll factors`: what every score of a scenario was worth, and any name on any date."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.errors import ConfigError
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.format import DASH, count, percent, ratio
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.report.document import run_document
from dashboard.report.heading import run_heading
from dashboard.review_factors import factor_study
from dashboard.review_factors_found import LEAST, FactorStudy
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = ["factors_document", "register"]

_OF_THE_RUN = ("schema", "plimsoll", "scenario", "data", "notes")


@click.command("factors")
@scenario_options
@click.option("--topology", is_flag=True, help="Judge topology also where the scenario has none.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def factors_command(topology: bool, as_json: bool, **chosen: Any) -> None:
    """Judge every score by the returns that followed: rank IC, fifths, turnover, decay."""
    scenario = chosen_scenario(**chosen)
    home = home_folder()
    if scenario.book.own_book is not None:
        raise ConfigError("factors must be those of the ensemble, a book of your own has no scores")
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
        pace = Pace(lambda: False, lambda share: progress("Judging every score", share))
        found = factor_study(run, pace, home if topology else None)
    if as_json:
        click.echo(json.dumps(factors_document(run, found), indent=2, ensure_ascii=False))
        return
    console = Console()
    console.print(Text(run_heading(run)))
    for table in (_summary(found), *(_groups(found, group) for group in LEAST), _decay(found)):
        console.print(table)


def factors_document(run: Run, found: FactorStudy) -> dict[str, Any]:
    """Return everything `plimsoll factors` knows: fractions, ISO dates, None for NaN."""
    whole = run_document(run)
    return {name: whole[name] for name in _OF_THE_RUN} | {
        "cost_bps": found.cost_bps,
        "apart": list(found.apart),
        "factors": {
            name: {
                "summary": _plain(found.row(name)),
                "fifths": _records(found.quantiles(name)),
                "decay": _records(found.decay_of(name)),
                "decisions": _records(found.series(name)),
            }
            for name in found.names
        },
        "by": {group: _records(found.by(group)) for group in LEAST},
        "correlations": _records(found.correlation_frame()),
    }


def _summary(found: FactorStudy) -> Table:
    rows = [found.row(name) for name in found.names]
    table = _table("Every score against the return until the next decision", found.names)
    table.add_row("months", *[count(row["months"]) for row in rows])
    table.add_row("coverage", *[percent(row["coverage"]) for row in rows])
    for name, label in (("rank_ic", "rank IC"), ("ic", "IC")):
        table.add_row(label, *[_ic(row, name) for row in rows])
        table.add_row("t of it", *[ratio(row[f"{name}_t"], signed=True) for row in rows])
    table.add_row("spread a month", *[percent(row["spread"], 2, signed=True) for row in rows])
    table.add_row("t of it", *[ratio(row["spread_t"], signed=True) for row in rows])
    table.add_row("turnover a month", *[ratio(row["turnover"]) for row in rows])
    after = f"spread less {found.cost_bps:g} bps"
    table.add_row(after, *[percent(row["net_spread"], 2, signed=True) for row in rows])
    table.add_row("new in highest fifth", *[percent(row["new_in_highest"]) for row in rows])
    for number, fifth in enumerate(("lowest fifth", "2nd", "3rd", "4th", "highest fifth")):
        means = [found.quantiles(name)["mean"].tolist()[number] for name in found.names]
        table.add_row(fifth, *[percent(mean, 2) for mean in means])
    return table


def _groups(found: FactorStudy, group: str) -> Table:
    table = _table(f"Rank IC by {group}, below {LEAST[group]} months only counted", found.names)
    rows = found.by(group).reset_index().to_dict("records")
    for label in sorted({row[group] for row in rows}):
        own = {row["factor"]: row for row in rows if row[group] == label}
        cells = [_grouped(own[name]) if name in own else DASH for name in found.names]
        table.add_row(str(label), *cells)
    return table


def _decay(found: FactorStudy) -> Table:
    table = _table("Rank IC with the return of a later month", found.names)
    decays = {name: found.decay_of(name).to_dict("index") for name in found.names}
    for month in next(iter(decays.values())):
        table.add_row(f"month {month}", *[_ic(rows[month], "rank_ic") for rows in decays.values()])
    return table


def _table(title: str, names: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    return table


def _ic(row: Any, name: str) -> str:
    mean = ratio(row[name], 3, signed=True)
    if math.isnan(row[f"{name}_low"]):
        return mean
    low, high = (ratio(row[f"{name}_{end}"], 3, signed=True) for end in ("low", "high"))
    return f"{mean} ({low} … {high})"


def _grouped(row: Any) -> str:
    return f"n {count(row['months'])}" if math.isnan(row["rank_ic"]) else _ic(row, "rank_ic")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    flat = frame.reset_index()
    if "date" in flat:
        flat["date"] = flat["date"].dt.strftime("%Y-%m-%d")
    return [_plain(row) for row in flat.to_dict("records")]


def _plain(row: Any) -> dict[str, Any]:
    return dict(_told(row.items()))


def _told(items: Any) -> Iterator[tuple[str, Any]]:
    for key, value in items:
        is_missing = isinstance(value, float) and not math.isfinite(value)
        yield str(key), None if is_missing else value


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(factors_command)
