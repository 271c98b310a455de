from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from dashboard.handout.blocks import Line, json_line
from dashboard.handout.compare import compare_lines
from dashboard.handout.errors import ReportDiffersError


def _lines(value: Any) -> tuple[Line, ...]:
    return (
        Line("One", "a row", "<tr><td>Sharpe</td><td>0.66</td></tr>"),
        Line("One", "numbers", json_line("n", value), "json"),
        Line("Head", "the day", '<p class="made">Made on 2024-07-01.</p>', "made"),
    )


def _text(value: Any, day: str = "2024-07-01") -> str:
    return (
        f"<tr><td>Sharpe</td><td>0.66</td></tr>\n{json_line('n', value)}\n"
        f'<p class="made">Made on {day}.</p>\n'
    )


def _array(values: list[float], dtype: str = "f4") -> dict[str, str]:
    return {"dtype": dtype, "bdata": base64.b64encode(np.array(values, dtype).tobytes()).decode()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1, 0.1 + 1e-15),
        (1e9, 1e9 + 0.01),
        (_array([1.0, 2.0]), _array([1.0, 2.0000002])),
        ({"a": [None, True, "x", 3]}, {"a": [None, True, "x", 3]}),
        (_array([np.nan, 1.0]), _array([np.nan, 1.0])),
    ],
)
def test_rounding_is_no_difference(one: Any, other: Any) -> None:
    compare_lines(_text(other), _lines(one))


@pytest.mark.parametrize(
    ("one", "other", "where", "found"),
    [
        (0.1, 0.1001, "numbers", "0.1001"),
        (3, 4, "numbers", "4"),
        (1, True, "numbers", "true"),
        (None, 0.0, "numbers", "0.0"),
        ("a", "b", "numbers", "b"),
        ({"a": 1}, {"a": 1, "b": 2}, "numbers: b", "2"),
        ({"a": 1, "b": 2}, {"a": 1}, "numbers: b", "nothing"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "numbers", "this order"),
        ([1, 2], [1, 2, 3], "numbers", "3 values"),
        ([{"name": "NAV", "y": [1.0]}], [{"name": "NAV", "y": [2.0]}], "NAV: y, number 1", "2.0"),
        (_array([1.0, 2.0]), _array([1.0, 2.1]), "point 2", "2.0999999046325684"),
        (_array([1.0, 2.0]), _array([1.0]), "numbers", "1 points"),
        (_array([1.0]), _array([1.0], "f8"), "numbers", "('f8', None)"),
        (_array([1.0]), {"dtype": "f4", "bdata": "???"}, "numbers", "bytes that are none"),
        (_array([1.0]), {"dtype": "f4", "bdata": "AAA="}, "numbers", "bytes that are none"),
        ([1.0], 1.0, "numbers", "1.0"),
    ],
)
def test_a_difference_is_named(one: Any, other: Any, where: str, found: str) -> None:
    with pytest.raises(ReportDiffersError) as told:
        compare_lines(_text(other), _lines(one))
    assert told.value.metric.endswith(where)
    assert told.value.found == found


@pytest.mark.parametrize("body", ["NaN", "[" * 100_000, "{", "1e999", ""])
def test_json_that_is_none_is_found(body: str) -> None:
    text = _text(0.5).replace('id="n">0.5', f'id="n">{body}')
    with pytest.raises(ReportDiffersError, match="numbers"):
        compare_lines(text, _lines(0.5))


def test_only_a_day_may_stand_for_the_day() -> None:
    compare_lines(_text(1, "1999-12-31"), _lines(1))
    with pytest.raises(ReportDiffersError) as told:
        compare_lines(_text(1, "2024-07-01. Audited"), _lines(1))
    assert told.value.metric == "the day"


def test_a_cell_is_named_alone() -> None:
    with pytest.raises(ReportDiffersError) as told:
        compare_lines(_text(1).replace("0.66", "0.99"), _lines(1))
    assert (told.value.expected, told.value.found) == ("0.66", "0.99")


@pytest.mark.parametrize("more", ["", "<p>more</p>\n", "more"])
def test_what_follows_is_found(more: str) -> None:
    text = _text(1) + more
    if more:
        with pytest.raises(ReportDiffersError, match="the end"):
            compare_lines(text, _lines(1))
    else:
        compare_lines(text, _lines(1))


def test_a_file_that_stops_early_is_found() -> None:
    for text in ("", _text(1)[:30], _text(1).split("\n")[0] + "\n"):
        with pytest.raises(ReportDiffersError):
            compare_lines(text, _lines(1))
