"""The command `plimsoll account`: what each rule cost or saved, and whether it was awake."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from core.attribution import NO_RULES, SCENARIO, rule_account
from core.config import Scenario
from core.control import exposure_matched_control
from core.rule_health import rule_health
from core.rules import Rule, rules_on
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from dashboard.report.account import BY, Account, By, print_account, shares_of
from dashboard.report.document import plain_values, run_document
from data.journal import Journal

__all__ = ["account_document", "register"]

_OF_THE_RUN = ("schema", "plimsoll", "scenario", "data", "metrics", "notes")


@click.command("account")
@scenario_options
@click.option(
    "--by",
    default="total",
    show_default=True,
    type=click.Choice(BY),
    help="Every metric of the whole period, or the return of each year or drawdown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def account_command(by: By, as_json: bool, **chosen: Any) -> None:
    """Say exactly what each rule cost or saved, beside simply holding less."""
    scenario = chosen_scenario(**chosen)
    home = home_folder()
    found = _study(scenario, home)
    unrecorded = record_run(Journal(home), found.run, preset_name=scenario.name, origin="cli")
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)
    if as_json:
        click.echo(json.dumps(account_document(found, by), indent=2, ensure_ascii=False))
    else:
        print_account(found, by, Console())


def _study(scenario: Scenario, home: Path) -> Account:
    with terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
        risk, inputs, dates = scenario.risk, run.inputs, run.dates
        progress("Looking at the rules", 0.0)
        health = rule_health(inputs, risk, run.result)
        progress("Finding the same exposure without rules", 0.0)
        control = exposure_matched_control(inputs, risk, run.result, dates)
        count = 2 ** len(rules_on(inputs, risk))
        account = rule_account(
            inputs,
            risk,
            dates,
            initial_nav=run.result.initial_nav,
            done=lambda n: progress(f"Combination {n} of {count} of the rules", n / count),
        )
    return Account(run, account, control, health)


def account_document(found: Account, by: By) -> dict[str, Any]:
    """Return everything `plimsoll account` knows as JSON: fractions, ISO dates, None for NaN."""
    whole, run = run_document(found.run), found.run
    shares, binds = shares_of(found.account, by), found.account.binds
    columns = [
        {
            "name": name,
            NO_RULES.lower().replace(" ", "_"): float(shares.without[column]),
            "rules": {str(rule): float(shares.of(rule)[column]) for rule in Rule},
            SCENARIO.lower(): float(shares.scenario[column]),
        }
        for column, name in enumerate(shares.names)
    ]
    document = {name: whole[name] for name in _OF_THE_RUN} | {
        "account": {
            "by": by,
            "runs": found.account.runs,
            "rules_on": [str(rule) for rule in found.account.rules],
            "binds": {str(rule): bound for rule, bound in binds.items()},
            "shares": columns,
        },
        "control": {
            "average_exposure": found.control.average_exposure,
            "exposure": found.control.exposure,
            "metrics": found.control.metrics.as_dict(),
            "differences": found.control.differences(),
            "nav": found.control.nav.tolist(),
        },
        "health": [
            asdict(row)
            | {
                "rule": str(row.rule),
                "details": dict(row.details),
                "date": str(run.dates[row.session]) if row.session >= 0 else None,
                "ticker": run.tickers[row.security] if row.security >= 0 else None,
            }
            for row in found.health
        ],
    }
    plain: dict[str, Any] = plain_values(document)
    return plain


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(account_command)
