"""What a report says of the regimes and of what the scores were made from."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.handout import tables
from dashboard.handout.blocks import Block, Rows
from dashboard.report.document import run_document
from dashboard.review_report import Studied
from dashboard.views.tables import coverage_table

__all__ = ["book_blocks"]


def book_blocks(found: Studied) -> Iterator[Block]:
    """Yield the part."""
    run = found.run
    yield Rows("Regimes", tables.regimes_table(run, run_document(run)["regimes"]))
    if coverage := coverage_table(run):
        yield Rows("Coverage of the factors", coverage)
