from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadTableError, MissingColumnError, ReferenceFileError
from data.reference_universe import ROLES, by_dollar_volume, load_universe
from data.schema import SECTORS

DAYS = pd.bdate_range("2024-01-02", periods=12)


def bars(seed: int, tickers: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (day, f"T{number}", rng.uniform(1, 100), float(rng.integers(0, 10_000)))
        for day in DAYS
        for number in range(tickers)
        if rng.uniform() > 0.1
    ]
    return pd.DataFrame(rows, columns=["date", "ticker", "close", "volume"])


def test_us200_has_two_hundred_stocks_of_every_sector_and_the_funds_asked_for() -> None:
    universe = load_universe("us200")
    assert len(universe.stocks) == 200
    counts = pd.Series([member.sector for member in universe.stocks]).value_counts()
    assert set(counts.index) == set(SECTORS)
    assert counts.min() >= 10
    defensive = counts[["Consumer Staples", "Health Care", "Utilities"]].sum()
    assert defensive >= 50
    assert {member.role for member in universe.funds} == set(ROLES)
    assert len(set(universe.tickers)) == 200 + len(universe.funds)


def test_a_file_needs_only_tickers(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("ticker\nNA\nBRK.B\n", encoding="utf-8")
    universe = load_universe(str(path))
    assert universe.tickers == ("NA", "BRK.B")
    assert (universe.name, universe.members[0].sector) == ("mine", None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("symbol\nA\n", "column 'ticker'"),
        ("ticker\n", "must have members"),
        ("ticker\nA\nA\n", "A stands twice"),
        ("ticker\n../x\n", "was '../x'"),
        ("ticker,sector\nA,Energie\n", "Did you mean 'Energy'"),
        ("ticker,role\nA,efa\n", "role must be"),
        ("ticker,kind\nA,bond\n", "kind must be stock or fund"),
    ],
)
def test_a_bad_universe_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ReferenceFileError, MissingColumnError), match=fault):
        load_universe(str(path))


def test_an_unknown_universe_names_those_there_are() -> None:
    with pytest.raises(ReferenceFileError, match="Did you mean 'us200'"):
        load_universe("us20")


@given(st.integers(0, 10_000), st.integers(0, 11), st.integers(1, 8), st.integers(1, 12))
def test_nothing_after_the_date_counts(seed: int, at: int, count: int, window: int) -> None:
    whole = bars(seed)
    before = whole.copy()
    as_of = DAYS[at].date()
    prefix = whole[whole["date"] <= DAYS[at]]
    wild = whole.copy()
    wild.loc[wild["date"] > DAYS[at], "volume"] = 1e15
    expected = by_dollar_volume(prefix, as_of, count, window)
    assert by_dollar_volume(whole, as_of, count, window) == expected
    assert by_dollar_volume(wild, as_of, count, window) == expected
    shuffled = whole.sample(frac=1, random_state=seed)
    assert by_dollar_volume(shuffled, as_of, count, window) == expected
    pd.testing.assert_frame_equal(whole, before)


@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_a_split_does_not_change_the_rank(seed: int, ratio: float) -> None:
    whole = bars(seed)
    split = whole.assign(close=whole["close"] / ratio, volume=whole["volume"] * ratio)
    assert by_dollar_volume(whole, DAYS[-1].date(), 6) == by_dollar_volume(
        split, DAYS[-1].date(), 6
    )


def test_the_median_counts_sessions_without_a_bar_as_zero() -> None:
    steady = [(day, "STEADY", 10.0, 10.0) for day in DAYS]
    newcomer = [(day, "NEW", 10.0, 1e9) for day in DAYS[-3:]]
    empty = [(day, "HALTED", 10.0, np.nan) for day in DAYS]
    frame = pd.DataFrame(
        [*steady, *newcomer, *empty], columns=["date", "ticker", "close", "volume"]
    )
    assert by_dollar_volume(frame, DAYS[-1].date(), 5, window=12) == ("STEADY",)
    assert by_dollar_volume(frame, DAYS[-1].date(), 5, window=3) == ("NEW", "STEADY")
    assert by_dollar_volume(frame, dt.date(2020, 1, 1), 5) == ()


def test_questions_that_mean_nothing_are_refused() -> None:
    frame = bars(1)
    with pytest.raises(ValueError, match="count must be at least 1, was 0"):
        by_dollar_volume(frame, DAYS[-1].date(), 0)
    with pytest.raises(MissingColumnError, match="volume"):
        by_dollar_volume(frame.drop(columns="volume"), DAYS[-1].date(), 1)
    with pytest.raises(BadTableError, match="one row a date and ticker"):
        by_dollar_volume(pd.concat([frame, frame]), DAYS[-1].date(), 1)
