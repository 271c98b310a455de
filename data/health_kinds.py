"""The kinds of findings: what each means, how grave it is, and how to overrule it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["KINDS", "Done", "Finding", "Grade", "Kind", "worst_grade"]

Grade = Literal["A", "B", "C", "D"]
Done = Literal["nothing", "quarantined", "excluded", "stated", "accepted"]

_EXCLUDE: Final = (
    "if it is wrong, leave the rows out: [[exclude]] ticker, from, to, reason; "
    "if it is right: [[accept]] kind, ticker, from, to, reason"
)
_SECURITY: Final = "state the fact: [[security]] ticker, last_session, delisting_return, reason"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: what it means, the grade it takes a security to, the way to overrule it."""

    meaning: str
    grade: Grade
    overrule: str


KINDS: Final[dict[str, Kind]] = {
    "duplicate": Kind("two bars of one day", "D", _EXCLUDE),
    "false_adjustment": Kind(
        "adj_close steps by more than 15 % against close, which does not fall with it", "D",
        _EXCLUDE,
    ),
    "false_dividend": Kind(
        "a dividend stands on the wrong side of a split: beside its neighbour it is larger or "
        "smaller by the ratio of a later split", "D", _EXCLUDE,
    ),
    "symbol_reuse": Kind(
        "after a long gap the price is another one: perhaps another company", "D", _EXCLUDE
    ),
    "jump": Kind("the total return of one day is beyond ±40 %, without an action", "C", _EXCLUDE),
    "ends_after_crash": Kind(
        "the series loses a third in its last ten sessions: what a holder got is not in it", "C",
        _SECURITY,
    ),
    "ends_while_member": Kind(
        "the series ends while the name is still in the index", "C", _SECURITY
    ),
    "gap": Kind("sessions of the exchange are missing inside the series", "B", _EXCLUDE),
    "closed_day": Kind("bars on days on which the exchange was closed", "B", _EXCLUDE),
    "stale": Kind("the close stays the same for five sessions or more", "B", _EXCLUDE),
    "zero_volume": Kind("bars without traded volume", "B", _EXCLUDE),
    "ohlc_disorder": Kind("high is not the highest or low not the lowest of a bar", "B", _EXCLUDE),
    "adjusted_close": Kind(
        "close is adjusted for dividends too: no market value can be made of it", "B",
        "import a file with basis full",
    ),
    "spliced": Kind("the series is put together from several sources", "A", _EXCLUDE),
    "ends_early": Kind("the series ends before the market does", "A", _SECURITY),
    "odd_split": Kind(
        "a split by an odd ratio: probably a spin-off told as a split", "A", _EXCLUDE
    ),
    "no_sector": Kind("the sector is empty", "A", "[[security]] ticker, sector, reason"),
    "without_prices": Kind(
        "members without any bar: the index is not covered", "A", "import prices of the name"
    ),
    "early_filing": Kind(
        "a filing is known on or before the end of its period", "A",
        "mend the date and import again; [[exclude]] table = \"fundamentals\" leaves it out",
    ),
    "odd_lag": Kind(
        "a filing is known less than 5 or more than 200 days after its period", "A",
        "mend the date and import again",
    ),
    "assumed_date": Kind(
        "the day a filing became known is assumed, not told", "A", "import filings with their dates"
    ),
    "quarantined": Kind(
        "rows that the import kept out", "A", "mend the rows in the file and import again"
    ),
    "excluded": Kind(
        "rows that the overrides file leaves out", "A", "take the entry out and import again"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One suspicion.

    Attributes
    ----------
    kind : str
        Key of KINDS.
    ticker : str
        Empty for what is no single security's.
    first, last : date or None
        Days it speaks of.
    count : int
        Bars, filings or rows.
    detail : str
        The evidence, in words.
    done : {"nothing", "quarantined", "excluded", "stated", "accepted"}
        What was done about it; "stated" = a fact of the securities table answers it, "accepted" =
        an entry of the overrides file says that it is right.
    """

    kind: str
    ticker: str
    first: dt.date | None
    last: dt.date | None
    count: int
    detail: str
    done: Done = "nothing"

    @property
    def overrule(self) -> str:
        """How to overrule what was done, in the overrides file or at the source."""
        return KINDS[self.kind].overrule


def worst_grade(grades: Iterable[Grade]) -> Grade:
    """Return the worst of `grades`; A for none."""
    return max(grades, default="A")
