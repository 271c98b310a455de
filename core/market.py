"""What the signals and the simulation know of a market: aligned arrays, time on axis 0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "FILING_ITEMS",
    "FUND_SECTORS",
    "Bools",
    "Dates",
    "Filings",
    "Floats",
    "Funds",
    "Ints",
    "MarketPanel",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]

_FORMAT: Final = 4
#: What funds of sleeves count as where names count to a sector; no cap of a sector is about them.
FUND_SECTORS: Final = ("Funds: EAFE", "Funds: small value")
_ARRAYS: Final = (
    "sessions",
    "close",
    "price",
    "dollar_volume",
    "member",
    "last_session",
    "delisting_return",
    "data_ended",
    "cash_rate",
)
_OPTIONAL: Final = ("vix", "benchmark", "open", "low")
_TEXTS: Final = ("source", "fingerprint", "simulated", "benchmark_name", "return_basis", "notes")
FILING_ITEMS: Final = (
    "revenue",
    "net_income",
    "total_assets",
    "equity",
    "shares_outstanding",
    "operating_cf",
    "free_cash_flow",
)


@dataclass(frozen=True, slots=True, eq=False)
class Filings:
    """Quarterly filings as parallel arrays, sorted by security, then availability, then period.

    Attributes
    ----------
    security : int64[M]
        Column of the security in the panel.
    available, period_end : datetime64[D][M]
        First date on which the filing could be known, and the end of the quarter it reports.
    items : dict of float64[M]
        One array for each of ``FILING_ITEMS``; NaN where the filing does not state it. Flows
        (revenue, net income, cash flows) are of the quarter; shares are on the same split basis
        as ``MarketPanel.price``.
    """

    security: Ints
    available: Dates
    period_end: Dates
    items: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.security)


@dataclass(frozen=True, slots=True, eq=False)
class Funds:
    """Funds that sleeves may hold, beside the securities of a market.

    Attributes
    ----------
    tickers : tuple of F str
    close : float64[T, F]
        Total return; NaN = no bar.
    open, low : float64[T, F]
        On the basis of ``close``; NaN where not known.
    """

    tickers: tuple[str, ...]
    close: Floats
    open: Floats
    low: Floats

    def until(self, session: int) -> Funds:
        """Return what was known at the close of `session`."""
        kept = slice(0, session + 1)
        return Funds(self.tickers, self.close[kept], self.open[kept], self.low[kept])


@dataclass(frozen=True, slots=True, eq=False)
class MarketPanel:
    """A market over T sessions and N securities; every array is read only by convention.

    Attributes
    ----------
    source, fingerprint : str
        Name of the market in the store and content hash of the snapshot it was read from.
    simulated : bool
        True for the demo market; every face then says so.
    sessions : datetime64[D][T]
        Exchange dates, strictly increasing.
    tickers : tuple of N str
        Column names, sorted.
    close : float64[T, N]
        Total-return index (split- and dividend-adjusted); NaN = no bar that session.
    price : float64[T, N]
        Split-adjusted close, not adjusted for dividends; NaN where that basis is not known.
    dollar_volume : float64[T, N]
        Traded dollars; NaN = no bar.
    member : bool[T, N]
        Whether the security is an index member on the date.
    sector : tuple of N str
        GICS sector, "Other" where unmapped.
    last_session : int64[N]
        Index of the last session on which the security trades, T when it lives on.
    delisting_return : float64[N]
        What a holder gets after the last close.
    data_ended : bool[N]
        True where only the data stops at ``last_session``, not the security.
    filings : Filings
    cash_rate : float64[T]
        Return of cash over each session.
    vix, benchmark : float64[T] or None
        Close of the volatility index, total-return level of the benchmark; NaN = no value.
    open, low : float64[T, N] or None
        With the adjustment of ``close``; NaN where missing, None where the market has none at all.
    funds : Funds or None
        Of :mod:`core.sleeves`; in none of the arrays above until a book holds them.
    benchmark_name, return_basis : str
        What ``benchmark`` and ``close`` are, for people.
    """

    source: str
    fingerprint: str
    simulated: bool
    sessions: Dates
    tickers: tuple[str, ...]
    close: Floats
    price: Floats
    dollar_volume: Floats
    member: Bools
    sector: tuple[str, ...]
    last_session: Ints
    delisting_return: Floats
    data_ended: Bools
    filings: Filings
    cash_rate: Floats
    vix: Floats | None = None
    benchmark: Floats | None = None
    open: Floats | None = None
    low: Floats | None = None
    benchmark_name: str = ""
    return_basis: str = ""
    notes: tuple[str, ...] = field(default=())
    funds: Funds | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Sessions and securities."""
        return self.close.shape[0], self.close.shape[1]

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as arrays, ready for ``np.savez``; no array holds objects."""
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self, name) for name in _ARRAYS}
        for name in _OPTIONAL:
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        texts = {name: getattr(self, name) for name in _TEXTS}
        return arrays | {
            "format": np.array(_FORMAT),
            "tickers": np.array(self.tickers, dtype=np.str_),
            "sector": np.array(self.sector, dtype=np.str_),
            "texts": np.array(json.dumps(texts)),
            "filing_security": self.filings.security,
            "filing_available": self.filings.available,
            "filing_period_end": self.filings.period_end,
            **{f"filing_{name}": values for name, values in self.filings.items.items()},
            **_fund_arrays(self.funds),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> MarketPanel:
        """Rebuild from :meth:`to_arrays`; ValueError or KeyError where it is something else."""
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"a market panel must be in format {_FORMAT}, was {arrays['format']}")
        texts = json.loads(str(arrays["texts"]))
        filings = Filings(
            security=arrays["filing_security"],
            available=arrays["filing_available"],
            period_end=arrays["filing_period_end"],
            items={name: arrays[f"filing_{name}"] for name in FILING_ITEMS},
        )
        values: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        values |= {name: arrays.get(name) for name in _OPTIONAL}
        values |= texts | {"notes": tuple(texts["notes"])}
        tickers, sector = tuple(arrays["tickers"].tolist()), tuple(arrays["sector"].tolist())
        funds = None
        if "fund_tickers" in arrays:
            names = tuple(arrays["fund_tickers"].tolist())
            funds = Funds(names, arrays["fund_close"], arrays["fund_open"], arrays["fund_low"])
        return cls(**values, tickers=tickers, sector=sector, filings=filings, funds=funds)


def _fund_arrays(funds: Funds | None) -> dict[str, npt.NDArray[Any]]:
    if funds is None:
        return {}
    names = {"fund_tickers": np.array(funds.tickers, dtype=np.str_)}
    return names | {f"fund_{name}": getattr(funds, name) for name in ("close", "open", "low")}
