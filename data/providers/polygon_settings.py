"""Settings of the Polygon provider; key and address are read when they are needed, not before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from data.net.errors import BadQueryError, MissingKeyError, RejectedKeyError
from data.net.pacing import PLANS, Pace
from data.net.retry import RetryPolicy
from data.net.secrets import Secret, safe_url

__all__ = ["BASE_URL_VARIABLE", "KEY_VARIABLES", "NAME", "Access", "PolygonSettings"]

NAME: Final = "polygon"
KEY_VARIABLES: Final = ("POLYGON_API_KEY", "MASSIVE_API_KEY")
BASE_URL_VARIABLE: Final = "POLYGON_BASE_URL"
_HOSTS: Final = {"polygon": "https://api.polygon.io", "massive": "https://api.massive.com"}


@dataclass(frozen=True, slots=True)
class Access:
    """Where to ask and with which key, as the environment says at this moment."""

    key: Secret
    key_variable: str
    base_url: str
    client: Literal["polygon", "massive"]


@dataclass(frozen=True, slots=True)
class PolygonSettings:
    """How Polygon is asked.

    Attributes
    ----------
    client : {"polygon", "massive"}
        Client library: polygon-api-client, or its successor (extra ``massive``).
    key_variable : str or None
        Environment variable with the key; None = the first of KEY_VARIABLES that is not empty.
    base_url : str or None
        Address for every request; None = POLYGON_BASE_URL, else the client's own.
    plan : {"paid", "free"}
        Pace: 67 requests a second, or 5 a minute.
    pace : Pace or None
        A pace of one's own instead of the plan's.
    workers : int
        Requests under way at once, and connections kept.
    page_cap : int
        Pages of one answer at most.
    fetch_seconds : float or None
        Longest time for one call of the provider or a whole fetch of bars; None = any.
    """

    client: Literal["polygon", "massive"] = "polygon"
    key_variable: str | None = None
    base_url: str | None = None
    plan: Literal["paid", "free"] = "paid"
    pace: Pace | None = None
    workers: int = 10
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    page_cap: int = 500
    fetch_seconds: float | None = None

    @property
    def pacing(self) -> Pace:
        """The pace to keep."""
        return self.pace if self.pace is not None else PLANS[self.plan]

    def access(self, environ: Mapping[str, str] | None = None) -> Access:
        """Read key and address from `environ` (default: the process's, now).

        Raises
        ------
        MissingKeyError
            No variable holds a key; an empty one counts as none.
        RejectedKeyError
            What the variable holds cannot be a key.
        BadQueryError
            The address is no http(s) address.
        """
        environ = os.environ if environ is None else environ
        variable, value = self._key(environ)
        try:
            key = Secret(value)
        except ValueError:
            found = "had spaces or signs that no key has"
        else:
            return Access(key, variable, self._base_url(environ), self.client)
        way_out = f"Copy the key into {variable} again, without quotes and line breaks."
        raise RejectedKeyError(NAME, f"the key in {variable}", "be one word", found, way_out)

    def _key(self, environ: Mapping[str, str]) -> tuple[str, str]:
        names = KEY_VARIABLES if self.key_variable is None else (self.key_variable,)
        for name in names:
            value = environ.get(name, "").strip()
            if value:
                return name, value
        raise MissingKeyError(
            NAME,
            "the key",
            f"be in {' or '.join(names)}",
            "was not set",
            f"Set {names[0]}, or fetch with --provider yahoo, which needs no key.",
        )

    def _base_url(self, environ: Mapping[str, str]) -> str:
        url = self.base_url or environ.get(BASE_URL_VARIABLE, "").strip() or _HOSTS[self.client]
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
                "be an address such as https://api.polygon.io",
                f"was {safe_url(url)!r}" if "://" in url else "had no http:// or https://",
                f"Correct {BASE_URL_VARIABLE}, or unset it for the service itself.",
            )
        return url.rstrip("/")
