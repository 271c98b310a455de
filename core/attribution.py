"""The rule account: what every rule of the overlay cost or saved, summing exactly.

One rule switched off and the run compared says little: rules stand in for each other. Here the run
is done with every combination of the rules that are on, and each rule's share is its Shapley value
over all orders in which the rules could have been added (Moehle, Boyd & Ang 2021, Portfolio
performance attribution via Shapley value, arXiv 2102.05799). What "off" means is said in
:data:`core.rules.OFF`; nobody on is the bare book without costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from core.errors import CancelledError, CoreError
from core.risk.config import RiskConfig
from core.rules import Rule, has_regime_leverage, only, rules_on, without_regime_leverage
from core.shapley import interaction, shapley
from core.simulation import SimulationInputs, simulate_many
from core.units import Bools, Dates, Floats, Ints
from core.windows import Window, calendar_years, drawdown_episodes, whole_run

__all__ = [
    "ACCOUNT_METRICS",
    "NO_RULES",
    "SCENARIO",
    "AccountError",
    "RuleAccount",
    "Shares",
    "WaterfallRow",
    "rule_account",
]

#: What is accounted for, by name in :class:`~core.metrics.Metrics`.
ACCOUNT_METRICS: Final = (
    "total_return", "cagr", "volatility", "sharpe_ratio", "max_drawdown",
)  # fmt: skip
#: Runs whose NAV differs by less than this everywhere, as a fraction, are one run: rounding.
SAME_RUN: Final = 1e-11

NO_RULES: Final = "No rules"
SCENARIO: Final = "Scenario"


class AccountError(CoreError, ArithmeticError):
    """A combination of rules has no outcome, so no share can be made of it."""


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One bar of a waterfall, from `start` to `end`; `value` is its height, signed."""

    label: str
    value: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Outcomes without and with all rules, and each rule's part of the difference.

    Attributes
    ----------
    names : tuple of M str
        Metrics, or labels of windows.
    without, scenario : float64[M]
        Outcome with no rule on, and with those of the scenario.
    contributions : float64[9, M]
        A row a rule, in the order of :class:`~core.rules.Rule`; positive raises the outcome.
        Exactly 0 for a rule that is off, and for one that changes no run. A column sums to
        ``scenario - without``; NaN where some combination of rules leaves the outcome undefined.
    """

    names: tuple[str, ...]
    without: Floats
    scenario: Floats
    contributions: Floats

    def of(self, rule: Rule) -> Floats:
        """Return float64[M]: the shares of one rule."""
        row: Floats = self.contributions[list(Rule).index(rule)]
        return row

    def frame(self) -> pd.DataFrame:
        """Return a column a name; rows "No rules", every rule, "Scenario"."""
        rows = np.vstack([self.without, self.contributions, self.scenario])
        labels = [NO_RULES, *(rule.label for rule in Rule), SCENARIO]
        return pd.DataFrame(rows, index=labels, columns=list(self.names))

    def waterfall(self, name: str) -> tuple[WaterfallRow, ...]:
        """Return the bars of one outcome from "No rules" to "Scenario"; rules of 0 are left out."""
        column = self.names.index(name)
        without, scenario = float(self.without[column]), float(self.scenario[column])
        rows, level = [WaterfallRow(NO_RULES, without, 0.0, without)], without
        for rule, value in zip(Rule, self.contributions[:, column].tolist(), strict=True):
            if value != 0.0:
                rows.append(WaterfallRow(rule.label, value, level, level + value))
                level += value
        return (*rows, WaterfallRow(SCENARIO, scenario, 0.0, scenario))


@dataclass(frozen=True, slots=True, eq=False)
class RuleAccount:
    """The runs of every combination of the rules that are on, and what follows from them.

    Attributes
    ----------
    rules : tuple of n Rule
        Those that are on. Row s of `values` and `nav` is the run with the rules whose bit is set
        in s, bit i for ``rules[i]``.
    values : float64[2^n, 5]
        A column a name in ``ACCOUNT_METRICS``.
    nav : float64[2^n, T + 1]
        NAV curves, the initial NAV first.
    dates : datetime64[D][T]
    """

    rules: tuple[Rule, ...]
    values: Floats
    nav: Floats
    dates: Dates

    @property
    def runs(self) -> int:
        """Simulations it took, 2^n."""
        return len(self.values)

    @property
    def binds(self) -> dict[Rule, bool]:
        """Whether a rule changes any run at all; False for those that are off."""
        bound = dict(zip(self.rules, self._bound(self._window()).tolist(), strict=True))
        return {rule: bound.get(rule, False) for rule in Rule}

    def shares(self) -> Shares:
        """Account for every metric over the whole run."""
        parts = np.where(self._bound(self._window())[:, None], shapley(self.values), 0.0)
        return self._shares(ACCOUNT_METRICS, self.values, parts)

    def over(self, windows: Sequence[Window]) -> Shares:
        """Account for the return of each window, from the NAV curves of the whole runs.

        What happens in a window also follows from what rules did before it.
        """
        last = np.array([window.last for window in windows], dtype=np.int64)
        first = np.array([window.first for window in windows], dtype=np.int64)
        values = self.nav[:, last + 1] / self.nav[:, first] - 1.0
        parts = shapley(values)
        for column, window in enumerate(windows):
            parts[~self._bound(window), column] = 0.0
        return self._shares(tuple(window.label for window in windows), values, parts)

    def by_year(self) -> Shares:
        """Account for the return of each calendar year; the first and last may be partial."""
        return self.over(calendar_years(self.dates))

    def by_episode(self, top: int = 5) -> Shares:
        """Account for the falls of the scenario's NAV, peak to trough, the deepest `top`."""
        nav = self.nav[-1]
        windows = drawdown_episodes(nav[1:], self.dates, initial_nav=float(nav[0]), top=top)
        return self.over(windows)

    def interactions(self, metric: str) -> pd.DataFrame:
        """Return the Shapley interaction of each pair of rules that are on, NaN on the diagonal.

        Below 0 two rules do the same work twice, above 0 one makes the other stronger (of an
        outcome that both raise; signs turn for one that both lower).
        """
        column = self.values[:, [ACCOUNT_METRICS.index(metric)]]
        labels = [rule.label for rule in self.rules]
        return pd.DataFrame(interaction(column)[:, :, 0], index=labels, columns=labels)

    def frame(self) -> pd.DataFrame:
        """Return :meth:`shares` as a table."""
        return self.shares().frame()

    def _window(self) -> Window:
        return whole_run(len(self.dates))

    def _bound(self, window: Window) -> Bools:
        # Per rule that is on: whether growth within the window differs anywhere, in any pair of
        # runs that differ by this rule only.
        nav = self.nav[:, window.first : window.last + 2]
        growth = nav[:, 1:] / nav[:, :1]
        subsets = np.arange(self.runs)
        bound = np.zeros(len(self.rules), dtype=np.bool_)
        for i in range(len(self.rules)):
            without = subsets[subsets >> i & 1 == 0]
            ratio = growth[without | 1 << i] / growth[without]
            bound[i] = bool(np.any(np.abs(ratio - 1.0) > SAME_RUN))
        return bound

    def _shares(self, names: tuple[str, ...], values: Floats, parts: Floats) -> Shares:
        contributions = np.zeros((len(Rule), len(names)))
        order = list(Rule)
        contributions[[order.index(rule) for rule in self.rules]] = parts
        return Shares(names, values[0], values[-1], contributions)


def rule_account(
    inputs: SimulationInputs,
    risk: RiskConfig,
    dates: Dates,
    *,
    initial_nav: float = 1_000_000.0,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    done: Callable[[int], None] | None = None,
) -> RuleAccount:
    """Run every combination of the rules that are on: 2^n runs, no more for rules that are off.

    Parameters
    ----------
    inputs : SimulationInputs
    risk : RiskConfig
        The scenario's limits.
    dates : datetime64[D][T]
    initial_nav, workers, cancelled, done
        As for :func:`~core.simulation.simulate_many`; `done` counts to 2^n.

    Raises
    ------
    AccountError
        When some combination of rules is ruined.
    CancelledError
        When `cancelled` said so.
    """
    rules = rules_on(inputs, risk)
    count = 1 << len(rules)
    subsets = [[rule for i, rule in enumerate(rules) if s >> i & 1] for s in range(count)]
    values = np.empty((count, len(ACCOUNT_METRICS)))
    nav = np.full((count, inputs.shape[0] + 1), initial_nav)
    finished = 0
    for rows, part in _parts(inputs, rules, count):
        try:
            sweep = simulate_many(
                part,
                [only(risk, subsets[row]) for row in rows],
                dates,
                initial_nav=initial_nav,
                nav=True,
                workers=workers,
                cancelled=cancelled,
                done=None if done is None else partial(_tell, done, finished),
            )
        except CancelledError as error:
            raise CancelledError(finished + error.finished, count) from error
        _refuse_ruin(sweep.ruined, [subsets[row] for row in rows])
        assert sweep.nav is not None  # asked for
        values[rows] = np.stack([sweep.metric(name) for name in ACCOUNT_METRICS], axis=1)
        nav[rows, 1:] = sweep.nav
        finished += len(rows)
    return RuleAccount(rules, values, nav, dates)


def _tell(done: Callable[[int], None], before: int, finished: int) -> None:
    done(before + finished)


def _parts(
    inputs: SimulationInputs, rules: tuple[Rule, ...], count: int
) -> list[tuple[Ints, SimulationInputs]]:
    # Regime leverage is in the inputs: combinations without leverage run on inputs without it.
    rows = np.arange(count, dtype=np.int64)
    if not has_regime_leverage(inputs):
        return [(rows, inputs)]
    on = (rows >> rules.index(Rule.LEVERAGE) & 1).astype(np.bool_)
    return [(rows[~on], without_regime_leverage(inputs)), (rows[on], inputs)]


def _refuse_ruin(ruined: Ints, subsets: list[list[Rule]]) -> None:
    lost = np.flatnonzero(ruined >= 0)
    if len(lost):
        row = int(lost[0])
        kept = ", ".join(rule.label.lower() for rule in subsets[row]) or "no rule"
        raise AccountError(
            "every combination of rules must survive for an account, "
            f"{len(lost)} were ruined: with only {kept} on, at session {ruined[row]}. "
            "Lower risk.max_leverage, or choose another period"
        )
