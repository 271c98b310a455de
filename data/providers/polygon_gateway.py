"""The one door to Polygon: client library, pool, pace, retries, pages, typed errors."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import urllib3

from data.net.budget import Budget
from data.net.errors import BadAnswerError, BadQueryError, ProviderError
from data.net.pacing import shared_pacer
from data.net.retry import call
from data.net.secrets import HIDDEN, excerpt, safe_url
from data.net.strict_json import parse_answer, rows_of
from data.net.transport import Flight, Transport
from data.providers.base import Provenance
from data.providers.polygon_faults import connection_fault, status_fault
from data.providers.polygon_settings import NAME, Access, PolygonSettings

__all__ = ["Ask", "Gateway", "Rows", "Verify"]

# Sends one request through a named method of the client library, with raw=True.
Ask = Callable[[Any], Any]
Verify = Callable[[dict[str, Any]], None]

_PACKAGES: Final = {"polygon": "polygon-api-client", "massive": "massive"}
# Links to further pages name the service also where the base URL is a proxy.
_OWN_HOSTS: Final = {"api.polygon.io", "api.massive.com"}
# A key this long occurs in no data by chance; a shorter one is hidden in messages only.
_LONG_KEY: Final = 16
_KEY_PARAMETERS: Final = {"apikey", "api_key", "token"}


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of an answer, every page of it.

    Attributes
    ----------
    rows : list of dict
        As they came, in order.
    first : dict
        First page, for what stands beside the rows.
    provenance : Provenance
        With the requests of all pages.
    """

    rows: list[dict[str, Any]]
    first: dict[str, Any]
    provenance: Provenance


class Gateway:
    """Asks one address with one key; safe for many threads."""

    def __init__(self, access: Access, settings: PolygonSettings) -> None:
        self.access = access
        self._settings = settings
        self._transport = Transport(
            settings.workers, settings.connect_seconds, settings.read_seconds
        )
        self._client = _client(access, self._transport)
        self._pacer = shared_pacer(f"{NAME} {access.base_url}", access.pace)
        package = _PACKAGES[access.client]
        self.client_name = f"{package} {importlib.metadata.version(package)}"

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.close()

    def answer(self, thing: str, ask: Ask, budget: Budget) -> tuple[Any, int]:
        """Return one whole, strictly read answer and the requests it took."""

        def attempt() -> Any:
            return self._attempt(thing, ask, budget)

        return call(
            attempt, thing=thing, policy=self._settings.retry, pacer=self._pacer, budget=budget
        )

    def rows(
        self,
        thing: str,
        ask: Ask,
        budget: Budget,
        key: str = "results",
        verify: Verify | None = None,
    ) -> Rows:
        """Return the rows of all pages, or raise: never a part of them.

        Parameters
        ----------
        thing : str
            What is asked for, for messages.
        ask : callable
            Sends the request for the first page.
        key : str
            Name of the list of rows in the answer.
        verify : callable, optional
            Looks at each page; a page for which it raises BadAnswerError is asked for again.
        """
        seen: set[str] = set()
        rows: list[dict[str, Any]] = []
        first: dict[str, Any] | None = None
        requests = 0
        while True:
            page, used = self._page(thing, ask, budget, key, verify)
            requests += used
            first = page if first is None else first
            rows += rows_of(page, key, NAME, thing)
            path = self._next_path(thing, page.get("next_url"), seen)
            if path is None:
                return Rows(rows, first, self.provenance(requests, str(first.get("status", ""))))
            ask = self._follow(path)

    def provenance(self, requests: int, status: str = "", base: str = "raw") -> Provenance:
        """Return where something came from that was fetched just now."""
        return Provenance(NAME, base, dt.datetime.now(dt.UTC), requests, self.client_name, status)

    def _page(
        self, thing: str, ask: Ask, budget: Budget, key: str, verify: Verify | None
    ) -> tuple[dict[str, Any], int]:
        # The rows are looked at inside the attempt, so that a page that contradicts itself is
        # asked for again like any other fault.
        def attempt() -> dict[str, Any]:
            page = self._attempt(thing, ask, budget)
            rows_of(page, key, NAME, thing)
            if verify is not None:
                verify(page)
            result: dict[str, Any] = page
            return result

        return call(
            attempt, thing=thing, policy=self._settings.retry, pacer=self._pacer, budget=budget
        )

    def _attempt(self, thing: str, ask: Ask, budget: Budget) -> Any:
        seconds = min(self._settings.retry.attempt_seconds, budget.remaining())
        with self._transport.flight(seconds, budget.cancelled) as flight:
            body, fault = self._send(thing, ask, flight)
        # Raised here and not where it was caught: the library's exception may quote the whole
        # answer, and must not hang on to ours.
        if fault is not None:
            raise fault
        key = self.access.key.reveal().encode()
        if len(key) >= _LONG_KEY:  # an answer that echoes it must not carry it into kept rows
            body = body.replace(key, HIDDEN.encode())
        return parse_answer(body, NAME, thing, self.access.key)

    def _send(self, thing: str, ask: Ask, flight: Flight) -> tuple[bytes, ProviderError | None]:
        body, text = b"", ""
        try:
            body = ask(self._client).data
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return b"", connection_fault(thing, self.access, error, flight)
        except Exception as error:  # noqa: BLE001 - the library's BadResponse, or its own defect
            if flight.status in (None, 200):
                return b"", _defect(thing, error)
            text = str(error)
        if flight.status != 200:
            return b"", status_fault(thing, self.access, flight, text)
        return body, None

    def _follow(self, path: str) -> Ask:
        def ask(client: Any) -> Any:
            response = self._transport.request(
                "GET", self.access.base_url + path, headers=client.headers
            )
            return response

        return ask

    def _next_path(self, thing: str, link: object, seen: set[str]) -> str | None:
        if link is None or link == "":
            return None
        way_out = "Nothing of it was kept. Try again later."
        parts = _split(link)
        own = {*_OWN_HOSTS, urlsplit(self.access.base_url).netloc.rpartition("@")[2].lower()}
        if parts is None or parts.netloc.lower() not in own:
            found = f"led to {safe_url(str(link))[:80]!r}"
            found = excerpt(found, self.access.key).strip("\"'")
            raise BadAnswerError(NAME, thing, "go on at the same service", found, way_out)
        query = [
            (k, v) for k, v in parse_qsl(parts.query, True) if k.lower() not in _KEY_PARAMETERS
        ]
        path = parts.path.removeprefix(urlsplit(self.access.base_url).path)
        path += f"?{urlencode(query)}" if query else ""
        if path in seen:
            found = f"came back to the same page after {len(seen)}"
            raise BadAnswerError(NAME, thing, "have each page once", found, way_out)
        seen.add(path)
        if len(seen) >= self._settings.page_cap:
            found = f"had more than {self._settings.page_cap} pages"
            raise BadAnswerError(NAME, thing, "come to an end", found, way_out)
        return path


def _split(link: object) -> SplitResult | None:
    try:
        return urlsplit(link) if isinstance(link, str) else None
    except ValueError:
        return None


def _defect(thing: str, error: Exception) -> ProviderError:
    return ProviderError(
        NAME,
        thing,
        "be asked for without a defect of the client library",
        f"met {type(error).__name__}",
        "Please report it with the version of Plimsoll.",
    )


def _client(access: Access, transport: Transport) -> Any:
    try:
        module = importlib.import_module(access.client)
    except ModuleNotFoundError as error:
        raise BadQueryError(
            NAME,
            f"the client library {access.client!r}",
            "be installed",
            "was not",
            f'Install it with: pip install "plimsoll[{access.client}]", or choose "polygon".',
        ) from error
    client = module.RESTClient(access.key.reveal(), base=access.base_url, retries=0)
    client.client = client.vx.client = transport
    return client
