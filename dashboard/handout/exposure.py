"""What a report says of the sectors through time: the largest, each against its cap, the spells."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd

from core.market import FUND_SECTORS
from dashboard import review_exposure
from dashboard.charts.each_sector import each_sector_figure
from dashboard.charts.sector_caps import sectors_figure
from dashboard.charts.sector_names import gics_order, sector_label
from dashboard.format import DASH, count, date, percent
from dashboard.handout import tables
from dashboard.handout.blocks import Block, Chart, Rows, Words
from dashboard.report.breaches import apart, breach_rows
from dashboard.review_exposure import SectorCap
from dashboard.review_report import Studied
from dashboard.run import Run
from dashboard.theme import LIGHT
from dashboard.views.exposure_words import (
    coverage_words,
    exposure_headline,
    sectors_alt,
    sectors_words,
)
from dashboard.views.tables import html_table

__all__ = ["exposure_blocks"]


def exposure_blocks(found: Studied) -> Iterator[Block]:
    """Yield the part."""
    run = found.run
    if not review_exposure.is_held(run):
        yield Words("Nothing was ever held in this period: there are no sectors to show.")
        return
    cap = review_exposure.sector_cap(run)
    yield Words(exposure_headline(run, cap), sectors_words(run, cap))
    yield from _charts(run, cap)
    yield Rows("Each sector", _sectors(run, cap), _BOTH)
    yield Words(coverage_words(review_exposure.coverage(run)), quiet=True)
    if breaches := tables.breaches_table(run):
        yield Words(_broken(run))
        yield Rows("Above a cap", breaches)
    else:
        yield Words(_unbroken(run.caps))


_BOTH = (
    "Highest, last, sessions and dates are of NAV. What was invested leaves cash out: its averages "
    "sum to 100 %."
)


def _charts(run: Run, cap: SectorCap) -> Iterator[Chart]:
    sectors, alt = run.sector_frame(), sectors_alt(run, cap)
    largest = review_exposure.largest_sector(run)
    through = sectors_figure(sectors, largest, LIGHT, cap=cap.level, in_force=cap.in_force)
    yield Chart("sectors", "Sectors, and the largest of them", through, alt)
    names = gics_order(sorted(set(run.market.sector) - set(FUND_SECTORS)))
    each = each_sector_figure(sectors, names, LIGHT, cap=cap.level, in_force=cap.in_force)
    against = "its cap" if cap.in_force else "a yardstick, no cap is set"
    yield Chart("each-sector", f"Each sector against {against}", each, alt)


def _sectors(run: Run, cap: SectorCap) -> str:
    shares, rows = run.sector_shares(), []
    for name, row in review_exposure.sectors_table(run).iterrows():
        fill = LIGHT.sector(str(name))
        swatch = f'<span class="pl-swatch" style="background:{fill}"></span>'
        numbers = (
            percent(row["mean"]),
            percent(shares.get(str(name), 0.0)),
            f"{percent(row['peak'])}, {date(row['peak_date'])}",
            percent(row["last"]),
            count(row["sessions_above"]),
            _day(row["first_above"]),
            _day(row["last_above"]),
        )
        rows.append((swatch + escape(sector_label(str(name), short=True)), *numbers))
    above = f"Sessions above {percent(cap.level, 0)}"
    head = ("Sector", "Average, of NAV", "of what was invested", "Highest", "Last", above, "first",
            "last")  # fmt: skip
    return html_table(head, rows)


def _day(value: pd.Timestamp) -> str:
    return DASH if pd.isna(value) else date(value)


def _broken(run: Run) -> str:
    rows = sorted(breach_rows(run), key=lambda row: row["first_date"])
    first, number = rows[0], len(rows)
    spells = "1 spell" if number == 1 else f"{count(number)} spells"
    return (
        f"{spells} above a cap, the first on {date(first['first_date'])}: {first['name']} reached "
        f"{' against '.join(apart(first['peak_weight'], first['cap']))}. Targets keep the cap, "
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
