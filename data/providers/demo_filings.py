"""The fundamentals table of the simulated market: what reports say, and what they leave out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.providers.demo_names import Company
from data.providers.demo_plan import Plan
from data.providers.demo_prices import shares_at
from data.providers.demo_reports import Reports
from data.providers.demo_traits import Traits

__all__ = ["filings_frame"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_DATASET = "demo"
_THOUSANDS = -3
_WRITE_DOWN_SHARE, _LOSS_MAKERS, _NEGATIVE_EQUITY = 0.02, 6, 3
_CHRISTMAS_QUARTER = {"Consumer Discretionary": 0.14, "Communication Services": 0.05}
# Share of companies of a sector (None: of all) that never state an item.
_NEVER_STATED = (
    ("operating_cf", "Financials", 0.45),
    ("free_cash_flow", "Financials", 0.60),
    ("free_cash_flow", "Real Estate", 0.35),
    ("free_cash_flow", None, 0.05),
    ("revenue", None, 0.03),
    ("shares_outstanding", None, 0.03),
)
_CELL_MISSING = 0.008


def filings_frame(
    rng: np.random.Generator,
    calendar: npt.NDArray[np.datetime64],
    listed: tuple[Company, ...],
    traits: Traits,
    plan: Plan,
    reports: Reports,
) -> pd.DataFrame:
    """Return the fundamentals table: reports that appear while a company is listed.

    Flows are of the quarter; shares are on today's split basis, as closes are.
    """
    items = _items(rng, listed, traits, plan, reports)
    _leave_out(rng, listed, items)
    last_day = calendar[np.minimum(plan.last, len(calendar) - 1)]
    since = np.where(plan.listed > 0, calendar[plan.listed], np.datetime64("1970-01-01"))
    shown = (reports.available >= since) & (reports.available <= last_day)
    _, who = np.nonzero(shown)
    tickers = np.array([company.ticker for company in listed])
    kinds = np.array(["filing", "assumed_60d"])[reports.assumed.astype(np.int64)]
    frame = {
        "ticker": tickers[who],
        "period_end": reports.period_end[shown].astype("datetime64[s]"),
        "available_date": reports.available[shown].astype("datetime64[s]"),
        "date_kind": kinds[who],
        "suspect": np.zeros(len(who), dtype=np.bool_),
    }
    values = {name: np.round(item[shown], _THOUSANDS) for name, item in items.items()}
    table = pd.DataFrame(frame | values)
    table["dataset"] = _DATASET
    return table


def _items(
    rng: np.random.Generator,
    listed: tuple[Company, ...],
    traits: Traits,
    plan: Plan,
    reports: Reports,
) -> dict[str, Floats]:
    noise = rng.standard_normal((4, *reports.earnings.shape))
    usual = np.exp(reports.earnings) / 4
    sales = usual / traits.margin * _season(listed, reports) * np.exp(0.03 * noise[0])
    written_off = np.where(rng.random(usual.shape) < _WRITE_DOWN_SHARE, usual * 2.2, 0.0)
    income = usual * (1.0 + 0.10 * noise[1]) - written_off
    ruined = (plan.decline >= 0) & (reports.ends >= plan.decline)
    income = np.where(ruined, -1.5 * usual, income)
    income[:, _some(rng, listed, ("Health Care", "Information Technology"), _LOSS_MAKERS)] *= -0.6
    equity = np.exp(reports.book)
    equity[
        :, _some(rng, listed, ("Consumer Discretionary", "Industrials"), _NEGATIVE_EQUITY)
    ] *= -0.2
    cash = np.exp(reports.cash) / 4 * (1.0 + 0.12 * noise[2])
    cash = np.where(ruined, -0.5 * cash, cash)
    return {
        "revenue": sales,
        "net_income": income,
        "total_assets": np.exp(reports.assets),
        "equity": equity,
        "shares_outstanding": shares_at(traits, np.maximum(reports.ends, 0)),
        "operating_cf": cash,
        "free_cash_flow": cash - np.abs(cash) * traits.capex * (1.0 + 0.10 * noise[3]),
    }


def _season(listed: tuple[Company, ...], reports: Reports) -> Floats:
    # The quarter before Christmas sells more where people buy presents; the year's sum stays.
    extra = np.array([_CHRISTMAS_QUARTER.get(company.sector, 0.0) for company in listed])
    month = reports.period_end.astype("datetime64[M]").astype(np.int64) % 12
    return np.where((month == 11) | (month <= 1), 1.0 + extra, 1.0 - extra / 3)


def _some(
    rng: np.random.Generator, listed: tuple[Company, ...], sectors: tuple[str, ...], count: int
) -> npt.NDArray[np.int64]:
    able = [index for index, company in enumerate(listed) if company.sector in sectors]
    return rng.choice(np.array(able, dtype=np.int64), count, replace=False)


def _leave_out(
    rng: np.random.Generator, listed: tuple[Company, ...], items: dict[str, Floats]
) -> None:
    sectors = np.array([company.sector for company in listed])
    for item, sector, share in _NEVER_STATED:
        silent = rng.random(len(listed)) < share
        items[item][:, silent & ((sectors == sector) if sector else True)] = np.nan
    for values in items.values():
        values[rng.random(values.shape) < _CELL_MISSING] = np.nan
