"""Every fault ends in complete data or in a typed error; nothing is lost, nothing invented."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    NotFoundError,
    NotInPlanError,
    ProviderError,
    RateLimitError,
    RejectedKeyError,
    ServerFaultError,
    UnreachableError,
)
from data.providers.base import BarsComplete, BarsEmpty, count_reasons
from tests.data.providers.bars import expected_bars
from tests.data.providers.conftest import Polygon
from tests.loopback import faults as wrong
from tests.loopback.faults import Fault
from tests.loopback.market import FIRST, LAST

TICKER = "N000"


def shuffled(answer: Any) -> None:
    answer["results"] = answer["results"][::-2] + answer["results"][-2::-2]


def doubled(answer: Any) -> None:
    answer["results"] = [*answer["results"], *answer["results"][:3]]
    answer["resultsCount"] = len(answer["results"])


TRANSIENT: dict[str, tuple[Fault, type[ProviderError]]] = {
    "429": (wrong.status(429, "slow down"), RateLimitError),
    "429 with seconds": (wrong.status(429, "slow down", Retry_After="0"), RateLimitError),
    "429 with date": (
        wrong.status(429, "slow", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
        RateLimitError,
    ),
    "429 with a wish beyond the cap": (
        wrong.status(429, "slow", Retry_After="86400"),
        RateLimitError,
    ),
    "429 with nonsense": (wrong.status(429, "slow", Retry_After="soon"), RateLimitError),
    "500": (wrong.status(500, "oops"), ServerFaultError),
    "502 html": (wrong.html(502), ServerFaultError),
    "503 with seconds": (wrong.status(503, "later", Retry_After="0"), ServerFaultError),
    "error page that is no text": (
        lambda _: wrong.Reply(500, b"\xff\xfe\x00\x81", content_type="image/png"),
        ServerFaultError,
    ),
    "reset": (wrong.reset, UnreachableError),
    "connection closed within the body": (wrong.cut(100), UnreachableError),
    "connection closed before the body": (wrong.cut(0), UnreachableError),
    "half the JSON": (wrong.truncated, BadAnswerError),
    "html with 200": (wrong.body(b"<html>maintenance</html>", "text/html"), BadAnswerError),
    "empty body": (wrong.body(b""), BadAnswerError),
    "not UTF-8": (wrong.body(b'{"results": "\xff\xfe"}'), BadAnswerError),
    "NaN": (wrong.not_finite, BadAnswerError),
    "Infinity": (wrong.body(b'{"resultsCount": Infinity}'), BadAnswerError),
    "endless nesting": (wrong.body(b"[" * 200_000), BadAnswerError),
    "a list": (wrong.body(b"[1, 2]"), BadAnswerError),
    "a number": (wrong.body(b"42"), BadAnswerError),
    "status ERROR": (wrong.put(status="ERROR", error="internal"), BadAnswerError),
    "fewer rows than counted": (
        wrong.edit(lambda a: a["results"].pop()),
        BadAnswerError,
    ),
    "no rows and a count": (wrong.edit(lambda a: a.pop("results")), BadAnswerError),
    "no rows and no count": (wrong.body(b'{"status": "OK"}'), BadAnswerError),
    "null results and no count": (wrong.body(b'{"results": null}'), BadAnswerError),
    "rows that are no objects": (
        wrong.put(results=[1, 2], resultsCount=2),
        BadAnswerError,
    ),
    "rows that are no list": (wrong.put(results={"o": 1}), BadAnswerError),
    "another ticker": (wrong.put(ticker="OTHER"), BadAnswerError),
    "adjusted by the server": (wrong.put(adjusted=True), BadAnswerError),
    "broken compression": (wrong.broken_gzip, BadAnswerError),
}
FINAL: dict[str, tuple[Fault, type[ProviderError]]] = {
    "400": (wrong.status(400, "Could not parse"), BadQueryError),
    "401": (wrong.status(401, "Unknown API Key"), RejectedKeyError),
    "403": (wrong.status(403, "You are not entitled"), NotInPlanError),
    "404": (wrong.status(404, "nothing"), NotFoundError),
    "redirect": (
        lambda _: wrong.Reply(302, b"", {"Location": "https://evil.example/steal"}),
        BadQueryError,
    ),
    "next page elsewhere": (
        wrong.put(next_url="https://evil.example/v2/aggs?cursor=1"),
        BadAnswerError,
    ),
    "next page is not there": (
        wrong.put(next_url="https://api.polygon.io/v2/aggs/ticker/N000/x?cursor=1"),
        NotFoundError,  # not half believed
    ),
    "next page is no address": (wrong.put(next_url="http://[half"), BadAnswerError),
    "next page is a number": (wrong.put(next_url=7), BadAnswerError),
}
HARMLESS: dict[str, tuple[Fault, dict[str, int]]] = {
    "compressed": (wrong.gzip_body, {}),
    "wrong content type": (wrong.content_type("text/html"), {}),
    "status DELAYED": (wrong.put(status="DELAYED"), {}),
    "another queryCount": (wrong.put(queryCount=1), {}),
    "out of order": (wrong.edit(shuffled), {}),
    "duplicates": (wrong.edit(doubled), {"duplicate_identical": 3}),
    "empty link": (wrong.put(next_url=""), {}),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_passing_fault_is_asked_again_and_the_series_is_complete(
    polygon: Polygon, name: str
) -> None:
    polygon.server.faults.on(TICKER, TRANSIENT[name][0], TRANSIENT[name][0])
    outcome = polygon.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(polygon.market, TICKER))
    assert outcome.provenance.requests == 3 == len(polygon.server.meter.requests)
    assert outcome.refused == ()


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_lasting_fault_is_a_typed_error_after_the_allowed_attempts(
    polygon: Polygon, name: str
) -> None:
    fault, kind = TRANSIENT[name]
    polygon.server.faults.always(TICKER, fault)
    with pytest.raises(kind, match=rf"polygon: daily bars of {TICKER} must ") as caught:
        polygon.provider().bars(TICKER, FIRST, LAST)
    assert type(caught.value) is kind
    assert len(polygon.server.meter.requests) == 3


@pytest.mark.parametrize("name", FINAL)
def test_a_fault_that_asking_again_cannot_mend_is_final(polygon: Polygon, name: str) -> None:
    fault, kind = FINAL[name]
    polygon.server.faults.on(TICKER, fault)
    with pytest.raises(kind) as caught:
        polygon.provider().bars(TICKER, FIRST, LAST)
    assert type(caught.value) is kind
    assert len(polygon.server.meter.requests) == (2 if name == "next page is not there" else 1)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_oddity_changes_no_bar(polygon: Polygon, name: str) -> None:
    fault, refused = HARMLESS[name]
    polygon.server.faults.on(TICKER, fault)
    outcome = polygon.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(polygon.market, TICKER))
    assert count_reasons(outcome.refused) == refused
    assert len(polygon.server.meter.requests) == 1


def test_null_results_are_believed_only_the_second_time(polygon: Polygon) -> None:
    null = wrong.put(results=None, resultsCount=0)
    polygon.server.faults.on(TICKER, null)
    assert isinstance(polygon.provider().bars(TICKER, FIRST, LAST), BarsComplete)
    polygon.server.faults.on("N002", null, null)
    outcome = polygon.provider().bars("N002", FIRST, LAST)
    assert isinstance(outcome, BarsEmpty)
    assert outcome.provenance.requests == 2


@pytest.mark.parametrize("fault", [wrong.truncated, wrong.reset, wrong.status(500, "x")])
def test_a_fault_on_a_later_page_never_leaves_a_partial_series(
    polygon: Polygon, fault: Fault
) -> None:
    polygon.protocol.page_size = 300
    polygon.server.faults.always("cursor=600", fault)
    with pytest.raises(ProviderError):
        polygon.provider().bars(TICKER, FIRST, LAST)
    polygon.server.faults.clear()
    polygon.server.faults.on("cursor=600", fault)
    outcome = polygon.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(polygon.market, TICKER))
    assert outcome.provenance.requests == 5  # four pages, one of them twice


def test_pages_that_lead_back_to_each_other_end_in_an_error(polygon: Polygon) -> None:
    polygon.protocol.page_size = 300
    polygon.server.faults.always("cursor=300", lambda reply: _linked(reply, "cursor=300"))
    with pytest.raises(BadAnswerError, match="came back to the same page"):
        polygon.provider().bars(TICKER, FIRST, LAST)


def test_an_answer_without_end_is_given_up_at_the_page_cap(polygon: Polygon) -> None:
    polygon.protocol.page_size = 10
    with pytest.raises(BadAnswerError, match="had more than 20 pages"):
        polygon.provider(page_cap=20).bars(TICKER, FIRST, LAST)
    assert len(polygon.server.meter.requests) == 20


def test_a_link_to_another_host_is_never_followed(
    polygon: Polygon, only_loopback: list[Any]
) -> None:
    polygon.protocol.page_size = 300
    polygon.protocol.link_host = "https://evil.example"
    with pytest.raises(BadAnswerError, match=r"led to 'https://evil\.example/v2"):
        polygon.provider().bars(TICKER, FIRST, LAST)
    assert {address[0] for address in only_loopback} == {"127.0.0.1"}
    assert len(polygon.server.meter.requests) == 1


def test_every_refused_row_is_counted_and_shown(polygon: Polygon) -> None:
    def spoil(answer: Any) -> None:
        rows = answer["results"]
        rows[0]["c"] = None
        rows[1]["c"] = "12.5"
        rows[2]["l"] = -3.0
        rows[3]["v"] = -1
        rows[4]["t"] = "yesterday"
        rows[5]["t"] = 0
        rows[6]["h"] = 10**400
        rows[7]["o"] = True
        rows.append(dict(rows[9], c=rows[9]["c"] + 1))
        answer["resultsCount"] = len(rows)

    polygon.server.faults.on(TICKER, wrong.edit(spoil))
    outcome = polygon.provider().bars(TICKER, FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert count_reasons(outcome.refused) == {
        "missing_value": 1,
        "unparsable_number": 2,
        "non_positive_price": 1,
        "negative_volume": 1,
        "unparsable_date": 1,
        "outside_request": 1,
        "not_finite": 1,
        "duplicate_conflicting": 2,
    }
    expected = expected_bars(polygon.market, TICKER)
    assert outcome.bars.equals(pa_without(expected, {0, 1, 2, 3, 4, 5, 6, 7, 9}))
    assert outcome.bars.num_rows + len(outcome.refused) == expected.num_rows + 1


def pa_without(table: Any, places: set[int]) -> Any:
    return table.take([place for place in range(table.num_rows) if place not in places])


def _linked(reply: wrong.Reply, cursor: str) -> wrong.Reply:
    path = f"/v2/aggs/ticker/{TICKER}/range/1/day/{FIRST}/{LAST}?adjusted=false&{cursor}"
    return wrong.put(next_url=f"https://api.polygon.io{path}")(reply)


def test_a_link_that_forgets_that_raw_prices_were_asked_for_is_noticed(polygon: Polygon) -> None:
    polygon.protocol.page_size = 300
    forgetful = f"/v2/aggs/ticker/{TICKER}/range/1/day/{FIRST}/{LAST}?cursor=300"
    polygon.server.faults.on(TICKER, wrong.put(next_url=f"https://api.polygon.io{forgetful}"))
    with pytest.raises(BadAnswerError, match="must be raw, were adjusted by the server"):
        polygon.provider().bars(TICKER, FIRST, LAST)


def test_nobody_listening_is_unreachable(polygon: Polygon) -> None:
    provider = polygon.provider(base_url="http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"must be reachable, .*127\.0\.0\.1:9"):
        provider.bars(TICKER, dt.date(2026, 1, 2), LAST)
