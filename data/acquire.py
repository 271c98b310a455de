"""Fetch a universe from its providers into the store, and make a market of it: a headless job.

plan → bars → actions → reference → filings → assemble. Every name is stored as it comes, so a job
that is cancelled or killed loses at most the names under way, and the next one asks for the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from data.acquire_types import LIVE, AcquireReport, FetchRequest, ProviderChoice, Say

__all__ = ["acquire", "last_request", "refresh"]


def acquire(
    home: Path,
    request: FetchRequest,
    *,
    progress: Say | None = None,
    cancelled: threading.Event | None = None,
    environ: Mapping[str, str] | None = None,
) -> AcquireReport:
    """Fetch what `request` names and is not stored yet, and make its market.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME.
    request : FetchRequest
    progress : callable, optional
        Called with AcquireProgress from the calling thread, after each name; it must be quick.
    cancelled : threading.Event, optional
        Set it to stop: what came is kept, and where all bars of some names are there, the market
        is made of them all the same.
    environ : mapping, optional
        Where keys and addresses are read; None = the process's environment.

    Returns
    -------
    AcquireReport
        Also where sources failed: each symbol has its outcome.

    Raises
    ------
    ReferenceFileError
        No such universe.
    ProviderError
        No provider can be asked at all (no key for the one named, no library).
    StoreBusyError, StoreFullError, StoreWriteError
        What had come before is kept.
    """
    raise NotImplementedError


def refresh(
    home: Path,
    name: str = LIVE,
    *,
    provider: ProviderChoice | None = None,
    progress: Say | None = None,
    cancelled: threading.Event | None = None,
    environ: Mapping[str, str] | None = None,
) -> AcquireReport:
    """Bring a fetched market up to the newest session: by whole day where that is fewer requests.

    The last three sessions are asked again. Parameters, errors and report as in `acquire`.

    Raises
    ------
    UnknownSourceError
        No fetch has made a market of that name.
    """
    raise NotImplementedError


def last_request(home: Path, name: str = LIVE) -> FetchRequest | None:
    """Return what the market of that name was fetched with, None where it never was."""
    raise NotImplementedError
