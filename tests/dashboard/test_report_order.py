"""A report is of the data it was ordered for: what is imported again meanwhile is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.handout.make import Recipe
from dashboard.views import report_parts
from data.catalog import Catalog
from data.imports import import_book
from tests.dashboard.pages import after, page_text, started, until

PRESENT = "It shows the present settings."
OTHER = "It does not show the present settings or parts"


def import_mine(home: Path, first: float) -> None:
    """Import the book ``mine``: two names, the first at weight `first`."""
    names = sorted(Catalog(home).securities("demo")["ticker"])[:2]
    file = home.parent / "mine.csv"
    rows = [
        f"{day},{name},{weight}"
        for day in ("2022-01-31", "2023-01-31")
        for name, weight in zip(names, (first, 1.0 - first), strict=True)
    ]
    file.write_text("\n".join(["date,ticker,weight", *rows]), encoding="utf-8")
    import_book(home, "mine", file)


@pytest.fixture
def app(demo_home: Path) -> AppTest:
    import_mine(demo_home, 0.5)
    app = started("report", book="mine", **{"from": "2022-01-03"})
    assert "book: mine" in page_text(app)
    return app.main.get("button_group")[0].set_value(["book"]).run()


def downloads(app: AppTest) -> set[str | None]:
    return {button.key for button in app.main.get("download_button")}


def test_a_report_is_not_of_a_book_that_was_imported_again(app: AppTest, demo_home: Path) -> None:
    app.button(key="report-build").click().run()
    after(app, lambda now: "report-download" in downloads(now), "a report to download")
    assert PRESENT in page_text(app)
    import_mine(demo_home, 0.5)  # the same rows are the same book
    assert PRESENT in page_text(app.run())
    import_mine(demo_home, 0.25)
    text = page_text(app.run())
    assert OTHER in text
    assert PRESENT not in text
    assert "report-download" in downloads(app)  # the old one stays, labelled


def test_a_book_that_is_imported_again_before_the_work_begins_stops_it(
    app: AppTest, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = report_parts.recipe_of

    def late(*asked: Any) -> Recipe:
        import_mine(demo_home, 0.25)
        return known(*asked)

    monkeypatch.setattr(report_parts, "recipe_of", late)
    app.button(key="report-build").click().run()
    text = until(app, "imported again since")
    assert "Build it again" in text
    assert "report-download" not in downloads(app)
    assert not app.exception
    monkeypatch.setattr(report_parts, "recipe_of", known)
    app.button(key="report-build").click().run()
    after(app, lambda now: "report-download" in downloads(now), "a report to download")
    assert PRESENT in page_text(app)
