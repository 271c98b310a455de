from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from core.simulation import SimulationInputs
from core.simulation.blocks import make_blocks, width_of
from core.vectors import EIGHT
from tests.strategies import markets


@settings(deadline=None, max_examples=80)
@given(markets())
def test_blocks_hold_every_price_and_its_extremes(inputs: SimulationInputs) -> None:
    close, rebalance = inputs.close, inputs.rebalance
    made = make_blocks(close, rebalance)
    sessions, names = close.shape
    edges = [0, *rebalance.tolist(), sessions]
    for b in range(len(edges) - 1):
        first, end = edges[b], edges[b + 1]
        assert made.start[b] == first
        width = width_of(made.start, b)
        assert width == min(end, sessions - 1) - first + 1
        block = made.prices[made.offset[b] : made.offset[b + 1]].reshape(names, width)
        for i in range(names):
            for q in range(width):
                bars = close[: first + q + 1, i]
                bars = bars[~np.isnan(bars)]
                assert block[i, q] == (bars[-1] if len(bars) else 0.0)
            inner = close[first + 1 : end, i]
            bars = inner[~np.isnan(inner)]
            assert made.lowest[b, i] == (bars.min() if len(bars) else np.inf)
            deepest = (bars / np.maximum.accumulate(bars)).min() if len(bars) else np.inf
            assert made.deepest[b, i] == deepest
            high = 0.0
            for t in range(first + 1, min(end + 1, sessions)):
                high = np.fmax(high, close[t, i])
                assert made.highest[t, i] == high


def test_a_market_without_rebalances_is_one_block() -> None:
    # As a run has them, read only: other types would be compiled anew.
    close, rebalance = np.array([[1.0], [2.0]]), np.array([], dtype=np.int64)
    for array in (close, rebalance):
        array.flags.writeable = False
    made = make_blocks(close, rebalance)
    assert made.start.tolist() == [0, 2]
    assert made.prices.tolist() == [1.0, 2.0, *[0.0] * EIGHT]
