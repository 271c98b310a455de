"""Coverage on the Data page: a map of sectors by month, and of the names of one sector."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import session
from dashboard.charts.coverage import coverage_colours, coverage_figure
from dashboard.charts.sector_names import sector_label
from dashboard.format import count, percent
from dashboard.review_data import Snapshot
from dashboard.review_data_coverage import CoverageMonths
from dashboard.theme import Theme
from dashboard.views import frame
from dashboard.views.chart import chart
from dashboard.views.data_studies import coverage_study, waiting
from dashboard.views.page import is_phone, nothing

__all__ = ["coverage_part"]

_WAIT_PX: Final = 420
_NAMES_PX: Final = 360
_SECTOR: Final = "coverage-sector"
_SAME: Final = 0.0005  # shares that round to the same tenth of a percent


def coverage_part(market: Snapshot) -> None:
    """Draw the map of `market`, and the names of the sector that is chosen."""
    study = coverage_study(market)
    if study.problem is not None:
        frame.show(frame.heading_html(f"Coverage of {market.name}"))
        frame.show(frame.problem_html(study.problem))
        return
    if study.status != "done":
        frame.show(frame.heading_html(f"Coverage of {market.name}"))
        waiting("coverage", market, "Counting bars", _WAIT_PX)
        return
    found: CoverageMonths = study.result
    if not found.tickers:
        nothing(
            f"No bar is expected in {market.name}", "Nobody was in the index while it has bars."
        )
        return
    colours = session.colours()
    by_sector = found.by_sector()
    totals = found.totals("sector")
    frame.show(frame.words_html(*_words(found, market)))
    chart(
        coverage_figure(by_sector, totals["share"], colours, compact=is_phone()),
        by_sector,
        key="coverage",
        title=f"Coverage of {market.name} by sector and month",
        alt=_words(found, market)[0],
    )
    frame.show(_scale_html(colours))
    st.fragment(_names)(found)


def _names(found: CoverageMonths) -> None:
    totals = found.totals("sector")
    names, missing = totals["names"].to_dict(), totals["missing"].to_dict()
    order = totals["missing"].sort_values(ascending=False, kind="stable").index.tolist()
    sector = st.selectbox(
        "Names of a sector, the least covered first",
        order,
        key=_SECTOR,
        format_func=lambda name: (
            f"{sector_label(name)}: {count(names[name])} names, {count(missing[name])} bars missing"
        ),
    )
    shares = found.of_sector(sector or order[0])
    by_name = found.totals("name")
    with st.container(height=_NAMES_PX, border=False, key="coverage-names-box"):
        chart(
            coverage_figure(shares, by_name["share"], session.colours(), compact=is_phone()),
            shares,
            key="coverage-names",
            title=f"{sector_label(sector or order[0])}, by name and month",
            alt=_names_alt(found, sector or order[0]),
        )


def _words(found: CoverageMonths, market: Snapshot) -> tuple[str, str]:
    totals = found.totals("sector")
    missing = int(totals["missing"].sum())
    rule = (
        "one for every session on which a name was in the index"
        if found.rule == "member"
        else "one for every session between a name’s first and last bar"
    )
    if not missing:
        return f"Every bar that is expected is there: {rule}.", ""
    worst = str(totals["missing"].idxmax())
    names = found.totals("name")
    hurt = int((names["missing"] > 0).sum())
    sentence = (
        f"{percent(found.total, 2)} of the bars that are expected are there; "
        f"{count(missing)} are missing, of {count(hurt)} names, most of them in "
        f"{sector_label(worst)}."
    )
    aside = f"Expected is {rule}."
    whole = market.coverage
    if whole is not None and abs(whole - found.total) > _SAME:
        aside += (
            " Members of which the market has no bar at all are not on the map: with them "
            f"{percent(whole, 2)}."
        )
    return sentence, aside


def _names_alt(found: CoverageMonths, sector: str) -> str:
    names = found.totals("name").query("missing > 0")
    chosen = [name for name, own in zip(found.tickers, found.sectors, strict=True) if own == sector]
    thin = names[names.index.isin(chosen)].sort_values("missing", ascending=False).head(5)
    if thin.empty:
        return "No bar is missing here."
    told = ", ".join(f"{name} {percent(row['share'], 1)}" for name, row in thin.iterrows())
    return f"The least covered names: {told}."


def _scale_html(colours: Theme) -> str:
    words = ("no bar", "half of the bars", "nine of ten", "nearly all", "every bar")
    swatches = "".join(
        f'<span><i class="pl-swatch" style="background:{colour}"></i>{word}</span>'
        for (_, colour), word in zip(coverage_colours(colours), words, strict=True)
    )
    return f'<div class="pl-scale">{swatches}<span>empty: none is expected</span></div>'
