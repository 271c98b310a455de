from __future__ import annotations

import numpy as np
import pytest

from core.factors.asof import FilingIndex, Quarters, known_quarters
from core.factors.value import market_caps, value_ingredients
from core.market import FILING_ITEMS
from tests.markets import make_filings

ENDS = ("2020-03-31", "2020-06-30", "2020-09-30", "2020-12-31")
PRICE = np.array([20.0])
TRADED = np.array([1e7])


def quarters(shares: list[float] | None = None, **stated: float) -> Quarters:
    """A name with 50 million shares that earns 10 and 15 of 16 and owns 400 of 1000 million."""
    items = {"net_income": 10e6, "total_assets": 1e9, "equity": 400e6} | stated
    counts = [50e6] * 4 if shares is None else shares
    rows = [
        (0, f"2021-0{place + 1}-15", end, items | {"shares_outstanding": count})
        for place, (end, count) in enumerate(zip(ENDS, counts, strict=True))
    ]
    index = FilingIndex.of(make_filings(rows), FILING_ITEMS)
    return known_quarters(index, np.datetime64("2021-05-03", "D"), 1, 400)


def test_yields_by_hand() -> None:
    # Cap 20 · 50 m = 1 bn. Earned 4 · 10 m, owns 400 m, took in 60 m.
    caps = market_caps(quarters(), PRICE, TRADED)
    assert caps.cap == [1e9]
    parts = value_ingredients(quarters(), caps.cap, np.array([60e6]))
    assert parts["earnings_yield"] == pytest.approx([0.04])
    assert parts["book_yield"] == pytest.approx([0.40])
    assert parts["cash_flow_yield"] == pytest.approx([0.06])


def test_losses_and_negative_equity_are_low_yields_not_missing_ones() -> None:
    asked = quarters(net_income=-10e6, equity=-100e6)
    parts = value_ingredients(asked, market_caps(asked, PRICE, TRADED).cap, np.array([np.nan]))
    assert parts["earnings_yield"] == pytest.approx([-0.04])
    assert parts["book_yield"] == pytest.approx([-0.10])
    assert np.isnan(parts["cash_flow_yield"]).all()


def test_without_shares_or_price_there_is_no_cap_and_nothing_is_implausible() -> None:
    without = quarters(shares=[np.nan] * 4)
    for asked, price in ((without, PRICE), (quarters(), np.array([np.nan]))):
        caps = market_caps(asked, price, TRADED)
        assert np.isnan(caps.cap).all()
        assert not caps.implausible.any()
        parts = value_ingredients(asked, caps.cap, np.array([60e6]))
        assert all(np.isnan(part).all() for part in parts.values())


@pytest.mark.parametrize(
    ("what", "asked", "price", "traded"),
    [
        ("a unit error: 212 shares", quarters(shares=[212.0] * 4), 20.0, 1e7),
        ("a cap of 20 trillion", quarters(shares=[1e12] * 4, total_assets=5e12), 20.0, 1e12),
        ("a jump of shares", quarters(shares=[50e6, 50e6, 50e6, 100e6]), 20.0, 1e7),
        ("a fall of shares", quarters(shares=[50e6, 50e6, 50e6, 25e6]), 20.0, 1e7),
        # Restated for a 20-for-1 split that the price does not know: 20 bn on assets of 1 bn, of
        # which 0.05 % trades a day.
        ("shares on another split basis", quarters(shares=[1e9] * 4), 20.0, 1e7),
        ("a loss of more than twice the cap", quarters(net_income=-600e6), 20.0, 1e7),
        ("equity of more than four times the cap", quarters(equity=4.1e9), 20.0, 1e7),
    ],
)
def test_an_implausible_cap_is_flagged_and_left_out(
    what: str, asked: Quarters, price: float, traded: float
) -> None:
    caps = market_caps(asked, np.array([price]), np.array([traded]))
    assert caps.implausible.all(), what
    assert np.isnan(caps.cap).all(), what


def test_a_high_cap_that_trades_a_lot_is_believed() -> None:
    # 20 bn on assets of 1 bn, but 1 % of it trades a day.
    caps = market_caps(quarters(shares=[1e9] * 4), PRICE, np.array([2e8]))
    assert caps.cap == [20e9]
    assert not caps.implausible.any()


def test_a_merger_is_believed_once_most_quarters_show_it() -> None:
    # The median of the last (up to five) quarters has followed.
    assert market_caps(quarters(shares=[50e6, 100e6, 100e6, 100e6]), PRICE, TRADED).cap == [2e9]


def test_what_is_not_known_does_not_speak_against_a_cap() -> None:
    asked = quarters(net_income=np.nan, equity=np.nan, total_assets=np.nan)
    assert market_caps(asked, PRICE, np.array([np.nan])).cap == [1e9]
