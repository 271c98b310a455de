"""Traits of the simulated companies that stay with them: risk, size, valuation, payout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data.providers.demo_names import Company

__all__ = ["SECTOR_PROFILES", "SectorProfile", "Traits", "draw_traits"]

Floats = npt.NDArray[np.float64]

_BETA_RANGE = (0.5, 1.6)
_IDIO_RANGE = (0.11, 0.46)
_LARGEST_CAP = 3e11
_LATECOMER_SIZE = 0.45


@dataclass(frozen=True, slots=True)
class SectorProfile:
    """What is typical of a sector; annual fractions, ratios to market value where named yield.

    ``assets`` are per unit of equity, ``capex`` per unit of operating cash flow; ``payers`` is the
    share of companies that pay a dividend.
    """

    beta: float
    factor_vol: float
    idio_vol: float
    earnings_yield: float
    book_yield: float
    assets: float
    margin: float
    cash_conversion: float
    capex: float
    dividend_yield: float
    payers: float


# Orders of magnitude of large US companies, rounded by hand; no company's figure is among them.
SECTOR_PROFILES: Final = {
    "Communication Services": SectorProfile(
        0.95, 0.08, 0.25, 0.055, 0.36, 2.4, 0.14, 1.8, 0.40, 0.018, 0.6
    ),
    "Consumer Discretionary": SectorProfile(
        1.15, 0.07, 0.28, 0.050, 0.24, 2.6, 0.08, 1.5, 0.38, 0.014, 0.6
    ),
    "Consumer Staples": SectorProfile(
        0.62, 0.07, 0.19, 0.050, 0.22, 2.7, 0.09, 1.4, 0.30, 0.026, 0.95
    ),
    "Energy": SectorProfile(1.15, 0.19, 0.27, 0.070, 0.60, 2.1, 0.10, 2.3, 0.62, 0.034, 0.85),
    "Financials": SectorProfile(1.08, 0.09, 0.20, 0.085, 0.75, 9.0, 0.19, 1.2, 0.05, 0.025, 0.95),
    "Health Care": SectorProfile(0.85, 0.07, 0.25, 0.048, 0.26, 2.2, 0.13, 1.4, 0.22, 0.014, 0.5),
    "Industrials": SectorProfile(1.06, 0.06, 0.22, 0.052, 0.26, 2.6, 0.10, 1.4, 0.28, 0.017, 0.9),
    "Information Technology": SectorProfile(
        1.20, 0.08, 0.28, 0.040, 0.19, 2.1, 0.19, 1.4, 0.20, 0.011, 0.5
    ),
    "Materials": SectorProfile(1.06, 0.08, 0.24, 0.058, 0.42, 2.2, 0.10, 1.7, 0.45, 0.021, 0.9),
    "Real Estate": SectorProfile(0.85, 0.09, 0.18, 0.032, 0.50, 2.1, 0.22, 2.2, 0.45, 0.034, 1.0),
    "Utilities": SectorProfile(0.58, 0.09, 0.14, 0.056, 0.56, 3.6, 0.13, 2.3, 0.85, 0.034, 1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """One value a company; order as in ``demo_names.companies``.

    Attributes
    ----------
    sector : int64[N]
        Index into ``SECTOR_PROFILES``.
    beta, idio_vol : float64[N]
        Market beta; annual volatility of the company's own return.
    log_cap, price, shares : float64[N]
        At the start: log of market value, price, shares on today's split basis.
    earnings, book, cash, assets : float64[N]
        Log of the long-run yield on market value (earnings and operating cash flow a year).
    dividend_yield, share_growth : float64[N]
        A year; negative growth where shares are bought back.
    margin, capex : float64[N]
        Net margin, and capital spending over operating cash flow.
    """

    sector: npt.NDArray[np.int64]
    beta: Floats
    idio_vol: Floats
    log_cap: Floats
    price: Floats
    shares: Floats
    earnings: Floats
    book: Floats
    cash: Floats
    assets: Floats
    dividend_yield: Floats
    share_growth: Floats
    margin: Floats
    capex: Floats


def draw_traits(
    rng: np.random.Generator, listed: tuple[Company, ...], latecomer: npt.NDArray[np.bool_]
) -> Traits:
    """Draw the traits of every company; `latecomer` marks those that join the index later."""
    count = len(listed)
    names = list(SECTOR_PROFILES)
    sector = np.array([names.index(company.sector) for company in listed], dtype=np.int64)
    size, quality, cheap = rng.standard_normal((3, count))
    log_cap = np.log(2.4e10) + 0.9 * size + np.log(_LATECOMER_SIZE) * latecomer
    log_cap = np.minimum(log_cap, np.log(_LARGEST_CAP))
    beta = _betas(rng, _of(sector, "beta"), log_cap)
    tilt = 0.5 * (beta - 1.0) - 0.06 * size - 0.05 * quality
    idio = _of(sector, "idio_vol") * np.exp(tilt + 0.20 * rng.standard_normal(count))
    price = np.clip(np.exp(np.log(72.0) + 0.55 * rng.standard_normal(count)), 14.0, 390.0)
    earnings, book, cash, assets = _valuation(rng, sector, quality, cheap)
    pays = rng.random(count) < _of(sector, "payers")
    payout = _of(sector, "dividend_yield") * np.exp(0.25 * rng.standard_normal(count))
    return Traits(
        sector=sector,
        beta=beta,
        idio_vol=np.clip(idio, *_IDIO_RANGE),
        log_cap=log_cap,
        price=price,
        shares=np.round(np.exp(log_cap) / price, -3),
        earnings=earnings,
        book=book,
        cash=cash,
        assets=assets,
        dividend_yield=np.where(pays, np.clip(payout, 0.004, 0.065), 0.0),
        share_growth=-0.012 + 0.012 * rng.standard_normal(count),
        margin=_of(sector, "margin") * np.exp(0.30 * rng.standard_normal(count) + 0.15 * quality),
        capex=np.clip(_of(sector, "capex") * np.exp(0.2 * rng.standard_normal(count)), 0.02, 0.95),
    )


def _betas(rng: np.random.Generator, typical: Floats, log_cap: Floats) -> Floats:
    raw = typical + 0.20 * rng.standard_normal(len(typical))
    weight = np.exp(log_cap)
    # The index is made of these companies, so that its own beta has to be about 1.
    return np.clip(raw + 1.0 - float((weight * raw).sum() / weight.sum()), *_BETA_RANGE)


def _valuation(
    rng: np.random.Generator, sector: npt.NDArray[np.int64], quality: Floats, cheap: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    noise = rng.standard_normal((3, len(sector)))
    # Quality is dear on book value: the same profit on less equity.
    earnings = np.log(_of(sector, "earnings_yield")) + 0.25 * cheap + 0.05 * noise[0]
    book = np.log(_of(sector, "book_yield")) + 0.35 * cheap - 0.35 * quality + 0.15 * noise[1]
    cash = earnings + np.log(_of(sector, "cash_conversion")) + 0.12 * noise[2]
    assets = book + np.log(_of(sector, "assets")) + 0.15 * rng.standard_normal(len(sector))
    return earnings, book, cash, assets


def _of(sector: npt.NDArray[np.int64], name: str) -> Floats:
    table = np.array([getattr(profile, name) for profile in SECTOR_PROFILES.values()])
    values: Floats = table[sector]
    return values
