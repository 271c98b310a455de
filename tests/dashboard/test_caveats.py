"""What a market lacks is said wherever its figures are."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from dashboard.caveats import CAVEATS, caveats
from dashboard.report.table import print_run
from dashboard.run import Run
from dashboard.views.findings import findings
from dashboard.views.frame import header_html
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import after, given, page_text, started


def lacking() -> Run:
    run = fake_run(simulated=False)
    notes = ("universe: as it is now (survivorship bias)", "universe: by volume (look-ahead)")
    market = replace(run.market, notes=notes, cash_rate=np.zeros(len(run.market.sessions)))
    return replace(run, market=market, notes=notes)


def test_a_market_that_lacks_nothing_has_none() -> None:
    assert caveats(fake_run()) == ()


def test_each_is_found_by_itself() -> None:
    run = lacking()
    rates = fake_run().market.cash_rate
    assert caveats(run) == CAVEATS
    assert caveats(replace(run, market=replace(run.market, cash_rate=rates))) == CAVEATS[:2]
    assert caveats(replace(run, market=replace(run.market, notes=()))) == CAVEATS[2:]


def test_they_stand_among_the_findings_and_as_badges() -> None:
    run = lacking()
    head = header_html("Risk", "a title", run)
    for lack in CAVEATS:
        assert lack.text in findings(run)
        assert f">{lack.badge}</span>" in head


@pytest.mark.usefixtures("demo_home")
@pytest.mark.parametrize("name", ["overview", "returns"])
def test_pages_say_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, lacking())
    app = started(name)
    text = after(app, lambda now: "Survivors only" in page_text(now), "its badges")
    assert "Cash earns 0" in text
    # As the hint of its badge everywhere, as a sentence where the result is told.
    assert text.count(CAVEATS[0].text) == (2 if name == "overview" else 1)


def test_a_short_run_has_no_yearly_figure_in_the_terminal() -> None:
    def printed(sessions: int) -> str:
        text = io.StringIO()
        print_run(fake_run(sessions=sessions), Console(file=text, width=200))
        return text.getvalue()

    short, long = printed(60), printed(120)
    line = next(line for line in short.splitlines() if line.startswith("CAGR"))
    assert "%" not in line.partition(">")[0]
    assert "missed" not in line
    assert "met" not in line
    assert "Too short for yearly figures" in short
    assert "Too short" not in long
    assert "%" in next(line for line in long.splitlines() if line.startswith("CAGR"))
