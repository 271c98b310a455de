"""Findings in splits and dividends: amounts on the wrong basis, splits that are spin-offs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from data.health_kinds import Finding

__all__ = ["action_findings"]

_SMALLEST_RATIO = 2.0  # below it a raised dividend cannot be told from a wrong one
_CLOSE_TO = 0.22  # logarithm: a dividend may be raised at the same time
_SIMPLE = 20  # largest number in the ratio of a true split


def action_findings(actions: pd.DataFrame) -> Iterator[Finding]:
    """Yield dividends on the wrong side of a split, and splits by odd ratios.

    Parameters
    ----------
    actions : DataFrame
        date, ticker, dividend (on the split basis of the prices, 0 = none), split (0 = none).
    """
    for ticker, group in actions.sort_values("date").groupby("ticker", sort=True):
        splits = group[group["split"].fillna(0.0) > 0]
        odd = splits[~np.array([_simple(ratio) for ratio in splits["split"]], dtype=bool)]
        for day, ratio in zip(odd["date"], odd["split"], strict=True):
            when = pd.Timestamp(day).date()
            yield Finding("odd_split", str(ticker), when, when, 1, f"{ratio:g} for 1")
        yield from _false_dividends(str(ticker), group[group["dividend"].fillna(0.0) > 0], splits)


def _false_dividends(ticker: str, paid: pd.DataFrame, splits: pd.DataFrame) -> Iterator[Finding]:
    steps = np.diff(np.log(paid["dividend"].to_numpy()))
    days = paid["date"].to_numpy()
    for day, ratio in zip(splits["date"].to_numpy(), splits["split"], strict=True):
        # A spin-off told as a split cuts the dividend for good, and rightly.
        if max(ratio, 1 / ratio) < _SMALLEST_RATIO or not _simple(ratio):
            continue
        # The step happens before the split: after it both amounts are of new shares.
        off = np.abs(np.abs(steps) - abs(np.log(ratio))) < _CLOSE_TO
        places = np.flatnonzero(off & (days[1:] <= day)) + 1
        if len(places):
            when = [pd.Timestamp(days[place]).date() for place in places]
            detail = (
                f"{len(places)} steps by about {ratio:g}, the split of "
                f"{pd.Timestamp(day).date()}, for example {when[0]}: "
                f"{paid['dividend'].iloc[places[0] - 1]:g} then "
                f"{paid['dividend'].iloc[places[0]]:g}"
            )
            yield Finding("false_dividend", ticker, when[0], when[-1], len(places), detail)


def _simple(ratio: float) -> bool:
    near = Fraction(ratio).limit_denominator(_SIMPLE)
    small = min(near.numerator, near.denominator) <= _SIMPLE
    return bool(small and near > 0 and abs(float(near) / ratio - 1) < 1e-4)
