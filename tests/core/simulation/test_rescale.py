"""ENGINE §4, rescales; every number by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.ledger import ExitReason
from core.result import BacktestResult

Run = Callable[..., BacktestResult]
Happened = Callable[[BacktestResult], list[tuple[int, str, int]]]
NAN = float("nan")


def _near(expected: object) -> object:
    return pytest.approx(expected, rel=1e-8, abs=1e-9)


def _weights(result: BacktestResult, session: int) -> list[float]:
    assert result.weights is not None
    return [float(weight) for weight in result.weights[session]]


def test_a_rescale_takes_the_book_to_the_wanted_exposure(run: Run, events: Happened) -> None:
    # -15 % of 30 %: wanted 0.25 at 2, applied 1. Filled at 3: 850 x 0.25 stays.
    result = run(
        [[100, 100, 85, 85]],
        {0: [1.0]},
        max_allowed_drawdown=0.3,
        vol_rebalance_threshold=0.3,
        cost_per_trade_bps=0,
    )
    assert events(result) == [(1, "rebalance", -1), (3, "rescale", -1)]
    assert (result.events.value[1], result.events.threshold[1]) == _near((-0.75, 0.3))
    assert result.invested[3] == _near(0.25)
    assert result.applied_exposure == _near([0, 1, 1, 0.25])
    assert result.turnover[3] == _near(0.75)
    assert result.cash[3] == _near(637.5)


@pytest.mark.parametrize("threshold", [0.76, None])
def test_no_rescale_within_the_band_or_when_off(run: Run, threshold: float | None) -> None:
    result = run(
        [[100, 100, 85, 85]],
        {0: [1.0]},
        max_allowed_drawdown=0.3,
        vol_rebalance_threshold=threshold,
    )
    assert result.turnover[3] == 0.0
    assert result.wanted_exposure[2] == _near(0.25)
    assert result.applied_exposure[3] == 1.0


def test_a_rescale_stops_at_the_leverage_limit(run: Run, events: Happened) -> None:
    # Leverage 0.5 applied at 1. Returns 100 % and 90 %: sigma = 0.1 / sqrt(2) x sqrt(252) = 1.1225,
    # target 2.245 doubles it: wanted 1 at 3. By then 1900 of 2400 are held (0.79167), so doubling
    # would be 1.58: f = 1 / 0.79167.
    result = run(
        [[100, 100, 200, 380, 380]],
        {0: [1.0]},
        inputs={"leverage": [0.5]},
        target_annual_vol=0.2 / 2**0.5 * 252**0.5,
        vol_lookback_days=2,
        vol_rebalance_threshold=0.3,
    )
    assert result.wanted_exposure[3] == _near(1.0)
    assert events(result)[-1] == (4, "rescale", -1)
    assert result.invested[3:] == _near([1900 / 2400, 1.0])
    assert result.applied_exposure[4] == _near(1.0)


def test_a_rescale_leaves_names_without_a_bar_and_waiting_exits_alone(
    run: Run, events: Happened
) -> None:
    # 300 each. C stops at 2 (-20 %), A (-10 %) does not. NAV 1000 - 30 - 60 = 910, 9 % of 30 %
    # down: 0.7^2 = 0.49. At 3 B and C have no bar: only A is scaled, 270 x 0.49; C waits.
    result = run(
        [[100, 100, 90, 90], [100, 100, 100, NAN], [100, 100, 80, NAN]],
        {0: [0.3, 0.3, 0.3]},
        max_allowed_drawdown=0.3,
        vol_rebalance_threshold=0.3,
        position_stop_loss=0.15,
        weights=True,
    )
    assert events(result)[1:] == [(2, "stop", 2), (3, "waiting", 2), (3, "rescale", -1)]
    assert _weights(result, 3) == _near([270 * 0.49 / 910, 300 / 910, 240 / 910])
    assert result.applied_exposure[3] == _near(0.49)


def test_no_rescale_when_all_that_is_held_is_leaving(run: Run, events: Happened) -> None:
    result = run(
        [[100, 100, 80, NAN, NAN]],
        {0: [1.0]},
        max_allowed_drawdown=0.3,
        vol_rebalance_threshold=0.3,
        position_stop_loss=0.1,
    )
    assert [kind for _, kind, _ in events(result)][1:] == ["stop", "waiting", "waiting"]
    assert result.applied_exposure[-1] == 1.0


def test_a_rescale_to_nothing_ends_round_trips(run: Run) -> None:
    result = run(
        [[100, 100, 70, 70]], {0: [1.0]}, max_allowed_drawdown=0.3, vol_rebalance_threshold=0.3
    )
    assert result.holdings.tolist() == [0, 1, 1, 0]
    assert result.trades.reason.tolist() == [ExitReason.REBALANCE]
    assert result.applied_exposure[3] == 0.0
