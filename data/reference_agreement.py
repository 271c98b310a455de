"""How well the sector rules alone agree with a reference classification: figures, no judgement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from data.reference_sectors import sector_of_sic
from data.schema import SECTORS

__all__ = ["UNMAPPED", "Agreement", "Classified", "agreement"]

UNMAPPED = "unmapped"


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


_NAN = float("nan")


def agreement(companies: Iterable[Classified], as_of: dt.date) -> Agreement:
    """Compare the rules alone, no overrides, with a reference on the structure of `as_of`.

    `as_of` should be the day of the reference's own classification: another day measures the
    changes of GICS too.
    """
    rows = list(companies)
    rules = [sector_of_sic(company.sic, as_of) for company in rows]
    found = [rule.sector if rule and rule.sector else UNMAPPED for rule in rules]
    columns = [*SECTORS, UNMAPPED]
    confusion = pd.DataFrame(0, index=pd.Index(SECTORS, name="reference"), columns=columns)
    for company, sector in zip(rows, found, strict=True):
        confusion.loc[company.sector, sector] += 1
    agree = pd.Series({sector: int(confusion.loc[sector, sector]) for sector in SECTORS})
    total, said = confusion.sum(axis=1), confusion[list(SECTORS)].sum(axis=0)
    by_sector = pd.DataFrame(
        {
            "companies": total,
            "agree": agree,
            "recall": agree / total.where(total > 0),
            "precision": agree / said.where(said > 0),
        }
    )
    return Agreement(confusion, by_sector)
