"""How well the sector rules alone agree with a reference classification: figures, no judgement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.reference_sectors import sector_of_sic
from data.schema import SECTORS

__all__ = ["UNMAPPED", "Agreement", "Classified", "agreement"]

UNMAPPED = "unmapped"
_NAN = float("nan")
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Classified:
    """A company with a SIC code and the sector that a reference gives it."""

    ticker: str
    sic: int
    sector: str


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Counts of companies.

    Attributes
    ----------
    confusion : DataFrame 11 x 12
        Rows: sector of the reference; columns: sector by rule, then ``unmapped``; whole numbers.
    by_sector : DataFrame 11 rows
        ``companies``, ``agree``; ``recall``, the share of the reference's sector that the rules
        find, and ``precision``, the share of what the rules put there that belongs there:
        fractions in [0, 1], NaN where there is none.
    """

    confusion: pd.DataFrame
    by_sector: pd.DataFrame

    @property
    def companies(self) -> int:
        """Companies compared."""
        return int(self.confusion.to_numpy().sum())

    @property
    def unmapped(self) -> float:
        """Fraction of companies for which no rule tells a sector; NaN without companies."""
        return int(self.confusion[UNMAPPED].sum()) / self.companies if self.companies else _NAN

    @property
    def rate(self) -> float:
        """Fraction of companies on which both agree, the unmapped counted against; NaN if none."""
        return int(self.by_sector["agree"].sum()) / self.companies if self.companies else _NAN


def agreement(companies: Iterable[Classified], as_of: dt.date) -> Agreement:
    """Compare the rules alone, no overrides, with a reference on the structure of `as_of`.

    `as_of` should be the day of the reference's own classification: another day measures the
    changes of GICS too.
    """
    rows = list(companies)
    rules = [sector_of_sic(company.sic, as_of) for company in rows]
    found = [rule.sector if rule and rule.sector else UNMAPPED for rule in rules]
    columns = [*SECTORS, UNMAPPED]
    counts = np.zeros((len(SECTORS), len(columns)), dtype=np.int64)
    for company, sector in zip(rows, found, strict=True):
        counts[SECTORS.index(company.sector), columns.index(sector)] += 1
    confusion = pd.DataFrame(counts, index=pd.Index(SECTORS, name="reference"), columns=columns)
    square = confusion[list(SECTORS)].to_numpy()
    agree, total, said = np.diag(square), confusion.to_numpy().sum(axis=1), square.sum(axis=0)
    by_sector = pd.DataFrame(
        {
            "companies": total,
            "agree": agree,
            "recall": _share(agree, total),
            "precision": _share(agree, said),
        },
        index=confusion.index,
    )
    return Agreement(confusion, by_sector)


def _share(part: Counts, whole: Counts) -> npt.NDArray[np.float64]:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
