"""What a failed request to Yahoo means, as a typed error."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

from data.net.budget import Budget
from data.net.errors import (
    BadAnswerError,
    BadQueryError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    ServerFaultError,
    TimedOutError,
    UnreachableError,
)
from data.net.retry import parse_retry_after
from data.net.secrets import excerpt, safe_url
from data.providers.yahoo_settings import BASE_URL_VARIABLE, NAME

__all__ = ["EmptyAnswerError", "connection_fault", "status_fault"]

_LATER: Final = "Try again later; what has come is kept."
_SERVER_FAULT: Final = 500
_BLOCKED: Final = (429, 999)
# The two answers that prove something: that there is no such symbol, and that there is nothing
# in the dates. Every other emptiness means nothing.
_NO_SYMBOL: Final = "no data found"
_NO_DATES: Final = "data doesn't exist for startdate"


class EmptyAnswerError(NotFoundError):
    """Yahoo said properly that it has nothing; `found` is the proof, `requests` what it took."""

    requests: int = 1


def connection_fault(
    thing: str, address: str | None, error: BaseException, budget: Budget
) -> ProviderError:
    """Return the error for a request whose answer never came whole."""
    budget.check(thing)
    host = safe_url(address) if address is not None else "Yahoo"
    kind = type(error).__name__
    if "Timeout" in kind:
        return TimedOutError(
            NAME, thing, "be whole in time", f"was not: {host} was too slow", _LATER
        )
    if kind == "ContentDecodingError":
        found = "was not: its compression was broken"
        return BadAnswerError(NAME, thing, "come whole", found, _LATER)
    found = f"was not reached at {host} ({kind})"
    way_out = f"Check the network connection and {BASE_URL_VARIABLE}, or try again later."
    return UnreachableError(NAME, thing, "be reachable", found, way_out)


def status_fault(
    thing: str, address: str | None, status: int, headers: Mapping[str, str], body: bytes
) -> ProviderError:
    """Return the error for an answer other than 200; told by its status.

    Two answers are proofs and come as EmptyAnswerError.
    """
    described = _description(body)
    said = excerpt(described or body)
    found = f"was answered with {status}: {said}"
    proof = _proof(status, described)
    if proof is not None:
        way_out = "Check the symbol; it may have been renamed or delisted."
        return EmptyAnswerError(NAME, thing, "be known to the service", proof, way_out)
    wait = parse_retry_after(headers.get("Retry-After"), dt.datetime.now(dt.UTC))
    if status in _BLOCKED:
        way_out = "Wait some minutes; a slower pace avoids it."
        expected = "come within the requests that Yahoo allows"
        return RateLimitError(NAME, thing, expected, found, way_out, wait)
    if status >= _SERVER_FAULT or status in (401, 403, 404, 408, 425):
        # A 404 without Yahoo's own words is a proxy's or a page's and proves nothing.
        return ServerFaultError(NAME, thing, "be answered", found, _LATER, wait)
    host = safe_url(address) if address is not None else "Yahoo's protocol"
    way_out = f"This is a defect of the question, or of {host}: report it."
    return BadQueryError(NAME, thing, "be accepted by the service", found, way_out)


def _proof(status: int, described: str) -> str | None:
    words = described.lower()
    if status == 404 and _NO_SYMBOL in words:
        return f"the service knows no such symbol (404 {described[:80]!r})"
    if status in (400, 404, 422) and _NO_DATES in words:
        return f"the service has nothing in these dates ({status} {described[:80]!r})"
    return None


def _description(body: bytes) -> str:
    try:
        answer: Any = json.loads(body)
        for part in answer.values():
            error = part.get("error") if isinstance(part, dict) else None
            if isinstance(error, dict):
                return str(error.get("description") or error.get("code") or "")
    except (ValueError, RecursionError, AttributeError):
        pass
    return ""
