"""Caps: from a ranking to weights in which no name and no sector is too large."""

from __future__ import annotations

import numpy as np

from core.market import Bools, Floats, Ints

__all__ = ["ROUNDING", "capped_weights"]

#: How far a weight may pass a cap: the rounding of a sum of weights.
ROUNDING = 1e-12


def capped_weights(
    ranking: Ints,
    sector: Ints,
    names_held: int,
    position_cap: float | None,
    sector_cap: float | None,
) -> Floats:
    """Equal weights for the best names of a ranking under both caps.

    Names are taken in order, each with ``1 / names_held`` (or a cap, where that is less); a name
    whose sector has no room for it is passed over. Where this leaves weight over, because too few
    names could be taken, it goes to the chosen ones in equal parts up to the caps; the rest is
    cash.

    Parameters
    ----------
    ranking : int64[M]
        Columns of the eligible names, best first.
    sector : int64[N]
        Sector code of each column.
    names_held : int
        Names to take, at least 1.
    position_cap, sector_cap : float or None
        Largest weight of a name and of a sector, fractions; None = no cap.

    Returns
    -------
    float64[N]
        At least 0, each cap held within ``ROUNDING``, sum at most 1. A sum below 1 says that the
        caps and the number of eligible names leave no way to invest everything.
    """
    name_room = 1.0 if position_cap is None else position_cap
    sector_room = 1.0 if sector_cap is None else sector_cap
    weight = min(1.0 / names_held, name_room, sector_room)
    # Counting names, not adding weights: sums of 1/50 drift, a number of names does not.
    per_sector = int(np.floor((sector_room + ROUNDING) / weight))
    chosen: list[int] = []
    count = np.zeros(int(sector.max(initial=0)) + 1, dtype=np.int64)
    for name in ranking:
        if count[sector[name]] < per_sector:
            count[sector[name]] += 1
            chosen.append(int(name))
            if len(chosen) == names_held:
                break
    weights = np.zeros(len(sector))
    weights[chosen] = weight
    return _spread_rest(weights, sector, weights > 0.0, name_room, sector_room)


def _spread_rest(
    weights: Floats, sector: Ints, chosen: Bools, name_room: float, sector_room: float
) -> Floats:
    # Raise all names that have room by the same amount until one of them, a sector or the whole
    # is full, then go on with the others: each round closes at least one name or sector.
    number = int(sector.max(initial=0)) + 1
    while True:
        rest = 1.0 - weights.sum()
        held = np.bincount(sector, weights=weights, minlength=number)
        open_ = chosen & (weights < name_room - ROUNDING) & (held < sector_room - ROUNDING)[sector]
        if rest <= ROUNDING or not open_.any():
            return weights
        sharing = np.bincount(sector[open_], minlength=number)
        used = sharing > 0
        step = min(
            rest / open_.sum(),
            float((name_room - weights[open_]).min()),
            float(((sector_room - held)[used] / sharing[used]).min()),
        )
        weights = np.where(open_, weights + step, weights)
