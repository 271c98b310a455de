"""The one door to Yahoo: yfinance, pace, retries, strict answers, typed errors."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from data.net.budget import Budget
from data.net.errors import BadQueryError, ProviderError, RateLimitError
from data.net.pacing import Pace, Pacer, shared_pacer
from data.net.retry import call
from data.net.strict_json import parse_answer
from data.providers.base import Provenance
from data.providers.yahoo_faults import EmptyAnswerError, connection_fault, status_fault
from data.providers.yahoo_settings import NAME, YahooSettings

__all__ = ["Verify", "YahooGateway", "library_fault"]

# Looks at an answer; one for which it raises BadAnswerError is asked for again.
Verify = Callable[[dict[str, Any]], None]

# Without it yfinance asks once more for each ticker, only to learn this.
_ZONE: Final = "America/New_York"
_CHART: Final = "/v8/finance/chart/"
_SERIES: Final = "/ws/fundamentals-timeseries/"
_SERIES_URL: Final = f"https://query2.finance.yahoo.com{_SERIES}v1/finance/timeseries/"
_EPOCH: Final = dt.date(1970, 1, 1)


class _Held(Pacer):
    # The slots are taken by the session, one for every request; a hold concerns all of them.
    def __init__(self, pacer: Pacer) -> None:
        super().__init__(Pace(0.0))
        self._shared = pacer

    def slot(self, budget: Budget, thing: str) -> None:
        budget.check(thing)

    def hold(self, seconds: float) -> None:
        self._shared.hold(seconds)


class YahooGateway:
    """Asks Yahoo, or the address that stands for it; safe for many threads."""

    def __init__(
        self, settings: YahooSettings, address: str | None, pace: Pace, caches: Path | None
    ) -> None:
        self.address = address
        self._settings = settings
        self._caches = caches
        self._pacer = shared_pacer(f"{NAME} {address}", pace)

    @property
    def client_name(self) -> str:
        """Client library and version."""
        return f"yfinance {importlib.metadata.version('yfinance')}"

    def chart(
        self, thing: str, symbol: str, start: dt.date, end: dt.date, budget: Budget, verify: Verify
    ) -> tuple[dict[str, Any], int]:
        """Return the answer with daily bars and events, `start` and `end` included, and requests.

        Raises
        ------
        ProviderError
            EmptyAnswerError where the service proves that there is nothing.
        """

        def ask(session: Any) -> None:
            yfinance = importlib.import_module("yfinance")
            ticker = yfinance.Ticker(symbol, session=session)
            ticker._tz = _ZONE
            ticker.history(
                start=start.isoformat(),
                end=(end + dt.timedelta(days=1)).isoformat(),
                interval="1d",
                auto_adjust=False,
                actions=True,
                keepna=True,
                timeout=self._settings.read_seconds,
            )

        return self._call(thing, _CHART, ask, budget, verify)

    def series(
        self, thing: str, symbol: str, types: Sequence[str], end: dt.date, budget: Budget
    ) -> tuple[dict[str, Any], int]:
        """Return the answer with the statement items `types` up to `end`, and requests."""
        until = (end - _EPOCH).days * 86_400
        params = {"symbol": symbol, "type": ",".join(types), "period1": "0", "period2": str(until)}

        def ask(_: Any) -> None:
            data = importlib.import_module("yfinance.data").YfData()
            data.get(_SERIES_URL + quote(symbol), params, timeout=self._settings.read_seconds)

        return self._call(thing, _SERIES, ask, budget, lambda _: None)

    def provenance(self, requests: int, moment: dt.datetime) -> Provenance:
        """Return where something came from that was fetched at `moment`."""
        return Provenance(NAME, "split", moment, requests, self.client_name)

    def _call(
        self, thing: str, path: str, ask: Callable[[Any], None], budget: Budget, verify: Verify
    ) -> tuple[dict[str, Any], int]:
        requests = 0

        def attempt() -> dict[str, Any]:
            nonlocal requests
            body, used, fault = self._attempt(thing, path, ask, budget)
            requests += used
            if fault is not None:
                raise fault
            answer: dict[str, Any] = parse_answer(body, NAME, thing)
            verify(answer)
            return answer

        pacer = _Held(self._pacer)
        policy = self._settings.retry
        try:
            answer, _ = call(attempt, thing=thing, policy=policy, pacer=pacer, budget=budget)
        except EmptyAnswerError as nothing:
            nothing.requests = requests
            raise
        return answer, requests

    def _attempt(
        self, thing: str, path: str, ask: Callable[[Any], None], budget: Budget
    ) -> tuple[bytes, int, ProviderError | None]:
        # The answer is taken from the wire. What yfinance makes of it hides rows, duplicates and
        # reasons, so its frame is not used, nor its error where the answer is there.
        ours = _ours()
        session = ours.prepare(self.address, self._caches)
        seconds = min(self._settings.read_seconds, self._settings.retry.attempt_seconds)
        one = ours.Errand(thing, path, self.address, self._pacer, budget, seconds)
        fault: ProviderError | None = None
        try:
            with ours.errand(one):
                ask(session)
        except ProviderError as error:
            fault = error
        except Exception as error:  # noqa: BLE001 - of yfinance, of curl, or a defect of one
            if one.status is None:
                fault = self._fault(thing, error, budget)
        if fault is None and one.status != 200:
            fault = status_fault(thing, self.address, one.status or 0, one.headers, one.body)
        return one.body, one.requests, fault

    def _fault(self, thing: str, error: Exception, budget: Budget) -> ProviderError:
        try:
            if isinstance(error, OSError):  # all of curl_cffi's are
                return connection_fault(thing, self.address, error, budget)
        except ProviderError as ended:
            return ended
        if type(error).__name__ == "YFRateLimitError":
            found, way_out = "was refused for a while", "Wait some minutes."
            expected = "come within the requests that Yahoo allows"
            return RateLimitError(NAME, thing, expected, found, way_out)
        expected = "be asked for without a defect of yfinance"
        way_out = "Please report it with the version of Plimsoll."
        return ProviderError(NAME, thing, expected, f"met {type(error).__name__}", way_out)


def library_fault() -> ProviderError | None:
    """Return why yfinance cannot be used, or None; does not load it."""
    try:
        if importlib.util.find_spec("yfinance") is not None:
            return None
    except (ImportError, ValueError):
        pass
    way_out = "Install it with: pip install yfinance."
    return BadQueryError(NAME, "the client library yfinance", "be installed", "was not", way_out)


def _ours() -> Any:
    try:
        return importlib.import_module("data.providers.yahoo_session")
    except ImportError as error:
        raise BadQueryError(
            NAME,
            "the client library yfinance",
            "be installed",
            f"was not, or not whole ({type(error).__name__})",
            "Install it with: pip install yfinance.",
        ) from error
