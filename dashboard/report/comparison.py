"""A comparison for programs and terminals: the same numbers as the page Compare.

Names come from files: they are printed as they are, never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Final

import pandas as pd
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from core.attribution import NO_RULES, SCENARIO, RuleAccount
from core.rules import Rule
from core.scenario import scenario_hash, specs, value_at
from dashboard.caveats import caveats
from dashboard.format import DASH, FORMATS, date, percent, points
from dashboard.report.comparison_words import (
    caution,
    day_sentence,
    difference_text,
    field_text,
    interval_text,
    ranking_words,
    verdict_words,
)
from dashboard.report.document import plain_values
from dashboard.report.faces import ANNUAL, FACES
from dashboard.review_compare import (
    JUDGED,
    Pairs,
    Side,
    changed,
    ranking,
)
from dashboard.review_compare import RANKED as _RANKED
from dashboard.review_disagreement import Disagreement
from dashboard.review_evidence import LEVEL, RESAMPLES, SEED, is_short

__all__ = ["SCHEMA", "Comparison", "comparison_document", "print_comparison"]

SCHEMA: Final = 1
_SHOWN_DAYS: Final = 5
_LEAST_VALUE: Final = 9  # characters of a value's column before a field's path is wrapped
_WIDE: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Everything that is said of two to four settings.

    Attributes
    ----------
    sides : sequence of Side
        The first is what the others are compared with.
    notes : sequence of str
    pairs : mapping, optional
        None where the period is too short for a verdict.
    accounts : mapping of letter to RuleAccount
        But of the control.
    days : mapping of letter to days
        Largest disagreements with the first.
    """

    sides: Sequence[Side]
    notes: Sequence[str]
    pairs: Pairs | None
    accounts: Mapping[str, RuleAccount]
    days: Mapping[str, tuple[Disagreement, ...]]


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return everything as JSON: fractions, ISO dates, None for what is undefined."""
    run = found.sides[0].run
    table = changed(found.sides)
    document = {
        "schema": SCHEMA,
        "plimsoll": version("plimsoll"),
        "data": {
            "source": run.market.source,
            "simulated": run.market.simulated,
            "fingerprint": run.market.fingerprint,
            "start": str(run.dates[0]),
            "end": str(run.dates[-1]),
            "sessions": len(run.dates),
        },
        "settings": [_setting(side) for side in found.sides],
        "changed_fields": {
            str(path): {str(k): _plain(v) for k, v in row.items()}
            for path, row in table.to_dict("index").items()
        },
        "verdict": None if found.pairs is None else _verdict(found.sides, found.pairs),
        "accounts": {letter: _account(account) for letter, account in found.accounts.items()},
        "disagreements": {
            letter: [_day(day, run.dates) for day in days] for letter, days in found.days.items()
        },
        "notes": list(found.notes),
    }
    plain: dict[str, Any] = plain_values(document)
    return plain


def _setting(side: Side) -> dict[str, Any]:
    scenario = side.run.scenario
    control = side.control
    told: dict[str, Any] = {"letter": side.letter, "label": side.label}
    if control is None:
        values = {path: _plain(value_at(scenario, path)) for path in specs()}
        told |= {"hash": scenario_hash(scenario), "values": values}
    else:
        told["control"] = {
            "average_exposure": control.average_exposure,
            "exposure": control.exposure,
        }
    return told | {"metrics": side.run.metrics.as_dict()}


def _verdict(sides: Sequence[Side], pairs: Pairs) -> dict[str, Any]:
    ranked = {metric: ranking(sides, pairs, metric) for metric in _RANKED}
    return {
        "level": LEVEL,
        "resamples": RESAMPLES,
        "seed": SEED,
        "pairs": [
            {"minus": other, "of": one, "metrics": {m: _difference(d) for m, d in found.items()}}
            for (one, other), found in pairs.items()
        ],
        "ranking": {
            metric: {
                "order": [side.letter for side in order],
                "beyond_noise": [[better.letter, worse.letter] for better, worse in beyond],
            }
            for metric, (order, beyond) in ranked.items()
        },
    }


def _difference(found: Any) -> dict[str, Any]:
    told = asdict(found)
    return {
        name: told[name]
        for name in ("estimate", "low", "high", "p_value", "block_length", "undefined")
    } | {"verdict": found.verdict.value}


def _account(account: RuleAccount) -> dict[str, Any]:
    shares = account.shares()
    return {
        name: {
            NO_RULES.lower().replace(" ", "_"): float(shares.without[column]),
            "rules": {str(rule): float(shares.of(rule)[column]) for rule in Rule},
            SCENARIO.lower(): float(shares.scenario[column]),
        }
        for column, name in enumerate(shares.names)
    }


def _day(day: Disagreement, dates: Any) -> dict[str, Any]:
    told = asdict(day) | {"date": str(dates[day.session]), "gap": day.gap}
    return told | {"names": dict(day.names)}


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "isoformat") else value


def print_comparison(found: Comparison, console: Console) -> None:
    """Print verdicts before anything that ranks, then metrics, fields, accounts and days."""
    run, sides = found.sides[0].run, found.sides
    simulated = ("  [SIMULATED MARKET]", "bold") if run.market.simulated else ""
    window = f"{date(run.dates[0])} … {date(run.dates[-1])} · {len(run.dates)} sessions"
    console.print(Text.assemble(f"{run.market.source} · {window}", simulated))
    for side in sides:
        console.print(Text.assemble((side.letter, "bold"), f" {side.label}"))
    _lines(console, [f"· {lack.text}" for lack in caveats(run)])
    _lines(console, [f"· {note}" for note in found.notes])
    if found.pairs is None:
        _section(console, "Too short for a verdict: no ranking is shown without one.")
    else:
        _section(console, "Is the difference more than luck?")
        _lines(console, [*verdict_words(sides, found.pairs), caution(found.pairs)])
    _section(console, "Metrics")
    table = _metrics_table(sides, found.pairs, " ")
    if _width(table, console) > console.width:
        table = _metrics_table(sides, found.pairs, "\n")
    console.print(table)
    if found.pairs is not None:
        _section(console, "Order, now that the noise is known")
        rows = ranking_words(sides, found.pairs)
        console.print(_table(("", "best first", "beyond noise"), rows, left=3))
    _section(console, "Changed fields")
    console.print(_fields_table(changed(sides), console.width))
    _section(console, "What each rule did to total return (Shapley shares)")
    console.print(_accounts_table(found.accounts))
    for side in sides[1:]:
        _section(console, f"When {side.letter} and {sides[0].letter} parted most")
        letters = (sides[0].letter, side.letter)
        days = found.days[side.letter][:_SHOWN_DAYS]
        _lines(console, [day_sentence(day, run, letters) for day in days] or ["Never."])


def _metrics_table(sides: Sequence[Side], pairs: Pairs | None, between: str) -> Table:
    # `between` parts a difference from its interval: a line where both on one are too wide.
    rows = []
    for face in FACES.values():
        values = [side.run.metrics.as_dict()[face.name] for side in sides]
        withheld = face.name in ANNUAL and is_short(sides[0].run)
        cells = [DASH if withheld else FORMATS[face.kind](value) for value in values]
        if pairs is not None and face.name in JUDGED:
            for number, side in enumerate(sides[1:], start=1):
                one = pairs[side.letter, sides[0].letter][face.name]
                change = difference_text(face.name, one.estimate)
                cells[number] += f"\n{change}{between}({interval_text(one)})\n{one.verdict.value}"
        label = f"{face.label}, total" if face.yearly else face.label
        rows.append((label, *cells))
    return _table(("", *(side.letter for side in sides)), rows)


def _fields_table(table: pd.DataFrame, width: int) -> Table:
    rows = [
        (str(path), *(field_text(specs()[str(path)], value) for value in values))
        for path, values in zip(table.index, table.to_numpy(dtype=object), strict=True)
    ]
    found = _table(("", *map(str, table.columns)), rows)
    # A path is to be typed: values wrap before it does.
    room = width - max((len(path) for path, *_ in rows), default=0)
    found.columns[0].no_wrap = room >= _LEAST_VALUE * len(table.columns)
    return found


def _accounts_table(accounts: Mapping[str, RuleAccount]) -> Table:
    shares = {letter: account.shares() for letter, account in accounts.items()}
    rows = [(NO_RULES, *(percent(float(one.without[0])) for one in shares.values()))]
    for rule in Rule:
        cells = []
        for letter, account in accounts.items():
            value = float(shares[letter].of(rule)[0])
            told = points(value) if value != 0.0 else DASH
            cells.append(told if rule in account.rules else "off")
        rows.append((rule.label, *cells))
    rows.append((SCENARIO, *(percent(float(one.scenario[0])) for one in shares.values())))
    return _table(("", *shares), rows)


def _table(titles: Sequence[str], rows: Any, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, title in enumerate(titles):
        side: JustifyMethod = "left" if column < left else "right"
        table.add_column(Text(title), justify=side, overflow="fold")  # nothing is ever cut
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _width(table: Table, console: Console) -> int:
    # Of its widest cells, whatever the console has room for.
    return Measurement.get(console, console.options.update(max_width=_WIDE), table).maximum


def _section(console: Console, title: str) -> None:
    console.print(Text(f"\n{title}", style="bold"))


def _lines(console: Console, lines: Any) -> None:
    for line in lines:
        console.print(Text(line))
