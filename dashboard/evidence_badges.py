"""The evidence in the strip of every page: tries, deflated Sharpe ratio, holdout, data grade."""

from __future__ import annotations

from typing import Final

from dashboard.data_grade import GRADE_TONES, GRADE_WORDS
from dashboard.evidence_standing import Stood
from dashboard.evidence_words import (
    chance_text,
    chances_text,
    deflated_tone,
    deflated_words,
    tried_fault,
)
from dashboard.format import count, date
from dashboard.holdout import HoldoutState, holdout_words
from dashboard.review_evidence import is_short
from dashboard.run import Run

__all__ = ["Badge", "badges_of", "unread_badges"]

#: Text, tone ("", "warn" or "bad") and hint.
Badge = tuple[str, str, str]
#: Colour is never alone.
MARKS: Final = {"": "✓", "warn": "▲", "bad": "✕"}
_TRIED: Final = (
    "Settings tried on this market, those in the sliders' bars, the surface, the ladder and "
    "walk-forwards included, and the independent ones they amount to."
)
_ALIKE: Final = (
    "Which are alike is judged by their returns in this period; one whose returns are not known "
    "here is a chance of its own, so the chances depend on the period."
)
_NOT_YET: Final = "Being worked out behind the page."


def badges_of(run: Run, stood: Stood | None, grade: str | None) -> list[Badge]:
    """Return what the strip says of `run`.

    Parameters
    ----------
    run : Run
    stood : Stood or None
        None while it is being worked out: places are held for what will be said.
    grade : str or None
        Of the data of a real market; None where they were not checked yet.
    """
    badges = _of_trials(run, stood)
    badges.append(_holdout(stood))
    if not run.market.simulated:
        badges.append(_data(grade))
    return badges


def unread_badges(why: str) -> list[Badge]:
    """Return what the strip says where the journal cannot be read."""
    return [("trials not counted ✕", "bad", why)]


def _of_trials(run: Run, stood: Stood | None) -> list[Badge]:
    if stood is None:
        return [("trials …", "", _NOT_YET), ("deflated Sharpe …", "", _NOT_YET)]
    fault = tried_fault(stood.tried)
    if stood.tried.found is None:
        return unread_badges(fault)
    badges: list[Badge] = [("trial log broken ✕", "bad", fault)] if fault else []
    return [*badges, _trials(stood), _deflated(run, stood)]


def _trials(stood: Stood) -> Badge:
    assert stood.tried.found is not None
    tally, found = stood.tried.found.tally, stood.standing.found
    text = f"trials {count(tally.trials)}"
    if found is not None and found.trials > 1:
        text += f" ({chances_text(found).replace(' independent', '')})"
    return text, "", f"{_TRIED} {_ALIKE}"


def _deflated(run: Run, stood: Stood) -> Badge:
    found = stood.standing.found
    if is_short(run):
        return "deflated Sharpe: too short", "", "A quarter of a year at least must be there."
    if found is None:
        return "deflated Sharpe: none", "", stood.standing.why
    tone = deflated_tone(found.deflated)
    hint = (
        f"Probability that the true Sharpe ratio is above what luck gives the best of so many "
        f"tries: {deflated_words(found.deflated)}."
    )
    return f"deflated Sharpe {chance_text(found.deflated)} {MARKS[tone]}", tone, hint


def _holdout(stood: Stood | None) -> Badge:
    if stood is None:
        return "holdout …", "", _NOT_YET
    state: HoldoutState = stood.holdout
    held, words = state.held, holdout_words(state)
    if state.fault:
        return "holdout not as sealed ✕", "bad", words
    if held is None:
        return "no holdout ▲", "warn", f"{words} The Evidence page can seal the last months."
    if held.is_sealed:
        return f"holdout sealed from {date(held.first)} ✓", "", words
    return f"holdout opened {held.opened_at[:10]} ▲", "warn", words


def _data(grade: str | None) -> Badge:
    if grade is None:
        return (
            "data not graded: open Data",
            "",
            "The Evidence and Data pages grade them: some seconds.",
        )
    tone = GRADE_TONES[grade]
    hint = f"{GRADE_WORDS[grade].capitalize()}: the best grade that 95 % of the names reach."
    return f"data grade {grade} {MARKS[tone]}", tone, hint
