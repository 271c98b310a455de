from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.fallbacks import Fallback
from core.ledger import EventKind
from dashboard.report.document import plain_values
from dashboard.review_fallbacks import fallbacks_frame, fallbacks_summary
from dashboard.run import Run
from dashboard.views.fallbacks import fallbacks_html
from tests.dashboard.fakes import fake_run
from tests.dashboard.pages import healthy, plain, started

TOLD = (
    Fallback(20, EventKind.NO_VIX, np.nan, 30.0, "VIX: no close: the rules alone decide"),
    Fallback(20, EventKind.INFEASIBLE, 0.5, 1.0, "infeasible cap: 5 names leave 50.0% in cash"),
    Fallback(41, EventKind.INFEASIBLE, 0.4, 1.0, "infeasible cap: 4 names leave 60.0% in cash"),
    Fallback(9999, EventKind.NO_VIX, np.nan, 30.0, "VIX: no close: the rules alone decide"),
)


@pytest.fixture(scope="module")
def run() -> Run:
    made = fake_run(sessions=100)
    return dataclasses.replace(made, book=dataclasses.replace(made.book, fallbacks=TOLD))


def test_every_fallback_of_the_period_is_a_row(run: Run) -> None:
    frame = fallbacks_frame(run)
    assert frame["event"].tolist() == ["no_vix", "infeasible", "infeasible"]
    assert frame.index.tolist() == [run.index[20], run.index[20], run.index[41]]
    assert plain_values(frame["value"].tolist()) == [None, 0.5, 0.4]


def test_texts_that_differ_in_numbers_are_one_cause(run: Run) -> None:
    found = fallbacks_summary(run)
    assert found["times"].tolist() == [1, 2]
    assert found["missing"].tolist() == ["VIX: no close", "infeasible cap"]
    assert found["instead"].tolist()[1] == "5 names leave 50.0% in cash"
    html = fallbacks_html(run)
    assert "2 of 4" in html
    assert "The rules alone decide" not in html
    assert "the rules alone decide" in html


def test_a_run_as_asked_says_so() -> None:
    assert fallbacks_summary(fake_run(sessions=100)).empty
    assert "nothing was missing" in fallbacks_html(fake_run(sessions=100))


@pytest.mark.usefixtures("demo_home")
def test_an_infeasible_cap_is_on_the_page() -> None:
    app = started("regimes", **{"from": "2022-01-03", "pcap": "0.01"})
    assert healthy(app)
    text = plain(app)
    assert "Decided from something else" in text
    assert "under book.position_cap 0.01 leave 50.0% in cash" in text
