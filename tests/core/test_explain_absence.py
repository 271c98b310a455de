"""Why a name is held or not, against what the run and the book say independently."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from core import explain_absence
from core.book import Book, build_book
from core.config import Scenario
from core.errors import InputsError, RuinError
from core.explain_absence import Why, standing
from core.explain_selection import Choice, Selection, placing
from core.explain_state import RunRecord
from core.factors.names import AVAILABLE_FACTORS
from core.ledger import EventKind, ExitReason
from core.market import MarketPanel
from core.risk.config import RiskConfig
from core.signals import Signals, compute_signals
from core.simulation import SimulationInputs, simulate
from core.universe import by_ticker
from tests.markets import SHORT, make_market
from tests.strategies import (
    EXECUTIONS,
    QUIET,
    hostile_recipe,
    hostile_risk,
    make_inputs,
    markets,
    risks,
)


def own_selection(inputs: SimulationInputs) -> Selection:
    """Return the selection of a book of one's own: every column is a name."""
    shape = inputs.target.shape
    yes = np.ones(shape, dtype=np.bool_)
    return Selection(
        column=np.arange(shape[1]),
        target=inputs.target,
        scored=False,
        member=yes,
        has_bar=yes,
        universe=yes,
        factors=(),
        scores=np.zeros((*shape, 0)),
        composite=np.full(shape, np.nan),
        tradable=yes,
        order=np.arange(shape[1]),
        sector=("Other",) * shape[1],
        names_held=shape[1],
    )


def check_every_name(inputs: SimulationInputs, risk: RiskConfig) -> Counter[Why]:
    """Hold every answer against the run; return how often each was given."""
    given_: Counter[Why] = Counter()
    try:
        record = RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True))
    except RuinError:
        return given_
    selection = own_selection(inputs)
    with pytest.MonkeyPatch.context() as patched:
        # Every name of a session asks for the same decisions: explained once, not once a name.
        patched.setattr(explain_absence, "decide", functools.cache(explain_absence.decide))
        for t in range(record.sessions):
            for name in range(inputs.shape[1]):
                found = standing(record, selection, t, name)
                assert (found.why in (Why.HELD, Why.WAITING)) == (record.weights[t, name] > 0.0)
                assert found.weight == record.weights[t, name]
                assert_true(record, found.why, t, name, found.since, found.reason)
                given_[found.why] += 1
    return given_


def assert_true(
    record: RunRecord, why: Why, t: int, name: int, since: int, reason: ExitReason
) -> None:
    # Each answer has something in the run that must be so.
    trades, events, market = record.result.trades, record.result.events, record.inputs.market
    own = trades.security == name
    filled = events.session[events.kind == EventKind.REBALANCE]
    assert since <= t
    if why is Why.HELD:
        assert since in trades.entry_session[own]
    elif why is Why.WAITING:
        assert t in events.session[(events.kind == EventKind.WAITING) & (events.security == name)]
    elif why is Why.GONE:
        assert market.last_session[name] < t
    elif why is Why.BREAKER:
        assert since in events.session[events.kind == EventKind.BREAKER]
        assert record.result.applied_exposure[t] == 0.0
    elif why is Why.NO_REBALANCE:
        assert not (filled <= t).any()
    elif why is Why.STOPPED:
        sold = own & (trades.exit_session == since)
        assert trades.reason[sold].tolist() == [reason]
    else:
        assert_not_bought(record, why, t, name, since)


def assert_not_bought(record: RunRecord, why: Why, t: int, name: int, since: int) -> None:
    events, market = record.result.events, record.inputs.market
    filled = events.session[(events.kind == EventKind.REBALANCE) & (events.session <= t)]
    k = int(np.searchsorted(market.rebalance, filled[-1] - record.lag))
    target = market.target[k, name]
    assert (target == 0.0) == (why is Why.NOT_CHOSEN) or why is Why.NO_EXPOSURE
    if why is Why.NO_BAR:
        assert math.isnan(record.inputs.close[since, name])
    elif why is Why.GATED:
        hurdle = record.risk.min_alpha_to_cost_ratio * 2e-4 * record.risk.cost_per_trade_bps
        assert abs(market.alpha[k, name]) < hurdle
    elif why is Why.COOLING_DOWN:
        trades = record.result.trades
        stops = (trades.reason == ExitReason.STOP) | (trades.reason == ExitReason.TRAILING)
        last = trades.exit_session[stops & (trades.security == name)]
        last = last[last <= since].max()
        assert since <= last + record.risk.stop_cooldown_days
    elif why is Why.CUT:
        kinds = set(events.kind[events.session == since].tolist())
        assert kinds & {EventKind.CAP, EventKind.LEVERAGE_LIMIT, EventKind.GATE}


# Every name of every session is asked for in plain Python: fewer examples than elsewhere.
@settings(max_examples=40)
@given(markets(), risks())
def test_small_markets(inputs: SimulationInputs, risk: RiskConfig) -> None:
    check_every_name(inputs, risk)


@pytest.mark.slow
@pytest.mark.parametrize("way", EXECUTIONS, ids=lambda way: "-".join(map(str, way.values())))
def test_every_answer_is_given(way: dict[str, Any]) -> None:
    total: Counter[Why] = Counter()
    for seed in range(10):  # as few as give every answer in every way
        rng = np.random.default_rng([seed, 41])
        total += check_every_name(make_inputs(hostile_recipe(rng, seed)), hostile_risk(rng, way))
    inputs = make_inputs(hostile_recipe(np.random.default_rng(1), 1))
    capped = QUIET.model_copy(update={"max_turnover_per_rebal": 0.0, "cost_per_trade_bps": 10.0})
    total += check_every_name(inputs, capped)
    assert set(total) >= set(Why) - {Why.NO_EXPOSURE}


def test_a_book_at_no_exposure_holds_nothing() -> None:
    # NAV at half its peak: the scale is 0, without a floor, so the next rebalance buys nothing.
    close = np.array([[100.0], [100.0], [50.0], [50.0], [50.0]])
    inputs = SimulationInputs(close, np.array([0, 3]), np.ones((2, 1)))
    risk = QUIET.model_copy(update={"max_allowed_drawdown": 0.3, "execution_lag_days": 1})
    record = RunRecord.of(inputs, risk, simulate(inputs, risk, weights=True))
    found = standing(record, own_selection(inputs), 4, 0)
    assert (found.why, found.since) == (Why.NO_EXPOSURE, 4)
    assert found.fill is not None
    assert found.fill.steps.exposure == 0.0


def test_a_name_outside_the_market_is_refused() -> None:
    inputs = SimulationInputs(np.ones((3, 1)), np.array([0]), np.ones((1, 1)))
    record = RunRecord.of(inputs, QUIET, simulate(inputs, QUIET, weights=True))
    with pytest.raises(InputsError, match="name must be from 0 to 0, was 1"):
        standing(record, own_selection(inputs), 0, 1)


def scored(scenario: Scenario, market: MarketPanel) -> tuple[Selection, Book, Signals]:
    signals = compute_signals(market, scenario, (60, market.shape[0] - 1))
    book = build_book(market, signals, scenario)
    selection = Selection(
        column=np.arange(market.shape[1]),
        target=book.target,
        scored=True,
        member=market.member[book.rebalance],
        has_bar=np.isfinite(market.close[book.rebalance]),
        universe=signals.universe,
        factors=AVAILABLE_FACTORS,
        scores=signals.panel.values,
        composite=book.composite,
        tradable=market.last_session > book.rebalance[:, None],
        order=by_ticker(market.tickers),
        sector=market.sector,
        names_held=scenario.book.names_held,
    )
    return selection, book, signals


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sector_cap", [None, 0.4])
def test_placings_follow_the_book(seed: int, sector_cap: float | None) -> None:
    config = SHORT.book.model_copy(
        update={"names_held": 5, "position_cap": None, "sector_cap": sector_cap}
    )
    scenario = SHORT.model_copy(update={"book": config})
    market = make_market(seed=seed)
    selection, book, signals = scored(scenario, market)
    seen: Counter[Choice] = Counter()
    for k in range(len(book.rebalance)):
        order = np.argsort(-np.nan_to_num(book.composite[k], nan=-np.inf), kind="stable")
        best = [n for n in order if np.isfinite(book.composite[k, n])]
        for name in range(market.shape[1]):
            found = placing(selection, k, name)
            seen[found.choice] += 1
            assert (found.choice is Choice.CHOSEN) == (book.target[k, name] > 0.0)
            assert found.rank == (best.index(name) + 1 if name in best else 0)
            if found.choice is Choice.BELOW_THE_CUT:
                assert found.rank > found.last_rank
                assert found.chosen == 5
            elif found.choice is Choice.SECTOR_FULL:
                # One more name of the sector would not fit under the cap.
                assert sector_cap is not None
                assert found.sector_target + 1.0 / 5 > sector_cap + 1e-9
            elif found.choice is Choice.NOT_A_MEMBER:
                assert not market.member[book.rebalance[k], name]
            for factor, score, rank, of in found.scores:
                values = signals.panel.values[k, :, AVAILABLE_FACTORS.index(factor)]
                assert of == np.isfinite(values).sum()
                assert (rank == 0) == math.isnan(score)
                if rank:
                    assert np.sort(values[np.isfinite(values)])[::-1][rank - 1] == score
    assert seen[Choice.CHOSEN] > 0
    assert seen[Choice.BELOW_THE_CUT] > 0
    assert (seen[Choice.SECTOR_FULL] > 0) == (sector_cap is not None)
