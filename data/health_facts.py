"""Findings in securities, membership and filings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from data.checks import LONGEST_LAG, SHORTEST_LAG
from data.health_kinds import Finding

__all__ = ["filing_findings", "membership_findings", "security_findings"]

# An index drops a name a few days after or before its last trade.
_MEMBER_DAYS = 5


def security_findings(securities: pd.DataFrame, prices: pd.DataFrame) -> Iterator[Finding]:
    """Yield names with prices whose sector is empty."""
    if not len(securities):
        return
    priced = set(prices["ticker"])
    empty = securities[securities["sector"].isna() | (securities["sector"] == "")]
    for ticker in sorted(priced & set(empty["ticker"])):
        yield Finding("no_sector", ticker, None, None, 1, "no sector in the securities table")


def membership_findings(membership: pd.DataFrame, prices: pd.DataFrame) -> Iterator[Finding]:
    """Yield series that end while the name is a member, and members without prices.

    Parameters
    ----------
    membership : DataFrame
        ticker, start_date, end_date (first day out; NaT = still a member). Where it has
        price_ticker, that is the symbol in prices.
    prices : DataFrame
    """
    if not len(membership):
        return
    symbol = "price_ticker" if "price_ticker" in membership else "ticker"
    first, last = prices["date"].min(), prices["date"].max()
    ends = prices.groupby("ticker")["date"].max()
    spans = membership.assign(
        symbol=membership[symbol].fillna(membership["ticker"]),
        end=membership["end_date"].fillna(pd.Timestamp.max.floor("D").as_unit("s")),
    )
    for ticker, group in spans.groupby("symbol", sort=True):
        if ticker not in ends.index:
            out = group["end"].max()
            if out > first:
                detail = f"member until {'now' if out > last else out.date()}, no bar at all"
                yield Finding("without_prices", str(ticker), None, None, len(group), detail)
            continue
        end = ends[ticker]
        late = group["end"] > end + pd.Timedelta(days=_MEMBER_DAYS)
        if end < last and (late & (group["start_date"] <= end)).any():
            out = group.loc[late, "end"].max()
            until = "the last session" if out > last else str(out.date())
            detail = f"last bar {end.date()}, member until {until}"
            yield Finding("ends_while_member", str(ticker), end.date(), end.date(), 1, detail)


def filing_findings(fundamentals: pd.DataFrame) -> Iterator[Finding]:
    """Yield filings known before their period's end, with odd lags, or with an assumed date."""
    if not len(fundamentals):
        return
    lag = (fundamentals["available_date"] - fundamentals["period_end"]).dt.days.to_numpy()
    early = lag <= 0
    odd = ~early & ((lag < SHORTEST_LAG) | (lag > LONGEST_LAG))
    kinds = {"early_filing": early, "odd_lag": odd}
    if "date_kind" in fundamentals:
        kinds["assumed_date"] = (fundamentals["date_kind"] == "assumed_60d").to_numpy()
    for kind, rows in kinds.items():
        found = fundamentals.assign(lag=lag)[np.asarray(rows, dtype=bool)]
        for ticker, group in found.groupby("ticker", sort=True):
            first, last = group["period_end"].min().date(), group["period_end"].max().date()
            detail = f"{len(group)} filings, {group['lag'].min()} to {group['lag'].max()} days"
            yield Finding(kind, str(ticker), first, last, len(group), detail)
