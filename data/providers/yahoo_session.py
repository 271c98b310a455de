"""The session that yfinance talks through: it goes where it is told, no faster, and listens.

Imported only when Yahoo is first asked: curl_cffi and yfinance take a second to load.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import yfinance
from curl_cffi import CurlOpt
from curl_cffi import requests as curl
from yfinance import cache
from yfinance.data import YfData

from data.net.budget import Budget
from data.net.errors import BadAnswerError
from data.net.pacing import Pacer
from data.net.secrets import safe_url
from data.providers.yahoo_faults import status_fault
from data.providers.yahoo_settings import NAME

__all__ = ["Errand", "GuidedSession", "errand", "prepare"]

# yfinance heals a refused crumb by itself, with one more request; nothing else is left to it.
_HEALED: Final = (401, 403)
_HOPS: Final = 5
_FIRST_ERROR: Final = 400
_OWN_DOMAIN: Final = "yahoo.com"
_COOKIE_HOST: Final = "fc.yahoo.com"
_NO_FOLDER: Final = "/dev/null/none"  # yfinance goes on without a cache where it cannot make one


@dataclass(slots=True)
class Errand:
    """One attempt at a question: where to, how fast, and what was answered.

    Attributes
    ----------
    thing : str
        What is asked for, for messages.
    path : str
        Beginning of the path whose answer is the answer; others fetch cookies.
    address : str or None
        Where every request goes instead of Yahoo's hosts.
    pacer, budget
        A slot is taken for every request; the budget ends it.
    seconds : float
        Longest time of one request.
    requests : int
        Requests sent so far.
    status, headers, body
        Of the last answer below `path`; None and empty until it came.
    """

    thing: str
    path: str
    address: str | None
    pacer: Pacer
    budget: Budget
    seconds: float
    requests: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Current(threading.local):
    errand: Errand | None = None


_current = _Current()


@contextmanager
def errand(one: Errand) -> Iterator[Errand]:
    """Let the requests of this thread in the block run as `one`."""
    _current.errand = one
    try:
        yield one
    finally:
        _current.errand = None
        # Its caches keep a connection a thread, and threads of a fetch end.
        for manager in (cache._TzDBManager, cache._CookieDBManager, cache._ISINDBManager):
            manager.close_db()


class GuidedSession(curl.Session[Any]):
    """A curl_cffi session whose every request belongs to an errand, or is not sent.

    Redirects are followed here and not by curl: a hop costs a slot, keeps to the address that was
    set, and leaves Yahoo never. One repetition is libcurl's own: of a request on a kept connection
    that turns out dead. The cookie is fetched once: yfinance asks for it before every
    question where it could not store it.
    """

    _cookie_page: Any = None

    def request(self, method: Any, url: str, **options: Any) -> Any:  # type: ignore[override]
        """Send one request of yfinance, redirects included; raises ProviderError."""
        now = _current.errand
        if now is None:
            raise BadAnswerError(NAME, safe_url(url), "be asked on an errand", "was not", "")
        follow = options.pop("allow_redirects", None) is not False
        is_cookie = urlsplit(url).hostname == _COOKIE_HOST
        if is_cookie and self._cookie_page is not None and len(self.cookies):
            return self._cookie_page
        for _ in range(_HOPS):
            response = self._send(now, method, url, options)
            link = response.headers.get("Location")
            if not (follow and 300 <= response.status_code < _FIRST_ERROR and link):
                self._cookie_page = response if is_cookie else self._cookie_page
                return response
            method, url = "GET", urljoin(url, link)
            options = {name: options[name] for name in ("timeout",) if name in options}
        found = f"was sent on {_HOPS} times"
        raise BadAnswerError(NAME, now.thing, "be answered", found, "Try again later.")

    def _send(self, now: Errand, method: Any, url: str, options: dict[str, Any]) -> Any:
        target = _target(now, url)
        wanted = urlsplit(url).path.startswith(now.path)
        if wanted:
            now.status, now.headers, now.body = None, {}, b""
        now.pacer.slot(now.budget, now.thing)
        now.requests += 1
        options["timeout"] = max(0.001, min(now.seconds, now.budget.remaining()))
        response = super().request(method, target, allow_redirects=False, **options)
        response.url = url  # yfinance tells the consent page by its address
        if wanted:
            status, now.headers = response.status_code, response.headers
            now.status, now.body = status, response.content
            if status >= _FIRST_ERROR and status not in _HEALED:
                # Answered here, before yfinance asks up to six times more for the same.
                raise status_fault(now.thing, now.address, status, now.headers, now.body)
        return response


def _target(now: Errand, url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    own = host == _OWN_DOMAIN or host.endswith(f".{_OWN_DOMAIN}")
    if parts.scheme != "https" or not own or parts.port not in (None, 443) or "@" in parts.netloc:
        found = f"led to {safe_url(url)[:80]!r}"
        way_out = "A proxy may lead elsewhere: check the network and YAHOO_BASE_URL."
        raise BadAnswerError(NAME, now.thing, "stay at Yahoo", found, way_out)
    if now.address is None:
        return url
    base = urlsplit(now.address)
    path = base.path + parts.path
    return urlunsplit((base.scheme, base.netloc, path, parts.query, ""))


_lock = threading.Lock()
_prepared: tuple[str | None, str] | None = None
_session: GuidedSession | None = None


def prepare(address: str | None, caches: Path | None) -> GuidedSession:
    """Return the session, with yfinance set up for an address and a folder for its caches.

    yfinance keeps one session, cookie and crumb a process. Its own way to hide errors is switched
    off, and answers that it kept are forgotten: it also keeps pages of errors and of yesterday.
    """
    global _prepared, _session  # noqa: PLW0603 - the library itself is one a process
    warnings.filterwarnings("ignore", module="yfinance")
    wanted = (address, _NO_FOLDER if caches is None else str(caches))
    with _lock:
        if _session is None or _prepared != wanted:
            # Everything it would say comes as an error of ours.
            logging.getLogger("yfinance").setLevel(logging.CRITICAL)
            yfinance.set_tz_cache_location(wanted[1])
            cache._TzCacheManager._tz_cache = None
            cache._CookieCacheManager._Cookie_cache = None
            cache._ISINCacheManager._isin_cache = None
            _session = _made(address)
            data = YfData(session=_session)
            data._crumb = data._cookie = None
            data._cookie_strategy = "basic"
            _prepared = wanted
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 0
        YfData().cache_get.cache_clear()
        return _session


def _made(address: str | None) -> GuidedSession:
    if address is None:
        return GuidedSession(impersonate="chrome")
    # Proxies of the environment would go in between.
    return GuidedSession(impersonate="chrome", trust_env=False, curl_options={CurlOpt.NOPROXY: "*"})
