"""How numbers are written: units, signs, gaps, and never "nan"."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.format import (
    DASH,
    FORMATS,
    MINUS,
    NARROW,
    bps,
    compared,
    count,
    date,
    difference,
    money,
    month,
    percent,
    percent_as_set,
    points,
    ratio,
    seconds,
)

N = NARROW
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.124), f"12.4{N}%"),
        (percent(-0.1306), f"{MINUS}13.1{N}%"),
        (percent(0.6, 0), f"60{N}%"),
        (percent(44.605), f"4{N}460.5{N}%"),
        (percent(0.02, signed=True), f"+2.0{N}%"),
        (percent(-0.0001), f"0.0{N}%"),
        (percent_as_set(-0.225), f"{MINUS}22.5{N}%"),
        (percent_as_set(0.29), f"29{N}%"),
        (percent_as_set(0.1234), f"12.34{N}%"),
        (points(0.008), f"+0.8{N}pt"),
        (points(-0.033), f"{MINUS}3.3{N}pt"),
        (points(0.0), f"0.0{N}pt"),
        (ratio(0.6564), "0.66"),
        (ratio(-1.5), f"{MINUS}1.50"),
        (ratio(0.1, signed=True), "+0.10"),
        (bps(104.6), f"105{N}bp"),
        (count(1509), f"1{N}509"),
        (count(np.int64(544)), "544"),
        (money(1234567.8), f"1{N}234{N}568"),
        (seconds(0.0012), f"1.2{N}ms"),
        (seconds(0.25), f"250{N}ms"),
        (seconds(2.34), f"2.3{N}s"),
        (date(dt.date(2022, 6, 16)), "2022-06-16"),
        (date(pd.Timestamp("2022-06-16")), "2022-06-16"),
        (date(np.datetime64("2022-06-16")), "2022-06-16"),
        (month(dt.date(2022, 6, 16)), "Jun 2022"),
    ],
)
def test_written_as_the_design_says(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize("write", [percent, points, ratio, bps, count, money, seconds])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_is_undefined_is_a_dash(
    write: Callable[[float | None], str], value: float | None
) -> None:
    assert write(value) == DASH


@pytest.mark.parametrize("value", [None, pd.NaT, np.datetime64("NaT")])
def test_no_date_is_a_dash(value: object) -> None:
    assert date(value) == DASH
    assert month(value) == DASH


@given(NUMBERS, st.sampled_from(sorted(FORMATS)))
def test_the_sign_is_a_minus_sign_and_zero_has_none(value: float, kind: str) -> None:
    text = FORMATS[kind](value)
    assert "-" not in text
    assert "nan" not in text
    nothing = not any(c in "123456789" for c in text)
    assert (MINUS in text) == (value < 0 and not nothing)


@given(NUMBERS)
def test_a_percent_reads_back_to_its_last_digit(value: float) -> None:
    text = percent(value).removesuffix(f"{N}%").replace(N, "").replace(MINUS, "-")
    assert float(text) == pytest.approx(100.0 * value, abs=0.0501)


@pytest.mark.parametrize(
    ("kind", "value", "base", "expected"),
    [
        ("percent", 0.124, 0.116, f"+0.8{N}pt"),
        ("percent", 0.1, 0.1 + 1e-9, ""),
        ("whole percent", 3.5, 4.5, f"{MINUS}100{N}pt"),
        ("ratio", 0.66, 0.7, f"{MINUS}0.04"),
        ("bps", 100.0, 90.0, f"+10{N}bp"),
        ("count", 3.0, 5.0, f"{MINUS}2"),
        ("ratio", math.nan, 0.7, ""),
    ],
)
def test_differences_carry_their_sign_or_are_silent(
    kind: str, value: float, base: float, expected: str
) -> None:
    assert difference(kind, value, base) == expected


@pytest.mark.parametrize(
    ("kind", "value", "base", "expected"),
    [
        ("ratio", 0.604, 0.598, ("0.604", "0.598", "+0.006")),
        ("ratio", 0.604, 0.602, ("0.60", "0.60", DASH)),
        ("ratio", 0.61, 0.60, ("0.61", "0.60", "+0.01")),
        ("percent", 0.1204, 0.1196, (f"12.04{N}%", f"11.96{N}%", f"+0.08{N}pt")),
        ("whole percent", 0.554, 0.546, (f"55.4{N}%", f"54.6{N}%", f"+0.8{N}pt")),
        ("bps", 74.4, 73.6, (f"74.4{N}bp", f"73.6{N}bp", f"+0.8{N}bp")),
        ("ratio", math.nan, 0.6, (DASH, "0.60", DASH)),
        ("ratio", 0.6, None, ("0.60", DASH, DASH)),
    ],
)
def test_two_values_that_read_alike_have_no_difference(
    kind: str, value: float, base: float | None, expected: tuple[str, str, str]
) -> None:
    assert compared(kind, value, base) == expected


@given(NUMBERS, st.floats(-0.02, 0.02), st.sampled_from(sorted(FORMATS)))
def test_a_difference_never_stands_beside_two_values_alike(
    value: float, change: float, kind: str
) -> None:
    # Of a difference that is seen, in the digits of its kind, the two values differ too.
    left, right, told = compared(kind, value, value + change)
    assert (left == right) <= (told == DASH)
