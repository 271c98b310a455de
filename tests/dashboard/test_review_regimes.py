"""Numbers of the Regimes page against the run they come from."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Scenario
from core.factors.names import AVAILABLE_FACTORS, FACTORS, REGIMES
from core.scenario import changed_fields, with_values
from dashboard import review_regimes as regimes
from dashboard.charts.regimes import (
    HINDSIGHT_HEIGHT_PX,
    REGIMES_HEIGHT_PX,
    Thresholds,
    hindsight_figure,
    regimes_figure,
    transitions_figure,
)
from dashboard.format import percent
from dashboard.run import Run
from dashboard.theme import DARK, LIGHT, Theme
from dashboard.views.regimes_words import (
    bands_table,
    counts_table,
    hindsight_words,
    lag_table,
    regimes_alt,
    regimes_headline,
    returns_table,
    rules_words,
    transitions_alt,
)
from tests.dashboard.fakes import fake_run

SESSIONS = 500
ROWS = st.lists(st.floats(0.0, 100.0), min_size=4, max_size=4)


def with_regimes(run: Run, *, vix: bool = True) -> Run:
    """Return `run` with a volatility index, or without one."""
    level = 18.0 + 12.0 * np.sin(np.arange(len(run.market.sessions)) / 30.0)
    level[7] = math.nan
    return replace(run, market=replace(run.market, vix=level if vix else None))


@cache
def a_run(vix: bool = True) -> Run:
    scenario = with_values(Scenario(), {"regimes.trend_threshold": 0.04})
    return with_regimes(fake_run(scenario, sessions=SESSIONS, seed=5), vix=vix)


def test_the_labels_follow_from_what_is_drawn_as_their_reason() -> None:
    run = a_run()
    drivers, config = regimes.drivers(run), run.scenario.regimes
    trend, volatility = drivers["trend"].to_numpy(), drivers["volatility"].to_numpy()
    low = drivers["below_high"].to_numpy() <= -config.recovery_drawdown
    for t, code in enumerate(regimes.labels(run)):
        if math.isnan(trend[t]):
            expected = "default"
        elif volatility[t] >= config.volatility_threshold:
            expected = "volatile"
        elif trend[t] <= -config.trend_threshold:
            expected = "bear"
        elif trend[t] >= config.trend_threshold:
            expected = "recovery" if low[t] else "bull"
        else:
            expected = "sideways"
        assert REGIMES[code] == expected
    assert len(set(regimes.labels(run).tolist())) >= 3


def test_the_regime_of_the_book_changes_only_at_decisions() -> None:
    run = a_run()
    force, decided = regimes.in_force(run), regimes.decided(run)
    assert (force.iloc[: decided[0]] == regimes.NO_BOOK).all()
    changes = np.flatnonzero((force != force.shift()).to_numpy())[1:]
    assert set(changes.tolist()) <= set(decided.tolist())
    day = run.regime_series()
    assert (force.iloc[decided] == day.iloc[decided]).all()


def test_without_a_decided_book_none_is_in_force() -> None:
    run = a_run()
    names = len(run.tickers)
    none = np.zeros((0, names))
    book = replace(
        run.book, rebalance=run.book.rebalance[:0], target=none, composite=none,
        regime=run.book.regime[:0],
    )  # fmt: skip
    early = replace(run, book=book)
    assert (regimes.in_force(early) == regimes.NO_BOOK).all()
    assert len(regimes.in_force(early)) == SESSIONS
    assert regimes.stats(early).rebalances.sum() == 0
    assert "0 of 0 decisions" in regimes_headline(early, regimes.stats(early))
    assert len(regimes.returns(early))


def test_counts_add_up_to_the_run() -> None:
    run = a_run()
    found = regimes.stats(run)
    assert found.sessions.sum() == SESSIONS
    assert found.rebalances.sum() == len(regimes.decided(run))
    assert found.transitions.sum() == SESSIONS - 1


def test_the_bands_of_the_index_cover_every_close_once() -> None:
    bands = regimes.vix_bands(a_run())
    assert bands is not None
    assert tuple(bands.index) == regimes.band_names()
    assert bands["sessions"].sum() == SESSIONS - 1  # one session has no close
    assert bands["share"].sum() == pytest.approx(1.0)
    filled = bands[bands["sessions"] > 0]
    np.testing.assert_allclose(filled[list(REGIMES)].sum(axis=1), 1.0)
    assert regimes.vix_bands(a_run(vix=False)) is None
    assert regimes.drivers(a_run(vix=False))["vix"].isna().all()


def test_returns_of_all_regimes_compound_to_the_run_where_none_is_suppressed() -> None:
    run = a_run()
    table = regimes.returns(run)
    assert (table["suppressed"] == (table["rebalances"] < 12)).all()
    assert table["suppressed"].any()
    assert table.loc[table["suppressed"], "portfolio_return"].isna().all()
    assert table["sessions"].sum() == SESSIONS - 1


def test_hindsight_is_of_the_run_and_says_how_late() -> None:
    found = regimes.hindsight(a_run())
    assert len(found.labels) == SESSIONS
    assert set(found.labels) <= set(REGIMES)
    assert 0.0 <= found.lag.agreement <= 1.0
    assert "knows the future" not in hindsight_words(found)  # the badge beside it says so
    assert percent(found.lag.agreement, 0) in hindsight_words(found)
    assert "bull" in lag_table(found, LIGHT)


def test_weights_in_percent_go_there_and_back() -> None:
    scenario = Scenario()
    table = regimes.weights_table(scenario.factors.weights)
    assert table.loc["bull"].tolist() == [40.0, 20.0, 20.0, 20.0]
    assert (regimes.row_sums(table) == 100.0).all()
    assert regimes.weight_values(scenario, table) == {}
    changed = table.copy()
    changed.loc["bull"] = [70.0, 10.0, 10.0, 10.0]
    values = regimes.weight_values(scenario, changed)
    assert values == {
        "factors.weights.bull.momentum": 0.7,
        "factors.weights.bull.topology": 0.1,
        "factors.weights.bull.value": 0.1,
        "factors.weights.bull.quality": 0.1,
    }
    taken = with_values(scenario, values)
    assert set(changed_fields(scenario, taken)) == set(values)
    pd.testing.assert_frame_equal(regimes.weights_table(taken.factors.weights), changed)


@given(ROWS)
def test_a_scaled_row_is_taken_by_the_scenario(row: list[float]) -> None:
    table = regimes.weights_table(Scenario().factors.weights)
    table.loc["bear"] = row
    before = table.copy()
    out = regimes.scaled(table)
    pd.testing.assert_frame_equal(table, before)
    assert (regimes.row_sums(out) == 100.0).all()
    taken = with_values(Scenario(), regimes.weight_values(Scenario(), out))
    np.testing.assert_allclose(regimes.weights_table(taken.factors.weights).loc["bear"],
                               out.loc["bear"], atol=1e-7)  # fmt: skip
    pd.testing.assert_frame_equal(out.drop("bear"), table.drop("bear"))  # they sum already
    if sum(row) > 1.0:
        np.testing.assert_allclose(out.loc["bear"], 100.0 * np.array(row) / sum(row), atol=0.0101)


def test_the_weights_that_act_leave_out_what_does_not_exist() -> None:
    table = regimes.weights_table(Scenario().factors.weights)
    used = regimes.used_weights(table, AVAILABLE_FACTORS)
    assert list(used.columns) == list(AVAILABLE_FACTORS) != list(FACTORS)
    np.testing.assert_allclose(used.sum(axis=1), 100.0)
    assert used.loc["bull", "momentum"] == pytest.approx(50.0)
    table.loc["bear"] = [0.0, 100.0, 0.0, 0.0]
    assert regimes.used_weights(table, AVAILABLE_FACTORS).loc["bear"].isna().all()


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("vix", [False, True])
def test_figures_keep_their_height(vix: bool, compact: bool, colours: Theme) -> None:
    run = a_run(vix)
    at = Thresholds(trend=0.04, volatility=0.25, vix=30.0, vix_override=vix, window=60)
    day = run.regime_series()
    figure = regimes_figure(
        regimes.drivers(run),
        day,
        regimes.in_force(run),
        at,
        regimes.VIX_EDGES,
        colours,
        compact=compact,
    )
    assert figure.layout.height == REGIMES_HEIGHT_PX
    said = " ".join(note.text for note in figure.layout.annotations)
    assert ("no volatility index" in said) == (not vix and not compact)
    bands = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(bands) == (len(regimes.VIX_EDGES) + 1 if vix else 0)
    late = hindsight_figure(day, regimes.hindsight(run).labels, colours, compact=compact)
    assert late.layout.height == HINDSIGHT_HEIGHT_PX
    if not compact:
        assert "for diagnosis only" in " ".join(note.text for note in late.layout.annotations)


def test_the_matrix_writes_every_share_that_came() -> None:
    found = regimes.stats(a_run())
    names = list(found.names)
    matrix = pd.DataFrame(found.matrix, names, names)
    counts = pd.DataFrame(found.transitions, names, names)
    figure = transitions_figure(matrix, counts, DARK)
    assert len(figure.layout.annotations) == int((found.transitions > 0).sum())
    bear = REGIMES.index("sideways")
    assert f"sideways stays on {percent(found.matrix[bear, bear], 0)}" in transitions_alt(found)


def test_words_and_tables_say_the_numbers() -> None:
    run = a_run()
    found = regimes.stats(run)
    most = int(found.sessions.argmax())
    said = regimes_headline(run, found)
    assert said.startswith(REGIMES[most].capitalize())
    assert f"{found.rebalances[most]} of {found.rebalances.sum()} decisions" in said
    assert REGIMES[most] in regimes_alt(run, found)
    assert f"<b>{SESSIONS}</b>" in counts_table(found, LIGHT)
    table = regimes.returns(run)
    html = returns_table(table, "Index <1>", LIGHT)
    assert "Index &lt;1&gt;" in html
    suppressed = table["suppressed"] & (table["sessions"] > 0)
    assert html.count("too few decisions") == int(suppressed.sum())
    bands = regimes.vix_bands(run)
    assert bands is not None
    assert "30 and above" in bands_table(bands, LIGHT)


def test_the_rules_are_those_of_the_scenario() -> None:
    config = with_values(Scenario(), {"regimes.vix_override": True}).regimes
    assert "VIX closed at 30 or above" in rules_words(config)
    assert "VIX" not in rules_words(Scenario().regimes)
    assert "fell 8" in rules_words(config)
    sticky = config.model_copy(
        update={
            "vix_release_level": 25.0,
            "vix_calm_level": 15.0,
            "hysteresis": 0.2,
            "min_dwell_days": 10,
            "detector": "markov",
        }
    )
    for part in ("yet below 25 since", "never with the VIX below 15", "20\u202f% inside", "Markov",
                 "holds for 10 sessions"):  # fmt: skip
        assert part in rules_words(sticky).replace("\u00a0", "\u202f")
