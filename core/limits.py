"""Where drift, the gate or leverage carried a name or a sector above its cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.market import FUND_SECTORS
from core.units import Bools, Dates, Floats, Ints

__all__ = ["CapBreaches", "cap_breaches"]

_KINDS = ("sector", "position")


@dataclass(frozen=True, slots=True, eq=False)
class CapBreaches:
    """Spells above a cap as parallel columns: sectors first, then by name and first session.

    Attributes
    ----------
    kind : tuple of M str
        "sector" or "position".
    name : tuple of M str
        Sector, or name of the security.
    first_session, last_session : int64[M]
        First and last session of the spell, both inclusive.
    peak_weight : float64[M]
        Largest weight of the spell, a fraction of NAV.
    cap : float64[M]
        The cap that was passed, a fraction of NAV.
    """

    kind: tuple[str, ...]
    name: tuple[str, ...]
    first_session: Ints
    last_session: Ints
    peak_weight: Floats
    cap: Floats

    def __len__(self) -> int:
        return len(self.kind)

    def frame(self, dates: Dates) -> pd.DataFrame:
        """Return one row a spell: kind, name, first_date, last_date, peak_weight, cap."""
        return pd.DataFrame(
            {
                "kind": pd.Series(self.kind, dtype="str"),
                "name": pd.Series(self.name, dtype="str"),
                "first_date": dates[self.first_session].astype("datetime64[s]"),
                "last_date": dates[self.last_session].astype("datetime64[s]"),
                "peak_weight": self.peak_weight,
                "cap": self.cap,
            }
        )


def cap_breaches(
    weights: Floats,
    names: Sequence[str],
    sectors: Sequence[str],
    *,
    position_cap: float | None,
    sector_cap: float | None,
    tolerance: float = 1e-9,
) -> CapBreaches:
    """Find every unbroken run of sessions in which a name or a sector stands above its cap.

    Caps hold in every target; what is held can pass them between rebalances. Funds of sleeves are
    under no cap and counted in none.

    Parameters
    ----------
    weights : float64[T, N]
        Held value over NAV after each session.
    names, sectors : sequence of N str
        Name and sector of each column.
    position_cap, sector_cap : float or None
        Largest weight of a name and of a sector, fractions of NAV; None = no cap.
    tolerance : float
        How far a weight may pass a cap before it counts: the rounding of sums.

    Returns
    -------
    CapBreaches
        Empty where nothing passes a cap.

    Examples
    --------
    >>> held = np.array([[0.3, 0.2], [0.5, 0.2], [0.4, 0.2]])
    >>> found = cap_breaches(held, ["A", "B"], ["X", "X"], position_cap=0.35, sector_cap=None)
    >>> found.name, found.first_session.tolist(), found.last_session.tolist()
    (('A',), [1], [2])
    """
    stocks = [k for k, sector in enumerate(sectors) if sector not in FUND_SECTORS]
    if len(stocks) < len(sectors):
        weights = weights[:, stocks]
        names, sectors = [names[k] for k in stocks], [sectors[k] for k in stocks]
    labels, code = np.unique(np.array(sectors, dtype=np.str_), return_inverse=True)
    parts = []
    if sector_cap is not None:
        member = code[:, None] == np.arange(len(labels))
        by_sector = weights @ member.astype(np.float64)
        parts.append(_spells(0, by_sector, labels, sector_cap, tolerance))
    if position_cap is not None:
        texts = np.array(names, dtype=np.str_)
        parts.append(_spells(1, weights, texts, position_cap, tolerance))
    return _joined(parts)


_Spells = tuple[Ints, npt.NDArray[np.str_], Ints, Ints, Floats, Floats]


def _spells(
    kind: int, weights: Floats, labels: npt.NDArray[np.str_], cap: float, tolerance: float
) -> _Spells:
    above = weights > cap + tolerance
    chosen = np.flatnonzero(above.any(axis=0))
    chosen = chosen[np.argsort(labels[chosen], kind="stable")]
    # Most columns never pass a cap: only the others are copied, one after the other, so that a
    # flag before and after each column ends its last spell there.
    column, first, last, starts = _runs(above[:, chosen])
    held = np.ascontiguousarray(weights[:, chosen].T).ravel()
    # Sessions between two spells lie at or below the cap, so they never are a maximum.
    peak = np.fmax.reduceat(held, starts) if len(starts) else np.zeros(0)
    count = len(column)
    return (
        np.full(count, kind, dtype=np.int64),
        labels[chosen][column],
        first,
        last,
        peak,
        np.full(count, cap),
    )


def _runs(above: Bools) -> tuple[Ints, Ints, Ints, Ints]:
    # Column, first and last session of every run of True, and its place in the columns laid end to
    # end.
    sessions, columns = above.shape
    edged = np.zeros((columns, sessions + 2), dtype=np.int8)
    edged[:, 1:-1] = above.T
    step = np.diff(edged, axis=1)
    column, first = np.nonzero(step == 1)
    _, after = np.nonzero(step == -1)
    return column, first, after - 1, column * sessions + first


def _joined(parts: list[_Spells]) -> CapBreaches:
    if not parts:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return CapBreaches((), (), none, none, nothing, nothing)
    kind, name, first, last, peak, cap = (np.concatenate(part) for part in zip(*parts, strict=True))
    return CapBreaches(
        kind=tuple(np.array(_KINDS)[kind].tolist()),
        name=tuple(name.tolist()),
        first_session=first,
        last_session=last,
        peak_weight=peak,
        cap=cap,
    )
