"""Settings of the Yahoo provider; the address is read when it is needed, not before."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from data.net.errors import BadQueryError
from data.net.pacing import Pace
from data.net.retry import RetryPolicy
from data.net.secrets import safe_url

__all__ = ["BASE_URL_VARIABLE", "NAME", "POLITE", "SPACING_VARIABLE", "YahooSettings"]

NAME: Final = "yahoo"
BASE_URL_VARIABLE: Final = "YAHOO_BASE_URL"
SPACING_VARIABLE: Final = "YAHOO_SPACING"
# Yahoo publishes no limit and blocks for hours who asks too fast: three requests in two seconds.
POLITE: Final = Pace(spacing=0.67)
_LONGEST: Final = 3600.0


@dataclass(frozen=True, slots=True)
class YahooSettings:
    """How Yahoo is asked.

    Attributes
    ----------
    base_url : str or None
        Address for every request; None = YAHOO_BASE_URL, else Yahoo's own hosts.
    pace : Pace or None
        For all requests together, those for cookies and crumbs included; None = so many seconds
        between two as YAHOO_SPACING says, else POLITE.
    workers : int
        Requests under way at once.
    retry : RetryPolicy
        How often and how patiently a question is repeated.
    read_seconds : float
        Longest time for one request, from the first byte to the last.
    fetch_seconds : float or None
        Longest time for one call of the provider or a whole fetch of bars; None = any.
    quarterly_lag, annual_lag : int
        Days after the end of its period from which a statement is taken as known: Yahoo does not
        say when it was filed.
    """

    base_url: str | None = None
    pace: Pace | None = None
    workers: int = 2
    retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(attempts=4, backoff=2.0, max_backoff=30.0)
    )
    read_seconds: float = 15.0
    fetch_seconds: float | None = None
    quarterly_lag: int = 60
    annual_lag: int = 90

    def address(self, environ: Mapping[str, str] | None = None) -> str | None:
        """Return where all requests go (`environ`: the process's, now); None = to Yahoo's hosts.

        Raises
        ------
        BadQueryError
            The address is no http(s) address.
        """
        environ = os.environ if environ is None else environ
        url = self.base_url or environ.get(BASE_URL_VARIABLE, "").strip()
        if not url:
            return None
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            usable = usable and not parts.query and not parts.fragment and parts.port != 0
        except ValueError:  # a port that is no number
            usable = False
        if not usable:
            raise BadQueryError(
                NAME,
                "the base URL",
                "be an address such as https://query2.finance.yahoo.com",
                f"was {safe_url(url)!r}" if "://" in url else "had no http:// or https://",
                f"Correct {BASE_URL_VARIABLE}, or unset it for the service itself.",
            )
        return url.rstrip("/")

    def pacing(self, environ: Mapping[str, str] | None = None) -> Pace:
        """Return the pace to keep (`environ`: the process's, now).

        Raises
        ------
        BadQueryError
            YAHOO_SPACING is no number of seconds.
        """
        if self.pace is not None:
            return self.pace
        said = (os.environ if environ is None else environ).get(SPACING_VARIABLE, "").strip()
        if not said:
            return POLITE
        try:
            seconds = float(said)
        except ValueError:
            seconds = math.nan
        if not 0.0 <= seconds <= _LONGEST:
            expected, found = f"be seconds from 0 to {_LONGEST:g}", f"was {said[:20]!r}"
            raise BadQueryError(NAME, SPACING_VARIABLE, expected, found, "Correct or unset it.")
        return Pace(seconds)
