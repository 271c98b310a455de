"""The page Compare with markup in a name, a locked journal, and what must be found only once."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard import saved
from dashboard.review_compare import Side
from dashboard.review_disagreement import Disagreement
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import compare_days, compare_work
from tests.dashboard.pages import healthy, page_text
from tests.dashboard.test_page_compare import NO_OVERLAY, opened


def test_a_name_from_an_address_is_never_markup(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_work, "_built", lambda *_: Study("running", 0.1))
    name = "<img src=x> (v2) <b>bold"
    app = opened(vs=f"p:phase-8.1,as:{quote(name, safe='')}")
    assert not app.exception
    text = page_text(app)
    assert f"Building the book of B ({escape(name)})" in text
    assert "<img" not in text


def test_a_journal_that_fails_is_not_asked_again_at_once(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []

    def locked(_journal: object, run: Run, **_: object) -> str:
        asked.append(run.scenario.risk.position_stop_loss)
        return "locked"

    monkeypatch.setattr(saved, "record_run", locked)
    app = opened(vs="p:phase-8,stop:0.2;p:phase-8,stop:0.3")
    assert asked == [0.2]  # the first beside the present one
    app.run()
    assert asked == [0.2]
    monkeypatch.setattr(saved, "_AGAIN_S", 0.0)
    app.run()
    assert asked == [0.2, 0.2, 0.3]
    assert healthy(app)


def test_the_days_of_a_pair_are_found_once(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, asked = compare_days.disagreements, []

    def counted(one: Side, other: Side) -> tuple[Disagreement, ...]:
        asked.append((one.letter, other.letter))
        return known(one, other)

    monkeypatch.setattr(compare_days, "disagreements", counted)
    app = opened(vs=f"{NO_OVERLAY};control")
    app.run()
    assert asked == [("A", "B")]
    groups = {group.key: group for group in app.main.get("button_group")}
    groups["compare-pair-B-C"].set_value("C").run()
    app.run()
    assert asked == [("A", "B"), ("A", "C")]
    assert healthy(app)
