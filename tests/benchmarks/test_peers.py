"""What the peers' benchmark compares and says, without the peers themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers_env
from benchmarks.engine_common import make_market
from benchmarks.peers import NOT_MEASURED, section, without_peers
from benchmarks.peers_loops import PandasLoop, pandas_orders
from benchmarks.peers_runs import ASKED, BARE, MASKED, OURS, RISK, Runs, runs_table
from benchmarks.peers_turns import turns
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate

TIGHT = RiskConfig(
    borrow_spread=0.0,
    circuit_breaker_dd=0.05,
    max_allowed_drawdown=0.10,
    min_position_scale=0.3,
    stop_cooldown_days=30,
)


@pytest.mark.parametrize("risk", [RISK, TIGHT])
def test_the_pandas_loop_has_the_rules_of_the_engine(risk: RiskConfig) -> None:
    made = make_market(260, 25, 10)
    inputs = SimulationInputs(
        close=made.close,
        rebalance=made.rebalance,
        target=made.target,
        alpha=made.alpha,
        leverage=made.leverage,
    )
    ours = simulate(inputs, risk)
    assert len(set(ours.events.kind)) >= 4
    np.testing.assert_allclose(PandasLoop(inputs, risk).run().to_numpy(), ours.nav, rtol=1e-9)


def test_the_pandas_loop_of_books_alone_is_a_run_without_rules() -> None:
    made = make_market(260, 25, 10)
    books = SimulationInputs(close=made.close, rebalance=made.rebalance, target=made.target)
    ours = simulate(books, BARE).nav
    assert ours.min() < 0.999e6
    np.testing.assert_allclose(pandas_orders(books, 10.0).to_numpy(), ours, rtol=1e-9)


def test_a_quick_task_is_repeated_and_every_task_has_every_round() -> None:
    ran = {"quick": 0, "other": 0}

    def task(name: str) -> None:
        ran[name] += 1

    seconds = turns({name: lambda name=name: task(name) for name in ran}, 3)
    assert [len(times) for times in seconds.values()] == [3, 3]
    assert min(ran.values()) > 3 * 10
    assert all(time > 0.0 for times in seconds.values() for time in times)


def test_what_was_not_run_says_how_long_it_would_have_taken() -> None:
    runs = Runs({OURS: 0.002, MASKED: 1.5}, {OURS: 1.0, MASKED: 750.0}, {ASKED: 42.0})
    text = runs_table({"S": runs}, {MASKED: 1.4e-4})
    assert f"| {MASKED} | 1.5 s | 750 | 1e-04 |" in text
    assert "not run: 42 s expected" in text


def test_a_section_without_peers_keeps_its_tables_and_says_so_once() -> None:
    document = "# P\n<!-- peers:begin -->\n| a |\n<!-- peers:end -->\nmore"
    old = section(document)
    assert old == "| a |"
    once = without_peers(old)
    assert once == f"{NOT_MEASURED}\n\n| a |"
    assert without_peers(once) == once


def test_an_environment_that_cannot_be_made_says_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.lock").write_text("nothing==1\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[project.optional-dependencies]\nbench = ["peer"]\n', encoding="utf-8"
    )
    monkeypatch.setattr(peers_env.sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(peers_env.PeersError, match="no-python"):
        peers_env.make_environment(tmp_path)
    assert not (tmp_path / ".bench-venv").exists()
