"""The numbers of the page Compare: two to four runs over the same sessions, and what is luck.

The first is the one looked at; every difference is another one minus it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.attribution import RuleAccount, Shares, rule_account
from core.config import Scenario
from core.control import Control, exposure_matched_control
from core.errors import CancelledError, HistoryError
from core.evidence.bootstrap import PairedDifference
from core.evidence.verdict import Verdict
from core.metrics import summarise
from core.rules import Rule, rules_on
from core.scenario import specs, value_at, with_values
from core.simulation import simulate
from dashboard.memo import kept
from dashboard.review_evidence import RESAMPLES, compare
from dashboard.run import Run
from dashboard.studies import Pace

__all__ = [
    "JUDGED",
    "LETTERS",
    "RANKED",
    "OwnAccount",
    "Pairs",
    "Side",
    "account_of",
    "changed",
    "control_of",
    "curves",
    "differences",
    "judge_pairs",
    "over_the_same_sessions",
    "ranking",
]

LETTERS: Final = "ABCD"
#: Metrics with an interval, a verdict, and a place in the ranking.
JUDGED: Final = (
    "cagr", "volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown", "calmar_ratio",
)  # fmt: skip
RANKED: Final = ("cagr", "volatility", "sharpe_ratio", "max_drawdown")
BENCHMARK: Final = "benchmark"
_LOWER_FIRST: Final = frozenset({"volatility"})  # as core.evidence.verdict.judge has it
_CONTEXT: Final = frozenset({"universe.source", "period.start", "period.end"})

#: (letter of one, letter of another) → metric → difference of the two.
Pairs = Mapping[tuple[str, str], Mapping[str, PairedDifference]]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of those compared.

    Attributes
    ----------
    letter, label : str
    run : Run
        Over the same sessions as all the others.
    control : Control, optional
        Where it is no scenario but the exposure-matched control of the first; `run` is then the
        control's.
    """

    letter: str
    label: str
    run: Run
    control: Control | None = None

    @property
    def named(self) -> str:
        """Letter and label."""
        return f"{self.letter} ({self.label})"


@kept
def control_of(present: Run) -> tuple[Control, Run]:
    """Find the exposure-matched control of `present`, and make a run of it.

    Raises
    ------
    core.control.ControlError
    """
    control = exposure_matched_control(
        present.inputs, present.scenario.risk, present.result, present.dates
    )
    # The search keeps no weights; the run that it ended on is made once more with them.
    result = simulate(
        control.inputs, control.risk, initial_nav=control.result.initial_nav, weights=True
    )
    run = dataclasses.replace(
        present,
        scenario=present.scenario.model_copy(update={"risk": control.risk}),
        inputs=control.inputs,
        result=result,
        metrics=summarise(result, present.dates, present.inputs.cash_rate),
        notes=(),
    )
    return control, run


def over_the_same_sessions(run_of: Callable[[Scenario], Run], scenario: Scenario, like: Run) -> Run:
    """Run `scenario` over the sessions of `like`.

    A period without a start begins where the signals of a scenario have their history: where that
    is another session than that of `like`, it is run again with the dates of `like`.

    Raises
    ------
    HistoryError
        When even then the sessions differ.
    core.errors.CoreError, data.errors.DataError
        Of the run.
    """
    found = run_of(scenario)
    if np.array_equal(found.dates, like.dates):
        return found
    first, last = (day.astype(object) for day in like.dates[[0, -1]])
    found = run_of(with_values(scenario, {"period.start": first, "period.end": last}))
    if not np.array_equal(found.dates, like.dates):
        raise HistoryError(
            f"what is compared must cover the same sessions, {first} … {last}, was "
            f"{found.dates[0]} … {found.dates[-1]}. Choose a period that both have data for"
        )
    return found


def changed(sides: Sequence[Side]) -> pd.DataFrame:
    """Return the fields that differ, market and period apart: index of paths, a column a letter.

    The control has no fields of its own and is left out.
    """
    own = [side for side in sides if side.control is None]
    rows: dict[str, list[Any]] = {}
    for path in specs():
        values = [value_at(side.run.scenario, path) for side in own]
        if path not in _CONTEXT and any(value != values[0] for value in values):
            rows[path] = values
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=[side.letter for side in own], dtype=object
    )
    return table.rename_axis("field")


def curves(sides: Sequence[Side]) -> dict[str, pd.DataFrame]:
    """Return ``growth`` (the benchmark's too), ``drawdown``, ``exposure``: a column a letter."""
    first = sides[0].run
    growth = {side.letter: side.run.result.nav / side.run.result.initial_nav for side in sides}
    return {
        "growth": pd.DataFrame(growth | {BENCHMARK: first.benchmark}, first.index),
        "drawdown": pd.DataFrame({s.letter: s.run.result.drawdown for s in sides}, first.index),
        "exposure": pd.DataFrame({s.letter: s.run.result.invested for s in sides}, first.index),
    }


def judge_pairs(
    sides: Sequence[Side], pace: Pace | None = None, *, resamples: int = RESAMPLES
) -> Pairs:
    """Compare each side with every one before it, all on resamples drawn from one seed.

    Raises
    ------
    HistoryError
        Where :func:`dashboard.review_evidence.is_short`.
    CancelledError
    """
    pairs = [(one, other) for i, one in enumerate(sides) for other in sides[:i]]
    found = {}
    for number, (one, other) in enumerate(pairs, start=1):
        if pace is not None and pace.cancelled():
            raise CancelledError(number - 1, len(pairs))
        run = sides[0].run
        found[one.letter, other.letter] = compare(
            one.run.result.nav,
            other.run.result.nav,
            run.dates,
            run.inputs.cash_rate,
            metrics=JUDGED,
            resamples=resamples,
            initial_nav=run.result.initial_nav,
            labels=(one.letter, other.letter),
        )
        if pace is not None:
            pace.share(number / len(pairs))
    return found


def differences(sides: Sequence[Side], metric: str) -> dict[str, float]:
    """Return letter → its metric minus that of the first; NaN where one is undefined."""
    values = [getattr(side.run.metrics, metric) for side in sides]
    return {
        side.letter: float(value) - float(values[0])
        for side, value in zip(sides[1:], values[1:], strict=True)
    }


def ranking(
    sides: Sequence[Side], pairs: Pairs, metric: str
) -> tuple[list[Side], list[tuple[Side, Side]]]:
    """Order the sides by a metric, and say which of them differ beyond noise.

    Returns
    -------
    list of Side, list of (Side, Side)
        The best first, those without the metric left out; and (better, worse) of each pair whose
        difference is more than noise.
    """
    sign = 1.0 if metric in _LOWER_FIRST else -1.0
    known = [s for s in sides if np.isfinite(getattr(s.run.metrics, metric))]
    order = sorted(known, key=lambda side: sign * getattr(side.run.metrics, metric))
    by_letter = {side.letter: side for side in sides}
    beyond = []
    for (one, other), found in pairs.items():
        verdict = found[metric].verdict
        if verdict is Verdict.BETTER:
            beyond.append((by_letter[one], by_letter[other]))
        elif verdict is Verdict.WORSE:
            beyond.append((by_letter[other], by_letter[one]))
    return order, beyond


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What the rules of one side did, and which were on.

    A :class:`~core.attribution.RuleAccount` keeps a NAV curve for each combination of the rules,
    megabytes that a page has no use for.
    """

    rules: tuple[Rule, ...]
    shares: Shares


def own_account(run: Run, pace: Pace | None = None) -> OwnAccount:
    """Account for the rules of `run` and keep the shares alone; raises as :func:`account_of`."""
    account = account_of(run, pace)
    return OwnAccount(account.rules, account.shares())


def account_of(run: Run, pace: Pace | None = None) -> RuleAccount:
    """Account for the rules of `run`: 2^n runs, so for a thread of its own.

    Raises
    ------
    core.errors.CancelledError, core.attribution.AccountError
    """
    count = 1 << len(rules_on(run.inputs, run.scenario.risk))
    return rule_account(
        run.inputs,
        run.scenario.risk,
        run.dates,
        initial_nav=run.result.initial_nav,
        cancelled=None if pace is None else pace.cancelled,
        done=None if pace is None else lambda number: pace.share(number / count),
    )
