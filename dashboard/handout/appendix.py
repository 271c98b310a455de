"""What every report ends with: settings, definitions, where it comes from, and what it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from core.crises import Seen, seen
from core.scenario import scenario_hash, specs
from dashboard.definitions import DEFINITIONS
from dashboard.format import count, date, percent
from dashboard.handout import tables
from dashboard.handout.blocks import Block, Rows, Section, Words
from dashboard.handout.identity import Made, Trials
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = ["appendix", "notice", "short_notice"]


def short_notice(run: Run) -> str:
    """Return one line for the head of the report."""
    if run.market.simulated:
        return (
            "Simulated market: no figure here is about real companies. Hypothetical performance: "
            "nobody traded this."
        )
    return "Hypothetical performance: a simulation over past prices. Nobody traded this."


def appendix(
    run: Run,
    changed: dict[str, tuple[Any, Any]],
    preset_name: str,
    data: Mapping[str, Any],
    made: Made,
    trials: Trials,
) -> tuple[Section, ...]:
    """Return the closing sections."""
    return (
        Section("settings", "Settings", tuple(_settings(run, changed, preset_name))),
        Section("definitions", "Definitions", (Rows("Every number", _definitions()),)),
        Section(
            "origin", "Where it comes from", tuple(_origin(run, data, made, trials)), page=False
        ),
        Section("notice", "What this is not", tuple(notice(run, trials)), page=False),
    )


def _settings(run: Run, changed: dict[str, tuple[Any, Any]], preset_name: str) -> Iterator[Block]:
    if changed:
        labels = ", ".join(specs()[path].label for path in changed)
        yield Words(f"{count(len(changed))} changed from the preset {preset_name}: {labels}.")
    else:
        yield Words(f"Every setting is that of the preset {preset_name}.")
    for section in dict.fromkeys(spec.section for spec in specs().values()):
        yield Rows(section.capitalize(), tables.fields_rows(run, changed, section))


def _definitions() -> str:
    rows = [
        (
            f'<span id="definition-{escape(one.name)}">{escape(one.label)}</span>',
            escape(f"{one.what} {one.reading}"),
            escape(one.formula),
            escape(one.unit),
            escape(one.source),
        )
        for one in DEFINITIONS.values()
    ]
    table = html_table(("Number", "What it is", "Formula", "Unit", "Source"), rows)
    return f'<div class="prose">{table}</div>'


def _origin(run: Run, data: Mapping[str, Any], made: Made, trials: Trials) -> Iterator[Block]:
    yield Words(
        "Who has the same data and program can check every number, table and chart of this file: "
        "plimsoll verify, followed by the name of the file."
    )
    facts = [
        ("Market", data["source"]),
        ("Simulated", "yes" if run.market.simulated else "no"),
        ("Returns", run.market.return_basis),
        ("Data hash", data["fingerprint"]),
        ("Data from … to", f"{data['first_date']} … {data['last_date']}"),
        ("Rows", _counts(data["rows"])),
        ("Rows left out", _counts(data["left_out"]) or "none"),
        *([("Hash of the own book", data["book"])] if data["book"] else []),
    ]
    yield Rows("Data", _facts(facts))
    libraries = ", ".join(f"{name} {number}" for name, number in made.libraries.items())
    code = [
        ("Plimsoll", made.plimsoll),
        ("Code hash", made.code),
        ("Settings hash", scenario_hash(run.scenario)),
        ("Python", made.python),
        ("Libraries", libraries),
        ("Books balance to", f"{abs(run.result.books_residual):.0e} of NAV"),
    ]
    yield Rows("Program", _facts(code))
    counted = [
        ("Settings tried on this market", count(trials.settings)),
        ("with every run of a sweep", count(trials.runs)),
        ("Counted up to row of the journal", count(trials.last)),
    ]
    yield Rows("Journal", _facts(counted))


def notice(run: Run, trials: Trials) -> Iterator[Block]:
    """Yield what a reader must know before acting on a figure."""
    over = "over a simulated market" if run.market.simulated else "over past prices"
    yield Words(
        f"The performance shown is hypothetical. It was computed by running rules {over}; no money "
        "was invested and no order was sent. Such results have limits that those of a "
        "real account do not have: the rules were written with knowledge of the period they are "
        "shown on, every order is filled at the price the settings say, and costs are an "
        "assumption."
    )
    yield Words(
        f"{_tried(trials)} been tried on this market when the report was made "
        f"({count(trials.runs)} with every run of a sweep). The more are tried, the better "
        "the best of them looks by chance alone."
    )
    yield Rows("Large falls of the US market, and what this period saw of them", _crises(run))
    yield Words(
        "What happened in this period need not happen again, and what never happened in it cannot "
        "be seen here. This is neither an offer nor advice to buy or sell anything."
    )


def _crises(run: Run) -> str:
    first, last = (day.astype(object) for day in (run.dates[0], run.dates[-1]))
    found = seen(first, last)
    never = Seen.NEVER.value  # a simulated market saw none of them, whatever its dates
    rows = [
        (
            escape(crisis.name),
            date(crisis.peak),
            date(crisis.trough),
            percent(crisis.depth, 0),
            never if run.market.simulated else held.value,
        )
        for crisis, held in reversed(found.items())
    ]
    return html_table(("Fall of the S&amp;P 500", "Peak", "Trough", "Depth", "Seen"), rows)


def _tried(trials: Trials) -> str:
    return "1 setting had" if trials.settings == 1 else f"{count(trials.settings)} settings had"


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count(number)}" for name, number in rows.items())


def _facts(facts: Sequence[tuple[str, Any]]) -> str:
    rows = [(escape(name), escape(str(fact))) for name, fact in facts]
    return f'<div class="facts">{html_table(("", ""), rows)}</div>'
