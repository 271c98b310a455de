"""Typed errors of sources of data: each names the thing, what it must be, what came, a way out."""

from __future__ import annotations

from typing import ClassVar

from data.errors import DataError

__all__ = [
    "BadAnswerError",
    "BadQueryError",
    "CancelledError",
    "MissingKeyError",
    "NotAskedError",
    "NotFoundError",
    "NotInPlanError",
    "ProviderError",
    "RateLimitError",
    "RejectedKeyError",
    "ServerFaultError",
    "TimedOutError",
    "UnreachableError",
]


class ProviderError(DataError):
    """A source could not give what was asked for.

    Parameters
    ----------
    provider : str
        Name of the source, such as "polygon".
    thing : str
        What was asked for, such as "daily bars of AAPL".
    expected, found : str
        Continue the sentence: "… must `expected`, `found`."; free of keys and passwords.
    way_out : str
        What the reader can do, one or two sentences.
    retry_after : float or None
        Seconds the source asked to wait, ≥ 0; None = it did not say.
    """

    retryable: ClassVar[bool] = False
    """Whether the same request may succeed a little later."""
    fatal: ClassVar[bool] = False
    """Whether every other request to this source would end the same way."""

    def __init__(
        self,
        provider: str,
        thing: str,
        expected: str,
        found: str,
        way_out: str,
        retry_after: float | None = None,
    ) -> None:
        self.provider, self.thing, self.expected = provider, thing, expected
        self.found, self.way_out, self.retry_after = found, way_out, retry_after
        super().__init__(f"{provider}: {thing} must {expected}, {found}. {way_out}".strip())

    def __reduce__(self) -> tuple[type[ProviderError], tuple[object, ...]]:
        fields = (self.provider, self.thing, self.expected, self.found, self.way_out)
        return type(self), (*fields, self.retry_after)


class MissingKeyError(ProviderError):
    """No key is set for a source that needs one."""

    fatal = True


class RejectedKeyError(ProviderError):
    """The source does not accept the key."""

    fatal = True


class NotInPlanError(ProviderError):
    """The key is good, but its plan does not include what was asked for."""


class RateLimitError(ProviderError):
    """The source says that too many requests came, again and again."""

    retryable = True


class UnreachableError(ProviderError):
    """No connection could be made, or it broke before the answer was whole."""

    retryable = True


class ServerFaultError(ProviderError):
    """The source answered that it has a fault of its own (5xx)."""

    retryable = True


class BadAnswerError(ProviderError):
    """An answer came that cannot be believed: cut, not JSON, contradictory, without end."""

    retryable = True


class TimedOutError(ProviderError):
    """The answer was not whole within its time."""

    retryable = True


class BadQueryError(ProviderError):
    """The source, or this program before it, refuses the question itself."""


class NotFoundError(ProviderError):
    """The source says that it does not know the thing."""


class CancelledError(ProviderError):
    """The user stopped the fetch; what had come before is kept."""


class NotAskedError(ProviderError):
    """Not asked, because the source had stopped answering altogether."""
