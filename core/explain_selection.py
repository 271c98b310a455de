"""How a name came into the book, or did not: its scores and ranks among the others of the date."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.market import FUND_SECTORS
from core.units import Bools, Floats, Ints

__all__ = ["Choice", "Placing", "Selection", "placing"]


class Choice(StrEnum):
    """What the selection made of a name on a rebalance date; all but CHOSEN leave its target 0.

    SLEEVE is a fund beside the stocks, which is not ranked.
    """

    CHOSEN = "chosen"
    NOT_IN_BOOK = "not_in_book"
    NOT_A_MEMBER = "not_a_member"
    NO_BAR = "no_bar"
    NOT_LIQUID = "not_liquid"
    NO_SCORE = "no_score"
    LAST_SESSION = "last_session"
    BELOW_THE_CUT = "below_the_cut"
    SECTOR_FULL = "sector_full"
    SLEEVE = "sleeve"


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Everything the targets were chosen from, R rebalances by M names of the market.

    Attributes
    ----------
    column : int64[M]
        Column of each name in the simulation's inputs, -1 where it never had a target.
    target : float64[R, M]
    scored : bool
        False for a book of one's own: the fields below then say nothing.
    member, has_bar, universe : bool[R, M]
        Index member; with a bar; in the universe.
    factors : tuple of F str
    scores : float64[R, M, F]
        Z-scores, higher is better; NaN = missing.
    composite : float64[R, M]
        Mixed score; NaN = none.
    tradable : bool[R, M]
        Trades after the date.
    order : int64[M]
        Place in the alphabet, which breaks ties.
    sector : tuple of M str
    names_held : int
    """

    column: Ints
    target: Floats
    scored: bool
    member: Bools
    has_bar: Bools
    universe: Bools
    factors: tuple[str, ...]
    scores: Floats
    composite: Floats
    tradable: Bools
    order: Ints
    sector: tuple[str, ...]
    names_held: int


@dataclass(frozen=True, slots=True)
class Placing:
    """Where one name stood on one rebalance date.

    Attributes
    ----------
    choice : Choice
    rebalance : int
        Row of the book.
    target : float
        Weight at full exposure.
    composite : float
        Mixed score, NaN = none.
    rank, ranked : int
        Place by it, 1 = best, and how many were ranked; 0 without a place.
    last_rank : int
        Place of the last name chosen, 0 when none was.
    chosen : int
        Names chosen.
    scores : tuple of (factor, z-score, rank, how many have it)
        NaN and 0 where the name lacks it.
    sector : str
    sector_target : float
        Target of its sector.
    """

    choice: Choice
    rebalance: int
    target: float
    composite: float
    rank: int
    ranked: int
    last_rank: int
    chosen: int
    scores: tuple[tuple[str, float, int, int], ...]
    sector: str
    sector_target: float


def placing(selection: Selection, k: int, name: int) -> Placing:
    """Place a name among the others of rebalance k.

    Parameters
    ----------
    selection : Selection
    k : int
        Row of the book.
    name : int
        Position in the market, not a column of the simulation.

    Returns
    -------
    Placing
    """
    target = selection.target[k]
    ranks = _ranks(selection, k)
    is_fund = np.isin(np.array(selection.sector, dtype=np.str_), FUND_SECTORS)
    chosen = np.flatnonzero((target > 0.0) & ~is_fund)
    last = int(ranks[chosen].max(initial=0))
    same = np.array(selection.sector, dtype=np.str_) == selection.sector[name]
    return Placing(
        choice=_choice(selection, k, name, int(ranks[name]), last, len(chosen)),
        rebalance=k,
        target=float(target[name]),
        composite=float(selection.composite[k, name]) if selection.scored else math.nan,
        rank=int(ranks[name]),
        ranked=int((ranks > 0).sum()),
        last_rank=last,
        chosen=len(chosen),
        scores=_scores(selection, k, name),
        sector=selection.sector[name],
        sector_target=float(target[same].sum()),
    )


def _ranks(selection: Selection, k: int) -> Ints:
    # 1 = best, as the book ranks; 0 = not ranked.
    ranks = np.zeros(selection.target.shape[1], dtype=np.int64)
    if not selection.scored:
        return ranks
    composite = selection.composite[k]
    eligible = np.isfinite(composite) & selection.tradable[k]
    ranked = np.lexsort((selection.order, -np.where(eligible, composite, -np.inf)))
    best = ranked[: int(eligible.sum())]
    ranks[best] = np.arange(1, len(best) + 1)
    return ranks


def _scores(selection: Selection, k: int, name: int) -> tuple[tuple[str, float, int, int], ...]:
    if not selection.scored:
        return ()
    rows = []
    for f, factor in enumerate(selection.factors):
        values = selection.scores[k, :, f]
        own = float(values[name])
        rank = 0 if math.isnan(own) else 1 + int((values > own).sum())
        rows.append((factor, own, rank, int(np.isfinite(values).sum())))
    return tuple(rows)


def _choice(
    selection: Selection, k: int, name: int, rank: int, last_rank: int, chosen: int
) -> Choice:
    if selection.sector[name] in FUND_SECTORS:
        return Choice.SLEEVE
    if selection.target[k, name] > 0.0:
        return Choice.CHOSEN
    if not selection.scored:
        return Choice.NOT_IN_BOOK
    tests = (
        (bool(selection.member[k, name]), Choice.NOT_A_MEMBER),
        (bool(selection.has_bar[k, name]), Choice.NO_BAR),
        (bool(selection.tradable[k, name]), Choice.LAST_SESSION),
        (bool(selection.universe[k, name]), Choice.NOT_LIQUID),
        (rank > 0, Choice.NO_SCORE),
    )
    for passed, otherwise in tests:
        if not passed:
            return otherwise
    # A book that is not full has taken everyone whose sector had room.
    full = chosen >= selection.names_held
    return Choice.BELOW_THE_CUT if full and rank > last_rank else Choice.SECTOR_FULL
