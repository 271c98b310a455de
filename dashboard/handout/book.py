"""What a report says of the book: sectors, caps that were passed, regimes, coverage."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.charts.sector_names import sector_label
from dashboard.format import count, date, percent
from dashboard.handout import tables
from dashboard.handout.blocks import Block, Rows, Words
from dashboard.report.breaches import breach_rows
from dashboard.report.document import run_document
from dashboard.review_report import Studied
from dashboard.run import Run
from dashboard.theme import LIGHT
from dashboard.views.tables import coverage_table, sectors_table

__all__ = ["book_blocks"]


def book_blocks(found: Studied) -> Iterator[Block]:
    """Yield the part."""
    run = found.run
    shares = run.sector_shares()
    if shares:
        name, share = next(iter(shares.items()))
        yield Words(
            f"The largest sector was {sector_label(name)}, on average {percent(share)} of what was "
            f"invested. The single largest weight of a sector was {_highest(run)}."
        )
    yield Rows("Sectors", sectors_table(run, LIGHT))
    breaches = tables.breaches_table(run)
    if breaches:
        yield Words(_broken(run))
        yield Rows("Above a cap", breaches)
    else:
        yield Words(_unbroken(run.caps))
    yield Rows("Regimes", tables.regimes_table(run, run_document(run)["regimes"]))
    if coverage := coverage_table(run):
        yield Rows("Coverage of the factors", coverage)


def _broken(run: Run) -> str:
    rows = sorted(breach_rows(run), key=lambda row: row["first_date"])
    first, number = rows[0], len(rows)
    spells = "1 spell" if number == 1 else f"{count(number)} spells"
    return (
        f"{spells} above a cap, the first on {date(first['first_date'])}: {first['name']} reached "
        f"{percent(first['peak_weight'])} against {percent(first['cap'])}. Targets keep the cap, "
        "but names drift between rebalances. Listed are those that went furthest."
    )


def _unbroken(caps: tuple[float | None, float | None]) -> str:
    said = [
        f"no {what} ever stood above its cap of {percent(cap)}"
        for what, cap in zip(("name", "sector"), caps, strict=True)
        if cap is not None
    ]
    none = [what for what, cap in zip(("Names", "Sectors"), caps, strict=True) if cap is None]
    text = " and ".join(said)
    parts = [f"{text[0].upper()}{text[1:]}."] if said else []
    return " ".join([*parts, *([f"{' and '.join(none)} have no cap."] if none else [])])


def _highest(run: Run) -> str:
    frame = run.sector_frame()
    name = str(frame.max().idxmax())
    when = frame[name].idxmax()
    return f"{percent(float(frame[name].max()))} of NAV in {sector_label(name)} on {date(when)}"
