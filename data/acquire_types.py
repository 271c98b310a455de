"""What is asked of a fetch, what it says meanwhile, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from data.atomic import checked_name
from data.errors import BadTableError
from data.reference_universe import Member, Universe, load_universe
from data.snapshot import Snapshot
from data.store import check_real_name
from data.universe_ranked import MostTraded, kept_ranking, most_traded

__all__ = [
    "LIVE",
    "PROVIDER_CHOICES",
    "STAGES",
    "AcquireProgress",
    "AcquireReport",
    "FetchRequest",
    "ProviderChoice",
    "Say",
    "State",
    "TickerOutcome",
]

ProviderChoice = Literal["auto", "polygon", "yahoo"]
PROVIDER_CHOICES: Final[tuple[ProviderChoice, ...]] = ("auto", "polygon", "yahoo")
LIVE: Final = "live"
# Without --start: what a ten-year chart shows. A whole history takes as many requests as a year.
_YEARS: Final = 10

Stage = Literal["plan", "reference", "bars", "actions", "filings", "assemble", "done"]
# Stages in their order, with the share of the whole that each takes on a progress bar.
STAGES: Final[dict[Stage, float]] = {
    "plan": 0.01,
    "reference": 0.15,
    "bars": 0.42,
    "actions": 0.20,
    "filings": 0.12,
    "assemble": 0.10,
    "done": 0.0,
}
# stored: came now; fresh: was there already, not asked; empty: the source proved that it has none;
# refused: came and cannot be used; failed: nothing is known; cancelled: not asked any more.
State = Literal["stored", "fresh", "empty", "refused", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch, and the market to make of it.

    Attributes
    ----------
    universe : str or tuple of str
        us200, a CSV file with a column ticker (docs/reference.md), symbols, or the most traded
        stocks as of a day: top:500@2024-12-31; without a day, the last one of the market.
    start, end : date or None
        Exchange dates, both included; None = ten years before `end`, and the newest session whose
        bars are final.
    provider : {"auto", "polygon", "yahoo"}
        auto = Polygon where it answers, else Yahoo, for each name.
    name : str
        Of the market in the store.
    benchmark, volatility : str or None
        Symbols beside the universe: a fund, and an index as ``I:VIX``.
    filings : bool
        Whether to ask for financial statements.

    Raises
    ------
    BadNameError, MixedMarketError, BadTableError
    """

    universe: str | tuple[str, ...] = "us200"
    start: dt.date | None = None
    end: dt.date | None = None
    provider: ProviderChoice = "auto"
    name: str = LIVE
    benchmark: str | None = "SPY"
    volatility: str | None = "I:VIX"
    filings: bool = True

    def __post_init__(self) -> None:
        checked_name(self.name, "market")
        check_real_name(self.name)
        _ = self.most_traded  # raises where it means nothing
        if self.provider not in PROVIDER_CHOICES:
            raise BadTableError(
                f"provider must be one of {', '.join(PROVIDER_CHOICES)}, was {self.provider!r}."
            )
        if self.start is not None and self.end is not None and self.start > self.end:
            raise BadTableError(
                f"start must not lie after end, was {self.start} and {self.end}. Swap them."
            )

    @property
    def most_traded(self) -> MostTraded | None:
        """Which universe by dollar volume is asked for; None for any other universe."""
        return most_traded(self.universe) if isinstance(self.universe, str) else None

    def pinned(self, last_session: dt.date) -> FetchRequest:
        """Return the request with the day of its ranking, so that a refresh has the same names.

        Raises
        ------
        BadTableError
            The day lies after `last_session`, the newest final one.
        """
        asked = self.most_traded
        if asked is None:
            return self
        day = asked.as_of or self.window(last_session)[1]
        if day > last_session:
            raise BadTableError(
                f"a universe by dollar volume must be as of a day whose bars are final, {day} is "
                f"after {last_session}."
            )
        return replace(self, universe=MostTraded(asked.count, day).text)

    def members(self, home: Path) -> Universe:
        """Return the universe; a symbol of us200 keeps its sector.

        Raises
        ------
        ReferenceFileError
            No such universe, or one by dollar volume that was not ranked yet.
        """
        if (asked := self.most_traded) is not None:
            return kept_ranking(home, asked)
        if isinstance(self.universe, str):
            return load_universe(self.universe)
        known = {member.ticker: member for member in load_universe("us200").members}
        return Universe(
            "own list",
            tuple(
                known.get(ticker, Member(ticker, "", "stock", None, None))
                for ticker in dict.fromkeys(self.universe)
            ),
        )

    def window(self, last_session: dt.date) -> tuple[dt.date, dt.date]:
        """Return first and last day to ask for, `last_session` being the newest final one.

        Raises
        ------
        BadTableError
            The start lies after the last session.
        """
        end = min(self.end, last_session) if self.end is not None else last_session
        start = self.start if self.start is not None else end.replace(year=end.year - _YEARS, day=1)
        if start > end:
            raise BadTableError(
                f"start must lie before the newest session whose bars are final, {end}, was "
                f"{start}. Give an earlier --start, or set this machine's clock."
            )
        return start, end


@dataclass(frozen=True, slots=True)
class AcquireProgress:
    """Where a fetch stands.

    Attributes
    ----------
    stage : str
        Key of STAGES.
    text : str
        What is being done, in words.
    done, total : int
        Names of this stage.
    failed : int
        Names of this stage for which nothing came.
    rows : int
        Rows that came since the start of the fetch.
    share : float
        Of the whole fetch, in [0, 1]; never falls.
    seconds : float
        Since the start of the fetch.
    rate : float
        Names a second in this stage; 0 before the first.
    remaining_seconds : float or None
        Of this stage at the present rate; None before the first name.
    """

    stage: Stage
    text: str
    done: int = 0
    total: int = 0
    failed: int = 0
    rows: int = 0
    share: float = 0.0
    seconds: float = 0.0
    rate: float = 0.0
    remaining_seconds: float | None = None


Say = Callable[[AcquireProgress], None]


@dataclass(frozen=True, slots=True)
class TickerOutcome:
    """What became of one symbol.

    Attributes
    ----------
    ticker : str
    state : str
        stored, fresh, empty, refused, failed or cancelled.
    provider : str
        Whose bars are in use; empty where there are none.
    rows : int
        Bars that came now.
    detail : str
        In words: why nothing came, or why another provider was asked; else empty.
    instead_of, reason : str
        The provider that was preferred and did not serve it, and why (code of
        `data.providers.hybrid_record.REASONS`); empty where there was none.
    """

    ticker: str
    state: State
    provider: str = ""
    rows: int = 0
    detail: str = ""
    instead_of: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AcquireReport:
    """What came of a fetch.

    Attributes
    ----------
    request : FetchRequest
    window : (date, date)
        Days that were asked for, both included.
    outcomes : tuple of TickerOutcome
        One for each symbol, in the order of the universe.
    snapshot : Snapshot or None
        The market as it is now; None where nothing could be made of what is stored.
    cancelled : bool
        Stopped by the user; what had come is kept, and the same request goes on from there.
    notes : tuple of str
        What else a reader must know, in words.
    seconds : float
    unmade : str
        Why no market could be made, in words; empty where one was.
    """

    request: FetchRequest
    window: tuple[dt.date, dt.date]
    outcomes: tuple[TickerOutcome, ...]
    snapshot: Snapshot | None
    cancelled: bool = False
    notes: tuple[str, ...] = field(default=())
    seconds: float = 0.0
    unmade: str = ""

    def counts(self) -> dict[State, int]:
        """Return how many symbols ended in each state that occurs."""
        return dict(Counter(outcome.state for outcome in self.outcomes))

    def passed_over(self) -> dict[tuple[str, str, str], list[TickerOutcome]]:
        """Return the names that came, but not of the provider that was preferred.

        By (that provider, code of the reason, provider that served); in the order of `outcomes`.
        """
        found: dict[tuple[str, str, str], list[TickerOutcome]] = {}
        for one in self.outcomes:
            if one.instead_of and one.state in ("stored", "empty"):
                found.setdefault((one.instead_of, one.reason, one.provider), []).append(one)
        return found

    @property
    def complete(self) -> bool:
        """Whether every symbol is known: stored, fresh or proved empty."""
        return not any(o.state in ("failed", "cancelled", "refused") for o in self.outcomes)
