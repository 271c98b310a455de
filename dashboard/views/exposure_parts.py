"""The parts of the Exposure page: sectors through time, and risk and factors, worked out behind."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from core.factors.names import FACTORS
from core.market import FUND_SECTORS
from dashboard import review_exposure, review_holdings, session
from dashboard.charts.book_risk import book_risk_figure
from dashboard.charts.each_sector import each_sector_figure
from dashboard.charts.sector_caps import sectors_figure
from dashboard.charts.sector_names import gics_order
from dashboard.format import percent
from dashboard.review_holdings import REALISED_WINDOW, RiskStudy
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.exposure_tables import factors_table
from dashboard.views.exposure_words import (
    bias_words,
    cards_html,
    coverage_words,
    exposure_headline,
    sectors_alt,
    sectors_words,
    through_time_alt,
)
from dashboard.views.page import is_phone

__all__ = ["first_words", "risk_through_time", "sectors_through_time"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_EXPOSURE_NOTE: Final = (
    "Exposure is Σ weight × score, cash at 0: +0.50 says that the portfolio stands half a standard "
    "deviation above the average of the universe. What a factor brought is its slope over the "
    "names of the universe, session by session, times that exposure (Fama & MacBeth 1973); "
    "specific is what no score explains. What was brought, in points of the first NAV, sums to the "
    "return of the period."
)


def first_words(run: Run) -> None:
    """Say the largest sector and its cap, then the numbers of the last session."""
    cap = review_exposure.sector_cap(run)
    frame.show(frame.words_html(exposure_headline(run, cap), sectors_words(run, cap)))
    book = review_holdings.book_on(run, len(run.dates) - 1)
    curves, found = review_holdings.curves(run), review_exposure.coverage(run)
    frame.show(cards_html(run, curves, found, book))


def sectors_through_time(run: Run) -> None:
    """Draw the stack, the largest sector against the cap, and every sector on its own."""
    cap, colours = review_exposure.sector_cap(run), session.colours()
    sectors, largest = run.sector_frame(), review_exposure.largest_sector(run)
    alt, table = sectors_alt(run, cap), review_exposure.sectors_table(run)
    never_held = set(FUND_SECTORS) - set(table.index)
    chart(
        lambda: sectors_figure(
            sectors,
            largest,
            colours,
            cap=cap.level,
            in_force=cap.in_force,
            compact=is_phone(),
        ),
        sectors.assign(largest_sector=largest["sector"], largest_weight=largest["weight"]),
        key="sectors",
        title="Sectors",
        alt=alt,
        content=view_of(run),
    )
    chart(
        lambda: each_sector_figure(
            sectors,
            gics_order(sorted({*run.market.sector, *table.index} - never_held)),
            colours,
            cap=cap.level,
            in_force=cap.in_force,
            compact=is_phone(),
        ),
        table,
        key="each-sector",
        title="Each sector against "
        + ("its cap" if cap.in_force else "a yardstick, no cap is set"),
        alt=alt,
        content=view_of(run),
    )
    frame.show(frame.words_html("", coverage_words(review_exposure.coverage(run))))


def risk_through_time(run: Run) -> None:
    """Draw concentration, beta, volatility and factors; what takes long arrives by itself."""
    study = _study(run)
    known: RiskStudy | None = study.result if study.status == "done" else None
    curves, factors = review_holdings.curves(run), review_exposure.factor_exposure(run)
    ex_ante = None if known is None else known.ex_ante
    chart(
        lambda: book_risk_figure(
            curves,
            ex_ante,
            None if factors is None else factors[[f for f in FACTORS if f in factors]],
            session.colours(),
            target=run.scenario.risk.target_annual_vol,
            realised_window=REALISED_WINDOW,
            compact=is_phone(),
        ),
        _file(curves, ex_ante, factors),
        key="book-risk",
        title="Risk and factors",
        alt=through_time_alt(curves, known),
        content=view_of(run, known is not None),
    )
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    elif known is None:
        st.fragment(_progress, run_every=_LOOK_AGAIN)(run)
    else:
        frame.show(frame.words_html("", bias_words(known)))
    if factors is not None:
        brought = None if known is None else known.brought
        table = pd.DataFrame() if brought is None else brought.to_frame().rename_axis("line")
        heading("Factors: exposure, and what they brought", table, "factors")
        frame.show(factors_table(run, factors, brought))
        frame.show(frame.words_html("", _EXPOSURE_NOTE))


def _progress(run: Run) -> None:
    # Alone in its fragment: looking again draws no figure.
    study = _study(run)
    if study.status in ("done", "failed"):
        st.rerun()  # the page then stops asking
    words = f"Working out the risk of every session's holdings: {percent(study.share, 0)}"
    st.progress(study.share, text=words)


def _study(run: Run) -> Study:
    return session.engine().studies.ask(
        session.token(),
        "exposure",
        f"exposure-{run.content_key}",
        lambda pace: review_holdings.risk_study(run, pace),
    )


def _file(
    curves: pd.DataFrame, ex_ante: pd.Series | None, factors: pd.DataFrame | None
) -> pd.DataFrame:
    parts = [
        curves,
        *([] if ex_ante is None else [ex_ante]),
        *([] if factors is None else [factors]),
    ]
    return pd.concat(parts, axis=1)
