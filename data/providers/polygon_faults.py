"""What a failed request to Polygon means, as a typed error that quotes no key."""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

import urllib3

from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    CancelledError,
    NotFoundError,
    NotInPlanError,
    ProviderError,
    RateLimitError,
    RejectedKeyError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)
from data.net.retry import parse_retry_after
from data.net.secrets import excerpt, safe_url
from data.net.transport import Flight
from data.providers.polygon_settings import BASE_URL_VARIABLE, NAME, Access

__all__ = ["connection_fault", "status_fault"]

_LATER: Final = "Try again later; what has come is kept."
_SERVER_FAULT: Final = 500


def connection_fault(thing: str, access: Access, error: Exception, flight: Flight) -> ProviderError:
    """Return the error for a request whose answer never came whole."""
    if flight.cancelled.is_set():
        way_out = "What had come before is kept; fetch again to go on from there."
        return CancelledError(NAME, thing, "be fetched to the end", "was cancelled", way_out)
    reason = getattr(error, "reason", None) or error
    host = safe_url(access.base_url)
    if flight.broken_off or isinstance(reason, urllib3.exceptions.ReadTimeoutError):
        found = f"was not: {host} was too slow"
        return TimedOutError(NAME, thing, "be whole in time", found, _LATER)
    if isinstance(reason, urllib3.exceptions.DecodeError):
        found = "was not: its compression was broken"
        return BadAnswerError(NAME, thing, "come whole", found, _LATER)
    found = f"was not reached at {host} ({type(reason).__name__})"
    way_out = f"Check the network connection and {BASE_URL_VARIABLE}, or try again later."
    return UnreachableError(NAME, thing, "be reachable", found, way_out)


def status_fault(thing: str, access: Access, flight: Flight, body: str) -> ProviderError:
    """Return the error for an answer other than 200; told by its status, never by its text."""
    status = flight.status or 0
    said = excerpt(_message(body), access.key)
    found = f"was answered with {status}: {said}"
    if status == 401:
        way_out = (
            f"Check {access.key_variable}, and that it belongs to {safe_url(access.base_url)}."
        )
        expected = "be asked for with a key that the service knows"
        return RejectedKeyError(NAME, thing, expected, found, way_out)
    if status in (402, 403):
        way_out = "Choose later dates or other names, upgrade the plan, or fetch it from yahoo."
        return NotInPlanError(NAME, thing, "be in the key's plan", found, way_out)
    if status == 404:
        way_out = "Check the symbol; delisted and renamed ones are in the provider's own lists."
        return NotFoundError(NAME, thing, "be known to the service", found, way_out)
    wait = parse_retry_after(flight.headers.get("Retry-After"), dt.datetime.now(dt.UTC))
    if status == 429:
        way_out = 'Wait a minute, or set the plan to "free" when the key has no paid one.'
        expected = "come within the key's limit of requests"
        return RateLimitError(NAME, thing, expected, found, way_out, wait)
    if status >= _SERVER_FAULT or status in (408, 413, 425):
        return ServerFaultError(NAME, thing, "be answered", found, _LATER, wait)
    way_out = f"This is a defect of the question, or of {safe_url(access.base_url)}: report it."
    return BadQueryError(NAME, thing, "be accepted by the service", found, way_out)


def _message(body: str) -> str:
    # The words are in `error` or `message`; anything else is shown as it came.
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(answer, dict):
        return body
    return str(answer.get("error") or answer.get("message") or body)
