"""How long a task may take and whether its user still wants it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from data.net.errors import CancelledError, TimedOutError

__all__ = ["Budget"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The end of a task: a moment it must be over by, and a signal to stop now.

    Attributes
    ----------
    provider : str
        Name of the source, for messages.
    ends_at : float or None
        Moment of ``time.monotonic()`` by which all must be over; None = whenever.
    cancelled : threading.Event
        Set by whoever no longer wants the result.
    """

    provider: str
    ends_at: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(
        cls, provider: str, seconds: float | None, cancelled: threading.Event | None = None
    ) -> Budget:
        """Return a budget of `seconds` from now (None = without end)."""
        ends_at = None if seconds is None else time.monotonic() + seconds
        return cls(provider, ends_at, cancelled if cancelled is not None else threading.Event())

    def remaining(self) -> float:
        """Seconds left, infinite without an end; negative when it is over."""
        return float("inf") if self.ends_at is None else self.ends_at - time.monotonic()

    def check(self, thing: str) -> None:
        """Raise CancelledError or TimedOutError when `thing` is no longer wanted."""
        if self.cancelled.is_set():
            raise CancelledError(
                self.provider,
                thing,
                "be fetched to the end",
                "was cancelled",
                "What had come before is kept; fetch again to go on from there.",
            )
        if self.remaining() <= 0:
            raise TimedOutError(
                self.provider,
                thing,
                "be there before the deadline of the whole fetch",
                "was not",
                "Fetch again: what has come is kept and only the rest is asked for.",
            )

    def wait(self, seconds: float, thing: str) -> None:
        """Sleep `seconds`; raises as soon as `thing` is no longer wanted."""
        self.check(thing)
        if seconds > 0:
            self.cancelled.wait(min(seconds, max(self.remaining(), 0.0)))
            self.check(thing)
