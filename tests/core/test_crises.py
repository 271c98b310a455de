"""Falls of the market: their depths, what a period saw of them, and the closes they rest on."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crises import CRISES, Crisis, Seen, seen

INDICES = Path(__file__).resolve().parents[2].parent / "shared" / "market" / "indices.parquet"
DAYS = st.dates(dt.date(1970, 1, 1), dt.date(2030, 1, 1))

# Published depths in percent: S&P Dow Jones Indices (Silverblatt) and Yardeni Research.
PUBLISHED = (
    -48.2, -19.4, -27.1, -33.5, -19.9, -19.3, -49.1, -56.8, -19.4, -19.8, -33.9, -25.4, -18.9,
)  # fmt: skip


def test_depths_are_the_published_ones() -> None:
    assert [round(100.0 * crisis.depth, 1) for crisis in CRISES] == list(PUBLISHED)


def test_falls_follow_one_another() -> None:
    for one, other in itertools.pairwise(CRISES):
        assert one.peak < one.trough < other.peak
    assert all(crisis.days == (crisis.trough - crisis.peak).days > 0 for crisis in CRISES)


@given(DAYS, DAYS, st.sampled_from(CRISES))
def test_seen_is_what_the_days_say(one: dt.date, other: dt.date, crisis: Crisis) -> None:
    first, last = min(one, other), max(one, other)
    begin, end = max(first, crisis.peak), min(last, crisis.trough)
    expected = Seen.NEVER
    if end > begin:  # at least one return of the fall
        expected = Seen.WHOLE if (begin, end) == (crisis.peak, crisis.trough) else Seen.PART
    elif (first, last) == (begin, end) and crisis.peak < first == last < crisis.trough:
        expected = Seen.PART
    assert crisis.seen(first, last) is expected


def test_the_origin_period_saw_one_fall_whole() -> None:
    found = seen(dt.date(2021, 6, 1), dt.date(2024, 5, 31))
    assert [crisis.name for crisis, how in found.items() if how is not Seen.NEVER] == [
        "Inflation bear market"
    ]
    assert Seen.PART not in found.values()


@pytest.mark.skipif(not INDICES.exists(), reason="needs ../shared/market, the real market data")
def test_closes_are_those_of_the_index() -> None:
    table = pd.read_parquet(INDICES, columns=["date", "ticker", "close"])
    index = table[table["ticker"] == "^GSPC"].set_index("date")["close"]
    index.index = pd.to_datetime(index.index)
    inside = [c for c in CRISES if c.seen(index.index[0].date(), index.index[-1].date()) == "whole"]
    assert len(inside) == 5
    for crisis in inside:
        assert index[pd.Timestamp(crisis.peak)] == pytest.approx(crisis.peak_close, abs=0.01)
        assert index[pd.Timestamp(crisis.trough)] == pytest.approx(crisis.trough_close, abs=0.01)
        between = index[pd.Timestamp(crisis.peak) : pd.Timestamp(crisis.trough)]
        assert between.max() == between.iloc[0]
        assert between.min() == between.iloc[-1]
