"""Where the key comes from, and that it goes nowhere but into one header."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.net.errors import (
    BadQueryError,
    MissingKeyError,
    ProviderError,
    RejectedKeyError,
)
from data.net.pacing import PLANS
from data.providers.base import BarsFailed
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from tests.data.providers.conftest import Polygon
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, LAST
from tests.loopback.polygon import KEY

ROOT = Path(__file__).resolve().parents[3]
ECHO = f'{{"status": "ERROR", "error": "Unknown API Key {KEY}, Bearer {KEY}"}}'.encode()
PART = KEY[4:]


@pytest.fixture
def all_logs() -> Iterator[io.StringIO]:
    """Collect what every logger says from debug up, the HTTP library's included."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


FAULTS = {
    "401": lambda _: wrong.Reply(401, ECHO),
    "403": lambda _: wrong.Reply(403, ECHO),
    "404": lambda _: wrong.Reply(404, ECHO),
    "400": lambda _: wrong.Reply(400, ECHO),
    "429": lambda _: wrong.Reply(429, ECHO),
    "500": lambda _: wrong.Reply(500, b"<html>" + ECHO * 20),
    "200 with an error": wrong.body(ECHO),
    "200 html": wrong.body(b"<pre>" + ECHO),
    "200 half": wrong.body(ECHO[:-20]),
    "reset": wrong.reset,
    "cut": wrong.cut(5),
    "gzip": wrong.broken_gzip,
    "link": wrong.put(next_url=f"https://evil.example/{KEY}?apiKey={KEY}"),
    "ticker": wrong.put(ticker=KEY),
    "row": wrong.edit(lambda answer: answer["results"][0].update(c=KEY)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_an_echoed_key_is_in_no_error_log_or_repr(
    polygon: Polygon,
    name: str,
    all_logs: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    polygon.server.faults.always("N000", FAULTS[name])
    provider = polygon.provider()
    shown = [repr(provider), repr(provider.settings)]
    try:
        shown.append(repr(provider.bars("N000", FIRST, LAST)))
    except ProviderError as error:
        shown += [str(error), repr(error), repr(error.__reduce__())]
        shown += traceback.format_exception(error)
        shown += _chain(error)
    for outcome in provider.fetch_bars(["N000"], FIRST, LAST):
        shown.append(repr(outcome))
        if isinstance(outcome, BarsFailed):
            shown += traceback.format_exception(outcome.error)
    printed = capfd.readouterr()
    shown += [all_logs.getvalue(), printed.out, printed.err]
    assert not [text for text in shown if PART in text]


def _chain(error: BaseException | None) -> list[str]:
    texts = []
    while error is not None:
        texts.append(f"{error} {error!r} {error.args}")
        error = error.__cause__ or error.__context__
    return texts


def test_the_key_is_sent_in_the_header_and_in_no_address(polygon: Polygon) -> None:
    polygon.protocol.page_size = 300
    polygon.protocol.link_host = f"https://user:{KEY}@api.polygon.io"
    with_key = wrong.put(
        next_url=f"https://api.polygon.io/v2/aggs/ticker/N000/range/1/day/{FIRST}/{LAST}"
        f"?adjusted=false&limit=50000&cursor=300&apiKey={KEY}"
    )
    polygon.server.faults.on("N000", with_key)
    with pytest.raises(ProviderError):  # the third page leads to an address with a user
        polygon.provider().bars("N000", FIRST, LAST)
    requests = polygon.server.meter.requests
    assert len(requests) == 2
    for request in requests:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert PART not in request.target
        others = {k: v for k, v in request.headers.items() if k != "authorization"}
        assert PART not in str(others)


def test_a_password_in_the_base_url_is_in_no_error(polygon: Polygon) -> None:
    url = polygon.server.url.replace("http://", "http://user:hunter2@")
    polygon.server.faults.always("N000", wrong.reset)
    with pytest.raises(ProviderError) as caught:
        polygon.provider(base_url=url).bars("N000", FIRST, LAST)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("environ", "settings", "variable"),
    [
        ({"POLYGON_API_KEY": "k1", "MASSIVE_API_KEY": "k2"}, {}, "POLYGON_API_KEY"),
        ({"POLYGON_API_KEY": "", "MASSIVE_API_KEY": "k2"}, {}, "MASSIVE_API_KEY"),
        ({"POLYGON_API_KEY": "  \n", "MASSIVE_API_KEY": "k2"}, {}, "MASSIVE_API_KEY"),
        ({"POLYGON_API_KEY": "k1", "MINE": "k3"}, {"key_variable": "MINE"}, "MINE"),
        ({"POLYGON_API_KEY": " k1\n"}, {}, "POLYGON_API_KEY"),
    ],
)
def test_the_key_is_the_first_that_is_not_empty(
    environ: dict[str, str], settings: dict[str, str], variable: str
) -> None:
    access = PolygonSettings(**settings).access(environ)  # type: ignore[arg-type]
    assert access.key_variable == variable
    assert access.key.reveal() == environ[variable].strip()
    assert access.base_url == "https://api.polygon.io"


@pytest.mark.parametrize("environ", [{}, {"POLYGON_API_KEY": ""}, {"POLYGON_API_KEY": "\t"}])
def test_an_empty_key_is_no_key(environ: dict[str, str]) -> None:
    with pytest.raises(MissingKeyError, match="--provider yahoo, which needs no key"):
        PolygonSettings().access(environ)
    with pytest.raises(MissingKeyError, match="must be in MINE, was not set"):
        PolygonSettings(key_variable="MINE").access(environ | {"MASSIVE_API_KEY": "k"})


def test_a_key_that_cannot_be_sent_is_rejected_and_not_shown() -> None:
    with pytest.raises(RejectedKeyError, match="the key in POLYGON_API_KEY must be one word") as e:
        PolygonSettings().access({"POLYGON_API_KEY": "hunter2\r\nX-Evil: 1"})
    assert not [text for text in _chain(e.value) if "hunter2" in text]


@pytest.mark.parametrize(
    "url", ["api.polygon.io", "ftp://x", "http://", "http://x:port", "http://[x", "http://x/?a=1"]
)
def test_a_base_url_must_be_an_address(url: str) -> None:
    with pytest.raises(BadQueryError, match="base URL must be an address"):
        PolygonSettings().access({"POLYGON_API_KEY": "k", "POLYGON_BASE_URL": url})


def test_each_client_has_its_own_address() -> None:
    settings = PolygonSettings(client="massive")
    assert settings.access({"MASSIVE_API_KEY": "k"}).base_url == "https://api.massive.com"
    environ = {"MASSIVE_API_KEY": "k", "POLYGON_BASE_URL": "http://proxy.example/polygon/"}
    assert settings.access(environ).base_url == "http://proxy.example/polygon"


def test_what_the_settings_leave_open_the_environment_says() -> None:
    environ = {"MINE": "k3", "POLYGON_API_KEY": "k1", "POLYGON_KEY_VARIABLE": "MINE"}
    environ |= {"POLYGON_CLIENT": "massive", "POLYGON_PLAN": "free"}
    access = PolygonSettings().access(environ)
    assert access.key_variable == "MINE"
    assert access.base_url == "https://api.massive.com"
    assert access.pace == PLANS["free"]
    chosen = PolygonSettings(client="polygon", plan="paid", key_variable="POLYGON_API_KEY")
    access = chosen.access(environ)
    assert (access.client, access.key_variable) == ("polygon", "POLYGON_API_KEY")
    assert access.pace == PLANS["paid"]
    plain = PolygonSettings().access({"POLYGON_API_KEY": "k1", "POLYGON_PLAN": " "})
    assert (plain.client, plain.pace) == ("polygon", PLANS["paid"])


@pytest.mark.parametrize("variable", ["POLYGON_CLIENT", "POLYGON_PLAN"])
def test_a_setting_must_have_one_of_its_values(variable: str) -> None:
    with pytest.raises(BadQueryError, match=f"{variable} must be .* or .*, was 'fre'"):
        PolygonSettings().access({"POLYGON_API_KEY": "k", variable: "fre"})


def test_key_and_address_are_read_when_they_are_needed(
    polygon: Polygon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLYGON_API_KEY", raising=False)
    monkeypatch.delenv("MASSIVE_API_KEY", raising=False)
    provider = PolygonProvider(PolygonSettings(client=polygon.client))  # type: ignore[arg-type]
    assert isinstance(provider.unavailable(), MissingKeyError)
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    monkeypatch.setenv("POLYGON_BASE_URL", polygon.server.url)
    assert provider.unavailable() is None
    assert provider.market_status().market == "closed"
    provider.close()


def test_a_client_that_is_not_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "massive", None)
    settings = PolygonSettings(client="massive")
    provider = PolygonProvider(settings, {"MASSIVE_API_KEY": "k"})
    error = provider.unavailable()
    assert isinstance(error, BadQueryError)
    assert 'pip install "plimsoll[massive]"' in str(error)


def test_importing_the_provider_reads_no_key_and_no_client_library() -> None:
    program = (
        "import os, sys\n"
        "import data.providers.polygon\n"
        "assert 'polygon' not in sys.modules and 'massive' not in sys.modules\n"
    )
    environ = {**os.environ, "POLYGON_API_KEY": "bad key\n"}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=environ)
