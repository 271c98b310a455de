"""An answer is whole JSON or an error; never an empty list in its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.net.errors import BadAnswerError
from data.net.secrets import Secret
from data.net.strict_json import parse_answer, rows_of

KEY = Secret("s3cr3t_key")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_whole_json_is_read_as_it_is(value: object) -> None:
    if not (isinstance(value, dict) and value.get("status") == "ERROR"):
        assert parse_answer(json.dumps(value).encode(), "test", "x") == value


@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1), st.data())
def test_a_cut_answer_is_never_taken_for_a_whole_one(value: object, data: st.DataObject) -> None:
    body = json.dumps(value).encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(BadAnswerError, match="must come as whole JSON"):
        parse_answer(body[:cut], "test", "x")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(number: str) -> None:
    with pytest.raises(BadAnswerError, match=f"had {number} in it"):
        parse_answer(f'{{"c": {number}}}'.encode(), "test", "x")


def test_an_error_of_the_source_is_quoted_without_the_key() -> None:
    body = b'{"status": "ERROR", "message": "bad key s3cr3t_key"}'
    with pytest.raises(BadAnswerError, match=r"status ERROR: 'bad key \*\*\*'"):
        parse_answer(body, "test", "x", KEY)


def test_a_page_that_echoes_the_key_is_quoted_without_it() -> None:
    body = b"<html>Authorization: Bearer s3cr3t_key " + b"x" * 400
    with pytest.raises(BadAnswerError) as caught:
        parse_answer(body, "test", "x", KEY)
    assert "s3cr3t" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_null_and_absent_rows_are_none_where_the_count_agrees() -> None:
    assert rows_of({"results": None, "resultsCount": 0}, "results", "test", "x") == []
    assert rows_of({"status": "OK"}, "results", "test", "x") == []
    assert rows_of({"tickers": [{"a": 1}]}, "tickers", "test", "x") == [{"a": 1}]


@pytest.mark.parametrize(
    "answer",
    [
        {"results": None, "resultsCount": 3},
        {"results": [{}], "resultsCount": 2},
        {"results": [{}, {}], "resultsCount": "2"},
        {"results": [1]},
        {"results": {"a": 1}},
        [],
        None,
    ],
)
def test_rows_that_contradict_their_count_are_refused(answer: object) -> None:
    with pytest.raises(BadAnswerError):
        rows_of(answer, "results", "test", "x")
