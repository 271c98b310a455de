from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.attribution import RuleAccount
from core.config import Scenario
from core.control import Control
from core.errors import CancelledError
from core.presets import preset
from core.scenario import with_values
from core.simulation import simulate
from dashboard import review_report
from dashboard.handout.parts import PARTS, chosen_parts
from dashboard.review_report import Missing, changed_from_preset, study
from tests.dashboard.fakes import fake_run

FEW = with_values(
    Scenario(), {"risk.max_turnover_per_rebal": None, "risk.min_alpha_to_cost_ratio": None}
)


def test_every_part_is_studied_and_agrees_with_the_run() -> None:
    run, said = fake_run(FEW), []
    found = study(run, PARTS, share=said.append)
    assert isinstance(found.account, RuleAccount)
    shares = found.account.shares()
    assert shares.scenario[0] == pytest.approx(run.metrics.total_return, rel=1e-12)
    assert isinstance(found.control, Control)
    assert found.control.average_exposure == pytest.approx(run.metrics.average_exposure)
    assert isinstance(found.intervals, dict)
    assert found.intervals["cagr"].estimate == pytest.approx(run.metrics.cagr, rel=1e-9)
    assert isinstance(found.against, dict)
    one = found.against["sharpe_ratio"]
    assert one.value_a == pytest.approx(run.metrics.sharpe_ratio, rel=1e-9)
    assert one.value_b == pytest.approx(found.control.metrics.sharpe_ratio, rel=1e-9)
    assert one.labels == (run.scenario.name, "same exposure, no rules")
    assert found.episodes[0].depth == pytest.approx(run.metrics.max_drawdown, rel=1e-12)
    assert said == sorted(said)
    assert 0.0 <= said[0]
    assert said[-1] <= 1.0


def test_only_what_a_part_needs_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object, **_options: object) -> None:
        raise AssertionError("this part was not chosen")

    for name in ("rule_account", "exposure_matched_control", "intervals", "compare"):
        monkeypatch.setattr(review_report, name, never)
    found = study(fake_run(FEW), ("returns", "book"))
    assert (found.account, found.control, found.intervals, found.against) == (None,) * 4
    assert found.health == ()


def test_what_cannot_be_computed_is_told_and_costs_nothing_else() -> None:
    found = study(fake_run(FEW, sessions=40), ("evidence", "book"))
    assert isinstance(found.control, Control)
    assert isinstance(found.intervals, Missing)
    assert "60" in found.intervals.why
    assert isinstance(found.against, Missing)


def test_a_run_that_holds_nothing_is_told() -> None:
    run = fake_run(FEW)
    inputs = dataclasses.replace(
        run.inputs,
        rebalance=np.zeros(0, dtype=np.int64),
        target=np.zeros((0, run.inputs.close.shape[1])),
    )
    result = simulate(inputs, FEW.risk, weights=True)
    found = study(dataclasses.replace(run, inputs=inputs, result=result), PARTS)
    assert found.episodes == ()
    assert found.control is not None


def test_a_cancelled_study_ends() -> None:
    with pytest.raises(CancelledError):
        study(fake_run(FEW), PARTS, cancelled=lambda: True)


def test_market_and_period_are_no_changes() -> None:
    base = preset("Phase 8.1")
    there = with_values(base, {"universe.source": "us", "period.start": "2021-06-01"})
    assert changed_from_preset(there, "Phase 8.1") == {}
    moved = with_values(there, {"risk.trailing_stop_pct": None})
    assert changed_from_preset(moved, "Phase 8.1") == {"risk.trailing_stop_pct": (0.15, None)}


def test_parts_are_put_in_order_and_checked() -> None:
    assert chosen_parts() == tuple(PARTS)
    assert chosen_parts(["book", "rules"]) == ("rules", "book")
    assert chosen_parts([]) == ()
    with pytest.raises(ValueError, match=r"must be one of evidence, rules.*was everything"):
        chosen_parts(["everything"])
