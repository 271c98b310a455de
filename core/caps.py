"""Caps: from a ranking to weights in which no name and no sector is too large."""

from __future__ import annotations

import numpy as np

from core.market import Bools, Floats, Ints

__all__ = [
    "ROUNDING",
    "buffered",
    "capped_weights",
    "chosen_names",
    "filled",
    "quotas",
    "spread_rest",
    "tilt",
]

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
    chosen = chosen_names(ranking, sector, names_held, _per_sector(weight, sector_room))
    weights = np.zeros(len(sector))
    weights[chosen] = weight
    return spread_rest(weights, sector, weights > 0.0, name_room, sector_room)


def chosen_names(
    ranking: Ints,
    sector: Ints,
    names_held: int,
    most: int,
    quota: Ints | None = None,
) -> Ints:
    """Take names in order, at most `most` of a sector; with quotas, each sector's own first.

    Parameters
    ----------
    ranking : int64[M]
        Columns of the eligible names, best first.
    sector : int64[N]
        Sector code of each column.
    names_held : int
        Names to take.
    most : int
        Names of one sector.
    quota : int64[S], optional
        Names of each sector that are taken before any beyond. What a sector cannot fill goes to
        the best of the others.

    Returns
    -------
    int64[K]
        Columns, in the order of `ranking`; fewer than `names_held` where nobody is left.
    """
    sectors = int(sector.max(initial=0)) + 1
    count = np.zeros(sectors, dtype=np.int64)
    taken, number = np.zeros(len(ranking), dtype=np.bool_), 0
    room = np.full(sectors, most)
    for limit in (room,) if quota is None else (np.minimum(quota, most), room):
        for place, name in enumerate(ranking.astype(np.int64).tolist()):
            if number == names_held:
                break
            if not taken[place] and count[sector[name]] < limit[sector[name]]:
                count[sector[name]] += 1
                taken[place], number = True, number + 1
    return ranking[taken].astype(np.int64)


def quotas(sectors: Ints, number: int, names: int) -> Ints:
    """Split `names` over sectors in proportion to how often they occur, by largest remainder.

    Parameters
    ----------
    sectors : int64[U]
        Sector code of each name there is to choose from.
    number : int
        Sectors there are; ties go to the first.
    names : int
        Names to choose.

    Returns
    -------
    int64[number]
        They sum to `names`, or to 0 where there is nobody to choose from.
    """
    counts = np.bincount(sectors, minlength=number)
    exact = names * counts / max(int(counts.sum()), 1)
    quota = np.floor(exact + ROUNDING).astype(np.int64)
    missing = round(float(exact.sum())) - int(quota.sum())
    quota[np.argsort(quota - exact, kind="stable")[:missing]] += 1
    return quota


def filled(size: Floats, sector: Ints, name_room: float, sector_room: float) -> Floats:
    """Weights in proportion to `size` as far as both caps let them, summing to 1 where they do.

    Parameters
    ----------
    size : float64[N]
        At least 0; 0 = not held. Only proportions matter.
    sector : int64[N]
    name_room, sector_room : float
        Largest weight of a name and of a sector.

    Returns
    -------
    float64[N]
        All open names grow in proportion until one of them, a sector or the whole is full; then
        the others go on. Caps hold within ``ROUNDING``.
    """
    number = int(sector.max(initial=0)) + 1
    weights = np.zeros(len(size))
    share = size / size.sum() if size.any() else size
    open_ = share > 0.0
    for _ in range(len(size) + number):  # each round closes at least one name or sector
        rest = 1.0 - weights.sum()
        if rest <= ROUNDING or not open_.any():
            break
        held = np.bincount(sector, weights=weights, minlength=number)
        growth = np.where(open_, share, 0.0)
        speed = np.bincount(sector, weights=growth, minlength=number)
        used = speed > 0.0
        step = min(
            rest / growth.sum(),
            float(((name_room - weights[open_]) / growth[open_]).min()),
            float(((sector_room - held)[used] / speed[used]).min()),
        )
        weights = weights + max(step, 0.0) * growth
        held = np.bincount(sector, weights=weights, minlength=number)
        open_ &= (weights < name_room - ROUNDING) & (held < sector_room - ROUNDING)[sector]
    return weights


def tilt(composite: Floats) -> Floats:
    """Size of a name by its score: 1 + z above 0, 1 / (1 − z) below; always positive.

    The score function of MSCI's momentum, quality and value-weighted indices.
    """
    return np.where(composite >= 0.0, 1.0 + composite, 1.0 / (1.0 + np.abs(composite)))


def buffered(ranking: Ints, last: Floats, names_held: int, rank_buffer: float) -> Ints:
    """Put names of the last book first as long as their rank is inside the buffer.

    Parameters
    ----------
    ranking : int64[M]
        Columns, best first.
    last : float64[N]
        Targets of the book before.
    names_held : int
    rank_buffer : float
        Ranks up to names held times 1 + buffer stay.
    """
    if rank_buffer == 0.0:
        return ranking
    inside = np.arange(len(ranking)) < round(names_held * (1.0 + rank_buffer))
    stays = inside & (last[ranking] > 0.0)
    return np.concatenate([ranking[stays], ranking[~stays]])


def _per_sector(weight: float, sector_room: float) -> int:
    # Counting names, not adding weights: sums of 1/50 drift, a number of names does not.
    return int(np.floor((sector_room + ROUNDING) / weight))


def spread_rest(
    weights: Floats, sector: Ints, chosen: Bools, name_room: float, sector_room: float
) -> Floats:
    """Raise `chosen` by equal amounts up to the caps until the weights sum to 1.

    All names that have room rise until one of them, a sector or the whole is full, then the others
    go on: each round closes at least one name or sector.
    """
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
