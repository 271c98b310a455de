"""Checking a report: everything is computed anew and compared, line by line and point by point."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.config import Scenario
from core.scenario import PRESETS, with_values
from dashboard.handout.compare import compare_lines
from dashboard.handout.errors import (
    DamagedReportError,
    OtherCodeError,
    OtherDataError,
    ReportDiffersError,
)
from dashboard.handout.identity import Made, Trials, data_identity, made_here, recount
from dashboard.handout.make import Recipe, make_report, title_of
from dashboard.handout.page import read_record
from dashboard.handout.parts import chosen_parts
from dashboard.home import DEMO, ensure_demo
from dashboard.pipeline import Pipeline, Progress
from data.errors import DataError
from data.journal import Journal

__all__ = ["Verified", "verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """A report that says what its scenario and data give.

    Attributes
    ----------
    title, source : str
    lines : int
        Lines compared.
    remarks : tuple of str
        What could not be checked here, or is no fault but worth knowing.
    """

    title: str
    source: str
    lines: int
    remarks: tuple[str, ...]


def verify(file: Path, home: Path, progress: Progress | None = None) -> Verified:
    """Compute the report at `file` anew from the store below `home`, and compare all of it.

    Raises
    ------
    ReportDiffersError, OtherCodeError
        The first difference.
    ForeignReportError, ReportFormatError, DamagedReportError, OtherDataError
        It cannot be compared.
    core.errors.CoreError, data.errors.DataError, OSError
        Its scenario cannot be run here, or the file cannot be read.
    """
    say = progress or (lambda _text, _share: None)
    text = _read(file)
    record = read_record(text)
    scenario, recipe = _said(record)
    if scenario.universe.source == DEMO:
        ensure_demo(home, progress)
    pipeline = Pipeline(home)
    _same_data(pipeline, scenario, recipe.data)
    run = pipeline.run(scenario, progress)
    with Journal(home) as journal:
        trials, remarks = _trials(journal, run.market.fingerprint, recipe.trials)
    again = replace(recipe, data=data_identity(pipeline, run), trials=trials)
    report = make_report(run, again, home, share=lambda part: say("Computing the report", part))
    here = made_here()
    try:
        compare_lines(text, report.lines)
    except ReportDiffersError as differs:
        if recipe.made != here:
            raise OtherCodeError(differs, recipe.made.words(), here.words()) from differs
        raise
    if recipe.made != here:
        remarks = (*remarks, f"It was made by other code ({recipe.made.words()}), which agrees.")
    if scenario.name not in PRESETS:
        remarks = (*remarks, "The name of the setting is its maker's: a name cannot be checked.")
    return Verified(title_of(scenario), run.market.source, len(report.lines), remarks)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedReportError(
            f"the report must be text in UTF-8, byte {error.start} is not: the file is damaged or "
            "no report. Ask for it again"
        ) from error


def _said(record: Mapping[str, Any]) -> tuple[Scenario, Recipe]:
    # What the file says of its own making; every field is used only after it was checked.
    try:
        numbers = record["numbers"]["scenario"]
        made, said = record["made"], record["trials"]
        name = str(numbers["name"])
        recipe = Recipe(
            parts=chosen_parts(map(str, record["parts"])),
            data=dict(record["origin"]),
            made=Made(
                str(made["plimsoll"]),
                str(made["code"]),
                str(made["python"]),
                {str(key): str(value) for key, value in made["libraries"].items()},
            ),
            trials=Trials(
                _counted(said["settings"]),
                _counted(said["runs"]),
                _counted(said["last"]),
                str(said["chain"]),
            ),
            made_on=dt.date(2000, 1, 1),
        )
        values = dict(numbers["values"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DamagedReportError(
            "the record of the report must say from what it was made, but a field is missing or "
            f"wrong: {error}. Ask for the file again, or make it anew with `plimsoll report`"
        ) from error
    return with_values(Scenario(name=name), values), recipe


def _counted(value: Any) -> int:
    number = int(value)
    if not 0 <= number < 2**63:
        raise ValueError("a count must be from 0 to 2^63 - 1")
    return number


def _same_data(pipeline: Pipeline, scenario: Scenario, data: Mapping[str, Any]) -> None:
    source, own = scenario.universe.source, scenario.book.own_book
    found = pipeline.catalog.snapshot(source).fingerprint
    if found != data.get("fingerprint"):
        raise OtherDataError(
            f"the report was made from market {source!r} with data hash "
            f"{data.get('fingerprint')}, the store has {found}: {_why_other(found, data)}"
        )
    if own is not None and pipeline.catalog.book_fingerprint(own) != data.get("book"):
        raise OtherDataError(
            f"the report was made from book {own!r} with hash {data.get('book')}, the store has "
            "another of that name. Import the same book again, or name its store with --home"
        )


def _why_other(found: str, data: Mapping[str, Any]) -> str:
    # What was imported, without what a holdout adds: `-sealed-…` or `-opened-…`.
    imported, of_report = found.partition("-")[0], str(data.get("fingerprint")).partition("-")[0]
    if imported == of_report:
        return (
            "the same import, with a holdout that was sealed or opened since, so that other dates "
            "are read. A copy of the store from before it can be named with --home"
        )
    return (
        "other data give other numbers. Import the same data again, or name the store that has "
        "them with --home"
    )


def _trials(journal: Journal, fingerprint: str, said: Trials) -> tuple[Trials, tuple[str, ...]]:
    try:
        counted = recount(journal, fingerprint, said)
    except DataError as error:
        return said, (f"The number of settings tried could not be counted again: {error}",)
    if counted is None:
        return said, (
            "The number of settings tried was not checked: the journal here is not the one that "
            "it was counted in.",
        )
    return counted, ()
