"""Counts of the coverage map, by hand and against the store's own measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.coverage import COVERAGE_STEPS, coverage_colours, coverage_figure
from dashboard.review_data_coverage import coverage_counts, coverage_months
from dashboard.theme import DARK, LIGHT, TEXT_CONTRAST, contrast
from data.catalog import Catalog

SESSIONS = np.array(
    ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02", "2024-04-01"], dtype="datetime64[D]"
)
BARS = np.array(
    [[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 1]], dtype=bool
)  # fmt: skip
NAMES = ("AAA", "BBB", "CCC")
SECTOR = {"AAA": "Energy", "BBB": "Utilities", "CCC": "no such sector"}


def membership(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ticker", "start_date", "end_date"])
    for column in ("start_date", "end_date"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def test_without_membership_a_bar_is_expected_between_first_and_last() -> None:
    found = coverage_counts(SESSIONS, NAMES, BARS, SECTOR, membership())
    assert found.rule == "listed"
    assert found.tickers == NAMES
    assert [str(month) for month in found.months] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert found.expected.tolist() == [[2, 2, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1]]
    assert found.there.tolist() == [[2, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1]]
    assert found.total == 7 / 8
    sectors = found.by_sector()
    assert sectors.index.tolist() == ["Energy", "Utilities", "Other"]
    assert sectors.loc["Energy"].fillna(-1).tolist() == [1.0, 0.5, -1.0, 1.0]
    assert found.totals("sector").loc["Energy", "missing"] == 1


def test_a_member_without_any_bar_is_expected_and_missing() -> None:
    rows = membership(("AAA", "2000-01-01", "2024-02-02"), ("ZZZ", "2024-02-01", None))
    found = coverage_counts(SESSIONS, NAMES, BARS, SECTOR | {"ZZZ": "Energy"}, rows)
    assert found.rule == "member"
    assert found.tickers == ("AAA", "ZZZ")  # nobody else is expected
    assert found.expected.tolist() == [[2, 1, 0, 0], [0, 2, 0, 1]]
    assert found.there.tolist() == [[2, 0, 0, 0], [0, 0, 0, 0]]
    worst_first = found.of_sector("Energy")
    assert worst_first.index.tolist() == ["ZZZ", "AAA"]
    assert found.total == 2 / 6


def test_a_market_without_bars_has_no_share() -> None:
    found = coverage_counts(SESSIONS, NAMES, np.zeros_like(BARS), SECTOR, membership())
    assert found.tickers == ()
    assert np.isnan(found.total)
    assert found.by_sector().empty


@given(st.integers(0, 2**32 - 1))
def test_counts_balance_whatever_the_bars(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = np.unique(rng.integers(19_000, 19_400, 80)).astype("datetime64[D]")
    bars = rng.random((len(days), 6)) < rng.random(6)
    names = tuple("ABCDEF")
    starts = rng.choice(days, 4)
    spans = [
        (str(rng.choice(list("ABCDEFXY"))), str(day), str(day + rng.integers(1, 200)))
        for day in starts
    ]
    for rows in (membership(), membership(*spans)):
        found = coverage_counts(days, names, bars, dict.fromkeys(names, "Energy"), rows)
        assert (found.there <= found.expected).all()
        for by in ("sector", "name"):
            totals = found.totals(by)
            assert totals["expected"].sum() == found.expected.sum()
            assert totals["missing"].sum() == (found.expected - found.there).sum()
        shares = found.by_sector().to_numpy()
        assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()


def test_it_is_the_coverage_that_the_store_measured(shared_demo_home: Path) -> None:
    catalog = Catalog(shared_demo_home)
    snapshot = catalog.snapshot("demo")
    assert coverage_months(catalog, snapshot).total == pytest.approx(snapshot.coverage, abs=1e-12)


@pytest.mark.parametrize("compact", [False, True])
def test_the_map_writes_every_cell_and_every_share(compact: bool) -> None:
    found = coverage_counts(SESSIONS, NAMES, BARS, SECTOR, membership())
    shares, totals = found.by_sector(), found.totals("sector")["share"]
    figure = coverage_figure(shares, totals, LIGHT, compact=compact)
    cells = figure.data[0]
    assert np.array_equal(cells.z, shares.to_numpy(), equal_nan=True)
    assert cells.text[0][1] == "Energy, 2024-02: 50.0\u202f%"
    assert list(figure.layout.yaxis.ticktext)[-1] == (
        "No sector" if compact else "Without a sector"
    )
    assert [note.text for note in figure.layout.annotations] == [
        "80.0\u202f%", "100.0\u202f%", "100.0\u202f%",
    ]  # fmt: skip
    names = coverage_figure(found.of_sector("Energy"), found.totals("name")["share"], LIGHT)
    assert names.layout.yaxis.ticktext == ("AAA",)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_a_gap_stands_out_from_what_is_whole(colours) -> None:  # noqa: ANN001
    steps = dict(coverage_colours(colours))
    assert list(steps) == [share for share, _ in COVERAGE_STEPS]
    assert len(set(steps.values())) == len(steps)
    assert contrast(steps[0.0], colours.page) > 3.0  # nothing there is what must be seen
    assert contrast(steps[1.0], colours.page) < contrast(steps[0.0], colours.page)
    assert contrast(colours.text, colours.page) > TEXT_CONTRAST
