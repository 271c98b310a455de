"""Typed errors of the engine; each message names the thing, what was expected and the way out."""

from __future__ import annotations

__all__ = ["CancelledError", "ConfigError", "CoreError", "HistoryError", "InputsError", "RuinError"]


class CoreError(Exception):
    """Base of every error the engine raises on purpose."""


class ConfigError(CoreError, ValueError):
    """A scenario field is unknown or its value is not allowed."""


class InputsError(CoreError, ValueError):
    """Arrays handed to the engine do not have the promised shape, order or range."""


class HistoryError(CoreError, ValueError):
    """The chosen period is empty or has too little history before it."""


class RuinError(CoreError, ArithmeticError):
    """NAV reached zero or less during a simulation.

    Attributes
    ----------
    session : int
        Index of the session, counted in the simulated period, at which NAV was at or below 0.
    """

    def __init__(self, session: int, nav: float) -> None:
        self.session = session
        self.nav = nav
        super().__init__(
            f"the portfolio was ruined: NAV must stay above 0, was {nav:,.2f} "
            f"at session {session}. Lower risk.max_leverage or regime leverage, "
            "or check the prices of that session."
        )


class CancelledError(CoreError):
    """Work was cancelled before its end.

    Attributes
    ----------
    finished, total : int
        Runs that were done, and runs that were asked for.
    """

    def __init__(self, finished: int, total: int) -> None:
        self.finished = finished
        self.total = total
        super().__init__(f"cancelled after {finished} of {total} runs; ask again to start over")
