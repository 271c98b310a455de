"""What every page shows alike: the demo market, an empty period, a lost market, no result."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from dashboard.session import Engine
from tests.dashboard.drawn import figures
from tests.dashboard.pages import (
    RESULTS,
    heading,
    healthy,
    lost,
    page_text,
    ruined,
    started,
    to,
)

# What a page is opened with, so that it has its parts.
QUERIES = {"compare": {"vs": "p:no-overlay"}}
# What must stay of the last good result; of the other pages the sentence at the top does.
SENTENCE = r'<p class="pl-words">[^<]+'
KEPT = {
    "overview": r'<p class="pl-lead">.*?</p>',
    "risk": r'data-metric="cagr" data-value="[^"]+"',
    "compare": r"<b>B</b> No overlay",
    "trades": r"Decided at this close",
}

pytestmark = pytest.mark.parametrize("name", RESULTS)


@pytest.mark.usefixtures("demo_home")
def test_the_demo_market_is_shown_and_said_to_be_one(name: str) -> None:
    app = started(name, **QUERIES.get(name, {}))
    assert healthy(app)
    # The ladder runs the presets, whatever the setting is.
    assert heading(app) == ("Ladder" if name == "ladder" else f"{name.capitalize()} · Phase 8")
    assert "Simulated market" in page_text(app)


@pytest.mark.usefixtures("demo_home")
def test_an_empty_period_is_explained_and_the_last_good_result_stays(name: str) -> None:
    app = started(name, **QUERIES.get(name, {}))
    kept = re.search(KEPT.get(name, SENTENCE), page_text(app), re.DOTALL)
    assert kept is not None
    app.date_input(key="pick:period.start").set_value(dt.date(2024, 12, 31)).run()
    assert not app.exception
    assert "Nothing to run in this period" in page_text(app)
    assert "the last good result" in page_text(app)
    assert kept.group() in page_text(app)


def test_a_market_that_is_gone_is_explained(demo_home: Path, name: str) -> None:
    app = started(name, **QUERIES.get(name, {}))
    lost(demo_home)
    to(app, name)
    assert "This market is not in the store" in page_text(app)
    assert not app.exception


@pytest.mark.usefixtures("demo_home")
def test_without_any_result_a_page_says_only_why(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(Engine, "run", ruined)
    app = started(name, **QUERIES.get(name, {}))
    assert "The portfolio was ruined" in page_text(app)
    assert not figures(app)
    assert not app.main.get("download_button")
    assert not app.dataframe
    assert not app.exception
