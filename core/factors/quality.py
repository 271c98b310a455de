"""Quality: profitable, cash generating and calm."""

from __future__ import annotations

import numpy as np

from core.factors.asof import Quarters
from core.market import Bools, Floats

__all__ = ["cash_flow", "quality_ingredients"]


def cash_flow(quarters: Quarters, universe: Bools) -> tuple[Floats, str]:
    """Cash flow of the last four quarters by one definition for the whole cross-section.

    Parameters
    ----------
    quarters : Quarters
        Filings as of the date.
    universe : bool[N]

    Returns
    -------
    float64[N]
        Dollars; NaN where four consecutive quarters are not known.
    str
        ``operating_cf``, or ``free_cash_flow`` where more of the universe states that. Mixing them
        would rank a name on the definition its filing happens to use: operating cash flow is
        higher by the investment.
    """
    operating = quarters.trailing_sum("operating_cf")
    free = quarters.trailing_sum("free_cash_flow")
    if np.isfinite(free[universe]).sum() > np.isfinite(operating[universe]).sum():
        return free, "free_cash_flow"
    return operating, "operating_cf"


def quality_ingredients(quarters: Quarters, cash: Floats, volatility: Floats) -> dict[str, Floats]:
    """Profitability, cash flow over assets and low volatility, each float64[N], NaN = missing.

    Parameters
    ----------
    quarters : Quarters
        Filings as of the date.
    cash : float64[N]
        Cash flow of the last four quarters in dollars.
    volatility : float64[N]
        Trailing volatility; any horizon, since only the order of magnitude between names counts.

    Notes
    -----
    Asness, Frazzini & Pedersen 2019. Profitability is net income over assets, not over equity:
    years of buybacks leave sound companies with little or negative equity, where a return on
    equity explodes or changes its sign.
    """
    assets = quarters.latest("total_assets")
    assets = np.where(assets > 0.0, assets, np.nan)
    return {
        "profitability": quarters.trailing_sum("net_income") / assets,
        "cash_flow_to_assets": cash / assets,
        "low_volatility": -volatility,
    }
