"""One loopback server that speaks both providers' protocols, and jobs that fetch from it."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.acquire import acquire, refresh
from data.acquire_types import AcquireReport, FetchRequest, ProviderChoice, Say
from data.net.pacing import Pace
from data.net.retry import RetryPolicy
from data.providers.hybrid import HybridProvider
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from data.providers.yahoo import YahooProvider
from data.providers.yahoo_settings import YahooSettings
from tests.loopback.market import FIRST, Market, small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer
from tests.loopback.yahoo import YahooProtocol

QUICK = RetryPolicy(
    attempts=2, backoff=0.005, max_backoff=0.02, retry_after_cap=0.1,
    attempt_seconds=5.0, call_seconds=10.0,
)  # fmt: skip
NAMES = ("N000", "N001", "N002", "DIVI", "SPLF")


@dataclass
class World:
    """Server, market and clock of one test; `env` is what a job sees of the environment."""

    home: Path
    server: LoopbackServer
    market: Market
    polygon: PolygonProtocol
    yahoo: YahooProtocol
    env: dict[str, str] = field(default_factory=dict)

    def now(self) -> dt.datetime:
        """An hour after the close of the market's present day."""
        day = self.market.today
        return dt.datetime(day.year, day.month, day.day, 22, 30, tzinfo=dt.UTC)

    def sources(self, use: str = "auto") -> HybridProvider:
        polygon = PolygonProvider(PolygonSettings(pace=Pace(0.001), retry=QUICK), self.env)
        settings = YahooSettings(pace=Pace(0.001), retry=QUICK)
        yahoo = YahooProvider(settings, self.env, self.home, clock=self.now)
        return HybridProvider(self.home, polygon, yahoo, use=use)

    def fetch(
        self,
        universe: str | tuple[str, ...] = NAMES,
        *,
        provider: ProviderChoice = "auto",
        progress: Say | None = None,
        cancelled: threading.Event | None = None,
        **values: Any,
    ) -> AcquireReport:
        chosen: dict[str, Any] = {"start": FIRST, "benchmark": None, "volatility": None} | values
        request = FetchRequest(universe, provider=provider, **chosen)
        sources = self.sources(provider)
        try:
            return acquire(
                self.home,
                request,
                sources=sources,
                progress=progress,
                cancelled=cancelled,
                now=self.now(),
            )
        finally:
            sources.close()

    def refresh(self) -> AcquireReport:
        sources = self.sources()
        try:
            return refresh(self.home, sources=sources, now=self.now())
        finally:
            sources.close()

    def asked(self, part: str) -> list[str]:
        """Paths of the requests so far that contain `part`."""
        return [one.path for one in self.server.meter.requests if part in one.path]

    def forget(self) -> None:
        """Begin to count requests anew."""
        self.server.meter.requests.clear()


@contextmanager
def world(home: Path, *, key: bool = True, plain: int = 8) -> Iterator[World]:
    """Run a server for one test; without `key` only Yahoo can be asked."""
    market = small_market(plain)
    polygon, yahoo = PolygonProtocol(market), YahooProtocol(market)
    with LoopbackServer(polygon, yahoo) as server:
        env = {"POLYGON_BASE_URL": server.url, "YAHOO_BASE_URL": server.url}
        if key:
            env["POLYGON_API_KEY"] = KEY
        yield World(home, server, market, polygon, yahoo, env)


def states(report: AcquireReport) -> Mapping[str, int]:
    """Count the outcomes by state."""
    return Counter(outcome.state for outcome in report.outcomes)
