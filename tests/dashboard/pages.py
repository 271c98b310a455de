"""The pages through the entry point, as every page's tests open, read and wait for them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import RuinError
from core.evidence import bootstrap
from core.simulation.many import warm_up_many
from dashboard.run import Run
from dashboard.session import Engine

__all__ = [
    "APP",
    "LIMIT",
    "NAMES",
    "RESULTS",
    "after",
    "compiled",
    "given",
    "heading",
    "healthy",
    "lost",
    "page_text",
    "plain",
    "ruined",
    "started",
    "to",
    "until",
]

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LIMIT = 180.0  # seconds a run may take: the first one compiles
WAITED = 120.0  # seconds until what is worked out behind a page must be on it
# As the navigation has them: a new page is in every test that goes over all of them.
NAMES = tuple(re.findall(r'"views/(\w+)\.py"', Path(APP).read_text(encoding="utf-8")))
# Those that show a result; the Data page stands without one.
RESULTS = tuple(name for name in NAMES if name != "data")


def started(name: str = "risk", **query: str) -> AppTest:
    """Open a page by its own address, as the first of a session."""
    app = AppTest.from_file(APP, default_timeout=LIMIT)
    for key, value in query.items():
        app.query_params[key] = value
    if name != "risk":
        app.switch_page(f"views/{name}.py")
    return app.run()


def to(app: AppTest, name: str) -> AppTest:
    """Go to another page of the session."""
    return app.switch_page(f"views/{name}.py").run()


def page_text(app: AppTest) -> str:
    """Return the page's own HTML."""
    return "\n".join(element.value for element in app.main.get("html"))


def plain(app: AppTest) -> str:
    """Return the words of the page's own HTML."""
    text = re.sub(r"<[^>]+>", " ", page_text(app))
    return text.replace("&#x27;", "'").replace("&amp;", "&")


def heading(app: AppTest) -> str:
    """Return the title in the strip at the top."""
    found = re.search(r"<h1>(.*?)</h1>", page_text(app))
    assert found is not None
    return found.group(1)


def healthy(app: AppTest) -> bool:
    """Return whether nothing failed and nothing is complained of."""
    return not app.exception and 'role="alert"' not in page_text(app)


def until(app: AppTest, words: str, *, gone: str = "\0", times: int = 1) -> str:
    """Run the page again, as its fragments do, until it says `words` and no longer `gone`."""

    def said(app: AppTest) -> bool:
        text = page_text(app)
        return text.count(words) >= times and gone not in text

    return after(app, said, words)


def after(app: AppTest, ready: Callable[[AppTest], object], what: str) -> str:
    """Run the page again, as its fragments do, until `ready` holds; return its HTML."""
    compiled()
    since = time.monotonic()
    while not ready(app):
        if time.monotonic() - since > WAITED:
            pytest.fail(f"the page never had {what!r}:\n{page_text(app)}")
        time.sleep(0.05)  # what is waited for works in a thread of this process
        app.run()
    return page_text(app)


@cache
def compiled() -> None:
    """Compile what studies run with: none of it counts as time that a page was waited for."""
    warm_up_many()
    bootstrap.warm_up()


def given(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Let every setting give `run`."""
    monkeypatch.setattr(Engine, "run", lambda _engine, _scenario: run)


def ruined(*_arguments: object, **_options: object) -> NoReturn:
    """Fail as a run does whose portfolio is ruined; stands in for any piece of work."""
    raise RuinError(12, -5.0)


def lost(home: Path) -> None:
    """Remove the simulated market from a store."""
    for folder in [path for path in home.rglob("demo") if path.is_dir()]:
        shutil.rmtree(folder)
