"""What the program did where something that was asked for could not be had."""

from __future__ import annotations

from html import escape

from dashboard.format import count, date
from dashboard.review_fallbacks import fallbacks_frame, fallbacks_summary
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.tables import html_table

__all__ = ["fallbacks_html", "fallbacks_part"]

_TITLE = "Decided from something else"
_NONE = "Every book of this run was decided from what was asked for: nothing was missing."


def fallbacks_html(run: Run) -> str:
    """Return the causes as a table, or the sentence that there is none."""
    found = fallbacks_summary(run)
    if found.empty:
        return frame.words_html("", _NONE)
    rows = []
    for _, row in found.iterrows():
        missing, books = str(row["missing"]), count(len(run.book.rebalance))
        rows.append((
            escape(missing[:1].upper() + missing[1:]), escape(str(row["instead"])),
            f"{count(row['times'])} of {books}", date(row["first"]), date(row["last"]),
        ))  # fmt: skip
    return html_table(("Missing", "Done instead", "Books", "First", "Last"), rows)


def fallbacks_part(run: Run) -> None:
    """Draw what the books were decided from instead of what was asked, with its file."""
    table = fallbacks_frame(run)
    if table.empty:
        frame.show(frame.heading_html(_TITLE))
    else:
        heading(_TITLE, table, "fallbacks")
    frame.show(fallbacks_html(run))
