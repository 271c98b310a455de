"""What a report must not carry, in every form in which it can stand there."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest

from dashboard.handout.blocks import Line, plain
from dashboard.handout.errors import LeakError
from dashboard.handout.leaks import check_leaks

SECRET = "a<b&c\"d'e\\f\u00e9"  # everything that HTML or JSON writes otherwise
HOME = Path("/somewhere/private")


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        escape(SECRET),
        escape(SECRET, quote=False),
        plain(SECRET),
        plain(escape(SECRET)),
        json.dumps(SECRET),
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    line = Line("Origin", "notes", f"<td>{written}</td>")
    with pytest.raises(LeakError, match="VENDOR_TOKEN"):
        check_leaks([line], HOME, {"VENDOR_TOKEN": SECRET})


@pytest.mark.parametrize(
    "value", ["enabled", "required", "REQUIRED", "Performance", "2024-12-31", " short "]
)
def test_an_ordinary_word_or_day_is_no_secret(value: str) -> None:
    check_leaks([Line("Result", "words", f"<p>{value} </p>")], HOME, {"SSH_AUTH_MODE": value})


@pytest.mark.parametrize("value", ["swordFish", "hunter22", "correct-horse", "q" * 20])
def test_what_is_no_plain_word_is_one(value: str) -> None:
    with pytest.raises(LeakError, match="DB_PASSWORD"):
        check_leaks([Line("Result", "words", f"<p>{value}</p>")], HOME, {"DB_PASSWORD": value})
