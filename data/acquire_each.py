"""One question for each of many names, on the machinery that fetches bars."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from data.net.budget import Budget
from data.net.errors import ProviderError
from data.providers.base import BarsEmpty, BarsFailed, Provenance
from data.providers.fetching import Fetch, fetch_each

__all__ = ["ask_each"]

Answer = TypeVar("Answer")


def ask_each(
    names: Iterable[str],
    ask: Callable[[str, threading.Event], Answer],
    fetch: Fetch,
    cancelled: threading.Event,
) -> Iterator[tuple[str, Answer | ProviderError]]:
    """Yield each name with its answer or error, as they come.

    A source that has stopped answering is not asked for the rest, and a cancelled job breaks
    requests off: see `data.providers.fetching.fetch_each`.

    Parameters
    ----------
    names : iterable of str
        Repeated ones are asked for once.
    ask : callable
        Gets a name and the event that must break its requests off; raises ProviderError.
    fetch : Fetch
        Source and number of threads.
    cancelled : threading.Event
    """
    answers: dict[str, Answer] = {}
    nothing = Provenance(fetch.provider, "", dt.datetime.now(dt.UTC), 0, "")

    def asked(name: str, budget: Budget) -> BarsEmpty:
        answers[name] = ask(name, budget.cancelled)
        return BarsEmpty(name, "", nothing)

    for outcome in fetch_each(names, asked, fetch, cancelled=cancelled):
        if isinstance(outcome, BarsFailed):
            yield outcome.ticker, outcome.error
        else:
            yield outcome.ticker, answers.pop(outcome.ticker)
