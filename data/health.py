"""Data health: what looks wrong in a market, what was done about it, and how to overrule it.

A finding is a suspicion with its evidence, never a repair: nothing here changes a row. What an
import did (quarantined, excluded) is listed beside what is only seen now and was left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from data.assemble_actions import fetched_actions
from data.catalog import Catalog
from data.fetched import FetchedStore
from data.health_actions import action_findings
from data.health_facts import filing_findings, membership_findings, security_findings
from data.health_kinds import KINDS, Finding, Grade, worst_grade
from data.health_members import absent_members
from data.health_prices import price_findings
from data.snapshot import Snapshot

__all__ = ["HealthReport", "HealthTables", "check_market", "check_tables", "import_findings"]

# Grade of the whole run: the best one of which enough names are at least as good.
_RUN_SHARES: tuple[tuple[Grade, float], ...] = (("A", 0.95), ("B", 0.95), ("C", 0.95))
_NO_ACTIONS = (
    "false dividends, splits that are spin-offs: the market has no table of actions "
    "(plimsoll data check --actions FILE)"
)
_LAST_GRADE: Literal["D"] = "D"

# How data/overrides.py and the import write down an entry and what it matched.
_EXCLUDED = re.compile(r"exclude \S+(?: \([^)]*\))? (\S+) ")
_ROWS = re.compile(r"\(([\d,]+) rows?\)$")
_SECURITY = re.compile(r"security (\S+) [^:]*delisting_return")
_ACCEPTED = re.compile(r"accept (\S+) (\S+) (the first|\S+) to (the last|\S+): ")
_ENDINGS = ("ends_after_crash", "ends_while_member", "ends_early")


@dataclass(frozen=True, slots=True, eq=False)
class HealthTables:
    """Frames to look at, columns as in :mod:`data.schema`; only prices must have rows.

    ``actions`` holds date, ticker, dividend (on the split basis of prices), split (0 = none);
    None = not known, and what can only be seen beside actions is then not looked for.
    ``membership`` may have has_prices.
    """

    prices: pd.DataFrame
    securities: pd.DataFrame = field(default_factory=pd.DataFrame)
    membership: pd.DataFrame = field(default_factory=pd.DataFrame)
    fundamentals: pd.DataFrame = field(default_factory=pd.DataFrame)
    actions: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Findings and grades of one run.

    Attributes
    ----------
    findings : tuple of Finding
        Worst first, then by ticker and date.
    grades : dict of str to {"A", "B", "C", "D"}
        Every ticker of prices; A = nothing but remarks, B = single bars doubtful, C = returns
        doubtful, D = returns wrong unless overruled.
    grade : {"A", "B", "C", "D"}
        The best grade that 95 % of the names reach.
    not_looked_for : tuple of str
        What could not be judged for want of a table.
    unmatched : tuple of str
        Accepting entries of the overrides file that answer no finding.
    """

    findings: tuple[Finding, ...]
    grades: dict[str, Grade]
    grade: Grade
    not_looked_for: tuple[str, ...]
    unmatched: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each kind that has any, in the order of KINDS."""
        kinds = [finding.kind for finding in self.findings]
        return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}


def check_market(
    catalog: Catalog, source: str | Snapshot, actions: pd.DataFrame | None = None
) -> HealthReport:
    """Check a stored market beside the splits and dividends that it was made with.

    `actions` are those of an imported market, which has none in the store. Raises
    UnknownSourceError, StoreCorruptError, ….
    """
    snapshot = source if isinstance(source, Snapshot) else catalog.snapshot(source)
    kept_aside = catalog.findings(snapshot)
    if actions is None:
        actions = fetched_actions(FetchedStore(catalog.home), snapshot)
    members, absent = catalog.membership(snapshot), absent_members(kept_aside)
    tables = HealthTables(
        prices=catalog.prices(snapshot),
        securities=catalog.securities(snapshot),
        membership=pd.concat([members, absent]) if len(absent) else members,
        fundamentals=catalog.fundamentals(snapshot),
        actions=actions,
    )
    others = import_findings(snapshot, kept_aside)
    return check_tables(tables, others, accepted=snapshot.overrides)


def check_tables(
    tables: HealthTables, others: Iterable[Finding] = (), accepted: Iterable[str] = ()
) -> HealthReport:
    """Check frames.

    Parameters
    ----------
    tables : HealthTables
    others : iterable of Finding
        Made elsewhere, such as those of the import.
    accepted : iterable of str
        Entries of the overrides file as they are written down in a snapshot: ``accept`` answers
        findings, ``security`` with a delisting_return what holders got.
    """
    prices = tables.prices.sort_values(["ticker", "date"], kind="stable", ignore_index=True)
    found = [*others, *price_findings(prices)]
    found += security_findings(tables.securities, prices)
    found += membership_findings(tables.membership, prices)
    found += filing_findings(tables.fundamentals)
    entries = tuple(accepted)
    missing = [_NO_ACTIONS]
    if tables.actions is not None:
        found += action_findings(tables.actions)
        missing = []
    found, unmatched = _accepted(_stated(found, tables.securities, entries), entries)
    grades = _grades(prices["ticker"].unique(), found)
    ordered = sorted(found, key=lambda f: (-ord(KINDS[f.kind].grade[0]), f.ticker, str(f.first)))
    return HealthReport(tuple(ordered), grades, _run_grade(grades), tuple(missing), unmatched)


def import_findings(snapshot: Snapshot, rows: pd.DataFrame) -> list[Finding]:
    """Return what the import kept out: rows in quarantine by reason, rows an override excludes."""
    found = []
    kept_out = rows[rows["fate"] == "quarantined"] if len(rows) else rows
    for (table, reason), group in kept_out.groupby(["table", "reason"], sort=True):
        detail = f"{len(group)} rows of {table}: {reason}"
        found.append(Finding("quarantined", "", None, None, len(group), detail, "quarantined"))
    for text in snapshot.overrides:
        entry = _EXCLUDED.match(text)
        if entry:
            rows_out = _ROWS.search(text)
            number = int(rows_out[1].replace(",", "")) if rows_out else 0
            found.append(Finding("excluded", entry[1], None, None, number, text, "excluded"))
    return found


def _stated(
    found: Iterable[Finding], securities: pd.DataFrame, entries: Iterable[str]
) -> list[Finding]:
    # An ending is answered where the securities table says what happened, not only "data ended".
    # After a crash "nothing was lost" is no answer, unless a person states it.
    if "last_session" not in securities or "data_ended" not in securities:
        return list(found)
    ended = securities[securities["last_session"].notna()].to_dict("records")
    rows = {str(row["ticker"]): row for row in ended}
    by_hand = {match[1] for match in map(_SECURITY.match, entries) if match}
    return [
        _ending(finding, rows[finding.ticker], by_hand=finding.ticker in by_hand)
        if finding.kind in _ENDINGS and finding.ticker in rows
        else finding
        for finding in found
    ]


def _ending(finding: Finding, row: Mapping[Hashable, Any], *, by_hand: bool) -> Finding:
    if row["data_ended"]:
        return replace(finding, detail=f"{finding.detail}; only the data ended, nobody says why")
    back = row.get("delisting_return") or 0.0
    silent = not by_hand and not back
    words = (
        "the listing ended; what holders got after it nobody says, 0 is assumed"
        if silent
        else f"the listing ended, holders got {back:+.1%} after it"
    )
    known = finding.kind != "ends_after_crash" or not silent
    detail = f"{finding.detail}; {words}"
    return replace(finding, detail=detail, done="stated" if known else finding.done)


def _accepted(
    found: list[Finding], entries: Iterable[str]
) -> tuple[list[Finding], tuple[str, ...]]:
    # The findings, those that an entry answers marked so, and the entries that answer none.
    known = [match for match in map(_ACCEPTED.match, entries) if match]
    used: set[str] = set()

    def judged(finding: Finding) -> Finding:
        answers = [match.string for match in known if _answers(match, finding)]
        used.update(answers)
        open_ = finding.done == "nothing"
        return replace(finding, done="accepted") if answers and open_ else finding

    judged_all = [judged(finding) for finding in found]
    return judged_all, tuple(match.string for match in known if match.string not in used)


def _answers(entry: re.Match[str], finding: Finding) -> bool:
    first, last = str(finding.first or ""), str(finding.last or finding.first or "")
    return (
        (entry[1], entry[2]) == (finding.kind, finding.ticker)
        and (entry[3] == "the first" or entry[3] <= first)  # ISO days compare as texts
        and (entry[4] == "the last" or last <= entry[4])
    )


def _grades(tickers: Iterable[str], found: Iterable[Finding]) -> dict[str, Grade]:
    by_name: dict[str, list[Grade]] = {str(ticker): [] for ticker in tickers}
    for finding in found:
        if finding.ticker in by_name and finding.done == "nothing":
            by_name[finding.ticker].append(KINDS[finding.kind].grade)
    return {ticker: worst_grade(grades) for ticker, grades in by_name.items()}


def _run_grade(grades: Mapping[str, Grade]) -> Grade:
    reached = np.array(list(grades.values()) or ["A"])
    for grade, share in _RUN_SHARES:
        if (reached <= grade).mean() >= share:
            return grade
    return _LAST_GRADE
