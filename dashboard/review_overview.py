"""The numbers of the Overview page, from a run: evidence, control, account, sectors, targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.control import ControlError
from core.crises import Seen, seen
from core.errors import CancelledError
from core.evidence.bootstrap import Interval, PairedDifference
from core.metrics import drawdown_series
from core.rules import Rule
from core.units import Floats
from dashboard.lab.panel_work import ControlStudy, control_work
from dashboard.memo import keep
from dashboard.report.faces import FACES
from dashboard.report.targets import TARGETS
from dashboard.review_evidence import compare, intervals, is_short
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = [
    "ACCOUNT_COLUMNS",
    "Account",
    "Evidence",
    "Step",
    "TargetRow",
    "account_of",
    "control_once",
    "crises_table",
    "curves",
    "evidence_work",
    "sector_book",
    "target_rows",
    "years",
]

_COMPARED: Final = ("cagr", "sharpe_ratio", "max_drawdown", "volatility")
_RANGES: Final = ("cagr", "sharpe_ratio")
_STEPS: Final = 4  # of the evidence: ranges, benchmark, control, against the control
#: Columns of the account that the page offers: position in its metrics → short name.
ACCOUNT_COLUMNS: Final = {0: "Total return", 3: "Sharpe", 4: "Max drawdown"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of a run's figures could be luck.

    Attributes
    ----------
    ranges : dict of Interval
        Of the yearly return and of the Sharpe ratio.
    benchmark : dict of PairedDifference
        The run against its benchmark, by metric.
    control : dict of PairedDifference or None
        The run against the same average exposure without rules; None where there is no control.
    """

    ranges: Mapping[str, Interval]
    benchmark: Mapping[str, PairedDifference]
    control: Mapping[str, PairedDifference] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the account: what the rule adds, from where the rows above it end.

    ``rule`` is None for both ends, which start at 0.
    """

    label: str
    rule: Rule | None
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Account:
    """The rule account of one metric as steps, from no rules to the scenario.

    Attributes
    ----------
    name, kind : str
        Of the metric; the kind is a key into ``dashboard.format.FORMATS``.
    steps : tuple of Step
    """

    name: str
    kind: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target of the origin report and what the run has; `met` is None where undefined."""

    name: str
    label: str
    kind: str
    text: str
    bound: float
    value: float | None
    met: bool | None


def years(run: Run) -> float:
    """Return the length of the period in calendar years."""
    return float((run.dates[-1] - run.dates[0]).astype(np.int64)) / 365.25


def curves(run: Run, control: ControlStudy | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return growth of 1 and drawdowns of portfolio, benchmark and, where known, the control."""
    equity, drawdown = run.equity_frame(), run.underwater_frame()
    if control is not None:
        equity["control"] = control.growth
        drawdown["control"] = drawdown_series(control.growth, 1.0)
    return equity, drawdown


def evidence_work(run: Run) -> Callable[[Pace], Evidence]:
    """Return the work that resamples `run`, its benchmark and its control: seconds at most.

    The control is the one of :func:`control_once`.

    Raises
    ------
    core.errors.HistoryError
        From the work, where :func:`dashboard.review_evidence.is_short`.
    core.errors.CancelledError
        From the work, between two of its steps.
    """

    def work(pace: Pace) -> Evidence:
        _step(pace, 0)
        growth: Floats = run.result.nav / run.result.initial_nav
        cash = run.inputs.cash_rate
        ranges = intervals(growth, run.dates, cash, metrics=_RANGES, initial_nav=1.0)
        _step(pace, 1)
        benchmark = _against(run, growth, run.benchmark, run.benchmark_name)
        _step(pace, 2)
        try:
            control: ControlStudy | None = control_once(run)(pace)
        except ControlError:
            control = None
        _step(pace, 3)
        beside = None if control is None else _against(run, growth, control.growth, "the control")
        return Evidence(ranges, benchmark, beside)

    return work


def control_once(run: Run) -> Callable[[Pace], ControlStudy]:
    """Return the work that finds the control of `run`, or returns the one found before."""
    return lambda pace: keep(run, "control", lambda: control_work(run)(pace))


def _step(pace: Pace, finished: int) -> None:
    if pace.cancelled():
        raise CancelledError(finished, _STEPS)
    pace.share(finished / _STEPS)


def _against(run: Run, growth: Floats, other: Floats, name: str) -> dict[str, PairedDifference]:
    return compare(
        growth, other, run.dates, run.inputs.cash_rate,
        metrics=_COMPARED, initial_nav=1.0, labels=("the strategy", name),
    )  # fmt: skip


def account_of(told: Mapping[str, Any], column: int) -> Account:
    """Return one metric of a rule account as steps.

    Parameters
    ----------
    told : mapping
        What :func:`dashboard.lab.panel_work.account_work` found.
    column : int
        Among ``ACCOUNT_COLUMNS``.
    """
    total = told["by"]["total"]
    at = float(total["without"][column])
    steps = [Step("No rules", None, 0.0, at)]
    for name, label, on, shares in total["rules"]:
        if on:
            steps.append(Step(label, Rule(name), at, float(shares[column])))
            at += float(shares[column])
    steps.append(Step("Scenario", None, 0.0, float(total["scenario"][column])))
    return Account(total["names"][column], total["kinds"][column], tuple(steps))


def sector_book(run: Run) -> pd.DataFrame:
    """Return what is held by sector at the last session, the largest first.

    Returns
    -------
    DataFrame
        Index of sectors; ``held``, fractions of NAV, and ``target``, those of the last rebalance
        that was filled, at full exposure (0 where there was none). Sectors with neither are left
        out.
    """
    weights = run.result.weights
    held = np.zeros(len(run.tickers)) if weights is None else weights[-1]
    filled = run.inputs.rebalance + run.scenario.risk.execution_lag_days < len(run.dates)
    targets = run.inputs.target[filled]
    target = targets[-1] if len(targets) else np.zeros(len(run.tickers))
    table = pd.DataFrame({"held": held, "target": target}).groupby(np.array(run.sectors)).sum()
    table = table[(table > 0.0).any(axis=1)].rename_axis("sector")
    return table.sort_values(["held", "target"], ascending=False, kind="stable")


def target_rows(run: Run) -> tuple[TargetRow, ...]:
    """Return the targets of the origin report; yearly ones are undefined for a short run."""
    measured, short = run.metrics.as_dict(), is_short(run)
    rows = []
    for name, target in TARGETS.items():
        face = FACES[name]
        found = measured[name]
        yearly = name in ("cagr", "sharpe_ratio", "calmar_ratio")
        value = None if found is None or (short and yearly) else float(found)
        met = target.met(value)
        rows.append(TargetRow(name, face.label, face.kind, target.text, target.bound, value, met))
    return tuple(rows)


def crises_table(
    period: tuple[dt.date, dt.date], store: tuple[dt.date, dt.date], *, simulated: bool
) -> pd.DataFrame:
    """Return the large falls of the US market, and how much of each was seen.

    Parameters
    ----------
    period, store : (date, date)
        First and last session of the run, and of the data.
    simulated : bool
        A simulated market saw none of them, whatever its dates.

    Returns
    -------
    DataFrame
        One row a fall, the latest first: name, peak, trough, depth, days, period and store (both
        texts of :class:`core.crises.Seen`).
    """
    inside, stored = seen(*period), seen(*store)
    never = Seen.NEVER.value
    rows: Sequence[dict[str, Any]] = [
        {
            "name": crisis.name,
            "peak": pd.Timestamp(crisis.peak),
            "trough": pd.Timestamp(crisis.trough),
            "depth": crisis.depth,
            "days": crisis.days,
            "period": never if simulated else inside[crisis].value,
            "store": never if simulated else stored[crisis].value,
        }
        for crisis in reversed(list(inside))
    ]
    return pd.DataFrame(list(rows))
