"""The runs of the page Compare and what is worked out behind it: runs, verdicts, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from core.config import Scenario
from core.scenario import scenario_hash
from dashboard import review_compare, saved, session
from dashboard.compared import Compared, placed
from dashboard.pipeline import BEFORE_RISK
from dashboard.problems import EXPECTED, Problem, explain
from dashboard.record import is_trial
from dashboard.report.comparison_words import compared_title, moved_words
from dashboard.review_compare import LETTERS, Side
from dashboard.run import Run
from dashboard.state import AppState
from dashboard.studies import Pace, Study

__all__ = ["PENDING", "Gathered", "account_study", "gather", "verdict_study"]

PENDING: Final = ("waiting", "running")


@dataclass(slots=True)
class Gathered:
    """What there is to compare by now.

    Attributes
    ----------
    sides : list of Side
        The present one first; letters follow the choice, also of what is not there yet.
    notes : list of str
        What must be known of a side.
    problems : list of (str, Problem)
        Sides that have no run, and why.
    pending : list of str
        Sides whose book is being built.
    """

    sides: list[Side]
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)


def gather(state: AppState, run: Run) -> Gathered:
    """Run what is compared; a book that has to be built is built behind the page."""
    same = scenario_hash(state.scenario) == scenario_hash(run.scenario)
    found = Gathered([Side(LETTERS[0], state.title() if same else "last good result", run)])
    pinned = state.pinned.title if state.pinned else state.preset_name
    for letter, entry in zip(LETTERS[1:], state.compared, strict=False):
        label = compared_title(entry, pinned)
        try:
            side = _side(letter, label, entry, state, run, found)
        except EXPECTED as error:
            found.problems.append((f"{letter} ({label})", explain(error)))
            continue
        if side is None:
            continue
        found.sides.append(side)
        if is_trial(entry):
            saved.record_beside(entry.preset_name, side.run)
        if moved := moved_words(side, entry, run):
            found.notes.append(moved)
        found.notes.extend(_own_notes(side, run))
    return found


def _side(
    letter: str, label: str, entry: Compared, state: AppState, run: Run, found: Gathered
) -> Side | None:
    if entry.kind == "control":
        with session.engine().studies.page():
            control, held = review_compare.control_of(run)
        return Side(letter, label, held, control)
    scenario = placed(entry, run.scenario, state.baseline())
    study = _built(letter, scenario, run)
    if study is None or study.status == "done":
        other = review_compare.over_the_same_sessions(session.engine().run, scenario, run)
        return Side(letter, label, other)
    if study.problem is not None:
        found.problems.append((f"{letter} ({label})", study.problem))
    else:
        found.pending.append(f"{letter} ({label})")
    return None


def _built(letter: str, scenario: Scenario, run: Run) -> Study | None:
    # None where only rules differ: the book is there, and the run takes milliseconds.
    if scenario_hash(scenario, BEFORE_RISK) == scenario_hash(run.scenario, BEFORE_RISK):
        return None
    engine = session.engine()

    def work(_pace: Pace) -> None:
        review_compare.over_the_same_sessions(engine.run, scenario, run)

    key = f"compare-run-{engine.pipeline.key(scenario)}-{run.content_key}"
    return engine.studies.ask(session.token(), f"compare-run-{letter}", key, work)


def _own_notes(side: Side, run: Run) -> list[str]:
    return [
        f"{side.named}: {note}."
        for note in side.run.notes
        if note.startswith(("little history", "in cash until")) and note not in run.notes
    ]


def verdict_study(sides: Sequence[Side]) -> Study:
    """Ask for the differences of every pair and their intervals."""
    key = "-".join(f"{side.letter}:{side.run.content_key}" for side in sides)
    return session.engine().studies.ask(
        session.token(),
        "compare-verdict",
        f"compare-verdict-{key}",
        lambda pace: review_compare.judge_pairs(sides, pace),
    )


def account_study(side: Side) -> Study:
    """Ask for what the rules of one side did."""
    return session.engine().studies.ask(
        session.token(),
        f"compare-account-{side.letter}",
        f"compare-account-{side.run.content_key}",
        lambda pace: review_compare.own_account(side.run, pace),
        rank=1,  # the verdict comes first
    )
