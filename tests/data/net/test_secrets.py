"""A key shows itself nowhere."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.net.secrets import Secret, excerpt, redact, safe_url

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(KEYS)
def test_no_way_of_printing_shows_the_key(value: str) -> None:
    secret = Secret(value)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{[secret]}"]
    shown.append("%s %r" % (secret, secret))  # noqa: UP031
    assert not any(value in text for text in shown)
    assert secret.reveal() == value
    assert value not in secret.fingerprint()


@given(KEYS, st.text(max_size=20), st.text(max_size=20))
def test_redacted_text_has_the_key_in_no_form(value: str, before: str, after: str) -> None:
    for form in (value, quote(value, safe=""), quote_plus(value)):
        assert form not in redact(before + form + after, Secret(value)) or form in "***"


def test_what_looks_like_a_key_is_hidden_without_knowing_it() -> None:
    text = "GET https://me:pw@host/v2?apiKey=abc&x=1 Authorization: Bearer xyz token=qq"
    assert redact(text) == (
        "GET https://***@host/v2?apiKey=***&x=1 Authorization: Bearer *** token=***"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"api_key": "ab c\\"d", "x": 1}', '{"api_key": "***", "x": 1}'),
        ("{'POLYGON_API_KEY': 'abc', 'x': 'y'}", "{'POLYGON_API_KEY': '***', 'x': 'y'}"),
        (r'body "{\"apiKey\": \"abc\", \"n\": 1}"', r'body "{\"apiKey\": \"***\", \"n\": 1}"'),
        ("POLYGON_API_KEY=abc X-Api-Key: abc", "POLYGON_API_KEY=*** X-Api-Key: ***"),
        ('api_key="abc", token = 1', 'api_key="***", token = 1'),
        ('{"access_token":123}', '{"access_token":***}'),
        ('{"password": "abc', '{"password": "***'),
        ("https://me:p@ss/w?o#rd@host/x", "https://***@host/x"),
        ("https://me@firm.example:1/x@host:8080 gone", "https://***@host:8080 gone"),
        ("https://me:p'w@host", "https://***@host"),
        ("https://host:8080/v2/x no@one", "https://host:8080/v2/x no@one"),
        ("https://host/path@2x.png", "https://host/path@2x.png"),
        ("Unexpected token: } in answer", "Unexpected token: } in answer"),
    ],
)
def test_keys_are_hidden_in_every_notation(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


def test_a_key_is_hidden_as_json_and_python_spell_it() -> None:
    key = Secret('ab"cd\\efg')
    for text in (json.dumps({"k": key.reveal()}), repr({"k": key.reveal()})):
        assert "cd" not in redact(text, key)


def test_a_secret_cannot_be_pickled_and_cannot_be_attributes() -> None:
    secret = Secret("abcdefgh")
    with pytest.raises(TypeError, match="must not be pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="must not be pickled"):
        copy.deepcopy(secret)
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("bad", ["", "two words", "line\nbreak", "smörgås", "\x00nul"])
def test_what_no_header_can_carry_is_no_key_and_is_not_quoted(bad: str) -> None:
    with pytest.raises(ValueError, match="must be printable ASCII") as caught:
        Secret(bad)
    assert not bad or bad not in str(caught.value)


def test_equal_secrets_are_equal_and_hash_alike() -> None:
    assert Secret("abcdefgh") == Secret("abcdefgh") != Secret("abcdefgi")
    assert len({Secret("abcdefgh"), Secret("abcdefgh")}) == 1
    assert Secret("abcdefgh") != "abcdefgh"
    assert Secret("abcdefgh").fingerprint() != Secret("abcdefgi").fingerprint()


def test_addresses_for_messages_have_neither_user_nor_query() -> None:
    assert safe_url("https://me:pw@host:8/path?apiKey=1#x") == "https://host:8/path"
    assert safe_url("https://me:p/w@host/path") == "https://host/path"
    assert safe_url("https://me:p?w#1@host:8080/path?x=1") == "https://host:8080/path"
    assert safe_url("http://[half") == "an address that cannot be read"


def test_an_excerpt_is_one_short_line_without_the_key() -> None:
    text = excerpt(b"line\n\n line  Bearer abcdefgh " + b"z" * 999, Secret("abcdefgh"), limit=40)
    assert text == repr("line line Bearer *** " + "z" * 19 + "…")


def test_logging_a_secret_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("with %s and %r", Secret("abcdefgh"), {"k": Secret("abcdefgh")})
    assert "abcdefgh" not in caplog.text
