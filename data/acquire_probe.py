"""Whether anybody can be reached at all, before two hundred names are tried one by one."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from data.acquire_types import ProviderChoice
from data.net.errors import ProviderError, UnreachableError
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo_settings import YahooSettings

__all__ = ["must_be_reachable"]

_YAHOO: Final = "https://query2.finance.yahoo.com"
_SECONDS: Final = 4.0
_PORTS: Final = {"http": 80, "https": 443}


def must_be_reachable(choice: ProviderChoice, environ: Mapping[str, str] | None = None) -> None:
    """Raise UnreachableError where no provider of `choice` takes a connection; asks nothing.

    Behind a proxy nobody is reached directly: then it is not judged.
    """
    addresses = _addresses(choice, os.environ if environ is None else environ)
    if not addresses or getproxies() or any(map(_reached, addresses)):
        return
    raise UnreachableError(
        choice,
        "the network",
        f"reach {' or '.join(sorted({urlsplit(url).netloc for url in addresses}))}",
        "nobody answered",
        "Check the connection. What was fetched before is still there; without any, use the "
        "simulated market (--source demo).",
    )


def _addresses(choice: ProviderChoice, environ: Mapping[str, str]) -> list[str]:
    found = []
    try:
        if choice != "yahoo":
            found.append(PolygonSettings().access(environ).base_url)
    except ProviderError:
        pass  # no key: it is not asked
    try:
        if choice != "polygon":
            found.append(YahooSettings().address(environ) or _YAHOO)
    except ProviderError:
        return []  # the fetch itself says what is wrong with the setting
    return found


def _reached(url: str) -> bool:
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS[parts.scheme]
        socket.create_connection((parts.hostname or "", port), _SECONDS).close()
    except (OSError, KeyError, ValueError):
        return False
    return True
