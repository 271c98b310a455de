"""Tables of a run as HTML: rules at work, sectors, every metric, timings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from core.ledger import EventKind
from core.metrics import Metrics
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import term_html
from dashboard.format import DASH, count, date, percent, seconds
from dashboard.report.coverage import coverage_of, readable
from dashboard.report.faces import FACES
from dashboard.report.targets import TARGETS
from dashboard.run import Run
from dashboard.theme import Theme
from dashboard.views.metrics import shown, value_of

__all__ = [
    "bullets",
    "coverage_table",
    "data_table",
    "html_table",
    "metrics_table",
    "rules_table",
    "sectors_table",
    "timings_table",
]

# Event, what it did in words, what is counted, colour of its rule. Rule health counts otherwise:
# names and sessions, where these are rebalances and fills.
_RULES = (
    (EventKind.STOP, "Position stop sold", "positions", "stop"),
    (EventKind.TRAILING, "Trailing stop sold", "positions", "trailing"),
    (EventKind.RESCALE, "Book rescaled", "rescales", "volatility"),
    (EventKind.BREAKER, "Breaker tripped", "trips", "breaker"),
    (EventKind.REENTRY, "Breaker re-entered", "re-entries", "breaker"),
    (EventKind.CAP, "Turnover cap cut", "rebalances", "cap"),
    (EventKind.GATE, "Alpha gate held back", "rebalances", "gate"),
    (EventKind.LEVERAGE_LIMIT, "Limit on fills cut buys", "fills", "leverage"),
    (EventKind.MARGIN_CALL, "Margin call rescaled", "calls", "leverage"),
    (EventKind.WAITING, "Exit waited for a bar", "exits", "cap"),
    (EventKind.DELISTED, "Name delisted, or data ended", "names", "cap"),
)


def rules_table(run: Run, colours: Theme) -> str:
    """Return how often each rule acted, what is counted, and when last."""
    events = run.result.events
    rows = []
    for kind, words, unit, rule in _RULES:
        sessions = events.session[events.kind == kind]
        last = date(run.dates[sessions.max()]) if len(sessions) else DASH
        swatch = f'<span class="pl-swatch" style="background:{colours.rule(rule)}"></span>'
        rows.append((swatch + escape(words), count(len(sessions)), unit, last))
    return html_table(("What a rule did", "Times", "Counted", "Last"), rows)


def sectors_table(run: Run, colours: Theme) -> str:
    """Return the average share of each sector in what was invested, without a sector too."""
    shares = dict(run.sector_shares())
    shares.setdefault("Other", 0.0)
    largest = max(shares.values(), default=0.0) or 1.0
    rows = []
    for name, share in shares.items():
        fill = colours.sector(name)
        width = f"width:{100.0 * share / largest:.0f}%"
        bar = f'<span class="pl-bar" style="background:{fill};{width}"></span>'
        swatch = f'<span class="pl-swatch" style="background:{fill}"></span>'
        rows.append((swatch + escape(sector_label(name)), bar, percent(share)))
    return html_table(("Sector", "", "Average share of what was invested"), rows)


def metrics_table(run: Run, baseline: Metrics | None, baseline_name: str) -> str:
    """Return every metric beside the preset's, the benchmark's and the target."""
    head = ["Metric", "Portfolio"]
    head += [baseline_name] if baseline is not None else []
    head.append(run.benchmark_name)
    rows = []
    for face in FACES.values():
        mine = value_of(run.metrics, face)
        label = f"{face.label}, total" if face.yearly else face.label
        value = shown(face, mine)
        if math.isnan(mine):
            value = f'<span title="{escape(face.missing)}">{value}</span>'
        row = [term_html(face.name, label), value]
        for other in (baseline, run.benchmark_metrics):
            if other is not None:
                # A benchmark is only a curve: it has no trades to count.
                there = face.of_curve or other is baseline
                row.append(shown(face, value_of(other, face)) if there else "")
        target = TARGETS.get(face.name)
        row.append(escape(target.text) if target is not None else "")
        rows.append(tuple(row))
    return html_table((*(escape(h) for h in head), "Target"), rows)


def data_table(run: Run) -> str:
    """Return the facts of the data behind the run."""
    market = run.market
    rows = [
        ("Market", market.source + (", simulated" if market.simulated else "")),
        ("Returns", market.return_basis or DASH),
        ("Sessions", f"{date(run.dates[0])} … {date(run.dates[-1])}, {count(len(run.dates))}"),
        ("Names in the market", count(len(market.tickers))),
        ("Names ever held", count(len(run.columns))),
    ]
    if run.signals is not None:
        sizes = run.signals.universe.sum(axis=1)
        rows.append(("Names in the universe", f"{count(sizes.min())} … {count(sizes.max())}"))
    table = html_table(("Data", ""), [(name, escape(fact)) for name, fact in rows])
    return f'<div class="pl-facts">{table}</div>'


def coverage_table(run: Run) -> str:
    """Return the share of the universe that has each factor and its ingredients, if any."""
    coverage = coverage_of(run)
    rows = []
    for factor, share in coverage.factors.items():
        rows.append((escape(readable(factor)), percent(share, 0)))
        for name, part in coverage.ingredients.items():
            own, _, ingredient = name.partition(".")
            if own == factor:
                rows.append((f"&emsp;{escape(readable(ingredient))}", percent(part, 0)))
    return html_table(("Coverage of the universe", "Share"), rows) if rows else ""


def timings_table(run: Run) -> str:
    """Return the wall time of each stage of the run."""
    rows = [(name.replace("_", " "), seconds(took)) for name, took in run.timing.as_dict().items()]
    return html_table(("Stage", "Time"), rows)


def bullets(texts: Iterable[str]) -> str:
    """Return sentences as a list."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="pl-list">{items}</ul>' if items else ""


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML: whoever makes a row has escaped its texts."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return (
        f'<div class="pl-scroll"><table class="pl-table"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
