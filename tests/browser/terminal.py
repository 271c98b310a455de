"""What `plimsoll backtest` says of a scenario, and whether a page says the same."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from playwright.sync_api import Page

from core.metrics import CALENDAR_DAYS_PER_YEAR
from core.scenario import specs
from dashboard.address import VIEW_KEYS
from dashboard.charts.sector_names import WITHOUT_SECTOR, sector_label
from dashboard.cli import main
from dashboard.format import DASH, FORMATS, count, difference, percent
from dashboard.report.faces import FACES
from dashboard.url import PRESET_KEY
from dashboard.views.metrics import CARDS
from tests.browser.pages import settled
from tests.browser.server import ROOT

WIDE = "2000"  # columns: no printed line is wrapped
PAINTED = 600  # looks, a tenth of a second apart, until all parts of an answer are on the page
LIMIT = 180.0  # seconds for one backtest, the first compiles the engine
# Words of the page's table of rules → event in the terminal's JSON.
RULES = {
    "Position stop sold": "stop",
    "Trailing stop sold": "trailing",
    "Book rescaled": "rescale",
    "Breaker tripped": "breaker",
    "Breaker re-entered": "reentry",
    "Turnover cap cut": "cap",
    "Alpha gate held back": "gate",
    "Limit on fills cut buys": "leverage_limit",
    "Margin call rescaled": "margin_call",
    "Exit waited for a bar": "waiting",
    "Name delisted, or data ended": "delisted+data_ended",
}
SEEN = """() => {
  const text = node => node.textContent;
  const rows = table => [...table.querySelectorAll('tr')].map(
    row => [...row.cells].map(cell => cell.textContent.trim()));
  return {
    cards: [...document.querySelectorAll('.lab-card')].map(card => [
      card.dataset.metric, card.dataset.value,
      ...[...card.querySelectorAll('.lab-card-value > span')].map(text)]),
    unseen: [...document.querySelectorAll('.pl-unseen .pl-card')].map(card => [
      card.dataset.metric, card.dataset.value ?? '', text(card.querySelector('.pl-value'))]),
    tables: [...document.querySelectorAll('table.pl-table')].map(rows),
    strip: [...document.querySelector('.pl-strip').children]
      .filter(part => !part.matches('.pl-badges')).map(text).join(' '),
  };
}"""


@dataclass(frozen=True)
class Report:
    """One backtest of the command line: its JSON, and the lines of its printed report."""

    document: Mapping[str, Any]
    lines: tuple[str, ...]

    @property
    def metrics(self) -> Mapping[str, float | None]:
        found: Mapping[str, float | None] = self.document["metrics"]
        return found

    @property
    def years(self) -> float:
        start, end = (dt.date.fromisoformat(self.document["data"][k]) for k in ("start", "end"))
        return (end - start).days / CALENDAR_DAYS_PER_YEAR

    def cells(self, label: str) -> list[str]:
        """Return the printed cells of a metric: portfolio, and benchmark where it has one."""
        (line,) = (line for line in self.lines if re.match(rf"{re.escape(label)} {{2,}}", line))
        return re.split(" {2,}", line.strip())[1:]

    def after(self, start: str) -> str:
        """Return the rest of the printed line that begins with `start`."""
        (line,) = (line for line in self.lines if line.startswith(start))
        return line.removeprefix(start)


def backtest(home: Path, *arguments: str) -> Report:
    """Run `plimsoll backtest` twice, for its text and for its JSON."""
    printed = []
    for more in ((), ("--json",)):
        with (
            mock.patch.dict(os.environ, {"PLIMSOLL_HOME": str(home), "COLUMNS": WIDE}),
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            assert main(["backtest", *arguments, *more]) == 0
        printed.append(out.getvalue())
    return Report(json.loads(printed[1]), tuple(printed[0].splitlines()))


def backtest_in_its_own_process(home: Path, *arguments: str) -> Report:
    """Run `plimsoll backtest` as from a terminal, twice at once."""
    command = [sys.executable, "-m", "dashboard.cli", "backtest", *arguments]
    running = [
        subprocess.Popen(
            [*command, *more], cwd=ROOT, encoding="utf-8",
            env=os.environ | {"PLIMSOLL_HOME": str(home), "COLUMNS": WIDE},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for more in ((), ("--json",))
    ]  # fmt: skip
    answers = [process.communicate(timeout=LIMIT) for process in running]
    for process, (_, complaint) in zip(running, answers, strict=True):
        assert process.returncode == 0, complaint
    (text, _), (document, _) = answers
    return Report(json.loads(document), tuple(text.splitlines()))


def arguments_of(address: Mapping[str, str]) -> list[str]:
    """Return what the command line is to be given for the scenario of an address."""
    by_key = {spec.url_key: path for path, spec in specs().items()}
    found = ["--preset", address[PRESET_KEY].replace("-", " ")] if PRESET_KEY in address else []
    for key, value in address.items():
        if key not in (PRESET_KEY, *VIEW_KEYS):
            found += ["--set", f"{by_key[key]}={value}"]
    return found


def seen(page: Page) -> dict[str, Any]:
    """Return every number and table that the page shows, as text."""
    numbers = page.get_by_text("All numbers, timings and notes")
    if not page.locator("table.pl-table", has_text="Win rate").is_visible():
        numbers.click()
        page.locator("table.pl-table", has_text="Win rate").wait_for()
        settled(page)  # the tables are drawn one after the other
    found: dict[str, Any] = page.evaluate(SEEN)
    # How long a stage took is not a result, and differs. Nor are badges, which count the settings
    # tried so far and come and go with what other pages worked out.
    found["tables"] = {t[0][0]: t[1:] for t in found["tables"] if t[0][0] != "Stage"}
    return found


def assert_same(page: Page, report: Report, baseline: Report | None = None) -> None:
    """Compare everything the page shows with what the command line printed.

    The parts of one answer are painted one after the other, late where others use the machine.
    """
    _in_time(page, lambda: _same(seen(page), report, baseline))


def assert_seen(page: Page, before: Mapping[str, Any]) -> None:
    """Compare everything the page shows with what :func:`seen` returned before."""

    def same() -> None:
        now = seen(page)
        parts = [name for name in {**before, **now} if now.get(name) != before.get(name)]
        assert not parts, [(name, before.get(name), now.get(name)) for name in parts]

    _in_time(page, same)


def _in_time(page: Page, holds: Callable[[], None]) -> None:
    for _ in range(PAINTED):
        try:
            holds()
            return
        except AssertionError:
            page.wait_for_timeout(100)
    holds()


def _same(found: Mapping[str, Any], report: Report, baseline: Report | None) -> None:
    _same_cards(found, report, baseline)
    _same_metrics(found["tables"]["Metric"], report, baseline)
    _same_rules(found["tables"]["What a rule did"], report)
    _same_sectors(found["tables"]["Sector"], report)
    data = report.document["data"]
    assert f"{data['start']} … {data['end']}" in found["strip"]
    facts = dict(found["tables"]["Data"])
    assert facts["Sessions"] == f"{data['start']} … {data['end']}, {count(data['sessions'])}"
    assert facts["Names ever held"] == count(data["securities_held"])


def _same_cards(found: Mapping[str, Any], report: Report, baseline: Report | None) -> None:
    assert [card[0] for card in found["cards"]] == [face.name for face in CARDS]
    assert [card[0] for card in found["unseen"]] == [face.name for face in CARDS]
    for face, card, unseen in zip(CARDS, found["cards"], found["unseen"], strict=True):
        value = report.metrics[face.name]
        span = report.years if face.yearly else 1.0
        written, change = DASH if value is None else FORMATS[face.kind](value / span), ""
        base = None if baseline is None else baseline.metrics[face.name]
        if value is not None and base is not None:
            change = difference(face.kind, value / span, base / span)
        assert card[2:] == [written, change], face.name
        assert unseen[2] == written + change, face.name
        for exact in (card[1], unseen[1]):
            assert (float(exact) if exact else None) == value, face.name


def _same_metrics(rows: list[list[str]], report: Report, baseline: Report | None) -> None:
    assert [row[0].removesuffix(", total") for row in rows] == [f.label for f in FACES.values()]
    for row, face in zip(rows, FACES.values(), strict=True):
        label = f"{face.label}, total" if face.yearly else face.label
        printed = report.cells(label)
        theirs = [printed[0]]
        if baseline is not None:
            theirs += baseline.cells(label)[:1]
        if face.of_curve:
            theirs += printed[1:2]
        assert [cell for cell in row[1:-1] if cell] == theirs, face.name


def _same_rules(rows: list[list[str]], report: Report) -> None:
    assert [row[0] for row in rows] == list(RULES)
    events = report.document["events"]
    assert {RULES[row[0]]: row[1] for row in rows} == {
        event: count(sum(events.get(one, 0) for one in event.split("+")))
        for event in RULES.values()
    }


def _same_sectors(rows: list[list[str]], report: Report) -> None:
    named = {row[0]: row[-1] for row in rows}
    printed = [
        part.rpartition(" ")
        for part in report.after(
            "Sectors, average share of what was invested (not of NAV): "
        ).split(", ")
    ]
    assert named == {WITHOUT_SECTOR: percent(0.0)} | {
        sector_label(name): share for name, _, share in printed
    }
    assert named[WITHOUT_SECTOR] == report.after("Other share of what was invested: ")
