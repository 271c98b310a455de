"""Every number that is shown has one definition, and a term leads to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.definitions import DEFINITIONS, Definition, term_html
from dashboard.report.faces import FACES

ROOT = Path(__file__).resolve().parents[2]


def test_every_metric_of_a_report_is_defined() -> None:
    assert set(FACES) <= set(DEFINITIONS)
    for face in FACES.values():
        assert face.label == DEFINITIONS[face.name].label
        assert face.help.endswith(".")


def test_labels_are_no_ones_twice() -> None:
    labels = [one.label for one in DEFINITIONS.values()]
    assert len(set(labels)) == len(labels)


def test_a_definition_without_a_formula_is_refused() -> None:
    with pytest.raises(ValueError, match=r"definition of 'x' must have a text, had no \['formula'"):
        Definition("x", "X", "What.", " ", "fraction", "Reading.", "Source.")


@pytest.mark.parametrize("one", DEFINITIONS.values(), ids=list(DEFINITIONS))
def test_what_names_a_document_names_one_that_is_there(one: Definition) -> None:
    for document in re.findall(r"docs/[\w/]+\.md", one.source):
        assert (ROOT / document).is_file()


def test_a_term_is_a_button_that_names_its_definition() -> None:
    html = term_html("sharpe_ratio", "Sharpe <1>")
    assert 'data-definition="sharpe_ratio"' in html
    assert "Sharpe &lt;1&gt;" in html
    with pytest.raises(KeyError):
        term_html("alchemy")


def test_every_term_written_in_the_pages_is_defined() -> None:
    written = set()
    for file in (ROOT / "dashboard").rglob("*.py"):
        written |= set(re.findall(r"term_html\(\s*\"(\w+)\"", file.read_text(encoding="utf-8")))
    assert written
    assert written <= set(DEFINITIONS)
