"""The look-ahead test: silent on the engine, loud on every kind of decision that knows tomorrow."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from core.book import build_book
from core.config import PeriodConfig, RiskConfig
from core.errors import HistoryError, InputsError
from core.lookahead import Check, Decisions, check_dates, compare_decisions, known_at
from core.market import MarketPanel
from core.periods import resolve_period
from core.signals import Signals, compute_signals
from core.simulation import SimulationInputs, simulate
from tests.markets import SHORT, make_market

SCENARIO = SHORT.model_copy(
    update={
        "period": PeriodConfig(start=dt.date(2019, 5, 1)),
        "risk": RiskConfig(
            position_stop_loss=0.05, trailing_stop_pct=0.06, circuit_breaker_dd=0.09,
            max_turnover_per_rebal=0.8, vol_lookback_days=15,
        ),
    }
)  # fmt: skip
MARKET = make_market(seed=4, sessions=220, names=12)
Leak = Callable[[MarketPanel, Signals], Signals]


def decided(market: MarketPanel, leak: Leak | None = None, stop: float | None = None) -> Decisions:
    period = resolve_period(market, SCENARIO)
    signals = compute_signals(market, SCENARIO, period)
    if leak is not None:
        signals = leak(market, signals)
    book = build_book(market, signals, SCENARIO)
    columns = np.flatnonzero((book.target > 0.0).any(axis=0))
    first, last = period
    rows = slice(first, last + 1)
    inputs = SimulationInputs(
        close=np.ascontiguousarray(market.close[rows][:, columns]),
        rebalance=book.rebalance - first,
        target=np.ascontiguousarray(book.target[:, columns]),
        alpha=None if book.alpha is None else np.ascontiguousarray(book.alpha[:, columns]),
        last_session=np.minimum(market.last_session[columns] - first, last + 1 - first),
        cash_rate=market.cash_rate[rows],
    )
    risk = SCENARIO.risk
    if stop is not None:
        risk = risk.model_copy(update={"position_stop_loss": stop})
    result = simulate(inputs, risk, weights=True)
    return Decisions(market, signals, signals.regime, book, first, columns, result)


def failed(checks: tuple[Check, ...]) -> list[str]:
    return [check.name for check in checks if not check.passed]


WHOLE = decided(MARKET)
CUTS = check_dates(MARKET, WHOLE.book.rebalance, 3).tolist()


@pytest.mark.parametrize("cut", CUTS)
def test_the_engine_decides_the_same_on_what_was_known(cut: int) -> None:
    checks = compare_decisions(WHOLE, decided(known_at(MARKET, cut)))
    assert failed(checks) == []
    assert {check.kind for check in checks} == {"factor", "universe", "regime", "book", "rule"}
    assert all(check.compared > 0 for check in checks if check.kind != "rule")
    assert {check.name for check in checks} >= {"momentum", "value", "quality", "position_stop"}


def tomorrow(market: MarketPanel, signals: Signals) -> Signals:
    # Momentum that knows the next session's return, where there is one.
    after = np.minimum(signals.rebalance + 1, len(market.sessions) - 1)
    gain = market.close[after] / market.close[signals.rebalance] - 1.0
    values = signals.panel.values.copy()
    values[:, :, 0] = np.where(np.isnan(values[:, :, 0]), np.nan, np.nan_to_num(gain))
    return dataclasses.replace(signals, panel=dataclasses.replace(signals.panel, values=values))


def test_a_factor_that_knows_one_session_ahead_is_named() -> None:
    cut = CUTS[1]
    checks = compare_decisions(decided(MARKET, tomorrow), decided(known_at(MARKET, cut), tomorrow))
    by = {check.name: check for check in checks}
    assert by["momentum"].first == cut
    assert by["momentum"].different > 0
    assert by["value"].passed
    assert by["regime"].passed
    assert by["portfolio: nav"].passed, "the decision is filled after the cut"


def smoothed(market: MarketPanel, signals: Signals) -> Signals:
    regime = signals.regime.copy()
    regime[-30:] = 0  # as a detector that is fitted to the whole sample would
    return dataclasses.replace(signals, regime=regime)


def test_a_regime_that_is_fitted_to_the_whole_sample_is_named() -> None:
    checks = compare_decisions(
        decided(MARKET, smoothed), decided(known_at(MARKET, CUTS[1]), smoothed)
    )
    by = {check.name: check for check in checks}
    assert not by["regime"].passed
    assert CUTS[1] - 30 < by["regime"].first <= CUTS[1]


@pytest.mark.parametrize("name", ["leverage", "stop_scale"])
def test_what_a_regime_brings_is_compared(name: str) -> None:
    def effective(market: MarketPanel, known: float) -> Decisions:
        # One session's return after the decision is in it, where the data have one.
        made = decided(market)
        after = np.minimum(made.book.rebalance + 1, len(market.sessions) - 1)
        gain = market.close[after, 0] / market.close[made.book.rebalance, 0] - 1.0
        values = 1.0 + known * np.nan_to_num(gain)
        return dataclasses.replace(made, book=dataclasses.replace(made.book, **{name: values}))

    cut = CUTS[1]
    known = known_at(MARKET, cut)
    honest = compare_decisions(effective(MARKET, 0.0), effective(known, 0.0))
    assert [c.compared > 0 for c in honest if (c.kind, c.name) == ("book", name)] == [True]
    assert failed(honest) == []
    peeking = compare_decisions(effective(MARKET, 1.0), effective(known, 1.0))
    assert failed(peeking) == [name]
    assert {(c.kind, c.name): c.first for c in peeking}["book", name] == cut
    # None of one of the two is 1 all along.
    assert failed(compare_decisions(WHOLE, effective(known, 0.0))) == []
    both = compare_decisions(WHOLE, decided(known))
    assert ("book", name) not in {(c.kind, c.name) for c in both}


def test_each_detector_is_compared_whichever_the_scenario_follows() -> None:
    cut = CUTS[1]
    smooth = WHOLE.regime.copy()
    smooth[cut - 3 : cut + 1] = (smooth[cut - 3 : cut + 1] + 1) % 6
    whole = dataclasses.replace(WHOLE, detectors={"rules": WHOLE.regime, "markov": smooth})
    known = decided(known_at(MARKET, cut))
    known = dataclasses.replace(known, detectors={"rules": known.regime, "markov": known.regime})
    checks = compare_decisions(whole, known)
    assert failed(checks) == ["detector: markov"]
    assert {c.name: c.first for c in checks}["detector: markov"] == cut - 3


def test_a_rule_that_acts_otherwise_is_named() -> None:
    checks = compare_decisions(WHOLE, decided(known_at(MARKET, CUTS[-1]), stop=0.02))
    assert "position_stop" in failed(checks)
    assert "momentum" not in failed(checks)


def test_nothing_later_is_left_in_what_was_known() -> None:
    cut = CUTS[0]
    known = known_at(MARKET, cut)
    assert len(known.sessions) == cut + 1 == len(known.close) == len(known.cash_rate)
    assert known.filings.available.max() <= MARKET.sessions[cut]
    assert (known.last_session <= cut + 1).all()
    ends = dataclasses.replace(
        MARKET,
        last_session=np.full(12, cut + 5),
        delisting_return=np.full(12, -1.0),
        data_ended=np.ones(12, dtype=np.bool_),
    )
    known = known_at(ends, cut)
    assert (known.last_session == cut + 1).all()
    assert not known.delisting_return.any()
    assert not known.data_ended.any()


def test_dates_are_ends_of_months_that_the_data_show() -> None:
    sessions, rebalance = MARKET.sessions, WHOLE.book.rebalance
    for cut in check_dates(MARKET, rebalance, 50):
        assert cut in rebalance
        assert decided(known_at(MARKET, int(cut))).book.rebalance[-1] == cut
    assert check_dates(MARKET, rebalance, 1).tolist() == CUTS[-1:]
    assert sessions[CUTS].tolist() == sorted(set(sessions[CUTS].tolist()))
    with pytest.raises(HistoryError, match="there is none"):
        check_dates(MARKET, rebalance[:0], 3)
    with pytest.raises(InputsError, match="at least 1, was 0"):
        check_dates(MARKET, rebalance, 0)


def test_runs_of_other_sessions_cannot_be_compared() -> None:
    with pytest.raises(InputsError, match="begin with the same sessions"):
        compare_decisions(WHOLE, dataclasses.replace(WHOLE, first=WHOLE.first + 1))
