"""How fast Yahoo is asked, where requests go and where they never go, and when they end."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from curl_cffi import requests as curl

from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    CancelledError,
    NotAskedError,
    ProviderError,
    TimedOutError,
    UnreachableError,
)
from data.net.pacing import Pace
from data.net.retry import RetryPolicy
from data.providers.base import BarsComplete, BarsFailed
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import POLITE, YahooSettings
from tests.data.providers.conftest import QUICK, Yahoo
from tests.loopback import faults as wrong
from tests.loopback.faults import Reply
from tests.loopback.market import LAST
from tests.loopback.yahoo import CHART, COOKIE, CRUMBS

ROOT = Path(__file__).resolve().parents[3]
SOON = LAST - dt.timedelta(days=5)


def test_every_request_keeps_the_pace_also_those_for_cookies_and_repetitions(yahoo: Yahoo) -> None:
    yahoo.server.faults.on("N001", wrong.html(500))
    provider = yahoo.provider(pace=Pace(0.05), workers=4)
    outcomes = list(provider.fetch_bars([f"N{n:03d}" for n in range(6)], SOON, LAST))
    assert all(isinstance(outcome, BarsComplete) for outcome in outcomes)
    meter = yahoo.server.meter
    assert len(meter.requests) == 9  # a cookie, a crumb, six names, one of them twice
    moments = sorted(request.moment for request in meter.requests)
    # The first may arrive late; the second is sent after its answer.
    assert moments[-1] - moments[0] >= 7 * 0.05


def test_the_polite_pace_is_less_than_two_a_second() -> None:
    assert POLITE.spacing >= 0.5
    assert POLITE.catch_up == 0.0
    assert YahooSettings().pacing({}) == POLITE
    assert YahooSettings().pacing({"YAHOO_SPACING": "2.5"}) == Pace(2.5)
    assert YahooSettings(pace=Pace(0.1)).pacing({"YAHOO_SPACING": "2"}) == Pace(0.1)
    assert YahooSettings().workers <= 2


def test_no_more_requests_are_under_way_than_there_are_workers(yahoo: Yahoo) -> None:
    yahoo.server.latency = 0.03
    list(yahoo.provider().fetch_bars([f"N{n:03d}" for n in range(6)], SOON, LAST))
    assert yahoo.server.meter.most_in_flight <= 2


def test_a_limit_that_is_passed_is_respected_for_all(yahoo: Yahoo) -> None:
    yahoo.server.faults.on(CHART, wrong.status(429, "Too Many", Retry_After="1"))
    list(yahoo.provider(workers=1).fetch_bars(["N000", "N001"], SOON, LAST))
    charts = [r.moment for r in yahoo.server.meter.requests if CHART in r.target]
    assert charts[1] - charts[0] >= 0.29  # the cap of the tests' patience


def test_every_request_goes_to_the_address_that_is_set(yahoo: Yahoo) -> None:
    yahoo.protocol.needs_crumb = True
    yahoo.protocol.crumb = "first"
    provider = yahoo.provider()
    provider.bars("N000", SOON, LAST)
    yahoo.protocol.crumb = "second"
    provider.bars("N001", SOON, LAST)  # by way of consent
    provider.filings("N000")
    targets = [request.path for request in yahoo.server.meter.requests]
    assert {"/", "/consent", CRUMBS} <= set(targets)
    hosts = {request.headers["host"] for request in yahoo.server.meter.requests}
    assert hosts == {yahoo.server.url.removeprefix("http://")}
    assert any(
        COOKIE in request.headers.get("cookie", "") for request in yahoo.server.meter.requests
    )


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v8/finance/chart/N000",
        "http://query2.finance.yahoo.com/v8/finance/chart/N000",
        "https://notyahoo.com/v8",
        "https://user:pw@query2.finance.yahoo.com/v8",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_never_leaves_yahoo(yahoo: Yahoo, link: str) -> None:
    yahoo.server.faults.always(CHART, lambda _: Reply(302, b"", {"Location": link}))
    with pytest.raises(BadAnswerError, match="must stay at Yahoo") as caught:
        yahoo.provider().bars("N000", SOON, LAST)
    assert "pw" not in str(caught.value)


def test_a_redirect_within_yahoo_goes_to_the_address_too(yahoo: Yahoo) -> None:
    link = "https://query1.finance.yahoo.com/v8/finance/chart/N000?period1=1700000000&period2=1800000000"
    yahoo.server.faults.on(CHART, lambda _: Reply(302, b"", {"Location": link}))
    assert isinstance(yahoo.provider().bars("N000", SOON, LAST), BarsComplete)
    yahoo.server.faults.always(CHART, lambda _: Reply(302, b"", {"Location": link}))
    with pytest.raises(BadAnswerError, match="was sent on"):
        yahoo.provider().bars("N000", SOON, LAST)


def test_without_an_address_yahoos_own_hosts_are_asked(
    yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def nobody(_: object, method: str, url: str, **options: object) -> None:
        asked.append(url.partition("?")[0])
        assert options["allow_redirects"] is False
        raise curl.exceptions.DNSError("no network in a test")

    monkeypatch.setattr(curl.Session, "request", nobody)
    settings = YahooSettings(pace=Pace(0.001), retry=QUICK)
    provider = YahooProvider(settings, {}, yahoo.home, lambda: yahoo.now)
    with pytest.raises(UnreachableError, match=r"was not reached at Yahoo \(DNSError\)"):
        provider.bars("N000", SOON, LAST)
    assert asked.count("https://query2.finance.yahoo.com/v8/finance/chart/N000") == 3
    assert {url.split("/")[2] for url in asked} <= {
        "fc.yahoo.com",
        "guce.yahoo.com",
        "query1.finance.yahoo.com",
        "query2.finance.yahoo.com",
    }


def test_nothing_is_sent_outside_an_errand(yahoo: Yahoo) -> None:
    yahoo.provider().bars("N000", SOON, LAST)
    before = len(yahoo.server.meter.requests)
    import yfinance

    with pytest.raises(ProviderError, match="must be asked on an errand"):
        yfinance.data.YfData().get("https://query2.finance.yahoo.com/v8/finance/chart/N000")
    assert len(yahoo.server.meter.requests) == before


def test_a_proxy_of_the_environment_is_not_asked(
    yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(yahoo.provider().bars("N000", SOON, LAST), BarsComplete)


def test_no_key_is_ever_sent_to_yahoo(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "pk_NeverToYahoo123456")
    yahoo.provider().bars("N000", SOON, LAST)
    for request in yahoo.server.meter.requests:
        assert "NeverToYahoo" not in request.target + str(request.headers)


def test_caches_lie_below_the_home(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = yahoo.home / "user-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere))
    yahoo.provider().bars("N000", SOON, LAST)
    assert list((yahoo.home / "fetched" / ".yfinance").iterdir())
    assert not elsewhere.exists()
    homeless = YahooProvider(
        YahooSettings(pace=Pace(0.001)),
        {"YAHOO_BASE_URL": yahoo.server.url},
        clock=lambda: yahoo.now,
    )
    assert isinstance(homeless.bars("N000", SOON, LAST), BarsComplete)
    assert not elsewhere.exists()


def test_an_answer_that_drips_ends_in_time(
    yahoo: Yahoo, quick_with: Callable[..., RetryPolicy]
) -> None:
    yahoo.server.faults.always(CHART, wrong.drip(0.05))
    provider = yahoo.provider(quick_with(attempts=2), read_seconds=0.3)
    with pytest.raises(TimedOutError, match="was too slow"):
        provider.bars("N000", SOON, LAST)
    assert yahoo.server.meter.count(CHART) == 2


def test_a_fetch_ends_at_its_deadline(yahoo: Yahoo) -> None:
    yahoo.server.faults.always(CHART, wrong.hang(30.0))
    provider = yahoo.provider(fetch_seconds=0.5, workers=2)
    outcomes = list(provider.fetch_bars([f"N{n:03d}" for n in range(5)], SOON, LAST))
    errors = [o.error for o in outcomes if isinstance(o, BarsFailed)]
    assert len(errors) == 5
    assert all(isinstance(error, TimedOutError | NotAskedError) for error in errors)


def test_a_cancel_keeps_what_came(yahoo: Yahoo) -> None:
    cancelled = threading.Event()
    yahoo.server.faults.always("N002", wrong.hang(1.5))
    provider = yahoo.provider(workers=1)
    outcomes = []
    tickers = [f"N{n:03d}" for n in range(8)]
    for outcome in provider.fetch_bars(tickers, SOON, LAST, cancelled=cancelled):
        outcomes.append(outcome)
        if len(outcomes) == 2:
            cancelled.set()
    assert sorted(o.ticker for o in outcomes) == tickers
    came = [o for o in outcomes if isinstance(o, BarsComplete)]
    assert 2 <= len(came) <= 3  # the one under way may come
    rest = [o.error for o in outcomes if isinstance(o, BarsFailed)]
    assert all(isinstance(error, CancelledError) for error in rest)


def test_no_thread_stays_behind(yahoo: Yahoo) -> None:
    before = set(threading.enumerate())
    list(yahoo.provider().fetch_bars(["N000", "N001", "N002"], SOON, LAST))
    ours = {t for t in set(threading.enumerate()) - before if "yahoo" in t.name}
    assert not ours


@pytest.mark.parametrize(
    "url", ["query2.finance.yahoo.com", "ftp://x", "http://", "http://x:port", "http://x/?a=1"]
)
def test_a_base_url_must_be_an_address(url: str) -> None:
    provider = YahooProvider(environ={"YAHOO_BASE_URL": url})
    assert isinstance(provider.unavailable(), BadQueryError)
    with pytest.raises(BadQueryError, match="base URL must be an address"):
        provider.bars("N000", SOON, LAST)


@pytest.mark.parametrize("said", ["fast", "-1", "nan", "inf", "1e9"])
def test_a_spacing_must_be_seconds(said: str) -> None:
    provider = YahooProvider(environ={"YAHOO_SPACING": said})
    assert isinstance(provider.unavailable(), BadQueryError)
    with pytest.raises(BadQueryError, match="YAHOO_SPACING must be seconds from 0 to 3600"):
        provider.bars("N000", SOON, LAST)


def test_without_a_base_url_the_service_itself_is_meant() -> None:
    assert YahooSettings().address({}) is None
    assert YahooSettings().address({"YAHOO_BASE_URL": " "}) is None
    address = YahooSettings().address({"YAHOO_BASE_URL": "http://proxy.example/yahoo/"})
    assert address == "http://proxy.example/yahoo"


def test_a_library_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yfinance", None)
    error = YahooProvider().unavailable()
    assert isinstance(error, BadQueryError)
    assert "pip install yfinance" in str(error)


def test_importing_the_providers_loads_no_client_library() -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from data.providers.hybrid import HybridProvider\n"
        "hybrid = HybridProvider(Path('nowhere'))\n"
        "hybrid.record()\n"
        "for name in ('yfinance', 'curl_cffi', 'polygon', 'massive', 'exchange_calendars'):\n"
        "    assert name not in sys.modules, name\n"
    )
    environ = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=environ)
