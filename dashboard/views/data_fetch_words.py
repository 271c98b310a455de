"""A fetch in words: what is fetched, how far it is, what came of it."""

from __future__ import annotations

from html import escape
from typing import Final

from dashboard.fetch_job_record import Fetching, Order, Summary
from dashboard.format import NARROW, count, date
from dashboard.views.data_words import NAMES, details_html

__all__ = ["NEVER", "ended_html", "order_words", "progress_words", "time_words"]

NEVER: Final = (
    "Nothing was fetched into this store yet. It takes seconds with a key of Polygon and some "
    "minutes without one, because Yahoo is asked politely."
)
_SHOWN: Final = 12  # names that a sentence lists


def time_words(seconds: float | None) -> str:
    r"""Return a duration as people say it.

    Examples
    --------
    >>> time_words(8.2), time_words(95), time_words(7300)
    ('8\u202fs', '1\u202fmin 35\u202fs', '2\u202fh 2\u202fmin')
    """
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NARROW}s"
    if whole < 3600:
        return f"{whole // 60}{NARROW}min {whole % 60}{NARROW}s"
    return f"{whole // 3600}{NARROW}h {whole % 3600 // 60}{NARROW}min"


def order_words(order: Order) -> str:
    """Return what is fetched, in a few words."""
    if order.kind == "refresh":
        return f"Refresh of the market {order.name}"
    what = (
        order.universe
        if isinstance(order.universe, str)
        else f"{count(len(order.universe))} symbols"
    )
    window = f", {date(order.start) if order.start else 'ten years'} … " + (
        date(order.end) if order.end else "the newest session"
    )
    chosen = NAMES[order.provider or "auto"]
    return f"{what}{window}, provider {chosen}, into the market {order.name}"


def progress_words(known: Fetching) -> str:
    """Return the line beside the bar: stage, names, rate, time left."""
    progress = known.progress
    if known.status == "cancelling":
        return "Stopping: what came is kept, and a market is made of it."
    if progress is None:
        return "Beginning …"
    parts = [progress.text]
    if progress.total:
        parts.append(f"{count(progress.done)} of {count(progress.total)} names")
    if progress.failed:
        parts.append(f"{count(progress.failed)} without an answer")
    if progress.rows:
        parts.append(f"{count(progress.rows)} rows")
    if progress.rate:
        parts.append(f"{progress.rate:.1f} names a second")
    if progress.remaining_seconds is not None and progress.done < progress.total:
        parts.append(f"about {time_words(progress.remaining_seconds)} left of this step")
    return " · ".join(parts)


def ended_html(known: Fetching) -> str:
    """Return what came of the last fetch: done, stopped or broken off; "" for the rest."""
    if known.status == "interrupted":
        what = f" ({escape(order_words(known.order))})" if known.order else ""
        return (
            '<div class="pl-box warn" role="status"><h2>The last fetch was broken off</h2>'
            f"<p>The program ended while it was under way{what}. Every name that had come is "
            "kept: fetching again goes on from there.</p></div>"
        )
    if known.summary is None:
        stopped = "<h2>Stopped before anything was fetched</h2>"
        words = f'<div class="pl-box" role="status">{stopped}</div>'
        return words if known.status == "cancelled" else ""
    summary, cancelled = known.summary, known.status == "cancelled"
    title = "Stopped; what came is kept" if cancelled else "The fetch is done"
    tone = ""
    if not summary.market:
        title, tone = ("Stopped before a market could be made" if cancelled else
                       "No market could be made"), " warn"  # fmt: skip
    lines = [_came(summary), *([summary.unmade] if summary.unmade else [])]
    if cancelled:
        lines.append("Fetching again goes on from there.")
    told = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    when = f" at {known.ended:%H:%M} UTC" if known.ended else ""
    return (
        f'<div class="pl-box{tone}" role="status"><h2>{title}{when}</h2>{told}'
        f"{_missing(summary)}{_notes(summary)}</div>"
    )


def _came(summary: Summary) -> str:
    counts, names = summary.counts, sum(summary.counts.values())
    there = counts.get("stored", 0) + counts.get("fresh", 0)
    words = f"{count(there)} of {count(names)} names are there"
    if counts.get("fresh"):
        words += f", {count(counts['fresh'])} of them were stored before and are fresh"
    served = [f"{count(n)} from {NAMES.get(who, who)}" for who, n in summary.served.items()]
    words += f" ({', '.join(served)})" if served else ""
    words += f"; {count(summary.rows)} bars came in {time_words(summary.seconds)}."
    if summary.market:
        words += f" They are the market “{summary.market}”."
    return words


def _missing(summary: Summary) -> str:
    if not summary.missing:
        return ""
    words = {
        "failed": "no answer",
        "refused": "came and cannot be used",
        "empty": "the source has none",
        "cancelled": "not asked any more",
    }
    parts = []
    for state, label in words.items():
        found = [one for one in summary.missing if one.state == state]
        if not found:
            continue
        names = ", ".join(one.ticker for one in found[:_SHOWN])
        more = f" and {count(len(found) - _SHOWN)} more" if len(found) > _SHOWN else ""
        why = next((one.detail for one in found if one.detail), "")
        parts.append(f"{label}: {names}{more}. {why}".strip())
    total = sum(summary.counts.get(state, 0) for state in words)
    names = "1 name" if total == 1 else f"{count(total)} names"
    return details_html(f"{names} without bars, and why", parts)


def _notes(summary: Summary) -> str:
    if not summary.notes:
        return ""
    number = len(summary.notes)
    return details_html("1 note" if number == 1 else f"{count(number)} notes", summary.notes)
