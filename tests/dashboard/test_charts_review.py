"""Figures and words of the review pages: from the same numbers, of one height, in both themes."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.distribution import describe, histogram
from core.returns_tables import return_summary
from core.rules import Rule
from core.tail_risk import tail_risk
from dashboard import review
from dashboard.charts.calendar import MONTHS, months_figure, years_figure
from dashboard.charts.distribution import distribution_figure
from dashboard.charts.episodes import EPISODES_HEIGHT_PX, episode_span, episodes_figure
from dashboard.charts.rolling import ROLLING_HEIGHT_PX, rolling_figure
from dashboard.format import percent, points
from dashboard.theme import DARK, LIGHT, Theme
from dashboard.views.chart import table_csv
from dashboard.views.episode_choice import episode_at
from dashboard.views.episode_words import (
    episode_sentence,
    episodes_alt,
    episodes_headline,
    falls_words,
    lines_table,
    names_shown,
    rules_account_table,
    shown_episodes,
)
from dashboard.views.frames import levels
from dashboard.views.returns_words import (
    calendar_alt,
    distribution_alt,
    relative_html,
    returns_headline,
    rolling_alt,
    tail_table,
    weight_words,
    years_alt,
)
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=400, seed=3)
FOUND = review.episodes(RUN)
TABLE = review.episodes_table(RUN, FOUND)


def drawn(selected: int | None = None, **options: Any) -> Any:
    return episodes_figure(
        RUN.equity_frame(),
        RUN.underwater_frame(),
        RUN.exposure_frame(),
        RUN.regime_series(),
        TABLE,
        options.pop("colours", LIGHT),
        levels=levels(RUN.scenario),
        selected=selected,
        **options,
    )


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("selected", [None, 0, len(FOUND) - 1])
def test_every_zoom_has_the_same_height_and_shows_its_episode(
    selected: int | None, compact: bool, colours: Theme
) -> None:
    figure = drawn(selected, compact=compact, colours=colours)
    assert figure.layout.height == EPISODES_HEIGHT_PX
    first, last = (pd.Timestamp(end) for end in figure.layout.xaxis.range)
    marks = next(trace for trace in figure.data if trace.name == "Trough")
    if selected is None:
        assert (first, last) == (RUN.index[0], RUN.index[-1])
        assert list(marks.customdata) == list(range(len(FOUND)))
        return
    episode = TABLE.iloc[selected]
    assert first <= episode["peak"] < episode["trough"] <= last
    assert selected in marks.customdata


def test_an_open_episode_is_shown_to_the_end() -> None:
    index = pd.bdate_range("2024-01-01", periods=20)
    episode = pd.Series({"peak": index[8], "trough": index[15], "recovery": pd.NaT})
    assert episode_span(episode, index) == (5, 19)


def test_a_date_finds_its_episode_and_a_date_of_none_nothing() -> None:
    for row in range(len(TABLE)):
        assert episode_at(TABLE, TABLE["trough"].iloc[row]) == row
    assert episode_at(TABLE, RUN.index[0] - pd.Timedelta(days=30)) is None


def test_episodes_in_words_say_their_numbers() -> None:
    text = episodes_headline(FOUND, RUN, 42)
    assert "of 42 falls" in text
    assert percent(FOUND[0].depth) in text
    sectors, names = review.episode_contributions(RUN, FOUND[0])
    said = episode_sentence(FOUND[0], RUN, sectors, names, 1)
    lost = sectors.drop("Trading costs", errors="ignore")
    assert f"{lost.index[0]} ({points(lost.iloc[0])})" in said
    trough = RUN.exposure_frame()["invested"].iloc[FOUND[0].trough]
    assert f"{percent(trough, 0)} at the trough" in said
    ends = RUN.benchmark[[FOUND[0].peak, FOUND[0].trough]]
    change = float(ends[1] / ends[0] - 1.0)
    what = "lost" if change < 0.0 else "gained"
    assert f"over the same days, {RUN.benchmark_name} {what} {percent(abs(change))}." in said
    falls = falls_words(RUN, 42)
    assert falls.startswith("One of 42 falls below a peak. They are this scenario's own")
    assert falls.count("−") == 0  # "below" has said it
    assert falls_words(RUN, 1).startswith("One of 1 fall below")
    assert "whole period" in episodes_alt(TABLE, None)
    assert "number 2 by depth" in episodes_alt(TABLE, 1)
    assert list(shown_episodes(TABLE).index) == list(range(1, len(TABLE) + 1))


def test_the_names_shown_sum_to_the_fall() -> None:
    _, names = review.episode_contributions(RUN, FOUND[0])
    shown = names_shown(names)
    assert shown.sum() == pytest.approx(FOUND[0].depth, abs=1e-9)
    html = lines_table("Name", shown, FOUND[0].depth, LIGHT, swatches=False)
    assert points(FOUND[0].depth) in html
    assert "other names" in html


def test_the_table_of_rules_waits_for_the_account_but_not_for_the_dates() -> None:
    acted = review.episode_events(RUN, FOUND[0])
    waiting = rules_account_table(None, acted)
    assert waiting.count("<td>…</td>") == len(Rule)
    assert str(len(acted[Rule.POSITION_STOP])) in waiting
    shares = dict.fromkeys(Rule, 0.0) | {Rule.POSITION_STOP: 0.021, Rule.COSTS: -0.004}
    done = rules_account_table(shares, acted, (-0.2, -0.183))
    for text in ("+2.1", "pl-better", "−0.4", "pl-worse", points(-0.2), points(-0.183)):
        assert text in done


def test_what_rules_did_after_the_trough_has_a_column_of_its_own() -> None:
    acted = {Rule.VOLATILITY_TARGET: RUN.index[[5]], Rule.POSITION_STOP: RUN.index[[7, 9]]}
    later = {Rule.VOLATILITY_TARGET: RUN.index[[20, 21]], Rule.CIRCUIT_BREAKER: RUN.index[[30]]}
    html = rules_account_table(dict.fromkeys(Rule, 0.0), acted, (-0.2, -0.1), later)
    rows = [re.findall(r"<td.*?>(.*?)</td>", row) for row in html.split("<tr>")]
    found = {row[0]: row[1:] for row in rows if row}
    day = f"{RUN.index[5]:%Y-%m-%d}"
    assert found[Rule.VOLATILITY_TARGET.label] == ["–", "1 rescale", day, "2 rescales"]
    assert found[Rule.POSITION_STOP.label][1::2] == ["2", "–"]
    assert found[Rule.CIRCUIT_BREAKER.label] == ["–", "–", "", "1"]
    assert "Acted after the trough" in html
    assert "after the trough" not in rules_account_table(None, acted)


@pytest.mark.parametrize("compact", [False, True])
def test_the_heatmap_writes_every_month_once(compact: bool) -> None:
    calendar = review.returns_calendar(RUN)
    figure = months_figure(calendar.months, calendar.partial, LIGHT, compact=compact)
    assert len(figure.layout.annotations) == int(calendar.months.notna().to_numpy().sum())
    shown = np.isfinite(np.array(figure.data[0].z, dtype=np.float64))
    np.testing.assert_array_equal(shown, calendar.months.notna().to_numpy())
    assert len(figure.layout.xaxis.ticktext) == len(MONTHS) + 1
    stars = sum("*" in note.text for note in figure.layout.annotations)
    assert stars == int((calendar.partial & calendar.months.notna()).to_numpy().sum())
    assert percent(calendar.months[review.YEAR].iloc[0]) in calendar_alt(calendar)


def test_the_bars_are_the_years() -> None:
    years = review.returns_calendar(RUN).years
    figure = years_figure(years, DARK, benchmark_name="Index")
    np.testing.assert_array_equal(figure.data[0].y, years["return"])
    np.testing.assert_array_equal(figure.data[1].y, years["benchmark"])
    assert percent(years["benchmark"].iloc[0]) in years_alt(years, "Index")


def test_rolling_panels_keep_their_height_and_say_their_window() -> None:
    frames = review.rolling(RUN, 126)
    figure = rolling_figure(frames, LIGHT, window=126, target=0.18)
    assert figure.layout.height == ROLLING_HEIGHT_PX
    assert any("target 18" in note.text for note in figure.layout.annotations)
    assert "last 126 sessions" in rolling_alt(frames, 126)


def test_bins_beyond_the_value_at_risk_stand_out() -> None:
    returns = review.daily(RUN)
    bins, risk = histogram(returns), tail_risk(returns)
    figure = distribution_figure(bins, risk, LIGHT)
    tones = figure.data[0].marker.color
    beyond = bins.edges[1:] <= -risk.var
    assert 0 < beyond.sum() < len(tones)
    assert len({tone for tone, far in zip(tones, beyond, strict=True) if far}) == 1
    assert [round(shape.x0, 12) for shape in figure.layout.shapes] == [
        round(-risk.var, 12),
        round(-risk.cvar, 12),
    ]
    assert percent(risk.cvar) in distribution_alt(describe(returns), review.tail(RUN, 0.95))


def test_tables_of_returns_say_what_they_hold() -> None:
    tails = [review.tail(RUN, 0.95), review.tail(RUN, 0.99)]
    html = tail_table(tails)
    assert f"{tails[0].historical.breaches} of {tails[0].historical.observations}" in html
    table, weight = review.relative(RUN)
    relative = relative_html(table, weight, "Index <1>")
    assert "Index &lt;1&gt;" in relative
    assert percent(weight, 0) in relative
    assert "yardstick" in weight_words(weight, "Index")
    assert "No share" in weight_words(math.nan, "Index")
    summary = return_summary(RUN.result.nav, RUN.dates, initial_nav=RUN.result.initial_nav)
    said = returns_headline(summary, RUN)
    assert f"The worst day lost {percent(-summary.worst_day.value)}." in said
    gained, months = review.months_gained(RUN)
    assert f"{percent(gained, 0)} of the {months} months with holdings gained" in said


def test_a_short_run_has_no_yearly_figure() -> None:
    run = fake_run(sessions=40)
    summary = return_summary(run.result.nav, run.dates, initial_nav=run.result.initial_nav)
    said = returns_headline(summary, run)
    assert said.startswith(f"{percent(run.metrics.total_return)} in all of 40 sessions")
    assert percent(run.metrics.cagr) not in said
    table, weight = review.relative(run)
    rows = relative_html(table, weight, "Index", short=True).split("<tr>")
    dashes = {row.count(">–<") for row in rows if "CAGR" in row or "Alpha" in row}
    assert dashes == {len(table)}


def test_a_short_run_says_how_many_sessions_the_breaches_need() -> None:
    assert "needs 254 sessions" in tail_table([review.tail(fake_run(sessions=60), 0.95)])


def test_a_file_has_every_digit_and_plain_dates() -> None:
    frame = RUN.underwater_frame()
    lines = table_csv(frame).decode().splitlines()
    assert lines[0] == "date,portfolio,benchmark"
    day, value, _ = lines[-1].split(",")
    assert day == str(RUN.dates[-1])
    assert float(value) == frame["portfolio"].iloc[-1]
