"""Disturbed histories: as they were where nothing is disturbed, and together where they move."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.errors import HistoryError, InputsError
from core.evidence.perturb import KINDS, perturbed, returns_of, strung_together
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate
from tests.core.evidence.test_cut import inputs_of
from tests.markets import weekdays
from tests.strategies import Recipe, make_inputs

RISK = RiskConfig()
DATES = weekdays(150)


def whole(seed: int) -> SimulationInputs:
    return make_inputs(
        Recipe(sessions=150, names=6, seed=seed, volatility=0.02, rebalance_rate=0.08)
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_same_order_is_the_same_run(seed: int) -> None:
    inputs = whole(seed)
    again = strung_together(inputs, np.arange(len(inputs.rebalance)))
    found, expected = simulate(again, RISK), simulate(inputs, RISK)
    np.testing.assert_allclose(found.nav, expected.nav, rtol=1e-9)
    intraday = RISK.model_copy(update={"stop_fill": "intraday", "execution": "next_open"})
    found, expected = simulate(again, intraday), simulate(inputs, intraday)
    np.testing.assert_allclose(found.nav, expected.nav, rtol=1e-9)


def test_all_names_take_the_same_sessions_and_decisions_keep_theirs() -> None:
    inputs = whole(1)
    order = np.array([3, 3, 0, 5])
    other = strung_together(inputs, order)
    returns, was = returns_of(other), returns_of(inputs)
    edges = np.append(inputs.rebalance, 149)
    at = int(edges[0]) + 1
    for row, k in enumerate(order):
        length = int(edges[k + 1] - edges[k])
        assert other.rebalance[row] == at - 1
        np.testing.assert_array_equal(other.target[row], inputs.target[k])
        np.testing.assert_allclose(
            returns[at : at + length], was[edges[k] + 1 : edges[k + 1] + 1], atol=1e-12
        )
        at += length


def test_a_delisted_name_costs_its_loss_once_and_keeps_its_price_after() -> None:
    close = np.full((30, 2), 10.0)
    close[16:, 1] = np.nan
    inputs = SimulationInputs(
        close=close,
        rebalance=np.array([2, 12]),
        target=np.array([[0.5, 0.5], [0.5, 0.5]]),
        last_session=np.array([30, 15]),
        delisting_return=np.array([0.0, -0.4]),
    )
    assert returns_of(inputs)[16, 1] == -0.4
    other = strung_together(inputs, np.array([1, 0]))
    fall = other.close[:, 1] / other.close[0, 1]
    assert np.isfinite(other.close).all()
    assert fall.min() == pytest.approx(0.6)
    assert fall[-1] == pytest.approx(0.6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_run_touches_nothing_and_repeats_itself(kind: str) -> None:
    inputs = inputs_of(3)
    copies = {
        field.name: None if getattr(inputs, field.name) is None else getattr(inputs, field.name) + 0
        for field in dataclasses.fields(inputs)
        if field.init and field.name != "data_ended"
    }
    ends = []
    for _ in range(2):
        draws = list(perturbed(kind, inputs, RISK, DATES, draws=6, seed=4))
        ends.append(
            [
                simulate(draw.inputs, risk).nav[-1]
                for draw in draws
                for risk in draw.risks
                if len(draw.dates) == draw.inputs.shape[0]
            ]
        )
    assert ends[0] == ends[1]
    assert len(ends[0]) >= 4
    assert len(set(ends[0])) > 1
    for name, before in copies.items():
        np.testing.assert_array_equal(before, getattr(inputs, name))


def test_names_costs_delays_and_starts_do_what_they_say() -> None:
    inputs = whole(2)
    made = {kind: list(perturbed(kind, inputs, RISK, DATES, draws=5, seed=0)) for kind in KINDS}
    for draw in made["names"]:
        np.testing.assert_allclose(
            draw.inputs.target.sum(axis=1)[draw.inputs.target.any(axis=1)],
            inputs.target.sum(axis=1)[draw.inputs.target.any(axis=1)],
        )
        assert (~draw.inputs.target.any(axis=0)).sum() >= 1
    costs = [risk.cost_per_trade_bps for risk in made["costs"][0].risks]
    assert len(costs) == 5
    assert 5.0 <= min(costs) < max(costs) <= 20.0
    late = made["delays"][2].inputs
    np.testing.assert_array_equal(late.rebalance, inputs.rebalance[: len(late.rebalance)] + 3)
    begun = made["starts"][1]
    assert begun.dates[0] == DATES[inputs.rebalance[1]]
    assert begun.inputs.rebalance[0] == 0


def test_bad_input_is_explained() -> None:
    inputs = whole(0)
    with pytest.raises(InputsError, match="kind must be one of prices"):
        perturbed("weather", inputs, RISK, DATES, draws=1, seed=0)
    with pytest.raises(InputsError, match="draws must be at least 1"):
        perturbed("prices", inputs, RISK, DATES, draws=0, seed=0)
    once = SimulationInputs(
        close=np.ones((5, 1)), rebalance=np.array([1]), target=np.array([[1.0]])
    )
    with pytest.raises(HistoryError, match="at least 2 rebalances, the period has 1"):
        perturbed("prices", once, RISK, DATES[:5], draws=1, seed=0)
