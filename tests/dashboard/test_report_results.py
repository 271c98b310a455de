"""The figures in docs/results.md and README.md are those that the code gives on the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.pipeline import Pipeline
from scripts.results_ladder import ladder
from scripts.results_tables import PERIODS, Block, blocks, with_blocks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.real_data
def test_every_table_is_what_the_code_gives(real_home: Path) -> None:
    # One test for both files: workers would each run everything for their own.
    printed = tuple(blocks(Pipeline(real_home), "us"))
    headings = [block.lines[0] for block in printed if block.lines[0].startswith("## ")]
    assert [heading[3:10] for heading in headings] == [f"{first:%Y-%m}" for first, _ in PERIODS]
    titles = [block.lines[0].split("|")[1].strip() for block in printed if len(block.lines) > 3]
    of_a_period = [
        "", "Rules of Phase 8", "Rules of Phase 8.1", "Phase 8 by year", "", "difference",
        "Phase 8 decided up to 20 sessions later", "switched off", "Phase 8 filled at",
    ]  # fmt: skip
    assert titles == [*of_a_period, "CAGR", *of_a_period]  # README's rows after the first
    for file in ("docs/results.md", "README.md"):
        own = [block for block in printed if block.file == file]
        assert own
        text = (ROOT / file).read_text(encoding="utf-8")
        # Where they differ: python -m scripts.results_tables --write.
        assert text == with_blocks(text, own), f"the tables of {file} are not those of the code"


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


@pytest.mark.slow
@pytest.mark.real_data
def test_the_ladder_is_what_the_code_gives(real_home: Path) -> None:
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines()
    told = [line for line in ladder(Pipeline(real_home), "us", PERIODS[:1]) if line]
    # Where they differ: python -m scripts.results_ladder.
    assert [line for line in told if line not in text] == []
    assert len(told) == 35
