"""The Overview in words and tables: what a run made, and what one cannot say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import pandas as pd

from core.evidence.bootstrap import PairedDifference, Verdict
from dashboard.charts.sector_names import sector_label
from dashboard.definitions import labelled_html, term_html
from dashboard.format import DASH, FORMATS, MINUS, count, date, month, percent, points, ratio
from dashboard.report.breaches import largest_breaches
from dashboard.review_evidence import is_short
from dashboard.review_overview import Account, Evidence, TargetRow, years
from dashboard.run import Run
from dashboard.views.tables import html_table

__all__ = [
    "account_alt",
    "account_table",
    "control_sentence",
    "evidence_words",
    "growth_sentence",
    "headline",
    "listed",
    "overview_alt",
    "sectors_alt",
    "sectors_html",
    "sectors_sentence",
    "share_of_account",
    "targets_html",
    "targets_sentence",
    "worst_sentence",
]

_RATIO: Final = "sharpe_ratio"
_NAMED: Final = {
    "cagr": "return",
    "sharpe_ratio": "Sharpe",
    "max_drawdown": "max drawdown",
    "volatility": "volatility",
}


def headline(run: Run) -> str:
    """Return the sentence of the whole page: what was made, and the worst fall, beside the index.

    Under a quarter of a year of sessions it names no yearly figure.
    """
    own, other, name = run.metrics, run.benchmark_metrics, run.benchmark_name
    if is_short(run):
        return (
            f"From {date(run.dates[0])} to {date(run.dates[-1])}, {count(len(run.dates))} sessions,"
            f" the strategy {_made(own.total_return)} and {_fell(own.max_drawdown)}; {name} "
            f"{_made(other.total_return)} and {_fell(other.max_drawdown)}. That is too short for a "
            "yearly figure, or to say anything about luck."
        )
    return (
        f"From {month(run.dates[0])} to {month(run.dates[-1])} the strategy {_made(own.cagr)} a "
        f"year, {percent(own.total_return, signed=True)} in all, and {_fell(own.max_drawdown)}; "
        f"{name} {_made(other.cagr)} a year and {_fell(other.max_drawdown)}."
    )


def evidence_words(found: Evidence, run: Run) -> tuple[str, ...]:
    """Say what the data do not allow to say: ranges, and what is within noise."""
    words = [" ".join(filter(None, (_range_of_return(found, run), _range_of_sharpe(found))))]
    words.append(f"Against {run.benchmark_name}: {_verdicts(found.benchmark)}")
    if found.control is not None:
        words.append(f"Against the same average exposure, no rules: {_verdicts(found.control)}")
    looked_at = len(found.benchmark) + len(found.control or ())
    words.append(
        f"{count(looked_at)} differences were looked at: one in twenty passes for beyond noise by "
        "luck alone, and the control's exposure is known only afterwards."
    )
    return tuple(filter(None, words))


def _range_of_return(found: Evidence, run: Run) -> str:
    one = found.ranges["cagr"]
    if one.low is None or one.high is None:
        return ""
    end = ": a loss is not excluded." if one.low < 0.0 < one.high else "."
    return (
        f"{ratio(years(run), 1)} years are one history. Of histories resampled from it, 95 in 100 "
        f"made between {percent(one.low, signed=True)} and {percent(one.high, signed=True)} a "
        f"year{end}"
    )


def _range_of_sharpe(found: Evidence) -> str:
    one = found.ranges[_RATIO]
    if one.estimate is None or one.low is None or one.high is None:
        return ""
    verdict = "so that it cannot yet be told from cash"
    if one.low > 0.0 or one.high < 0.0:
        verdict = f"{'better' if one.low > 0.0 else 'worse'} than cash beyond noise"
    return (
        f"The Sharpe ratio of {ratio(one.estimate)} lies between {ratio(one.low)} and "
        f"{ratio(one.high)}, {verdict}."
    )


def _verdicts(compared: Mapping[str, PairedDifference]) -> str:
    by: dict[Verdict, list[str]] = {}
    for name, one in compared.items():
        if one.estimate is None:
            continue
        written = (ratio(one.estimate, signed=True) if name == _RATIO else points(one.estimate)) + (
            " a year" if name == "cagr" else ""
        )
        if one.verdict in (Verdict.BETTER, Verdict.WORSE) and one.p_value is not None:
            written += f" (p {ratio(one.p_value) if one.p_value >= 0.005 else '< 0.01'})"
        by.setdefault(one.verdict, []).append(f"{_NAMED[name]} {written}")
    texts = {
        Verdict.BETTER: "better beyond noise",
        Verdict.WORSE: "worse beyond noise",
        Verdict.NOISE: "within noise",
        Verdict.SAME: "no difference at all",
        Verdict.UNDEFINED: "not to be judged",
    }
    said = [f"{listed(by[verdict])} {text}" for verdict, text in texts.items() if verdict in by]
    return f"{'; '.join(said)}." if said else "nothing to compare."


def overview_alt(equity: pd.DataFrame, drawdown: pd.DataFrame, run: Run) -> str:
    """Describe the figure."""
    names = {"portfolio": "the strategy", "benchmark": run.benchmark_name, "control": "the control"}
    parts = [
        f"{names[column]} ended at {ratio(equity[column].iloc[-1])} times its start and fell "
        f"{percent(-float(drawdown[column].min()))} at worst, on "
        f"{date(drawdown[column].idxmin())}"
        for column in equity.columns
    ]
    regimes = run.regime_series().value_counts()
    return (
        f"From {date(run.dates[0])} to {date(run.dates[-1])}: {'; '.join(parts)}. The most "
        f"frequent regime was {regimes.index[0]}, on {count(regimes.iloc[0])} of "
        f"{count(len(run.dates))} sessions."
    )


def growth_sentence(equity: pd.DataFrame, run: Run) -> str:
    """Say what one dollar became, and what the rules made of it where the control is known."""
    last = equity.iloc[-1]
    told = (
        f"One dollar became {ratio(last['portfolio'])} with the strategy and "
        f"{ratio(last['benchmark'])} in {run.benchmark_name}"
    )
    if "control" not in equity.columns:
        return f"{told}."
    gap = float(last["portfolio"] - last["control"])
    did = "brought" if gap >= 0.0 else "cost"
    return (
        f"{told}. Without rules, at the same average exposure, it became {ratio(last['control'])}: "
        f"the rules {did} {ratio(abs(gap))}, whatever luck had in it."
    )


def worst_sentence(own: pd.Series, benchmark: pd.Series, benchmark_name: str) -> str:
    """Say how deep and when the worst fall was, beside the benchmark on that day and at worst."""
    if float(own.min()) == 0.0:
        return "NAV never fell below its peak."
    that_day = float(benchmark.iloc[int(own.argmin())])
    return (
        f"Deepest on {date(own.idxmin())}: {percent(-float(own.min()))} below the peak so far. "
        f"{benchmark_name} stood at {percent(that_day)} that day, and at "
        f"{percent(float(benchmark.min()))} at its own worst, on {date(benchmark.idxmin())}."
    )


def control_sentence(exposure: float, average: float) -> str:
    """Say what the dotted line is."""
    return (
        f"Control: the same book at {percent(exposure)} of NAV at every rebalance, same costs, no "
        f"rule; {percent(average)} invested on average, as the strategy."
    )


def share_of_account(kind: str, value: float) -> str:
    """Write what a rule adds; exactly nothing is a dash."""
    if value == 0.0:
        return DASH
    return ratio(value, signed=True) if kind == "ratio" else points(value)


def account_table(accounts: Sequence[Account]) -> str:
    """Return the account of several metrics, a row a rule."""
    rows = []
    for lines in zip(*(account.steps for account in accounts), strict=True):
        cells = [
            FORMATS[account.kind](step.length)
            if step.rule is None
            else share_of_account(account.kind, step.length)
            for account, step in zip(accounts, lines, strict=True)
        ]
        ends = lines[0].rule is None
        row = (escape(lines[0].label), *cells)
        rows.append(tuple(f"<b>{cell}</b>" for cell in row) if ends else row)
    heads = (labelled_html(account.name) for account in accounts)
    return html_table((term_html("shapley", "Rule"), *heads), rows)


def account_alt(account: Account) -> str:
    """Describe the steps."""
    first, *rules, last = account.steps
    write = FORMATS[account.kind]
    steps = [f"{one.label} {share_of_account(account.kind, one.length)}" for one in rules]
    between = f"{'; '.join(steps)}; " if steps else ""
    return (
        f"{account.name} by rule, added up: no rules {write(first.length)}; {between}"
        f"the scenario {write(last.length)}."
    )


def sectors_sentence(table: pd.DataFrame, run: Run) -> str:
    """Say which sector is largest, whether it is above its cap, and when it was furthest above."""
    when, cap = date(run.dates[-1]), run.caps[1]
    held = table[table["held"] > 0.0]
    if not len(held):
        return f"On {when} nothing is held."
    largest, weight = sector_label(str(held.index[0])), float(held["held"].iloc[0])
    told = f"On {when} the largest sector is {largest} with {percent(weight)} of NAV"
    if cap is None:
        return f"{told}; no sector cap is set."
    above = weight - cap
    side = "above" if above > 0.0 else "below"
    told = f"{told}, {points(abs(above)).lstrip('+')} {side} the cap of {percent(cap, 0)}."
    passed = largest_breaches(run, 1, sector_name=sector_label)
    return f"{told} Targets keep the caps, drift passes them: {passed}." if passed else told


def sectors_html(table: pd.DataFrame, cap: float | None) -> str:
    """Return held and target share of each sector."""
    head = ["Sector", "Held", "Target"]
    rows = []
    for name, row in table.iterrows():
        cells = [escape(sector_label(str(name))), percent(row["held"]), percent(row["target"])]
        if cap is not None:
            cells.append(points(row["held"] - cap))
        rows.append(tuple(cells))
    return html_table(head if cap is None else [*head, "Held over cap"], rows)


def sectors_alt(table: pd.DataFrame, cap: float | None) -> str:
    """Describe the bars."""
    parts = [
        f"{sector_label(str(name))} {percent(row['held'])} (target {percent(row['target'])})"
        for name, row in table.iterrows()
    ]
    limit = "" if cap is None else f" The cap is {percent(cap, 0)} a sector."
    return f"Held by sector, share of NAV: {'; '.join(parts) or 'nothing'}.{limit}"


def targets_sentence(rows: Sequence[TargetRow]) -> str:
    """Say how many targets are met."""
    known = [row for row in rows if row.met is not None]
    met = sum(bool(row.met) for row in known)
    unknown = len(rows) - len(known)
    aside = f"; {count(unknown)} cannot be told" if unknown else ""
    return f"{count(met)} of {count(len(known))} targets of the origin report are met{aside}."


def targets_html(rows: Sequence[TargetRow], *, narrow: bool = False) -> str:
    """Return the targets with what was reached and the distance, which a `narrow` table omits."""
    cells = []
    for row in rows:
        write = FORMATS[row.kind]
        gap, verdict = "", "not defined here"
        if row.value is not None:
            change = row.value - row.bound
            gap = ratio(change, signed=True) if row.kind == "ratio" else points(change)
            word, tone = ("met", "better") if row.met else ("missed", "worse")
            verdict = f'<span class="pl-{tone}">{"✓" if row.met else "✕"} {word}</span>'
        line = (term_html(row.name), escape(row.text), write(row.value))
        cells.append((*line, verdict) if narrow else (*line, gap, verdict))
    head = ("Target", "Asked", "Reached")
    return html_table((*head, "") if narrow else (*head, "Distance", ""), cells)


def _made(value: float | None) -> str:
    if value is None:
        return "made no yearly figure"
    return (
        f"lost {percent(-value)}" if percent(value).startswith(MINUS) else f"made {percent(value)}"
    )


def _fell(depth: float) -> str:
    return f"fell {percent(-depth)} at worst" if depth < 0.0 else "never fell"


def listed(names: Sequence[str]) -> str:
    """Write names one after the other, the last after "and"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
