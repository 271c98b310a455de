"""Settings of the Polygon provider; key and address are read when they are needed, not before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

from data.errors import did_you_mean
from data.net.errors import BadQueryError, MissingKeyError, RejectedKeyError
from data.net.pacing import PLANS, Pace
from data.net.retry import RetryPolicy
from data.net.secrets import Secret, safe_url

__all__ = [
    "BASE_URL_VARIABLE",
    "CLIENT_VARIABLE",
    "KEY_NAME_VARIABLE",
    "KEY_VARIABLES",
    "NAME",
    "PLAN_VARIABLE",
    "Access",
    "PolygonSettings",
]

NAME: Final = "polygon"
KEY_VARIABLES: Final = ("POLYGON_API_KEY", "MASSIVE_API_KEY")
BASE_URL_VARIABLE: Final = "POLYGON_BASE_URL"
# Settings that a field of PolygonSettings left open are read here.
PLAN_VARIABLE: Final = "POLYGON_PLAN"
CLIENT_VARIABLE: Final = "POLYGON_CLIENT"
KEY_NAME_VARIABLE: Final = "POLYGON_KEY_VARIABLE"

Client = Literal["polygon", "massive"]
Plan = Literal["paid", "free"]
T = TypeVar("T", bound=str)
_CLIENTS: Final[tuple[Client, ...]] = ("polygon", "massive")
_PLANS: Final[tuple[Plan, ...]] = ("paid", "free")
_HOSTS: Final = {"polygon": "https://api.polygon.io", "massive": "https://api.massive.com"}


@dataclass(frozen=True, slots=True)
class Access:
    """Where to ask, how fast and with which key, as the environment says at this moment."""

    key: Secret
    key_variable: str
    base_url: str
    client: Client
    pace: Pace


@dataclass(frozen=True, slots=True)
class PolygonSettings:
    """How Polygon is asked.

    Attributes
    ----------
    client : {"polygon", "massive"} or None
        Client library: polygon-api-client, or its successor (extra ``massive``); None =
        POLYGON_CLIENT, else polygon.
    key_variable : str or None
        Environment variable with the key; None = the one that POLYGON_KEY_VARIABLE names, else
        the first of KEY_VARIABLES that is not empty.
    base_url : str or None
        Address for every request; None = POLYGON_BASE_URL, else the client's own.
    plan : {"paid", "free"} or None
        Pace: 67 requests a second, or 5 a minute; None = POLYGON_PLAN, else paid.
    pace : Pace or None
        A pace of one's own instead of the plan's.
    workers : int
        Requests under way at once, and connections kept.
    page_cap : int
        Pages of one answer at most.
    fetch_seconds : float or None
        Longest time for one call of the provider or a whole fetch of bars; None = any.
    """

    client: Client | None = None
    key_variable: str | None = None
    base_url: str | None = None
    plan: Plan | None = None
    pace: Pace | None = None
    workers: int = 10
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    page_cap: int = 500
    fetch_seconds: float | None = None

    def access(self, environ: Mapping[str, str] | None = None) -> Access:
        """Read key and address from `environ` (default: the process's, now).

        Raises
        ------
        MissingKeyError
            No variable holds a key; an empty one counts as none.
        RejectedKeyError
            What the variable holds cannot be a key.
        BadQueryError
            The address is no http(s) address, or a setting has no such value.
        """
        environ = os.environ if environ is None else environ
        variable, value = self._key(environ)
        client = self.client or _choice(environ, CLIENT_VARIABLE, _CLIENTS)
        plan = self.plan or _choice(environ, PLAN_VARIABLE, _PLANS)
        pace = self.pace if self.pace is not None else PLANS[plan]
        try:
            key = Secret(value)
        except ValueError:
            found = "had spaces or signs that no key has"
        else:
            return Access(key, variable, self._base_url(environ, client), client, pace)
        way_out = f"Copy the key into {variable} again, without quotes and line breaks."
        raise RejectedKeyError(NAME, f"the key in {variable}", "be one word", found, way_out)

    def _key(self, environ: Mapping[str, str]) -> tuple[str, str]:
        named = self.key_variable or environ.get(KEY_NAME_VARIABLE, "").strip()
        names = (named,) if named else KEY_VARIABLES
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

    def _base_url(self, environ: Mapping[str, str], client: Client) -> str:
        url = self.base_url or environ.get(BASE_URL_VARIABLE, "").strip() or _HOSTS[client]
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


def _choice(environ: Mapping[str, str], variable: str, values: tuple[T, ...]) -> T:
    # The first value is the usual one.
    said = environ.get(variable, "").strip() or values[0]
    for value in values:
        if value == said:
            return value
    raise BadQueryError(
        NAME,
        variable,
        f"be {' or '.join(values)}",
        f"was {said[:20]!r}",
        f"Correct or unset it.{did_you_mean(said, values)}",
    )
