"""Numbers of the Factors page against what they are made of."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.book import build_book
from core.config import Scenario
from core.errors import CancelledError, InputsError
from core.explain_selection import Choice
from core.factors.evaluation_returns import forward_returns
from core.factors.evaluation_statistics import cross_correlations, mean_test
from core.factors.panel import INGREDIENTS
from core.factors.scores import average, standardise, zscore
from core.scenario import with_values
from core.signals import Signals, compute_signals
from core.units import Floats
from dashboard import review_factors as factors
from dashboard.review_factors_found import LEAST, FactorStudy
from dashboard.review_factors_names import (
    name_on,
    ranking_on,
    raw_ingredients,
    weights_on,
)
from dashboard.run import Run
from dashboard.studies import Pace
from tests.dashboard.fakes import fake_run
from tests.markets import SHORT, make_market

NAMES = 30


def run_of(scenario: Scenario) -> tuple[Run, Signals]:
    """Return a run with scores over a small random market; only what factors need is its own."""
    market = make_market(sessions=560, names=NAMES)
    signals = compute_signals(market, scenario, (130, 559))
    book = build_book(market, signals, scenario)
    plain = fake_run(scenario, sessions=40)
    run = dataclasses.replace(plain, market=market, signals=signals, book=book,
                              columns=np.arange(NAMES))  # fmt: skip
    return run, signals


@cache
def scored() -> tuple[Run, Signals]:
    return run_of(with_values(SHORT, {"universe.size": 24, "book.names_held": 6}))


@cache
def studied() -> FactorStudy:
    return factors.factor_study(scored()[0], quiet())


def quiet(shares: list[float] | None = None, *, stop: bool = False) -> Pace:
    return Pace(lambda: stop, (shares if shares is not None else []).append)


def test_every_score_is_judged_by_what_followed() -> None:
    run, signals = scored()
    found = studied()
    assert found.names == ("momentum", "value", "quality", "composite")
    forward = forward_returns(run.market, signals.rebalance)
    own = cross_correlations(run.book.composite, forward, rank=True)
    np.testing.assert_array_equal(found.series("composite")["rank_ic"], own)
    test = mean_test(own)
    row = found.row("composite")
    assert (row["rank_ic"], row["rank_ic_t"], row["months"]) == (test.mean, test.t, test.count)
    assert list(found.summary().loc["composite"]) == pytest.approx(list(row.values()))
    assert found.decay_frame().loc[("composite", 1), "rank_ic"] == pytest.approx(test.mean)


def test_lines_add_up_and_stop_where_outcomes_do() -> None:
    series = studied().series("momentum")
    known = series["rank_ic"].dropna()
    assert series["cumulative_rank_ic"].dropna().iloc[-1] == pytest.approx(known.sum())
    assert np.isnan(series["cumulative_rank_ic"].iloc[-1])  # the last decision has no outcome yet
    made = (1.0 + series["spread"].dropna()).prod()
    assert series["growth"].dropna().iloc[-1] == pytest.approx(made)
    assert (series["net_spread"].dropna() <= series["spread"].dropna()).all()
    fifths = studied().quantiles("momentum")
    assert fifths["gap"].sum() == pytest.approx(0.0, abs=1e-12)
    spread = fifths["mean"].iloc[-1] - fifths["mean"].iloc[0]
    assert spread == pytest.approx(studied().row("momentum")["spread"])


@pytest.mark.parametrize("group", ["year", "regime"])
def test_small_groups_are_only_counted_and_counts_sum(group: str) -> None:
    table = studied().by(group)
    few = table["months"] < LEAST[group]
    assert few.any()
    assert table.loc[few, "rank_ic"].isna().all()
    assert table.loc[~few, "rank_ic"].notna().all()
    by_factor = table["months"].groupby(level="factor").sum()
    for name in studied().names:
        assert by_factor[name] == studied().row(name)["months"]


def test_topology_is_judged_apart_on_request(tmp_path: Path) -> None:
    run, signals = scored()
    shares: list[float] = []
    found = factors.factor_study(run, quiet(shares), tmp_path)
    assert found.apart == ("topology",)
    assert "topology" in found.names
    assert shares == sorted(shares)
    on, _ = run_of(with_values(run.scenario, {"factors.topology.enabled": True}))
    alike = factors.factor_study(on, quiet())
    assert alike.apart == ()
    assert found.row("topology") == pytest.approx(alike.row("topology"), nan_ok=True)
    assert found.row("momentum") == studied().row("momentum")
    assert signals.panel.factors == ("momentum", "value", "quality")


def test_no_scores_a_short_period_and_a_cancelled_study_are_refused() -> None:
    with pytest.raises(InputsError, match="this run has 0"):
        factors.factor_study(fake_run(sessions=60), quiet())
    assert not factors.can_judge(fake_run(sessions=60))
    with pytest.raises(CancelledError):
        factors.factor_study(scored()[0], quiet(stop=True))


def test_raw_values_are_those_that_were_scored() -> None:
    run, signals = scored()
    limit = run.scenario.factors.winsor_limit
    for row in (0, len(signals.rebalance) - 1):
        raw, inside = raw_ingredients(run, signals, row), signals.universe[row]
        assert tuple(raw) == INGREDIENTS
        for column, factor in enumerate(signals.panel.factors):
            parts = [
                zscore(values, inside, limit)
                for name, values in raw.items()
                if name.startswith(factor)
            ]
            own: Floats = parts[0] if len(parts) == 1 else average(parts, inside, limit)
            np.testing.assert_array_equal(own, signals.panel.values[row, :, column])


@pytest.mark.parametrize("timing", [False, True])
def test_the_parts_of_a_name_make_its_composite(timing: bool) -> None:
    run, signals = scored()
    if timing:
        fields = {
            "factors.timing.momentum_in_high_volatility": 0.5,
            "factors.timing.high_volatility": 0.06,
        }
        run, signals = run_of(with_values(run.scenario, fields))
        plain = weights_on(*scored())
        assert not np.array_equal(weights_on(run, signals), plain)
    row = len(signals.rebalance) - 1
    found = [name_on(run, signals, row, column) for column in range(NAMES)]
    mixed = np.array([each.mixed for each in found])
    inside = signals.universe[row]
    composite = standardise(np.where(inside, mixed, np.nan))
    np.testing.assert_allclose(composite, run.book.composite[row])
    for each in found:
        if np.isfinite(each.mixed):
            assert sum(part.used for part in each.factors) == pytest.approx(1.0)
            assert sum(part.part for part in each.factors) == pytest.approx(each.mixed)
        assert (each.placing.choice is Choice.CHOSEN) == (run.book.target[row, each.column] > 0.0)


def test_the_ranking_is_that_of_the_book() -> None:
    run, signals = scored()
    row = len(signals.rebalance) - 1
    table = ranking_on(run, signals, row)
    assert len(table) == signals.universe[row].sum()
    assert list(table["rank"].dropna()) == list(range(1, int(table["rank"].count()) + 1))
    for ticker, line in table.iterrows():
        place = name_on(run, signals, row, run.market.tickers.index(str(ticker))).placing
        assert place.rank == (0 if np.isnan(line["rank"]) else line["rank"])
        assert place.target == line["target"]
