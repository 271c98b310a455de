"""Figures and words of the Exposure page: from the same numbers, of one height, in both themes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from core.presets import preset
from core.scenario import with_values
from dashboard import review_exposure as exposure
from dashboard import review_holdings as holdings
from dashboard.charts.book_risk import BOOK_RISK_HEIGHT_PX, book_risk_figure
from dashboard.charts.each_sector import each_sector_figure, each_sector_height
from dashboard.charts.sector_caps import SECTORS_HEIGHT_PX, sectors_figure
from dashboard.charts.sector_names import WITHOUT_SECTOR, gics_order
from dashboard.charts.treemap import TREEMAP_HEIGHT_PX, treemap_figure
from dashboard.format import date, percent
from dashboard.run import Run
from dashboard.theme import DARK, LIGHT, Theme
from dashboard.views.exposure_tables import factors_table, names_table, sectors_on_table
from dashboard.views.exposure_words import (
    bias_words,
    book_words,
    cards_html,
    coverage_words,
    exposure_headline,
    sectors_alt,
    sectors_words,
    through_time_alt,
)
from tests.dashboard.fakes import SECTORS, fake_run


@cache
def a_run(cap: float | None = 0.21) -> Run:
    scenario = with_values(preset("No overlay"), {"book.sector_cap": cap})
    return fake_run(scenario, sessions=400, seed=3)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("in_force", [False, True])
def test_the_cap_is_a_line_on_the_largest_sector_and_never_on_the_stack(
    in_force: bool, compact: bool, colours: Theme
) -> None:
    run = a_run()
    figure = sectors_figure(
        run.sector_frame(),
        exposure.largest_sector(run),
        colours,
        cap=0.21,
        in_force=in_force,
        compact=compact,
    )
    assert figure.layout.height == SECTORS_HEIGHT_PX
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert [(line.yref, line.y0, line.line.dash) for line in lines] == [
        ("y2", 0.21, "dash" if in_force else "dot")
    ]
    drawn = next(trace for trace in figure.data if trace.name == "Largest sector")
    np.testing.assert_allclose(drawn.y, run.sector_frame().max(axis=1), rtol=1e-6)
    assert WITHOUT_SECTOR in {trace.name for trace in figure.data}
    assert "Other" not in {trace.name for trace in figure.data}


@pytest.mark.parametrize("compact", [False, True])
def test_every_sector_of_the_market_has_a_place_held_or_not(compact: bool) -> None:
    run = a_run()
    names = gics_order([*SECTORS, "Materials"])
    figure = each_sector_figure(
        run.sector_frame(), names, LIGHT, cap=0.21, in_force=True, compact=compact
    )
    assert figure.layout.height == each_sector_height(len(names), compact=compact)
    assert len(figure.layout.shapes) == len(names) == 6
    words = [note.text for note in figure.layout.annotations]
    assert "never held" in words
    assert "No sector" in words
    hatched = {trace.name for trace in figure.data if trace.fillpattern.shape}
    table = exposure.sectors_table(run)
    assert len(hatched) == int((table["spells"] > 0).sum())
    for axis in range(1, len(names)):
        assert figure.layout[f"yaxis{axis + 1}"].range == figure.layout.yaxis.range


def test_a_sleeve_is_drawn_among_the_sectors_without_their_cap() -> None:
    index = pd.bdate_range("2020-01-01", periods=30, name="date")
    sectors = pd.DataFrame({"Energy": 0.3, "Funds: EAFE": 0.4}, index=index)
    figure = each_sector_figure(sectors, list(sectors), LIGHT, cap=0.25, in_force=True)
    assert [shape.yref for shape in figure.layout.shapes] == ["y"]
    assert {trace.name for trace in figure.data if trace.fillpattern.shape} == {"Energy"}
    assert "most 40.0\u202f%" in {note.text for note in figure.layout.annotations}


def test_thinning_keeps_the_peak_of_every_sector() -> None:
    index = pd.bdate_range("2000-01-03", periods=6000, name="date")
    values = np.full(6000, 0.1)
    values[4321] = 0.4
    sectors = pd.DataFrame({"Energy": values}, index=index)
    figure = each_sector_figure(sectors, ["Energy"], LIGHT, cap=0.25, in_force=True)
    assert max(figure.data[-1].y) == pytest.approx(0.4)
    assert len(figure.data[-1].y) < 400


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_areas_are_the_weights(colours: Theme) -> None:
    book = holdings.book_on(a_run(), 399)
    cash = 1.0 - book.invested
    trace = treemap_figure(book.sectors(), book.names, colours, cash=cash).data[0]
    areas = dict(zip(trace.ids, trace["values"], strict=True))
    assert sum(areas.values()) == pytest.approx(1.0 if cash > 5e-4 else book.invested)
    for name, weight in book.names["weight"].items():
        assert areas[f"n:{name}"] == weight
    fills = dict(zip(trace.ids, trace.marker.colors, strict=True))
    assert fills["s:Energy"] == colours.sector("Energy")
    borrowed = treemap_figure(book.sectors(), book.names, colours, cash=-0.2)
    assert "cash" not in borrowed.data[0].ids
    assert borrowed.layout.height == TREEMAP_HEIGHT_PX


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("done", [False, True])
def test_risk_keeps_its_height_whether_the_study_is_done_or_not(done: bool, compact: bool) -> None:
    curves = holdings.curves(a_run())
    ex_ante = curves["realised"] * 1.1 if done else None
    factors = (
        pd.DataFrame({"momentum": 0.5, "value": 0.1, "quality": -0.2}, index=curves.index)
        if done
        else None
    )
    figure = book_risk_figure(
        curves, ex_ante, factors, DARK, target=0.18, realised_window=63, compact=compact
    )
    assert figure.layout.height == BOOK_RISK_HEIGHT_PX
    names = {trace.name for trace in figure.data}
    assert ({"Of holdings", "Momentum"} <= names) is done


def test_the_first_sentence_names_the_largest_sector_and_when_it_passed_its_cap() -> None:
    run = a_run()
    cap, table = exposure.sector_cap(run), exposure.sectors_table(run)
    said = exposure_headline(run, cap)
    first = table.iloc[0]
    for text in (
        str(table.index[0]),
        percent(first["mean"]),
        percent(first["peak"]),
        f"first passed its cap of 21\u202f% on {date(first['first_above'])}",
        f"{first['sessions_above']} of 400 sessions",
    ):
        assert text in said
    others = sectors_words(run, cap)
    for name, row in table.iloc[1:].iterrows():
        shown = WITHOUT_SECTOR if name == "Other" else str(name)
        assert (f"{shown} (most" in others) == (row["spells"] > 0)
    assert f"above 21\u202f% on {first['sessions_above']} sessions" in sectors_alt(run, cap)


def test_a_cap_that_was_never_passed_and_none_are_said() -> None:
    wide = a_run(0.9)
    assert "It never passed its cap of 90" in exposure_headline(wide, exposure.sector_cap(wide))
    none = a_run(None)
    said = exposure_headline(none, exposure.sector_cap(none))
    assert "No sector cap is set; held against 25" in said
    own = replace(none, scenario=with_values(none.scenario, {"book.own_book": "mine"}))
    assert "a book of one's own" in exposure_headline(own, exposure.sector_cap(own))


def test_coverage_is_said_in_both_ways() -> None:
    run = a_run()
    found = exposure.coverage(run)
    assert percent(found.mapped) in coverage_words(found)
    assert f"{found.without} of {found.names} names have no sector" in coverage_words(found)
    assert "Every one" in coverage_words(replace(found, without=0))


def test_cards_and_tables_show_the_same_book() -> None:
    run = a_run()
    book, found = holdings.book_on(run, 399), exposure.coverage(run)
    cards = cards_html(run, holdings.curves(run), found, book)
    assert cards.count("pl-value") == 6
    assert percent(book.volatility) in cards
    cap = exposure.sector_cap(run)
    sectors = sectors_on_table(book, cap, LIGHT)
    assert f"<b>{percent(book.invested)}</b>" in sectors
    assert sectors.count("▲") == int((book.sectors()["weight"] > 0.21 + 1e-9).sum())
    brought = holdings.brought_by_name(run)
    names = names_table(book, 0.05, brought, LIGHT)
    assert f"{len(book.names) - exposure.TOP} other names" in names
    assert "pl-bar" not in names_table(book, 0.05, brought, LIGHT, compact=True)
    assert re.search(rf"{len(book.names)} names, {percent(book.invested)}", book_words(book, run))
    early = holdings.book_on(run, 0)
    assert "Nothing was held" in book_words(early, run)
    assert "no volatility can be said" in book_words(holdings.book_on(run, 100), run)


@pytest.mark.parametrize(
    ("bias", "words"),
    [(1.0, "within what chance does"), (1.5, "said too little"), (0.5, "said too much")],
)
def test_the_verdict_on_the_volatility_of_holdings(bias: float, words: str) -> None:
    nothing = pd.Series([0.1])
    assert words in bias_words(holdings.RiskStudy(nothing, bias, 500, None))
    assert "too few" in bias_words(holdings.RiskStudy(nothing, math.nan, 1, None))
    curves = holdings.curves(a_run())
    study = holdings.RiskStudy(curves["realised"], bias, 500, None)
    assert percent(curves["realised"].max()) in through_time_alt(curves, study)


def test_the_table_of_factors_waits_for_the_account_and_then_sums() -> None:
    run = a_run()
    factors = pd.DataFrame({name: 0.5 for name in ("momentum", "momentum_known")}, index=run.index)
    assert factors_table(run, factors, None).count("<td>…</td>") == 1
    brought = pd.Series({"Universe": 0.2, "momentum": -0.05, "Specific": 0.01})
    done = factors_table(run, factors, brought)
    assert "+16.0" in done
    assert "…" not in done
    assert "+0.50" in done
