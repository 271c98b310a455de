"""The Data page in words: markets and providers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from dashboard.format import count, date, percent
from dashboard.review_data import KEY_VARIABLES, ProviderRow, Served, StatusRow
from dashboard.views.tables import bullets, html_table

__all__ = [
    "INTRODUCTION",
    "NAMES",
    "age_words",
    "details_html",
    "market_html",
    "providers_html",
    "served_html",
]

NAMES: Final = {"polygon": "Polygon", "yahoo": "Yahoo", "auto": "automatic"}
INTRODUCTION: Final = (
    "Which data there are, where they came from, what is missing and what looks wrong."
)
_REASONS: Final = {
    "no_key": "no key is set",
    "rejected_key": "the key was not accepted",
    "not_in_plan": "the key’s plan does not include these data",
    "rate_limited": "it refuses more requests for now",
    "silent": "it did not answer",
    "bad_answer": "its answers could not be believed",
    "unknown_name": "it does not know the names",
    "misconfigured": "a setting is wrong",
    "failed": "something else went wrong",
}
_SHOWN: Final = 6  # names that a sentence lists
_TABLES: Final = {
    "bars": "daily bars",
    "details": "company details",
    "listings": "former listings",
    "changes": "changes of symbol",
    "filings": "financial statements",
    "rates": "3-month Treasury bill",
    "refused": "rows that cannot be used",
}
_BASES: Final = {"raw": "as traded", "split": "split-adjusted"}


def age_words(days: int) -> str:
    """Return how long ago a day was.

    Examples
    --------
    >>> age_words(0), age_words(1), age_words(716)
    ('today', 'yesterday', '716 days ago')
    """
    return {0: "today", 1: "yesterday"}.get(days, f"{count(days)} days ago")


def market_html(row: StatusRow, *, in_use: bool, fetched: bool) -> str:
    """Return one market: what it covers, its age, what its returns are, where it came from."""
    if row.fault:
        return (
            f'<div class="pl-market"><h3>{escape(row.name)}{_badge("cannot be read", "bad")}'
            f"{_badge('in use', 'on') if in_use else ''}</h3>"
            f'<dl class="pl-dl"><dt>What is</dt><dd>{escape(row.fault)}</dd>'
            "<dt>What is safe</dt><dd>Other markets are not touched by this.</dd></dl></div>"
        )
    badges = [_badge("in use", "on")] if in_use else []
    badges.append(
        _badge("Simulated market", "warn") if row.simulated else _badge("real companies", "")
    )
    facts = {
        "Bars": f"{count(row.names)} names, {count(row.sessions)} sessions, "
        f"{date(row.first_date)} … {date(row.last_date)}",
        "Age": _age(row, fetched),
        "Coverage": _coverage(row),
        "Returns": row.return_basis,
        "Origin": row.origin,
    }
    table = "".join(
        f"<dt>{term}</dt><dd>{escape(text)}</dd>" for term, text in facts.items() if text
    )
    return (
        f'<div class="pl-market"><h3>{escape(row.name)}{"".join(badges)}</h3>'
        f'<dl class="pl-dl">{table}</dl>{_more(row)}</div>'
    )


def _age(row: StatusRow, fetched: bool) -> str:
    if row.simulated:
        return "made by a generator: it ends there and never grows older"
    words = f"the last bar was {age_words(row.data_age_days)}"
    written = round(row.import_age_days)
    words += f", written into the store {age_words(written)}"
    if row.data_age_days > 7:
        words += (
            "; Refresh asks for what is newer" if fetched else "; newer bars need another import"
        )
    return f"{words}."


def _coverage(row: StatusRow) -> str:
    if row.coverage is None:
        return "not known: the market does not say who was in the index"
    words = (
        f"{percent(row.coverage, 2)} of the index members’ days have a bar, members without any "
        "bar included"
    )
    years = row.coverage_by_year or {}
    if len(years) > 1:
        worst = min(years, key=lambda year: years[year])
        if years[worst] < 0.9995:
            words += f"; the thinnest year is {worst} with {percent(years[worst], 1)}"
    return f"{words}."


def _more(row: StatusRow) -> str:
    kept_out = sum((row.quarantined or {}).values())
    lines = [
        f"quarantined, not in the tables: {reason}, {count(number)} rows"
        for reason, number in (row.quarantined or {}).items()
    ]
    lines += [
        f"kept and flagged: {reason}, {count(number)} rows"
        for reason, number in (row.flagged or {}).items()
    ]
    lines += [f"override in force: {text}" for text in row.overrides]
    lines += list(row.notes)
    if not lines:
        return ""
    said = [_counted(len(row.notes), "note")] if row.notes else []
    said += [f"{_counted(kept_out, 'row')} in quarantine"] if kept_out else []
    said += [f"{_counted(len(row.overrides), 'override')} in force"] if row.overrides else []
    summary = ", ".join(said) or "what was flagged"
    return details_html(summary, lines)


def _counted(number: int, thing: str) -> str:
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"


def providers_html(rows: Sequence[ProviderRow]) -> str:
    """Return who is active, why another is not, since when, and what came from where."""
    return "".join(
        f'<div class="pl-provider"><p><b>{escape(NAMES[row.name])}</b> {_state(row)} '
        f"<span>{_state_more(row)}</span></p></div>"
        for row in rows
    )


def _state(row: ProviderRow) -> str:
    tone = {"active": "on", "unavailable": "warn"}.get(row.state, "")
    word = {
        "active": "active",
        "standby": "stands by",
        "unavailable": "not used",
        "unasked": "not asked yet",
    }[row.state]
    return _badge(word, tone)


def _state_more(row: ProviderRow) -> str:
    parts = []
    if row.state == "unavailable":
        parts.append(_because(row))
    elif row.state == "standby":
        parts.append("Asked for names that the active one does not have or cannot give.")
    elif row.state == "unasked":
        parts.append("Needs no key." if row.name == "yahoo" else "A key is set.")
    if row.since is not None:
        parts.append(f"Since {row.since:%Y-%m-%d %H:%M} UTC.")
    if row.asked_at is not None:
        parts.append(f"Last asked {row.asked_at:%Y-%m-%d %H:%M} UTC.")
    if row.names:
        parts.append(f"Gave {count(row.names)} names, {count(row.rows)} bars.")
    for reason, tickers in row.passed_over:
        if reason == row.reason:
            continue  # of all names, and said above
        more = f" and {count(len(tickers) - _SHOWN)} more" if len(tickers) > _SHOWN else ""
        parts.append(
            f"Not the source of {', '.join(tickers[:_SHOWN])}{more}: "
            f"{_REASONS.get(reason, reason)}."
        )
    if row.address:
        parts.append(f"Asked at {row.address}, as the environment says.")
    return escape(" ".join(parts))


def _because(row: ProviderRow) -> str:
    if row.reason == "no_key":
        return (
            f"No key is set. To use it, put your key into the environment variable "
            f"{' or '.join(KEY_VARIABLES)} and start this program again."
        )
    reason = _REASONS.get(row.reason, row.reason).capitalize()
    return f"{reason}. {row.message}" if row.message else f"{reason}."


def served_html(rows: Sequence[Served]) -> str:
    """Return a table of what is stored as it came: by kind of data and provider."""
    cells = [
        (
            escape(_fetched(row)),
            escape(NAMES.get(row.provider, row.provider)),
            count(row.names),
            count(row.rows),
            f"{date(row.start)} … {date(row.end)}" if row.start else "",
            f"{row.fetched_at:%Y-%m-%d}",
        )
        for row in rows
    ]
    head = ("Fetched", "From", "Names", "Rows", "Asked for", "Last")
    return html_table(head, cells)


def _fetched(row: Served) -> str:
    words = _TABLES.get(row.table, row.table)
    words = words if words[0].isdigit() else words[0].upper() + words[1:]
    return f"{words}, {_BASES.get(row.base, row.base)}" if row.table == "bars" else words


def details_html(summary: str, lines: Sequence[str]) -> str:
    """Return lines that open under a summary."""
    return (
        f'<details class="pl-more"><summary>{escape(summary)}</summary>{bullets(lines)}</details>'
    )


def _badge(text: str, tone: str) -> str:
    return f'<span class="pl-badge {tone}">{escape(text)}</span>'
