"""The strip's evidence: each state has its words, its mark and its colour; nothing is left out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.config import Scenario
from core.scenario import with_values
from dashboard.data_grade import keep_grade, kept_grade
from dashboard.evidence import Part
from dashboard.evidence_badges import badges_of, unread_badges
from dashboard.evidence_standing import Stood, standing_key, standing_work
from dashboard.holdout import HoldoutState
from dashboard.record import record_run
from dashboard.studies import Pace
from data.holdout import Holdout
from data.journal import Journal
from data.snapshot import Snapshot
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=170, seed=3, simulated=False)
GO = Pace(lambda: False, lambda _share: None)


def stood(home: Path, *stops: float) -> Stood:
    with Journal(home) as journal:
        for stop in stops:
            scenario = with_values(Scenario(), {"risk.position_stop_loss": stop})
            record_run(journal, fake_run(scenario, sessions=170, seed=3), preset_name="Phase 8",
                       origin="cli")  # fmt: skip
        found: Stood = standing_work(RUN, journal, home)(GO)
        assert standing_key(RUN, journal).startswith(f"evidence-standing-{RUN.content_key}-")
    return found


def tones(found: Stood | None, grade: str | None = "A") -> dict[str, str]:
    return {text: tone for text, tone, hint in badges_of(RUN, found, grade) if hint}


def test_places_are_held_until_it_is_known() -> None:
    assert list(tones(None, None)) == [
        "trials …", "deflated Sharpe …", "holdout …", "data not graded: open Data"
    ]  # fmt: skip
    assert set(tones(None, None).values()) == {""}


@pytest.mark.parametrize(
    ("deflated", "text", "tone"),
    [(0.97, "97\u202f% ✓", ""), (0.7, "70\u202f% ▲", "warn"), (0.2, "20\u202f% ✕", "bad")],
)
def test_what_is_left_is_plain_amber_and_red(
    tmp_path: Path, deflated: float, text: str, tone: str
) -> None:
    found = stood(tmp_path, 0.03, 0.05)
    assert found.standing.found is not None
    judged = replace(found, standing=Part(replace(found.standing.found, deflated=deflated)))
    said = tones(judged)
    assert said[f"deflated Sharpe {text}"] == tone
    assert any(name.startswith("trials 3 (") for name in said)
    assert "of so many tries" in badges_of(RUN, judged, "A")[1][2]


def test_the_holdout_in_every_state(tmp_path: Path) -> None:
    found, first = stood(tmp_path), dt.date(2024, 1, 2)
    held = Holdout("us", first, "2024-02-01", 0)
    opened = replace(held, opened_at="2024-03-01T10:00", decision="whatever comes of it")
    for state, text, tone in (
        (HoldoutState(None), "no holdout ▲", "warn"),
        (HoldoutState(held), "holdout sealed from 2024-01-02 ✓", ""),
        (HoldoutState(opened), "holdout opened 2024-03-01 ▲", "warn"),
        (HoldoutState(held, "its file was changed"), "holdout not as sealed ✕", "bad"),
    ):
        assert tones(replace(found, holdout=state))[text] == tone


def test_grades_and_what_cannot_be_counted(tmp_path: Path) -> None:
    found = stood(tmp_path)
    assert tones(found, "B")["data grade B ✓"] == ""
    assert tones(found, "C")["data grade C ▲"] == "warn"
    assert tones(found, "D")["data grade D ✕"] == "bad"
    simulated = fake_run(sessions=170, seed=3)
    assert not any("data" in text for text, *_ in badges_of(simulated, found, None))
    lost = replace(found, tried=Part(None, "the journal is damaged"))
    assert tones(lost)["trials not counted ✕"] == "bad"
    assert unread_badges("why") == [("trials not counted ✕", "bad", "why")]
    short = fake_run(sessions=30, simulated=False)
    assert "deflated Sharpe: too short" in {text for text, *_ in badges_of(short, found, "A")}


def test_a_grade_is_that_of_exactly_these_data(tmp_path: Path) -> None:
    market: Snapshot = SimpleNamespace(name="us", snapshot_id="1", fingerprint="f")  # type: ignore[assignment]
    other: Snapshot = SimpleNamespace(name="us", snapshot_id="2", fingerprint="f")  # type: ignore[assignment]
    assert kept_grade(tmp_path, market) is None
    keep_grade(tmp_path, market, "C")
    assert kept_grade(tmp_path, market) == "C"
    assert kept_grade(tmp_path, other) is None
    (tmp_path / "grades" / "us.json").write_text("[]")
    assert kept_grade(tmp_path, market) is None
