"""Where the names of an explained fill ranked when the book was decided, for every face."""

from __future__ import annotations

from core.explain_filled import Fill
from core.explain_selection import Placing
from dashboard.explanation import ExplainedDay
from dashboard.format import DASH, count
from dashboard.report.coverage import readable

__all__ = ["placed_words", "rank_cells", "rank_titles", "ranks_caption"]


def rank_titles(found: ExplainedDay) -> tuple[str, ...]:
    """Return the heads of :func:`rank_cells`; none for a book of one's own, which ranks nobody."""
    selection = found.selection
    if not selection.scored:
        return ()
    return ("rank", *(readable(factor) for factor in selection.factors))


def rank_cells(found: ExplainedDay, fill: Fill, row: int) -> tuple[str, ...]:
    """Return the place of one name of a fill by the mixed score and by each factor, 1 = best.

    They are of the rebalance that is filled; of a rescale, a stop's sale or the breaker's, of the
    rebalance decided last before it. A dash where the name was not ranked.
    """
    titles, k = rank_titles(found), found.book_of(fill)
    if not titles or k < 0:
        return (DASH,) * len(titles)
    placed = found.placing_of(int(fill.security[row]), k)
    ranks = (placed.rank, *(rank for _, _, rank, _ in placed.scores))
    return tuple(count(rank) if rank else DASH for rank in ranks)


def ranks_caption(found: ExplainedDay, fill: Fill) -> str:
    """Say of which day the ranks are, and among how many names."""
    k = found.book_of(fill)
    if not rank_titles(found):
        return "An imported book has targets and no ranks."
    if k < 0:
        return "No rebalance had been decided before, so there are no ranks."
    placed = found.placing_of(0, k)
    among = [f"{readable(factor)} among {count(of)}" for factor, _, _, of in placed.scores if of]
    return (
        f"Ranks of {found.rebalance_date(k)}, 1 = best: by the mixed score among "
        f"{count(placed.ranked)} names, {', '.join(among)}. Equal scores share a "
        "rank; a dash is no score."
    )


def placed_words(found: ExplainedDay, placed: Placing) -> str:
    """Say where a name had ranked, as a sentence; empty for a name that was not ranked."""
    if not placed.rank:
        return ""
    ranks = ", ".join(
        f"{readable(factor)} {count(rank)}" for factor, _, rank, _ in placed.scores if rank
    )
    return (
        f"Its rank on {found.rebalance_date(placed.rebalance)}: {count(placed.rank)} of "
        f"{count(placed.ranked)} ({ranks})."
    )
