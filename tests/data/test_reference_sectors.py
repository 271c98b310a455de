from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ReferenceFileError
from data.reference_agreement import UNMAPPED, Agreement, Classified, agreement
from data.reference_sectors import (
    parse_overrides,
    parse_rules,
    sector_of,
    sector_of_sic,
    sector_overrides,
    sector_rules,
)
from data.reference_split import half_of
from data.reference_universe import load_universe
from data.schema import SECTORS

REAL = Path(__file__).parents[3] / "shared" / "market" / "securities.parquet"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="../shared/market is not beside this")
TODAY = dt.date(2024, 12, 6)

# Major groups of the SIC manual of 1987, divisions A to K; the gaps are not assigned in it.
MAJOR_GROUPS = [
    *(1, 2, 7, 8, 9), *(10, 12, 13, 14), *(15, 16, 17), *range(20, 40), *range(40, 50),
    *(50, 51), *range(52, 60), *(60, 61, 62, 63, 64, 65, 67),
    *(70, 72, 73, 75, 76, 78, 79, 80, 81, 82, 83, 84, 86, 87, 88, 89), *range(91, 98), 99,
]  # fmt: skip
NO_COMPANY = {*range(91, 98), 99}


@pytest.mark.parametrize("group", MAJOR_GROUPS)
@pytest.mark.parametrize("day", [dt.date(2015, 1, 2), dt.date(2017, 6, 1), TODAY])
def test_every_major_group_of_the_manual_has_a_rule_on_every_structure(
    group: int, day: dt.date
) -> None:
    rule = sector_of_sic(group * 100, day)
    assert rule is not None
    assert (rule.sector is None) == (group in NO_COMPANY)


@given(st.integers(1, 9999), st.dates(dt.date(1999, 1, 1), dt.date(2030, 1, 1)))
def test_the_rule_is_the_longest_prefix_in_force(code: int, day: dt.date) -> None:
    text = f"{code:04d}"
    fitting = [
        rule
        for rule in sector_rules()
        if text.startswith(rule.prefix)
        and (rule.first is None or rule.first <= day)
        and (rule.last is None or day <= rule.last)
    ]
    expected = max(fitting, key=lambda rule: len(rule.prefix), default=None)
    assert sector_of_sic(code, day) == expected == sector_of_sic(text, day)


def test_every_sector_can_be_reached_by_a_rule() -> None:
    assert {rule.sector for rule in sector_rules() if rule.sector} == set(SECTORS)


@pytest.mark.parametrize(
    ("sic", "before", "after", "change"),
    [
        (6798, "Financials", "Real Estate", dt.date(2016, 9, 1)),
        (4841, "Consumer Discretionary", "Communication Services", dt.date(2018, 9, 29)),
        (5331, "Consumer Discretionary", "Consumer Staples", dt.date(2023, 3, 18)),
        (7374, "Information Technology", "Industrials", dt.date(2023, 3, 18)),
    ],
)
def test_a_change_of_the_structure_counts_from_its_day(
    sic: int, before: str, after: str, change: dt.date
) -> None:
    eve = sector_of_sic(sic, change - dt.timedelta(days=1))
    then = sector_of_sic(sic, change)
    assert eve is not None
    assert then is not None
    assert (eve.sector, then.sector) == (before, after)


@pytest.mark.parametrize("sic", [None, "", "nan", "-1", 0, 10000, "12a4", 6666])
def test_what_is_no_known_code_has_no_sector_and_says_so(sic: int | str | None) -> None:
    answer = sector_of("ZZZZ", sic, TODAY)
    assert (answer.sector, answer.origin) == (None, "none")
    assert "SIC" in answer.reason


def test_an_override_wins_over_the_rule_and_names_its_reason() -> None:
    assert sector_of("V", 7389, TODAY).sector == "Financials"
    assert sector_of("V", 7389, dt.date(2022, 1, 3)).sector == "Information Technology"
    assert sector_of("V", 7389, TODAY).origin == "override"
    rule = sector_of_sic(7389, TODAY)
    assert rule is not None
    assert rule.sector == "Industrials", "the rule itself stays as it is"


def test_an_override_is_not_for_another_company_of_the_same_symbol() -> None:
    assert sector_of("V", 2834, TODAY, cik=99).sector == "Health Care"
    assert sector_of("V", 2834, TODAY, cik=1403161).sector == "Financials"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,Energy,,,x", "prefix must be 2 to 4 digits"),
        ("12345,Energy,,,x", "prefix must be 2 to 4 digits"),
        ("12,Oil,,,x", "one of the eleven GICS sectors, was 'Oil'"),
        ("12,Energy,2020-13-01,,x", "must be dates"),
        ("12,Energy,2020-02-01,2020-01-01,x", "to must not lie before from"),
        ("12,Energy,,,", "about must say"),
        ("12,Energy,,x", "a row must have 5 fields"),
        ("12,Energy,,2020-01-01,x\n12,Materials,2020-01-01,,x", "must not be in force on one day"),
    ],
)
def test_a_bad_rule_is_refused_with_its_line(line: str, fault: str) -> None:
    with pytest.raises(ReferenceFileError, match=fault):
        parse_rules(f"prefix,sector,from,to,about\n{line}\n", "rules.csv")


def test_a_bad_override_is_refused() -> None:
    head = "ticker,sector,from,to,cik,reason\n"
    with pytest.raises(ReferenceFileError, match="reason must not be empty"):
        parse_overrides(head + "A,Energy,,,,\n", "o.csv")
    with pytest.raises(ReferenceFileError, match="cik must be a number"):
        parse_overrides(head + "A,Energy,,,x1,why\n", "o.csv")
    with pytest.raises(ReferenceFileError, match="columns must be"):
        parse_overrides("ticker\nA\n", "o.csv")


def test_the_split_is_the_one_fixed_before_the_rules() -> None:
    assert [half_of(name) for name in ("AAPL", "MSFT", "JPM", "XOM")] == [
        "writing" if hashlib.sha256(f"plimsoll sector rules 1:{name}".encode()).digest()[0] % 2 == 0
        else "held_out"
        for name in ("AAPL", "MSFT", "JPM", "XOM")
    ]  # fmt: skip


def test_agreement_counts_every_company_once_and_the_unmapped_against_the_rules() -> None:
    found = agreement(
        [
            Classified("A", 2834, "Health Care"),
            Classified("B", 3841, "Industrials"),
            Classified("C", 9995, "Energy"),
            Classified("D", 1311, "Energy"),
        ],
        TODAY,
    )
    assert (found.companies, found.rate, found.unmapped) == (4, 0.5, 0.25)
    assert found.confusion.loc["Industrials", "Health Care"] == 1
    assert found.confusion.loc["Energy", UNMAPPED] == 1
    assert found.by_sector.loc["Energy", "recall"] == 0.5
    assert found.by_sector.loc["Health Care", "precision"] == 0.5
    assert pd.isna(found.by_sector.loc["Utilities", "recall"])


def _held_out() -> Agreement:
    names = pd.read_parquet(REAL, columns=["ticker", "sector", "sic_code"])
    known = names[names["sic_code"].notna() & names["sector"].notna()]
    return agreement(
        (
            Classified(ticker, int(sic), sector)
            for ticker, sector, sic in known.itertuples(index=False)
            if half_of(ticker) == "held_out"
        ),
        TODAY,
    )


@needs_real
@pytest.mark.real_data
def test_fewer_than_two_percent_of_real_companies_with_a_code_are_unmapped() -> None:
    names = pd.read_parquet(REAL, columns=["ticker", "sic_code"]).dropna()
    rules = [sector_of_sic(int(code), TODAY) for code in names["sic_code"]]
    assert len(rules) > 500
    assert sum(rule is None or rule.sector is None for rule in rules) / len(rules) < 0.02


@needs_real
@pytest.mark.real_data
def test_the_rules_alone_agree_on_companies_not_used_to_write_them_as_the_docs_say() -> None:
    found = _held_out()
    assert (found.companies, int(found.by_sector["agree"].sum())) == (258, 224)
    docs = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    for sector, row in found.by_sector.iterrows():
        counts = f"| {sector} | {int(row['companies'])} | {int(row['agree'])} |"
        assert counts in docs, f"docs/reference.md must have {counts}"


@needs_real
@pytest.mark.real_data
def test_us200_and_the_overrides_contradict_no_real_company() -> None:
    real = pd.read_parquet(REAL).set_index("ticker")
    codes = real["sic_code"].dropna().astype(int).to_dict()
    for member in load_universe("us200").stocks:
        row = real.loc[member.ticker.replace(".", "-")]
        assert row["sector"] == member.sector, member
        sic = codes.get(member.ticker.replace(".", "-"))
        if sic is not None:
            assert sector_of(member.ticker, sic, TODAY).sector == member.sector, member
    for ticker, overrides in sector_overrides().items():
        if ticker in real.index:
            known = [entry.cik for entry in overrides if entry.cik is not None]
            assert all(cik == real.loc[ticker, "cik"] for cik in known), ticker
