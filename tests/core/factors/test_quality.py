from __future__ import annotations

import numpy as np
import pytest

from core.factors.asof import FilingIndex, Quarters, known_quarters
from core.factors.quality import cash_flow, quality_ingredients
from core.market import FILING_ITEMS
from tests.markets import make_filings

ENDS = ("2020-03-31", "2020-06-30", "2020-09-30", "2020-12-31")


def quarters(*names: dict[str, float]) -> Quarters:
    rows = [(name, "2021-02-15", end, items) for name, items in enumerate(names) for end in ENDS]
    index = FilingIndex.of(make_filings(rows), FILING_ITEMS)
    return known_quarters(index, np.datetime64("2021-05-03", "D"), len(names), 400)


def test_ingredients_by_hand() -> None:
    # Earns 4 · 5 and takes in 4 · 6 on assets of 200; volatility 2 % a session.
    asked = quarters({"net_income": 5.0, "operating_cf": 6.0, "total_assets": 200.0})
    cash, definition = cash_flow(asked, np.array([True]))
    parts = quality_ingredients(asked, cash, np.array([0.02]))
    assert definition == "operating_cf"
    assert parts["profitability"] == pytest.approx([0.10])
    assert parts["cash_flow_to_assets"] == pytest.approx([0.12])
    assert parts["low_volatility"] == pytest.approx([-0.02])


def test_missing_filings_leave_low_volatility_alone() -> None:
    asked = quarters({"net_income": 5.0})
    parts = quality_ingredients(asked, np.array([24.0]), np.array([0.02]))
    assert np.isnan(parts["profitability"]).all()
    assert np.isnan(parts["cash_flow_to_assets"]).all()
    assert parts["low_volatility"] == [-0.02]


def test_assets_of_zero_are_missing() -> None:
    asked = quarters({"net_income": 5.0, "total_assets": 0.0})
    assert np.isnan(quality_ingredients(asked, np.array([1.0]), np.ones(1))["profitability"]).all()


def test_one_definition_of_cash_flow_for_the_whole_cross_section() -> None:
    asked = quarters(
        {"operating_cf": 9.0, "free_cash_flow": 5.0},
        {"free_cash_flow": 6.0},
        {"operating_cf": 7.0},
        {"operating_cf": 8.0},
    )
    # Two of the first two state free cash flow, one operating.
    free, definition = cash_flow(asked, np.array([True, True, False, False]))
    assert definition == "free_cash_flow"
    assert free[:2].tolist() == [20.0, 24.0]
    assert np.isnan(free[2:]).all()
    operating, definition = cash_flow(asked, np.array([True, True, True, True]))
    assert definition == "operating_cf"
    assert operating[[0, 2, 3]].tolist() == [36.0, 28.0, 32.0]
    assert np.isnan(operating[1])
    # A tie goes to operating cash flow.
    assert cash_flow(asked, np.array([True, False, False, False]))[1] == "operating_cf"
