"""One episode in detail: sectors, names, and what each rule did, worked out behind the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.episodes import Episode
from dashboard import review, session
from dashboard.format import percent
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.episode_words import (
    lines_table,
    names_shown,
    rules_account_table,
)

__all__ = ["account_study", "detail"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way


def detail(run: Run, found: Sequence[Episode], number: int) -> None:
    """Draw the tables of episode `number`."""
    episode, colours = found[number], session.colours()
    sectors, names = review.episode_contributions(run, episode)
    left, middle = st.columns(2, gap="large")
    with left:
        heading("Sectors, peak to trough", _table(sectors), "episode-sectors")
        frame.show(lines_table("Sector", sectors, episode.depth, colours, swatches=True))
    with middle:
        heading("Names, peak to trough", _table(names), "episode-names")
        shown = names_shown(names)
        frame.show(lines_table("Name", shown, episode.depth, colours, swatches=False))
    pending = account_study(run, found).status in ("waiting", "running")
    st.fragment(_rules, run_every=_LOOK_AGAIN if pending else None)(run, found, number, pending)


def account_study(run: Run, found: Sequence[Episode]) -> Study:
    """Ask for the rule account of the episodes of `run`."""
    return session.engine().studies.ask(
        session.token(),
        "episodes",
        f"episodes-{run.content_key}",
        lambda pace: review.episode_account(run, found, pace),
    )


def _rules(run: Run, found: Sequence[Episode], number: int, was_pending: bool) -> None:
    study = account_study(run, found)
    if was_pending and study.status in ("done", "failed"):
        st.rerun()  # the page then stops asking
    episode, shares, ends = found[number], None, None
    acted, later = review.episode_events(run, episode), review.recovery_events(run, episode)
    if study.status == "done":
        shares, ends = study.result.of(number), study.result.ends(number)
        values = pd.Series({rule.label: value for rule, value in shares.items()}, name="share")
        heading("What each rule did", values.to_frame().rename_axis("rule"), "episode-rules")
    else:
        frame.show(frame.heading_html("What each rule did"))
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif shares is None:
        words = f"Running every combination of the rules: {percent(study.share, 0)}"
        st.progress(study.share, text=words)
    frame.show(rules_account_table(shares, acted, ends, later))
    if shares is not None:
        frame.show(frame.words_html("", _note(study.result.runs)))


def _note(runs: int) -> str:
    return (
        f"{_runs_words(runs)}: how "
        "much deeper the fall would have been without the rule, on average over all orders of "
        "adding them. Rescales belong to both scalings together. Shares, counts and dates are from "
        "the peak to the trough; the last column counts what came after, up to the recovery or the "
        "end. Over the whole period: Overview."
    )


def _runs_words(runs: int) -> str:
    if runs == 1:
        return "No rule is on, so there is one run and nothing to share"
    return f"Shapley shares over {runs} runs, one for each combination of the rules that are on"


def _table(lines: pd.Series) -> pd.DataFrame:
    return lines.rename("contribution").to_frame().rename_axis("line")
