"""The command `plimsoll compare`: settings over the same sessions, phase by phase, and luck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from core.config import Scenario
from core.errors import ConfigError, InputsError
from core.scenario import PRESETS, with_values
from dashboard import review_compare
from dashboard.address import VIEW_KEYS
from dashboard.cli_ladder import climbed, is_ladder, ladders_document, preset_named, print_ladders
from dashboard.cli_scenario import base_scenario
from dashboard.compared import CONTROL, MOST, Compared, of_address, placed, preset_of, saved_as
from dashboard.home import DEMO, ensure_demo, home_folder
from dashboard.pipeline import Pipeline, Progress
from dashboard.progress import terminal_progress
from dashboard.record import is_trial, read_saved, record_run
from dashboard.report.comparison import Comparison, comparison_document, print_comparison
from dashboard.report.comparison_words import compared_title, moved_words
from dashboard.review_compare import LETTERS, Side
from dashboard.review_disagreement import disagreements
from dashboard.review_evidence import is_short
from data.journal import Journal

__all__ = ["entry_of", "register"]


@click.command("compare")
@click.argument("settings", nargs=-1, metavar="A B [C D]")
@click.option("--presets", help='Presets, for example "No overlay,Phase 8,Phase 8.1,Phase 9".')
@click.option("--source", help="Market for all of them; that of A when not given.")
@click.option("--start", help="First simulated date of all, for example 2021-06-01.")
@click.option("--end", help="Last simulated date of all.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def compare_command(
    settings: tuple[str, ...], presets: str | None, as_json: bool, **chosen: Any
) -> None:
    """Compare A with B, C and D: overlaid numbers, verdicts, rule accounts, days they parted.

    Each is a preset ("Phase 8"), the name of a saved setting, an address of the dashboard
    ("?p=phase-8&stop=0.2"), a TOML file, or `control`: the book of A at the average exposure of A,
    always, without rules. All run on the market and period of A.

    Presets alone, in `--presets`, are also a ladder: each change from one to the next switched on
    one at a time, with what it added, over 2021-06 … 2024-05 and 2016-07 … 2021-05 (or the period
    given), and each preset against benchmark, equal weight and its control.
    """
    is_way = is_ladder(presets, settings)
    settings += tuple(name.strip() for name in (presets or "").split(",") if name.strip())
    if not 2 <= len(settings) <= MOST + 1:
        raise InputsError(f"two to {MOST + 1} settings must be given, had {len(settings)}")
    home = home_folder()
    with Journal(home) as journal:
        entries = [entry_of(text, journal) for text in settings]
        first = _first(entries[0], **chosen)
        with terminal_progress() as progress:
            if first.universe.source == DEMO:
                ensure_demo(home, progress)
            pipeline = Pipeline(home)
            found = _compared(pipeline, first, entries, progress)
            way = None
            if is_way:
                way = climbed(
                    pipeline, journal, first.universe.source, settings, chosen["start"],
                    chosen["end"], progress,
                )  # fmt: skip
        for side, entry in zip(found.sides, entries, strict=True):
            if is_trial(entry):
                unrecorded = record_run(
                    journal, side.run, preset_name=entry.preset_name, origin="cli"
                )
                if unrecorded:
                    click.echo(f"plimsoll: not in the journal: {unrecorded}", err=True)
    console = Console()
    if as_json:
        ladder = {} if way is None else {"ladder": ladders_document(way)}
        document = comparison_document(found) | ladder
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    print_comparison(found, console)
    if way is not None:
        print_ladders(way, console)


def entry_of(text: str, journal: Journal) -> Compared:
    """Return the setting that a person names on the command line.

    Raises
    ------
    core.errors.ConfigError, data.errors.DataError
        When it is none, with what it could be.
    """
    if text.casefold() == CONTROL.kind:
        return CONTROL
    presets = {name.casefold(): name for name in PRESETS}
    if named := preset_named(text):
        return preset_of(named)
    if "=" in text:
        return of_address(text, VIEW_KEYS)
    if text.endswith(".toml"):
        scenario = base_scenario(None, Path(text))
        known = presets.get(scenario.name.casefold(), next(iter(PRESETS)))
        return saved_as(Path(text).stem, scenario, known)
    return saved_as(text, *read_saved(journal.scenario(text)))


def _first(entry: Compared, source: str | None, start: str | None, end: str | None) -> Scenario:
    if entry.kind == CONTROL.kind:
        raise ConfigError(
            "the first must be a setting, was control: it is the control of the first"
        )
    own = entry.scenario or PRESETS[entry.preset_name]
    named = {"universe.source": source, "period.start": start, "period.end": end}
    return with_values(own, {path: value for path, value in named.items() if value is not None})


def _compared(
    pipeline: Pipeline, first: Scenario, entries: list[Compared], progress: Progress
) -> Comparison:
    run = pipeline.run(first, progress)
    sides, notes = [Side(LETTERS[0], compared_title(entries[0], ""), run)], []
    for letter, entry in zip(LETTERS[1:], entries[1:], strict=False):
        label = compared_title(entry, "")
        if entry.kind == CONTROL.kind:
            control, held = review_compare.control_of(run)
            sides.append(Side(letter, label, held, control))
            continue
        scenario = placed(entry, run.scenario, run.scenario)
        other = review_compare.over_the_same_sessions(pipeline.run, scenario, run)
        sides.append(Side(letter, label, other))
        notes += [text for text in (moved_words(sides[-1], entry, run),) if text]
    progress("Resampling every pair", 0.5)
    pairs = None if is_short(run) else review_compare.judge_pairs(sides)
    accounts = {}
    for side in sides:
        if side.control is None:
            progress(f"Running every combination of the rules of {side.label}", 0.8)
            accounts[side.letter] = review_compare.account_of(side.run)
    days = {side.letter: disagreements(sides[0], side) for side in sides[1:]}
    return Comparison(sides, notes, pairs, accounts, days)


def register(group: click.Group) -> None:
    """Add this command to `group`."""
    group.add_command(compare_command)
