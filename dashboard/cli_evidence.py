"""`plimsoll evidence`: what is left of a result after all that was tried, and the trial log."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core.evidence.standing import Standing
from dashboard.cli_scenario import chosen_scenario, scenario_options
from dashboard.evidence import Part, Tests, Tried, standing_of, tests_work, tried_of
from dashboard.evidence_words import (
    chances_words,
    standing_words,
    tests_words,
    tried_fault,
    tried_words,
    yearly,
)
from dashboard.format import count
from dashboard.holdout import holdout_words, state_of
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.progress import terminal_progress
from dashboard.record import record_run
from dashboard.report.document import plain_values, run_document
from dashboard.report.heading import run_heading
from dashboard.review_overview import years
from dashboard.run import Run
from dashboard.studies import Pace
from data.journal import Journal
from data.journal_transfer import export_journal, import_journal

__all__ = ["evidence_document", "register"]

_OF_THE_RUN = ("schema", "plimsoll", "scenario", "data", "metrics")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("evidence", invoke_without_command=True)
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def evidence_group(context: click.Context, /, as_json: bool, **chosen: Any) -> None:
    """Say what is left of a result after every setting that was tried on its market."""
    if context.invoked_subcommand is not None:
        return
    scenario = chosen_scenario(**chosen)
    home = home_folder()
    with Journal(home) as journal, terminal_progress() as progress:
        if scenario.universe.source == DEMO:
            ensure_demo(home, progress)
        run = Pipeline(home).run(scenario, progress)
        unrecorded = record_run(journal, run, preset_name=scenario.name, origin="cli")
        progress("Reading the trials", 0.5)
        tried = tried_of(run, journal)
        standing, tests = _judged(run, tried)
        held = state_of(home, journal, scenario.universe.source)
    if unrecorded:
        click.echo(f"plimsoll: this run is not in the journal: {unrecorded}", err=True)
    if as_json:
        document = evidence_document(run, tried, standing, tests)
        document["holdout"] = (
            {"fault": held.fault or None} if held.held is None else asdict(held.held)
        )
        click.echo(json.dumps(plain_values(document), indent=2, ensure_ascii=False, default=str))
        return
    lines = _lines(run, tried, standing, tests)
    for line in (run_heading(run), *lines, f"Holdout: {holdout_words(held)}"):
        click.echo(line)


def _judged(run: Run, tried: Part[Tried]) -> tuple[Part[Standing], Part[Tests]]:
    if tried.found is None:
        return Part(None, tried.why), Part(None, tried.why)
    pace = Pace(lambda: False, lambda _share: None)
    return standing_of(run, tried.found), Part(tests_work(run, tried.found)(pace))


def _lines(run: Run, tried: Part[Tried], standing: Part[Standing], tests: Part[Tests]) -> list[str]:
    fault = tried_fault(tried)
    lines = [f"The trials cannot be trusted: {fault}"] if fault else []
    if tried.found is not None:
        lines.append(tried_words(tried.found.tally))
    if standing.found is None:
        lines.append(f"No verdict on the Sharpe ratio: {standing.why}")
    else:
        lines += [chances_words(standing.found), *standing_words(standing.found, years(run))]
    if tests.found is not None:
        lines += tests_words(tests.found, run.benchmark_name)
        found = tests.found.intervals
        lines += [found.why] if found.found is None else [o.sentence for o in found.found.values()]
    return lines


def evidence_document(
    run: Run, tried: Part[Tried], standing: Part[Standing], tests: Part[Tests]
) -> dict[str, Any]:
    """Return everything `plimsoll evidence` knows as JSON; what there is none of says why."""
    whole = run_document(run)
    document: dict[str, Any] = {name: whole[name] for name in _OF_THE_RUN}
    document["books_residual"] = run.result.books_residual
    if tried.found is None:
        return document | {"trials": None, "why": tried.why}
    document["trials"] = asdict(tried.found.tally) | {"fault": tried.found.fault or None}
    document["standing"] = _plain(standing)
    if standing.found is not None:
        document["standing"] |= {
            "sharpe_ratio_a_year": yearly(standing.found.moments.sharpe),
            "expected_best_a_year": yearly(standing.found.expected_best),
        }
    if tests.found is not None:
        document["tests"] = {
            "overfitting": _plain(tests.found.overfitting),
            "best_against_cash": _plain(tests.found.cash),
            "best_against_benchmark": _plain(tests.found.benchmark),
            "intervals": {name: asdict(one) for name, one in tests.found.intervals.found.items()}
            if tests.found.intervals.found is not None
            else {"why": tests.found.intervals.why},
        }
    return document


def _plain(part: Part[Any]) -> dict[str, Any]:
    return {"why": part.why} if part.found is None else asdict(part.found)


@evidence_group.command("export")
@click.argument("file", type=_FILE)
def export_command(file: Path) -> None:
    """Write every trial with its returns to FILE, for another machine or for the record."""
    with Journal(home_folder()) as journal:
        counts = export_journal(journal, file)
    told = ", ".join(f"{count(number)} {table}" for table, number in counts.items())
    click.echo(f"Written to {file}: {told}.")


@evidence_group.command("import")
@click.argument("file", type=_FILE)
def import_command(file: Path) -> None:
    """Add the trials of FILE that are not here; a file that was changed is refused."""
    with Journal(home_folder()) as journal:
        done = import_journal(journal, file)
    told = ", ".join(
        f"{count(done.added[table])} of {count(number)} {table}"
        for table, number in done.found.items()
    )
    click.echo(f"Added from {file}: {told}.")


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(evidence_group)
