"""The figures in docs/results.md and README.md are those that the code gives on the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.pipeline import Pipeline
from scripts.results_ladder import ladder, missing
from scripts.results_tables import PERIODS, ROOT, Block, blocks, differing, with_blocks


@pytest.fixture(scope="module")
def pipeline(real_home: Path) -> Pipeline:
    return Pipeline(real_home)


@pytest.mark.slow
@pytest.mark.real_data
def test_the_tables_are_what_the_code_gives(pipeline: Pipeline) -> None:
    # The others take a minute: python -m scripts.results_tables --check.
    printed = tuple(blocks(pipeline, "us", sample=True))
    headings = [block.lines[0] for block in printed if block.lines[0].startswith("## ")]
    assert [heading[3:10] for heading in headings] == [f"{first:%Y-%m}" for first, _ in PERIODS]
    titles = [block.lines[0].split("|")[1].strip() for block in printed if len(block.lines) > 3]
    of_a_period = ["", "Phase 8 by year", "", "difference", "switched off", "Phase 8 filled at"]
    assert titles == [*of_a_period, "CAGR", *of_a_period]  # README's rows after the first
    # Where they differ: python -m scripts.results_tables --write.
    assert differing(printed) == []


@pytest.mark.slow
@pytest.mark.real_data
def test_the_ladder_is_what_the_code_gives(pipeline: Pipeline) -> None:
    told = [line for line in ladder(pipeline, "us", PERIODS[:1]) if line]
    # The other period: python -m scripts.results_ladder --check.
    assert missing(told) == []
    assert len(told) == 35


def test_a_figure_that_is_not_that_of_the_code_is_named() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith("| CAGR |"))
    wrong = row.replace("%", "‰", 1)
    found = differing([Block("README.md", (wrong,))])
    assert {f"-{row}", f"+{wrong}"} <= set(found)


def test_blocks_take_the_place_of_their_tables_in_order() -> None:
    text = "# T\n| a | 1 |\n| b | 1 |\n\nwords\n## 2\n| a | 1 |\nend\n"
    own = [
        Block("f", ("| a | 2 |", "| c | 2 |")),
        Block("f", ("## 2",)),
        Block("f", ("| a | 3 |",)),
    ]
    assert with_blocks(text, own) == ("# T\n| a | 2 |\n| c | 2 |\n\nwords\n## 2\n| a | 3 |\nend\n")
    with pytest.raises(ValueError, match="f must have a line “## 3” after line 0"):
        with_blocks(text, [Block("f", ("## 3",))])
