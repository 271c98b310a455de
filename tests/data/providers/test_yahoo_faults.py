"""Every fault ends in complete data or in a typed error; an empty frame never means "no bars"."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    ProviderError,
    RateLimitError,
    ServerFaultError,
    UnreachableError,
)
from data.providers.base import BarsComplete, BarsEmpty, BarsFailed, count_reasons
from tests.data.providers.bars import expected_yahoo_bars
from tests.data.providers.conftest import Yahoo
from tests.loopback import faults as wrong
from tests.loopback.faults import Fault, Reply
from tests.loopback.market import FIRST, LAST
from tests.loopback.yahoo import CHART, CRUMBS

TICKER = "N000"
INVALID_CRUMB = json.dumps(
    {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}
).encode()


def result(change: Any) -> Fault:
    """Change the one result of a chart in place."""
    return wrong.edit(lambda answer: change(answer["chart"]["result"][0]))


def text(code: int, words: bytes, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Reply(code, words, named, "text/html")


def literal(word: bytes) -> Fault:
    """Put a literal that is no JSON in place of the first close."""

    def fault(reply: Reply) -> Reply:
        body = re.sub(rb'"close": \[[0-9.]+', b'"close": [' + word, reply.body, count=1)
        assert body != reply.body
        return replace(reply, body=body)

    return fault


def emptied(chart: Any) -> None:
    del chart["timestamp"]
    chart["indicators"] = {"quote": [{}], "adjclose": [{}]}


def shortened(chart: Any) -> None:
    chart["indicators"]["quote"][0]["close"].pop()


def reversed_days(chart: Any) -> None:
    chart["timestamp"].reverse()
    for column in chart["indicators"]["quote"][0].values():
        column.reverse()


def doubled(chart: Any) -> None:
    chart["timestamp"] += chart["timestamp"][:3]
    for column in chart["indicators"]["quote"][0].values():
        column += column[:3]


def repeated_by_curl(name: str) -> int:
    """Requests that libcurl repeats by itself: one where a kept connection turns out dead."""
    return name == "reset"


TRANSIENT: dict[str, tuple[Fault, type[ProviderError]]] = {
    "429": (text(429, b"Too Many Requests\r\n"), RateLimitError),
    "429 with seconds": (text(429, b"Too Many Requests", Retry_After="0"), RateLimitError),
    "429 with a wish beyond the cap": (text(429, b"Edge", Retry_After="86400"), RateLimitError),
    "999": (text(999, b"Unable to process request at this time -- error 999"), RateLimitError),
    "500 html": (wrong.html(500), ServerFaultError),
    "502 html": (wrong.html(502), ServerFaultError),
    "503 with seconds": (text(503, b"later", Retry_After="0"), ServerFaultError),
    "404 of a page": (wrong.html(404), ServerFaultError),
    "reset": (wrong.reset, UnreachableError),
    "connection closed within the body": (wrong.cut(100), UnreachableError),
    "connection closed before the body": (wrong.cut(0), UnreachableError),
    "half the JSON": (wrong.truncated, BadAnswerError),
    "html with 200": (wrong.body(b"<html>maintenance</html>", "text/html"), BadAnswerError),
    "down with 200": (wrong.body(b"Will be right back"), BadAnswerError),
    "empty body": (wrong.body(b""), BadAnswerError),
    "not UTF-8": (wrong.body(b'{"chart": "\xff\xfe"}'), BadAnswerError),
    "NaN": (literal(b"NaN"), BadAnswerError),
    "Infinity": (literal(b"Infinity"), BadAnswerError),
    "endless nesting": (wrong.body(b"[" * 200_000), BadAnswerError),
    "a list": (wrong.body(b"[1, 2]"), BadAnswerError),
    "a number": (wrong.body(b"42"), BadAnswerError),
    "no result": (wrong.put(chart={"result": None, "error": None}), BadAnswerError),
    "no results": (wrong.put(chart={"result": [], "error": None}), BadAnswerError),
    "an empty frame": (result(emptied), BadAnswerError),
    "a short column": (result(shortened), BadAnswerError),
    "another symbol": (result(lambda c: c["meta"].update(symbol="OTHER")), BadAnswerError),
    "no symbol": (result(lambda c: c.pop("meta")), BadAnswerError),
    "weekly bars": (result(lambda c: c["meta"].update(dataGranularity="1wk")), BadAnswerError),
    "columns that are none": (
        result(lambda c: c["indicators"]["quote"][0].update(close=7)),
        BadAnswerError,
    ),
    "events that are none": (result(lambda c: c.update(events={"splits": 5})), BadAnswerError),
    "an event that is none": (
        result(lambda c: c.update(events={"dividends": {"1": 2}})),
        BadAnswerError,
    ),
    "broken compression": (wrong.broken_gzip, BadAnswerError),
}
FINAL: dict[str, Fault] = {
    "400": wrong.status(400, "odd question"),
    "422": wrong.status(422, "odd question"),
    "another currency": result(lambda c: c["meta"].update(currency="GBp")),
}
HARMLESS: dict[str, tuple[Fault, dict[str, int]]] = {
    "compressed": (wrong.gzip_body, {}),
    "wrong content type": (wrong.content_type("text/html"), {}),
    "out of order": (result(reversed_days), {}),
    "duplicates": (result(doubled), {"duplicate_identical": 3}),
    "no currency named": (result(lambda c: c["meta"].pop("currency")), {}),
    "no zone named": (result(lambda c: c["meta"].pop("exchangeTimezoneName")), {}),
    "no events": (result(lambda c: c.pop("events")), {}),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_passing_fault_is_asked_again_and_the_series_is_complete(yahoo: Yahoo, name: str) -> None:
    yahoo.server.faults.on(TICKER, TRANSIENT[name][0], TRANSIENT[name][0])
    outcome = yahoo.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_yahoo_bars(yahoo.market, TICKER))
    assert outcome.refused == ()
    assert yahoo.server.meter.count(CHART) == 3
    known = len(yahoo.server.meter.requests) - repeated_by_curl(name)
    assert outcome.provenance.requests == known


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_lasting_fault_is_a_typed_error_after_the_allowed_attempts(
    yahoo: Yahoo, name: str
) -> None:
    fault, kind = TRANSIENT[name]
    yahoo.server.faults.always(TICKER, fault)
    with pytest.raises(kind, match=rf"yahoo: daily bars of {TICKER} must ") as caught:
        yahoo.provider().bars(TICKER, FIRST, LAST)
    assert type(caught.value) is kind
    assert yahoo.server.meter.count(CHART) == 3 + repeated_by_curl(name)


@pytest.mark.parametrize("name", FINAL)
def test_a_fault_that_asking_again_cannot_mend_is_final(yahoo: Yahoo, name: str) -> None:
    yahoo.server.faults.on(TICKER, FINAL[name])
    with pytest.raises(BadQueryError):
        yahoo.provider().bars(TICKER, FIRST, LAST)
    assert yahoo.server.meter.count(CHART) == 1


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_oddity_changes_no_bar(yahoo: Yahoo, name: str) -> None:
    fault, refused = HARMLESS[name]
    yahoo.server.faults.on(TICKER, fault)
    outcome = yahoo.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_yahoo_bars(yahoo.market, TICKER))
    assert count_reasons(outcome.refused) == refused
    assert yahoo.server.meter.count(CHART) == 1


def test_only_two_answers_prove_that_there_is_nothing(yahoo: Yahoo) -> None:
    provider = yahoo.provider()
    unknown = provider.bars("NOPE", FIRST, LAST)
    assert isinstance(unknown, BarsEmpty)
    assert "knows no such symbol (404 'No data found, symbol may be delisted')" in unknown.proof
    assert yahoo.server.meter.count(CHART) == 1  # and yfinance's five further requests are not sent
    yahoo.server.faults.on(
        TICKER,
        wrong.put(chart={"result": None, "error": {"code": "Not Found", "description": "Oops"}}),
        lambda reply: replace(reply, status=404),
    )
    assert isinstance(provider.bars(TICKER, FIRST, LAST), BarsComplete)
    assert yahoo.server.meter.count(CHART) == 4


def test_a_page_of_errors_that_yfinance_kept_is_asked_for_again(yahoo: Yahoo) -> None:
    # It keeps answers of ranges that ended long ago; here every question reaches the server.
    yahoo.now = yahoo.now.replace(year=2025)
    down = wrong.body(b"<html>Will be right back</html>", "text/html")
    yahoo.server.faults.on(TICKER, down)
    first = yahoo.provider().bars(TICKER, FIRST, LAST.replace(year=2024))
    assert isinstance(first, BarsComplete)
    assert yahoo.server.meter.count(CHART) == 2
    day = first.bars["date"][-1].as_py()
    yahoo.market.revised[TICKER, day] = 1.01
    again = yahoo.provider().bars(TICKER, FIRST, LAST.replace(year=2024))
    assert isinstance(again, BarsComplete)
    assert again.bars["close"][-1].as_py() == pytest.approx(first.bars["close"][-1].as_py() * 1.01)


def test_an_invalid_crumb_heals_within_the_attempt(yahoo: Yahoo) -> None:
    yahoo.protocol.needs_crumb = True
    provider = yahoo.provider()
    assert isinstance(provider.bars(TICKER, FIRST, LAST), BarsComplete)
    yahoo.protocol.crumb = "another"
    assert isinstance(provider.bars("N002", FIRST, LAST), BarsComplete)
    assert yahoo.server.meter.count("N002") == 2


def test_a_crumb_that_is_refused_for_good_is_a_fault_of_the_source(yahoo: Yahoo) -> None:
    yahoo.server.faults.always(CHART, lambda _: Reply(401, INVALID_CRUMB))
    with pytest.raises(ServerFaultError, match="401: 'Invalid Crumb'"):
        yahoo.provider().bars(TICKER, FIRST, LAST)


@pytest.mark.parametrize(
    "fault", [text(429, b"Too Many Requests"), wrong.html(500), wrong.reset, wrong.body(b"")]
)
def test_bars_come_without_a_crumb(yahoo: Yahoo, fault: Fault) -> None:
    yahoo.server.faults.always(CRUMBS, fault)
    assert isinstance(yahoo.provider().bars(TICKER, FIRST, LAST), BarsComplete)


def test_every_refused_row_is_counted_and_shown(yahoo: Yahoo) -> None:
    def spoil(chart: Any) -> None:
        quote = chart["indicators"]["quote"][0]
        quote["close"][0] = None
        quote["close"][1] = "12.5"
        quote["low"][2] = -3.0
        quote["volume"][3] = -1
        chart["timestamp"][4] = "yesterday"
        chart["timestamp"].append(chart["timestamp"][9])
        for name, column in quote.items():
            column.append(column[9] + (name == "close"))

    yahoo.server.faults.on(TICKER, result(spoil))
    outcome = yahoo.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert count_reasons(outcome.refused) == {
        "missing_value": 1,
        "unparsable_number": 1,
        "non_positive_price": 1,
        "negative_volume": 1,
        "unparsable_date": 1,
        "duplicate_conflicting": 2,
    }
    expected = expected_yahoo_bars(yahoo.market, TICKER)
    kept = [place for place in range(expected.num_rows) if place not in {0, 1, 2, 3, 4, 9}]
    assert outcome.bars.equals(expected.take(kept))


def test_a_silent_source_is_not_asked_for_the_rest(yahoo: Yahoo) -> None:
    yahoo.server.faults.always(CHART, wrong.html(500))
    tickers = [f"N{number:03d}" for number in range(8)]
    outcomes = list(yahoo.provider(workers=1).fetch_bars(tickers, FIRST, LAST))
    assert all(isinstance(outcome, BarsFailed) for outcome in outcomes)
    assert yahoo.server.meter.count(CHART) == 9  # three names, three attempts each


def test_nobody_listening_is_unreachable(yahoo: Yahoo) -> None:
    provider = yahoo.provider(base_url="http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"must be reachable, .*127\.0\.0\.1:9"):
        provider.bars(TICKER, FIRST, LAST)
