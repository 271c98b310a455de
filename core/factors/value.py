"""Value: what a name earns, owns and takes in for each dollar of its market cap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.factors.asof import Quarters
from core.market import Bools, Floats

__all__ = ["CAP_BOUNDS", "MarketCaps", "market_caps", "value_ingredients"]

#: Dollars; outside is a wrong unit, not a company of a large index.
CAP_BOUNDS = (5e7, 1e13)
#: A quarter's shares further from the median of the last five stated are not used: a wrong quarter
#: passes, a merger or issue is believed once most of the five quarters show it.
SHARES_FACTOR = 1.4
SHARES_QUARTERS = 5
#: A cap of so many times the assets is believed only where so much of it trades a day. Both fail
#: together where shares are restated for a split that the prices do not know yet.
ASSETS_MULTIPLE = 12.0
DAILY_TURNOVER = 0.0025
#: Earnings and book yields beyond these mean a cap that is too small, such as shares from before a
#: merger beside the equity after it.
ABSURD_YIELDS = (2.0, 4.0)


@dataclass(frozen=True, slots=True, eq=False)
class MarketCaps:
    """Market caps of one date and what was left out of them.

    Attributes
    ----------
    cap : float64[N]
        Dollars; NaN where shares or price are not known or the product is implausible.
    implausible : bool[N]
        Where a cap could be computed but is not used.
    """

    cap: Floats
    implausible: Bools


def market_caps(quarters: Quarters, price: Floats, dollar_volume: Floats) -> MarketCaps:
    """Price times the latest shares that were known, implausible products left out.

    Parameters
    ----------
    quarters : Quarters
        Filings as of the date. Shares are on the split basis of `price`; they are never taken from
        a later date.
    price : float64[N]
        Split-adjusted close, not adjusted for dividends; NaN = not known on that basis.
    dollar_volume : float64[N]
        Trailing median of traded dollars; NaN = not known.

    Returns
    -------
    MarketCaps
        A cap is implausible, and left out, outside ``CAP_BOUNDS``; where the shares are beyond a
        factor ``SHARES_FACTOR`` of their median over the last stated quarters; above
        ``ASSETS_MULTIPLE`` times the total assets while less than ``DAILY_TURNOVER`` of it trades a
        day; or where it makes a yield absurd.
    """
    shares = quarters.latest("shares_outstanding")
    cap = price * shares
    computed = np.isfinite(cap)
    typical = quarters.typical("shares_outstanding", SHARES_QUARTERS)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = shares / typical
        earnings = np.abs(quarters.trailing_sum("net_income")) / cap
        book = np.abs(quarters.latest("equity")) / cap
        # Comparisons with NaN are False: what is not known cannot speak against a cap.
        doubtful = (
            (cap < CAP_BOUNDS[0])
            | (cap > CAP_BOUNDS[1])
            | (ratio > SHARES_FACTOR)
            | (ratio < 1.0 / SHARES_FACTOR)
            | (
                (cap > ASSETS_MULTIPLE * quarters.latest("total_assets"))
                & (dollar_volume < DAILY_TURNOVER * cap)
            )
            | (earnings > ABSURD_YIELDS[0])
            | (book > ABSURD_YIELDS[1])
        )
    implausible = computed & doubtful
    return MarketCaps(np.where(computed & ~doubtful, cap, np.nan), implausible)


def value_ingredients(quarters: Quarters, cap: Floats, cash_flow: Floats) -> dict[str, Floats]:
    """Earnings, book and cash-flow yield, each float64[N] and NaN where missing.

    Parameters
    ----------
    quarters : Quarters
        Filings as of the date.
    cap : float64[N]
        Market cap in dollars, NaN = missing; then all three are missing.
    cash_flow : float64[N]
        Dollars over the last four quarters, NaN = missing.

    Notes
    -----
    Basu 1977; Fama & French 1992. Sums are over four quarters; equity is the latest, and negative
    equity is a low yield, not a missing one.
    """
    return {
        "earnings_yield": quarters.trailing_sum("net_income") / cap,
        "book_yield": quarters.latest("equity") / cap,
        "cash_flow_yield": cash_flow / cap,
    }
