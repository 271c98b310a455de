"""Findings of the Data page: filters, and entries that data/overrides.py reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dashboard.review_data_health import Filter, chosen, entries, findings_frame
from data.health_kinds import KINDS, Finding
from data.overrides import load_overrides

DAY, LATER = dt.date(2020, 3, 9), dt.date(2020, 3, 12)
FOUND = [
    Finding("false_adjustment", "BBB", DAY, LATER, 2, "steps by 40%"),
    Finding("jump", "AAA", DAY, DAY, 1, "total return: 2020-03-09 -53.9%"),
    Finding("stale", "AAA", DAY, LATER, 5, "5 sessions at 0.51", "accepted"),
    Finding("quarantined", "", None, None, 9, "9 rows of prices: duplicate", "quarantined"),
]


def test_the_table_has_a_row_for_each_and_keeps_the_order() -> None:
    table = findings_frame(FOUND)
    assert table["grade"].tolist() == ["D", "C", "B", "A"]
    assert table["name"].tolist() == ["BBB", "AAA", "AAA", ""]
    assert table.loc[0, ["first", "last"]].tolist() == [DAY, LATER]
    assert findings_frame([]).columns.tolist() == table.columns.tolist()


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (Filter(), ["false_adjustment", "jump", "stale", "quarantined"]),
        (Filter(grades=("C", "D")), ["false_adjustment", "jump"]),
        (Filter(kinds=("stale",)), ["stale"]),
        (Filter(text="aaa"), ["jump", "stale"]),
        (Filter(text=" 53.9"), ["jump"]),
        (Filter(open_only=True), ["false_adjustment", "jump"]),
        (Filter(grades=("A",), open_only=True), []),
    ],
)
def test_filters(wanted: Filter, kinds: list[str]) -> None:
    assert [one.kind for one in chosen(FOUND, wanted)] == kinds


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_can_be_put_into_an_overrides_file(kind: str, tmp_path: Path) -> None:
    found = entries(Finding(kind, "BRK.B", DAY, LATER, 1, 'a "quoted" detail'))
    for text in found.values():
        file = tmp_path / "overrides.toml"
        file.write_text(text, encoding="utf-8")
        read = load_overrides(file)
        told = [*read.exclusions, *read.securities, *read.acceptances]
        assert [one.ticker for one in told] == ["BRK.B"]
        for one in (*read.exclusions, *read.acceptances):
            assert (one.start, one.end) == (DAY, LATER)
        assert [one.kind for one in read.acceptances] in ([], [kind])
    mended_at_the_source = (
        "without_prices", "odd_lag", "assumed_date", "quarantined", "excluded",
    )  # fmt: skip
    assert (not found) == (kind in mended_at_the_source)


def test_what_is_nobodys_has_no_entry() -> None:
    assert entries(Finding("gap", "", DAY, DAY, 1, "")) == {}


def test_a_finding_without_days_is_accepted_for_good(tmp_path: Path) -> None:
    text = entries(Finding("spliced", "FRC", None, None, 1, ""))["It is right"]
    file = tmp_path / "overrides.toml"
    file.write_text(text, encoding="utf-8")
    (one,) = load_overrides(file).acceptances
    assert (one.start, one.end) == (None, None)
