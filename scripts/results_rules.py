"""Tables of docs/results.md about rules: account, control, verdicts, ways of execution."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from core.attribution import ACCOUNT_METRICS, NO_RULES, SCENARIO, RuleAccount, rule_account
from core.control import Control, exposure_matched_control
from core.evidence.bootstrap import DEFAULT_METRICS, METRICS, PairedDifference, compare
from core.evidence.sample import Sample
from core.evidence.verdict import Verdict, judge
from core.rules import Rule
from core.shapley import shapley
from core.simulation import SimulationInputs, simulate
from core.units import Bools, Floats
from dashboard.format import DASH, FORMATS, percent, points, ratio
from dashboard.report.faces import FACES
from dashboard.run import Run

__all__ = [
    "EXECUTIONS",
    "LEVEL",
    "SEED",
    "account_of",
    "account_table",
    "control_of",
    "control_table",
    "days_table",
    "execution_table",
    "markdown_row",
    "markdown_rule",
    "said",
    "sharpe_intervals",
    "verdict_table",
    "years_table",
]

#: Ways of execution, the default first: name and the fields it sets.
EXECUTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "next close, stops on closes": {},
    "next open, stops on closes": {"risk.execution": "next_open"},
    "next close, stops inside the session": {"risk.stop_fill": "intraday"},
    "next open, stops inside the session": {
        "risk.execution": "next_open",
        "risk.stop_fill": "intraday",
    },
}
SEED: Final = 20240601
LEVEL: Final = 0.95
_RESAMPLES: Final = 1000  # of all 2^n curves of an account together
_SHARPE: Final = "sharpe_ratio"
_CONTROL_FACES: Final = ("cagr", "volatility", _SHARPE, "max_drawdown", "average_exposure")
_DAYS: Final = 21  # the month's end and the 20 sessions after it: about a month
_DAY_METRICS: Final = ("total_return", _SHARPE, "max_drawdown")
_EXECUTION_FACES: Final = (
    "total_return", "cagr", "volatility", _SHARPE, "max_drawdown", "stop_hits", "turnover",
    "cost_bps", "average_exposure",
)  # fmt: skip


def markdown_row(*cells: str) -> str:
    """Return one row of a table."""
    return "| " + " | ".join(cells) + " |"


def markdown_rule(columns: int) -> str:
    """Return the line below the titles: one column of text, then `columns` of figures."""
    return markdown_row("---", *["---:"] * columns)


def account_of(run: Run) -> RuleAccount:
    """Account for the rules of `run`."""
    return rule_account(
        run.inputs, run.scenario.risk, run.dates, initial_nav=run.result.initial_nav
    )


def control_of(run: Run) -> Control:
    """Return the exposure-matched control of `run`: its own book, at a constant exposure."""
    return exposure_matched_control(run.inputs, run.scenario.risk, run.result, run.dates)


def sharpe_intervals(
    account: RuleAccount, cash_rate: Floats | None
) -> dict[Rule, tuple[float, float]]:
    """Put an interval around each rule's share of the Sharpe ratio.

    All runs of the account are measured on the same resampled sessions, and the shares are taken
    anew. Of the block lengths that are tried, the lower of the low ends and the higher of the high
    ends count: a verdict must not hang on the choice.
    """
    sample = Sample(list(account.nav[:, 1:]), account.dates, cash_rate, float(account.nav[0, 0]))
    tail = (1.0 - LEVEL) / 2.0
    ends = []
    for _, measured in sample.resampled(None, _RESAMPLES, SEED):
        drawn = np.ascontiguousarray(measured[:, :, METRICS.index(_SHARPE)].T)
        ends.append(np.quantile(shapley(drawn), [tail, 1.0 - tail], axis=1))
    low, high = np.min(ends, axis=0)[0], np.max(ends, axis=0)[1]
    return {rule: (float(a), float(b)) for rule, a, b in zip(account.rules, low, high, strict=True)}


def account_table(name: str, account: RuleAccount, cash_rate: Floats | None) -> Iterator[str]:
    """Yield a row a rule that is on, between the run without rules and the scenario."""
    shares, spans = account.shares(), sharpe_intervals(account, cash_rate)
    titles = [FACES[metric].label for metric in ACCOUNT_METRICS]
    yield markdown_row(
        f"Rules of {name}", *titles, "Sharpe, 95 % of resamples", "verdict by Sharpe"
    )
    yield markdown_rule(len(titles) + 2)
    writers = [FORMATS[FACES[metric].kind] for metric in ACCOUNT_METRICS]
    yield markdown_row(NO_RULES, *_ends(writers, shares.without), "", "")
    for rule in account.rules:
        values = shares.of(rule).tolist()
        cells = [_share(metric, v) for metric, v in zip(ACCOUNT_METRICS, values, strict=True)]
        yield markdown_row(rule.label, *cells, *_judged(account, rule, spans[rule]))
    yield markdown_row(SCENARIO, *_ends(writers, shares.scenario), "", "")


def _ends(writers: list[Callable[[float | None], str]], values: Floats) -> list[str]:
    return [write(float(value)) for write, value in zip(writers, values, strict=True)]


def _share(metric: str, value: float) -> str:
    # Exactly nothing is a dash, so that it cannot be taken for a share that rounds to 0.0.
    if value == 0.0:
        return DASH
    return ratio(value, signed=True) if metric == _SHARPE else points(value)


def _judged(account: RuleAccount, rule: Rule, span: tuple[float, float]) -> tuple[str, str]:
    if not account.binds[rule]:
        return DASH, "changed nothing"
    share = float(account.shares().of(rule)[ACCOUNT_METRICS.index(_SHARPE)])
    low, high = span
    verdict = judge(_SHARPE, share, low, high)
    words = {Verdict.BETTER: "earned its keep", Verdict.WORSE: "cost"}
    between = f"{ratio(low, signed=True)} … {ratio(high, signed=True)}"
    return between, words.get(verdict, verdict.value)


def years_table(name: str, account: RuleAccount) -> Iterator[str]:
    """Yield the shares of each calendar year's return; rules that changed nothing are left out."""
    shares = account.by_year()
    yield markdown_row(f"{name} by year", *shares.names)
    yield markdown_rule(len(shares.names))
    yield markdown_row(NO_RULES, *(percent(float(value)) for value in shares.without))
    for rule in account.rules:
        if account.binds[rule]:
            cells = [_share("total_return", value) for value in shares.of(rule).tolist()]
            yield markdown_row(rule.label, *cells)
    yield markdown_row(SCENARIO, *(percent(float(value)) for value in shares.scenario))


def control_table(runs: Mapping[str, Run], controls: Mapping[str, Control]) -> Iterator[str]:
    """Yield each run above its control."""
    faces = [FACES[name] for name in _CONTROL_FACES]
    yield markdown_row("", *(face.label for face in faces), "Sessions on the floor")
    yield markdown_rule(len(faces) + 1)
    for name, control in controls.items():
        named = (
            (name, control.scenario, _on_floor(runs[name])),
            (_held(control), control.metrics, ""),
        )
        for title, metrics, floor in named:
            values = metrics.as_dict()
            cells = [FORMATS[face.kind](values[face.name]) for face in faces]
            yield markdown_row(title, *cells, floor)


def _held(control: Control) -> str:
    return f"its book at {percent(control.exposure)}"


def _on_floor(run: Run) -> str:
    floor = run.scenario.risk.min_position_scale
    return percent(float(np.mean(run.result.wanted_exposure == floor)))


def verdict_table(
    runs: Mapping[str, Run], controls: Mapping[str, Control], plain: str
) -> Iterator[str]:
    """Yield differences with intervals: each run minus its control, and minus the run `plain`."""
    yield markdown_row("difference", *(FACES[metric].label for metric in DEFAULT_METRICS))
    yield markdown_rule(len(DEFAULT_METRICS))
    for name, control in controls.items():
        for title, nav in ((_held(control), control.nav), (plain, runs[plain].result.nav)):
            found = _compared(runs[name], runs[name].result.nav, nav, DEFAULT_METRICS)
            yield markdown_row(f"{name} − {title}", *(said(one) for one in found.values()))


def _compared(
    run: Run, nav: Floats, other: Floats, metrics: Sequence[str]
) -> dict[str, PairedDifference]:
    return compare(
        nav,
        other,
        run.dates,
        run.inputs.cash_rate,
        metrics=metrics,
        level=LEVEL,
        seed=SEED,
        initial_nav=run.result.initial_nav,
    )


def said(found: PairedDifference) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return found.verdict.value
    low, high = _share(found.metric, found.low), _share(found.metric, found.high)
    return f"{_share(found.metric, found.estimate)} ({low} … {high}) {found.verdict.value}"


def execution_table(name: str, runs: Mapping[str, Run]) -> Iterator[str]:
    """Yield a row a way of execution."""
    faces = [FACES[metric] for metric in _EXECUTION_FACES]
    yield markdown_row(f"{name} filled at", *(face.label for face in faces))
    yield markdown_rule(len(faces))
    for title, run in runs.items():
        values = run.metrics.as_dict()
        yield markdown_row(title, *(FORMATS[face.kind](values[face.name]) for face in faces))


def days_table(name: str, run: Run) -> Iterator[str]:
    """Yield the least and the largest of what the decision's day makes of control and account.

    The books of each month's end are decided 0 to 20 sessions later, everything else alike.
    """
    against, verdicts, shares = [], [], []
    for later in range(_DAYS):
        inputs, risk = _later(run.inputs, later), run.scenario.risk
        result = simulate(inputs, risk, initial_nav=run.result.initial_nav)
        control = exposure_matched_control(inputs, risk, result, run.dates)
        found = _compared(run, result.nav, control.nav, _DAY_METRICS)
        against.append([control.differences()[metric] for metric in _DAY_METRICS])
        verdicts.append([found[metric].verdict for metric in _DAY_METRICS])
        account = rule_account(inputs, risk, run.dates, initial_nav=run.result.initial_nav)
        columns = [ACCOUNT_METRICS.index(metric) for metric in _DAY_METRICS]
        shares.append(account.shares().contributions[:, columns])
    titles = [cell for m in _DAY_METRICS for cell in (FACES[m].label, "days above 0")]
    yield markdown_row(f"{name} decided up to {_DAYS - 1} sessions later", *titles)
    yield markdown_rule(len(titles))
    yield markdown_row("minus its book at the same exposure", *_ranges(np.array(against)))
    yield markdown_row("of these beyond noise", *_beyond(verdicts))
    by_rule = np.stack(shares, axis=1)  # rules x days x metrics
    for rule, values in zip(Rule, by_rule, strict=True):
        if np.any(values != 0.0):
            yield markdown_row(rule.label, *_ranges(values))


def _later(inputs: SimulationInputs, sessions: int) -> SimulationInputs:
    # The books stay as they were decided; a decision beyond the last session is none.
    moved = inputs.rebalance + sessions
    kept = moved < inputs.shape[0]
    return dataclasses.replace(
        inputs,
        rebalance=moved[kept],
        target=inputs.target[kept],
        alpha=_rows(inputs.alpha, kept),
        leverage=_rows(inputs.leverage, kept),
        stop_scale=_rows(inputs.stop_scale, kept),
    )


def _rows(values: Floats | None, kept: Bools) -> Floats | None:
    return None if values is None else values[kept]


def _ranges(values: Floats) -> Iterator[str]:
    # float64[days, metrics]: two cells a metric.
    for metric, column in zip(_DAY_METRICS, values.T, strict=True):
        low, high = _share(metric, float(column.min())), _share(metric, float(column.max()))
        yield f"{low} … {high}"
        yield f"{int(np.sum(column > 0.0))} of {len(column)}"


def _beyond(verdicts: Sequence[Sequence[Verdict]]) -> Iterator[str]:
    # A row a day, a column a metric: two cells a metric.
    for column in zip(*verdicts, strict=True):
        counts = {what: column.count(what) for what in (Verdict.BETTER, Verdict.WORSE)}
        said = [f"{what.value} on {days}" for what, days in counts.items() if days]
        yield from (", ".join(said) or "none", "")
