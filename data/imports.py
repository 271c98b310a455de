"""From files to a stored market: tables taken in, securities completed, all of it written."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.books import BookInfo, import_book
from data.errors import BooksOfRowsError
from data.frames import to_frame
from data.health_members import left_out_members
from data.intake import Intake, take_in
from data.listings import Listings, bar_spans, resolve_listings
from data.overrides import Exclusion, Overrides, load_overrides
from data.reports import ImportReport, TableReport
from data.schema import SCHEMAS, TABLES
from data.snapshot import Snapshot
from data.store import ImportTrail, MarketTables, check_real_name, write_market

__all__ = ["BookInfo", "ImportPaths", "ImportReport", "Progress", "import_book", "import_market"]

Progress = Callable[[str, float], None]

# Share of the time each table takes, for the progress bar; writing takes the rest.
_SHARES = {
    "prices": 0.42,
    "securities": 0.02,
    "membership": 0.02,
    "fundamentals": 0.06,
    "indices": 0.08,
    "rates": 0.02,
}


@dataclass(frozen=True, slots=True)
class ImportPaths:
    """Files of one market, parquet or CSV; every table but prices may be left out."""

    prices: Path
    securities: Path | None = None
    membership: Path | None = None
    fundamentals: Path | None = None
    indices: Path | None = None
    rates: Path | None = None

    def given(self) -> dict[str, Path]:
        """Return the files that are there, by table, in the order of the import."""
        paths = {item.name: getattr(self, item.name) for item in fields(self)}
        return {table: path for table, path in paths.items() if path is not None}


def import_market(
    home: Path,
    name: str,
    paths: ImportPaths,
    overrides: Path | None = None,
    progress: Progress | None = None,
    *,
    today: dt.date | None = None,
) -> ImportReport:
    """Read, judge and store the files of a market.

    Bad rows go into quarantine with a reason, rows named by the overrides are left out, rows of
    symbols without prices are left out; all are counted and nothing is filled or repaired.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME.
    name : str
        Name of the market; ``demo`` is kept for the simulated one.
    paths : ImportPaths
    overrides : Path, optional
        A TOML file, docs/data.md.
    progress : callable, optional
        Gets the stage in words and the fraction done.
    today : date, optional
        Last day that data may have; the day of the clock when not given.

    Returns
    -------
    ImportReport

    Raises
    ------
    DataError
        One of its kinds, with what was expected and the way out; what was stored before stays.
    """
    began = time.perf_counter()
    say = progress or (lambda stage, fraction: None)
    check_real_name(name)
    known = load_overrides(overrides) if overrides is not None else Overrides()
    intakes = _take_in_all(paths, known, say, today or dt.datetime.now(dt.UTC).date())
    say("securities", sum(_SHARES.values()))
    listings = _listings(intakes, known)
    reports = _reports(intakes, listings)
    applied, unmatched = _outcome(known, intakes, listings)
    say("writing", sum(_SHARES.values()))
    snapshot = write_market(
        home,
        name,
        _tables(intakes, listings),
        simulated=False,
        return_basis=_return_basis(intakes["prices"].table),
        origin=", ".join(path.name for path in paths.given().values()),
        trail=_trail(intakes, reports, applied, unmatched),
    )
    _check_stored(snapshot, reports)
    say("done", 1.0)
    seconds = time.perf_counter() - began
    return ImportReport(snapshot, reports, applied, unmatched, seconds)


def _listings(intakes: dict[str, Intake], known: Overrides) -> Listings:
    spans = bar_spans(intakes["prices"].table)
    listed = intakes.get("securities")
    if listed is None:
        return resolve_listings(None, frozenset(), spans, known.securities)
    return resolve_listings(listed.table, listed.given, spans, known.securities)


def _take_in_all(
    paths: ImportPaths, known: Overrides, say: Progress, today: dt.date
) -> dict[str, Intake]:
    # Prices come first: they decide which symbols the other tables may speak of.
    intakes: dict[str, Intake] = {}
    done = 0.0
    scope: frozenset[str] | None = None
    for table, path in paths.given().items():
        say(f"reading {table}", done)
        symbols = scope if table in ("securities", "membership", "fundamentals") else None
        intakes[table] = take_in(
            path,
            SCHEMAS[table],
            today=today,
            exclusions=[entry for entry in known.exclusions if entry.table == table],
            in_scope=symbols,
        )
        if table == "prices":
            scope = frozenset(pc.unique(intakes[table].table["ticker"]).to_pylist())
        done += _SHARES[table]
    return intakes


def _reports(intakes: dict[str, Intake], listings: Listings) -> tuple[TableReport, ...]:
    reports = {table: intake.report for table, intake in intakes.items()}
    securities = reports.get("securities") or TableReport("securities", "no file", 0, 0)
    reports["securities"] = replace(
        securities,
        stored=len(listings.frame),
        added=listings.added,
        notes=securities.notes + listings.notes,
    )
    return tuple(reports[table] for table in TABLES if table in reports)


def _tables(intakes: dict[str, Intake], listings: Listings) -> MarketTables:
    frames: dict[str, pd.DataFrame] = {"securities": listings.frame}
    for table, intake in intakes.items():
        if table != "securities":
            frames[table] = to_frame(intake.table.select(SCHEMAS[table].names))
    return MarketTables(**frames)


def _outcome(
    known: Overrides, intakes: dict[str, Intake], listings: Listings
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    applied, unmatched = [], []
    for entry in known.exclusions:
        rows = _matched(entry, intakes)
        if rows:
            applied.append(f"{entry} ({rows:,} {'row' if rows == 1 else 'rows'})")
        else:
            unmatched.append(str(entry))
    for fact in known.securities:
        (unmatched if fact in listings.unmatched else applied).append(str(fact))
    unmatched += [f"{action} (only a fetched market has actions)" for action in known.actions]
    # What they answer is only known when the stored market is checked (data/health.py).
    applied += [str(acceptance) for acceptance in known.acceptances]
    return tuple(applied), tuple(unmatched)


def _matched(entry: Exclusion, intakes: dict[str, Intake]) -> int:
    return intakes[entry.table].matched.get(entry, 0) if entry.table in intakes else 0


def _trail(
    intakes: dict[str, Intake],
    reports: tuple[TableReport, ...],
    applied: tuple[str, ...],
    unmatched: tuple[str, ...],
) -> ImportTrail:
    findings = [intake.findings for intake in intakes.values() if len(intake.findings)]
    outside = [
        intake.out_of_scope.select(SCHEMAS["membership"].names)
        for table, intake in intakes.items()
        if table == "membership"
    ]
    absent = to_frame(outside[0]) if outside else None
    if absent is not None and len(absent):
        findings.append(left_out_members(absent))
    notes = [f"{report.table}: {note}" for report in reports for note in report.notes]
    return ImportTrail(
        quarantined=_by_reason(reports, "quarantined"),
        flagged=_by_reason(reports, "flagged"),
        excluded={report.table: report.excluded for report in reports if report.excluded},
        overrides=applied,
        notes=(*notes, *(f"override matches nothing: {text}" for text in unmatched)),
        findings=pd.concat(findings, ignore_index=True) if findings else None,
        members_without_prices=absent,
    )


def _by_reason(reports: tuple[TableReport, ...], what: str) -> dict[str, int]:
    return {
        f"{report.table}: {reason}": count
        for report in reports
        for reason, count in getattr(report, what).items()
    }


def _return_basis(prices: pa.Table) -> str:
    names = pc.unique(prices.filter(pc.equal(prices["basis"], "adj_only"))["ticker"])
    close, adjusted = prices["close"].to_numpy(), prices["adj_close"].to_numpy()
    if not len(names) and np.array_equal(close, adjusted):
        return "adj_close, but it equals close in every bar: dividends are not in it"
    text = "total return: adj_close, adjusted for splits and dividends"
    if len(names):
        text += f"; close of {len(names)} names is adjusted too (adj_only)"
    return text


def _check_stored(snapshot: Snapshot, reports: tuple[TableReport, ...]) -> None:
    for report in reports:
        if snapshot.tables[report.table] != report.stored:
            raise BooksOfRowsError(
                f"{report.table} must have {report.stored} rows in the store, has "
                f"{snapshot.tables[report.table]}. This is a defect of the importer."
            )
