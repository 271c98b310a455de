"""Why a name is held on an explained day or not, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from core.book_config import BookConfig
from core.explain_absence import Standing, Why
from core.explain_selection import Choice, Placing
from dashboard.explanation import ExplainedDay
from dashboard.format import count, percent, ratio
from dashboard.report.explanation_fill import REASONS
from dashboard.run import Run

__all__ = ["choice_words", "placing_words", "standing_words"]


def placing_words(found: ExplainedDay, placed: Placing) -> Iterator[str]:
    """Say where a name stood among the others when the book was decided."""
    date = found.date(int(found.run.inputs.rebalance[placed.rebalance]))
    ranks = ", ".join(
        f"{factor} {ratio(score, signed=True)} (rank {count(rank)} of {count(of)})"
        if rank
        else f"{factor} missing"
        for factor, score, rank, of in placed.scores
    )
    if placed.rank:
        yield (
            f"Decided on {date}: rank {count(placed.rank)} of {count(placed.ranked)} with score "
            f"{ratio(placed.composite, signed=True)}; {ranks}. Target {percent(placed.target, 2)}."
        )
    else:
        yield f"Decided on {date}: target {percent(placed.target, 2)}."


def standing_words(found: ExplainedDay) -> Iterator[str]:
    """Say why the name asked for is held, or is not."""
    name = found.name
    if name is None:
        return
    ticker, on = found.run.market.tickers[name.name], found.session_date
    if name.why is Why.HELD:
        yield (
            f"{ticker} is held on {on}: {percent(name.weight, 2)} of NAV, since "
            f"{found.date(name.since)}."
        )
    elif name.why is Why.WAITING:
        yield (
            f"{ticker} is held on {on} only because it has no bar: {percent(name.weight, 2)} of "
            f"NAV. Its sale ({REASONS[name.reason]}) was ordered on {found.date(name.since)}."
        )
    else:
        yield f"{ticker} is not held on {on}: {_absent_words(found, name)}."
    if name.placing is not None and name.placing.choice not in _WITHOUT_RANK:
        yield from placing_words(found, name.placing)
    if name.stop is not None:
        levels = (("position", name.stop.stop_level), ("trailing", name.stop.trailing_level))
        known = [f"{kind} stop {ratio(x)}" for kind, x in levels if not math.isnan(x)]
        if known:
            yield f"Close {ratio(name.stop.close)}; {', '.join(known)}."
    if name.pending is not None:
        price = "open" if found.record.at_open else "close"
        yield f"A rebalance is decided at this close and fills at the next {price}:"
        yield from placing_words(found, name.pending)


_WITHOUT_RANK: Final = (
    Choice.NOT_A_MEMBER, Choice.NO_BAR, Choice.NOT_LIQUID, Choice.NOT_IN_BOOK, Choice.LAST_SESSION,
    Choice.SLEEVE,
)  # fmt: skip


def _absent_words(found: ExplainedDay, name: Standing) -> str:
    since = "" if name.since < 0 else str(found.date(name.since))
    fill = name.fill
    if name.why is Why.NOT_CHOSEN and name.placing is not None:
        return (
            f"the rebalance of {since} did not choose it: {choice_words(found.run, name.placing)}"
        )
    if name.why is Why.GATED and fill is not None:
        alpha = fill.alpha[fill.row(name.column)]
        return (
            f"the alpha gate left it out of the rebalance of {since}: expected return "
            f"{percent(alpha, 2, signed=True)} is nearer to 0 than {percent(fill.steps.hurdle, 2)}"
        )
    return {
        Why.GONE: f"it stopped trading before {since}",
        Why.BREAKER: f"the circuit breaker of {since} keeps the whole book out",
        Why.NO_REBALANCE: "no rebalance has been filled yet, all is cash",
        Why.STOPPED: f"its {REASONS.get(name.reason, '')} sold it on {since}, and only the next "
        "rebalance may buy it again",
        Why.COOLING_DOWN: f"on {since} its stop had been filled too few sessions before "
        f"(cooldown {found.run.scenario.risk.stop_cooldown_days} sessions)",
        Why.NO_BAR: f"it had no bar when the rebalance was filled on {since}, so the buy lapsed",
        Why.NO_EXPOSURE: f"exposure was 0.00 on {since}",
        Why.CUT: f"turnover cap and leverage limit left nothing of its buy on {since}",
    }[name.why]


def choice_words(run: Run, placed: Placing) -> str:
    """Say why the book of a rebalance has a name or not, as the end of a sentence."""
    book, universe = run.scenario.book, run.scenario.universe
    return {
        Choice.NOT_IN_BOOK: "it is not in the imported book of that date",
        Choice.NOT_A_MEMBER: "it was no member of the index",
        Choice.NO_BAR: "it had no bar on the date",
        Choice.NOT_LIQUID: f"it was not among the {count(universe.size)} most traded members, or "
        "had too little volume history",
        Choice.NO_SCORE: "it had no score",
        Choice.LAST_SESSION: "it was about to stop trading",
        Choice.BELOW_THE_CUT: f"it ranked {count(placed.rank)} of {count(placed.ranked)}, below "
        f"the cut at rank {count(placed.last_rank)}",
        Choice.SECTOR_FULL: _passed_over(book, placed),
        Choice.CHOSEN: "it was chosen",
        Choice.SLEEVE: f"it is the fund of a sleeve, with a target of {percent(placed.target, 2)}",
    }[placed.choice]


def _passed_over(book: BookConfig, placed: Placing) -> str:
    others = [
        words
        for words, on in (
            ("names of the last book inside the rank buffer", book.rank_buffer > 0.0),
            ("names of defensive sectors", book.defensive_share > 0.0),
            ("names of other sectors", book.selection == "sector_balanced"),
            ("names with enough history", book.weighting == "inverse_volatility"),
            ("names that lower the variance", book.weighting == "minimum_variance"),
        )
        if on
    ]
    if others:
        return f"{' and '.join(others)} came before it, at rank {count(placed.rank)}"
    return (
        f"{placed.sector} was full at {percent(placed.sector_target)} "
        f"(sector cap {percent(book.sector_cap)}) before its rank {count(placed.rank)}"
    )
