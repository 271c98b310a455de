"""A loopback server that speaks the protocols, providers that talk to it, and nobody else."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from data.net.pacing import Pace
from data.net.retry import RetryPolicy
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import YahooSettings
from tests.loopback.market import LAST, Market, small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import YahooProtocol

#: Patience in hundredths of what the program has, so that a fault takes no time.
QUICK = RetryPolicy(
    attempts=3,
    backoff=0.005,
    max_backoff=0.02,
    retry_after_cap=0.3,
    attempt_seconds=5.0,
    call_seconds=10.0,
)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every connection that leaves this machine; return the addresses contacted."""
    contacted: list[Any] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        contacted.append(address)
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            raise OSError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    return contacted


@dataclass
class Polygon:
    """Server, protocol and market of one test, and a maker of providers that talk to them."""

    server: LoopbackServer
    protocol: PolygonProtocol
    market: Market
    client: str
    made: list[PolygonProvider]

    def provider(self, retry: RetryPolicy = QUICK, **settings: Any) -> PolygonProvider:
        settings = {"client": self.client, "pace": Pace(0.001), "retry": retry} | settings
        environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": self.server.url}
        self.made.append(PolygonProvider(PolygonSettings(**settings), environ))
        return self.made[-1]


@pytest.fixture
def market() -> Market:
    """Return the little market."""
    return small_market()


@pytest.fixture(params=["polygon", "massive"])
def polygon(market: Market, request: pytest.FixtureRequest) -> Iterator[Polygon]:
    """Return a running server that speaks Polygon, for either client library."""
    pytest.importorskip(request.param, reason="this client library is not installed")
    protocol = PolygonProtocol(market)
    with LoopbackServer(protocol) as server:
        made: list[PolygonProvider] = []
        yield Polygon(server, protocol, market, request.param, made)
        for provider in made:
            provider.close()


#: The evening of the market's last session.
EVENING = dt.datetime.combine(LAST, dt.time(23, 30), dt.UTC)


@dataclass
class Yahoo:
    """Server, protocol and market of one test, and a maker of providers that talk to them."""

    server: LoopbackServer
    protocol: YahooProtocol
    market: Market
    home: Path
    now: dt.datetime = EVENING

    def provider(self, retry: RetryPolicy = QUICK, **settings: Any) -> YahooProvider:
        chosen = YahooSettings(**{"pace": Pace(0.001), "retry": retry} | settings)
        environ = {"YAHOO_BASE_URL": self.server.url}
        return YahooProvider(chosen, environ, self.home, lambda: self.now)


@pytest.fixture
def yahoo(market: Market, tmp_path: Path) -> Iterator[Yahoo]:
    """Return a running server that speaks Yahoo."""
    protocol = YahooProtocol(market)
    with LoopbackServer(protocol) as server:
        yield Yahoo(server, protocol, market, tmp_path)


@pytest.fixture
def quick_with() -> Callable[..., RetryPolicy]:
    """Return a maker of quick retry policies with some values replaced."""
    return lambda **values: replace(QUICK, **values)
