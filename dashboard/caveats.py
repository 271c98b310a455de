"""What a market lacks that changes how every figure reads: one list for all faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboard.run import Run
from data.labels import CHOSEN_LATER, SURVIVORSHIP_BIAS

__all__ = ["CAVEATS", "Caveat", "caveats"]


@dataclass(frozen=True, slots=True)
class Caveat:
    """A lack of the data: `badge` for a narrow place, `text` as a sentence."""

    badge: str
    text: str


_SURVIVORS: Final = Caveat(
    "Survivors only",
    "Survivorship bias: companies that failed or left are not in this market, so every return is "
    "better than it could have been.",
)
_CHOSEN_LATER: Final = Caveat(
    "Chosen later",
    "Look-ahead: the names of this market were chosen by what was traded later, so every return "
    "before that day is better than it could have been.",
)
_NO_CASH_RATE: Final = Caveat(
    "Cash earns 0",
    "Cash earns 0 here, as the market has no interest rate: rules that hold cash look worse than "
    "they are, and Sharpe is measured above 0, not above cash.",
)
CAVEATS: Final = (_SURVIVORS, _CHOSEN_LATER, _NO_CASH_RATE)


def caveats(run: Run) -> tuple[Caveat, ...]:
    """Return what the market of a run lacks, the gravest first."""

    def is_said(label: str) -> bool:
        return any(f"({label})" in note for note in run.market.notes)

    found = (
        (_SURVIVORS, is_said(SURVIVORSHIP_BIAS)),
        (_CHOSEN_LATER, is_said(CHOSEN_LATER)),
        (_NO_CASH_RATE, not run.market.cash_rate.any()),
    )
    return tuple(caveat for caveat, holds in found if holds)
