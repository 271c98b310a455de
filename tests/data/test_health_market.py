"""Data health of stored markets: what the import did, what is accepted, grades, the docs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from data.catalog import Catalog
from data.errors import OverridesError
from data.health import HealthTables, check_market, check_tables
from data.health_kinds import KINDS, worst_grade
from tests.data.conftest import MarketFiles
from tests.data.test_health import clean


@pytest.mark.parametrize(("bad", "grade"), [(0, "A"), (1, "A"), (2, "D")])
def test_grade_of_the_run_is_reached_by_95_percent_of_the_names(bad: int, grade: str) -> None:
    prices = clean(*(f"T{number:02d}" for number in range(20)))
    twice = prices[prices["ticker"].isin([f"T{number:02d}" for number in range(bad)])]
    report = check_tables(HealthTables(pd.concat([prices, twice.iloc[::40]], ignore_index=True)))
    assert list(report.grades.values()).count("D") == bad
    assert report.grade == grade


def test_worst_grade() -> None:
    assert worst_grade([]) == "A"
    assert worst_grade(["B", "D", "C"]) == "D"


def test_a_stored_market_says_what_the_import_did(files: MarketFiles) -> None:
    files.append("prices", date=pd.Timestamp("2024-01-09"), close=-1.0)
    files.frames["prices"].loc[1, "volume"] = 0.0
    files.load(overrides='[[exclude]]\nticker = "BBB"\nto = 2024-01-02\nreason = "wrong"\n')
    report = check_market(Catalog(files.home), "us")
    done = {(finding.kind, finding.ticker): finding for finding in report.findings}
    assert done["quarantined", ""].done == "quarantined"
    assert "non_positive_price" in done["quarantined", ""].detail
    excluded = done["excluded", "BBB"]
    assert (excluded.done, excluded.count) == ("excluded", 1)
    assert done["zero_volume", "AAA"].done == "nothing"
    assert done["gap", "CCC"].first == dt.date(2024, 1, 4)
    assert report.not_looked_for


@pytest.mark.parametrize(
    ("span", "grade"),
    [
        ("", "B"),
        ("from = 2024-01-03\nto = 2024-01-03", "B"),
        ("to = 2024-01-02", "C"),
        ("from = 2024-01-04", "C"),
    ],
)
def test_an_accepted_finding_counts_no_more(files: MarketFiles, span: str, grade: str) -> None:
    files.frames["prices"].loc[1:, ["close", "adj_close", "open", "high", "low"]] *= 2.0
    files.frames["prices"].loc[2, "volume"] = 0.0
    entry = f'[[accept]]\nkind = "jump"\nticker = "AAA"\n{span}\nreason = "it was so"\n'
    files.load(overrides=entry)
    report = check_market(Catalog(files.home), "us")
    jump = next(finding for finding in report.findings if finding.kind == "jump")
    assert jump.done == ("accepted" if grade == "B" else "nothing")
    assert report.grades["AAA"] == grade


def test_an_unknown_kind_cannot_be_accepted(files: MarketFiles) -> None:
    with pytest.raises(OverridesError, match=r"kind must be one of .* Did you mean 'jump'\?"):
        files.load(overrides='[[accept]]\nkind = "jumps"\nticker = "A"\nreason = "so"\n')


def test_the_docs_name_every_kind() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/data.md").read_text(encoding="utf-8")
    table = page.split("<!-- health: begin -->")[1].split("<!-- health: end -->")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    assert rows == [f"| {name} | {kind.grade} | {kind.meaning} |" for name, kind in KINDS.items()]
