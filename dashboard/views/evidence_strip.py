"""The evidence in the strip of every page: tries, what is left of the Sharpe ratio, broken logs."""

from __future__ import annotations

from dashboard.evidence_words import (
    chance_text,
    chances_text,
    deflated_tone,
    deflated_words,
    tried_fault,
)
from dashboard.format import count, date
from dashboard.holdout import HoldoutState, holdout_words
from dashboard.problems import EXPECTED
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.views.evidence_studies import Stood, known_standing, standing_study
from dashboard.views.frame import Badge

__all__ = ["evidence_badges"]


def evidence_badges(run: Run, *, ask: bool = True) -> list[Badge]:
    """Return what the strip says of `run`; nothing of what is not known yet.

    `ask`: whether to have it worked out where it is not known. The lab does not: a hand that moves
    a slider makes a setting with every step.
    """
    try:
        study = standing_study(run) if ask else known_standing(run)
    except EXPECTED as error:
        return [("trials not counted", "bad", str(error))]
    stood = None if study is None else study.result
    if not isinstance(stood, Stood):
        return []
    fault = tried_fault(stood.tried)
    if stood.tried.found is None:
        return [("trials not counted", "bad", fault)]
    badges: list[Badge] = [("trial log broken", "bad", fault)] if fault else []
    badges.append(_trials(stood))
    found = stood.standing.found
    if found is not None and not is_short(run):
        tone = deflated_tone(found.deflated)
        mark = {"": "✓", "warn": "▲", "bad": "✕"}[tone]
        text = f"deflated Sharpe {chance_text(found.deflated)} {mark}"
        hint = (
            f"Probability that the true Sharpe ratio is above what luck gives the best of so many "
            f"tries: {deflated_words(found.deflated)}."
        )
        badges.append((text, tone, hint))
    return [*badges, *_holdout(stood.holdout)]


def _holdout(state: HoldoutState) -> list[Badge]:
    held, words = state.held, holdout_words(state)
    if state.fault:
        return [("holdout not as sealed", "bad", words)]
    if held is None:
        return []
    if held.is_sealed:
        return [(f"holdout sealed from {date(held.first)}", "", words)]
    return [(f"holdout opened {held.opened_at[:10]}", "warn", words)]


def _trials(stood: Stood) -> Badge:
    assert stood.tried.found is not None
    tally, found = stood.tried.found.tally, stood.standing.found
    text = f"trials {count(tally.trials)}"
    if found is not None and found.trials > 1:
        text += f" ({chances_text(found).replace(' independent', '')})"
    return text, "", "Settings tried on this market, and the independent ones they amount to."
