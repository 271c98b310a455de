"""What studies behind the page need compiled: once, and told to the page while it takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from core.evidence import bootstrap
from core.simulation import warm_up_many

__all__ = ["COMPILING", "Warming", "studies_wait_for", "warm_up_studies"]

#: What stands where hints and studies will be. It begins as all words of a panel that waits do.
COMPILING: Final = "computing after the engine is compiled, about a minute"
_LOADED_S: Final = 4.0  # what was compiled before is loaded by then


class Warming:
    """Work that is done once, and whether it takes so long that it is worth a word."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None

    def through(self, *steps: Callable[[], None]) -> None:
        """Take `steps` one after the other; an error ends them and is the caller's."""
        with self._lock:
            self._began = self._clock()
        try:
            for step in steps:
                step()
        finally:
            with self._lock:
                self._began = None

    def words(self) -> str | None:
        """Return ``COMPILING`` while the steps are under way for longer than loading takes."""
        with self._lock:
            began = self._began
        return None if began is None or self._clock() - began < _LOADED_S else COMPILING


_STUDIES: Final = Warming()
studies_wait_for = _STUDIES.words


def warm_up_studies() -> None:
    """Compile, or load, what hints, studies and evidence need beyond one run."""
    _STUDIES.through(warm_up_many, bootstrap.warm_up)
