from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.axes import parse_axes
from core.config import Scenario
from core.errors import CancelledError, ConfigError, HistoryError
from core.risk.config import RiskConfig
from core.scenario import value_at, with_values
from core.simulation import METRICS, SweepResult
from core.sweep import SweepTable, chunks, run_plan
from core.sweep_plan import SweepPlan, TooManyRunsError, plan_sweep, runs_that_fit

STOPS, TARGETS = "risk.position_stop_loss", "risk.target_annual_vol"
SMALL = (f"{STOPS}=0.1,0.2,off", "book.names_held=20,30", f"{TARGETS}=0.1:0.3:3")


def _plan(*texts: str, **more: object) -> SweepPlan:
    return plan_sweep(Scenario(), parse_axes(texts), **more)  # type: ignore[arg-type]


def _told(scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
    # Every metric tells the configuration it came from.
    stops = [risk.position_stop_loss or 9.0 for risk in risks]
    told = [
        s + 10.0 * (r.target_annual_vol or 0.0) + 1000.0 * scenario.book.names_held
        for s, r in zip(stops, risks, strict=True)
    ]
    return SweepResult(np.tile(np.array(told)[:, None], (1, len(METRICS))), np.full(len(risks), -1))


def test_a_grid_runs_every_combination_its_last_axis_fastest() -> None:
    plan = _plan(*SMALL)
    assert len(plan) == 18
    assert plan.values(0) == {STOPS: 0.1, "book.names_held": 20, TARGETS: 0.1}
    assert plan.values(1) == {STOPS: 0.1, "book.names_held": 20, TARGETS: 0.2}
    assert plan.values(17) == {STOPS: None, "book.names_held": 30, TARGETS: 0.3}
    assert len({tuple(plan.values(row).values()) for row in range(18)}) == 18


def test_each_book_is_built_once_and_rows_come_back_in_their_order() -> None:
    plan, built = _plan(*SMALL), []

    def run(scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
        built.append(scenario.book.names_held)
        return _told(scenario, risks)

    finished: list[int] = []
    table = run_plan(plan, run, done=finished.append)
    assert built == [20, 30]
    assert finished == [9, 18]
    for row in range(18):
        values = plan.values(row)
        expected = (values[STOPS] or 9.0) + 10.0 * values[TARGETS]
        expected += 1000.0 * values["book.names_held"]
        assert table.runs.metric("cagr")[row] == pytest.approx(expected)
    frame = table.frame()
    assert list(frame.columns) == [STOPS, "book.names_held", TARGETS, *METRICS, "ruined", "refused"]
    assert frame[STOPS].isna().sum() == 6
    assert frame["book.names_held"].dtype == np.int64


@given(st.integers(1, 40), st.sampled_from(["grid", "random", "sobol"]), st.integers(0, 99))
def test_chunks_settle_every_row_once_and_never_mix_books(
    size: int, design: str, seed: int
) -> None:
    count = None if design == "grid" else 23
    plan = _plan(*SMALL, design=design, count=count, seed=seed)
    found = list(chunks(plan, size))
    rows = [row for chunk in found for row in (*chunk.rows.tolist(), *chunk.refused)]
    assert sorted(rows) == list(range(len(plan)))
    assert [chunk.number for chunk in found] == list(range(len(found)))
    for chunk in found:
        assert 1 <= chunk.size <= size
        assert chunk.scenario is not None
        for row, risk in zip(chunk.rows.tolist(), chunk.risks, strict=True):
            values = plan.values(row)
            assert value_at(chunk.scenario, "book.names_held") == values["book.names_held"]
            assert risk.position_stop_loss == values[STOPS]
            assert risk == with_values(plan.base, values).risk
    skipped = frozenset(range(0, len(found), 2))
    left = [chunk.number for chunk in chunks(plan, size, skipped)]
    assert left == [n for n in range(len(found)) if n not in skipped]


def test_combinations_that_are_not_allowed_are_refused_row_by_row() -> None:
    table = run_plan(_plan("risk.min_position_scale=0.5,1.2", "risk.max_leverage=1,1.5"), _told)
    assert [bool(text) for text in table.refused] == [False, False, True, False]
    assert "min_position_scale must be at most max_leverage" in table.refused[2]
    assert np.isnan(table.runs.values[2]).all()
    assert np.isfinite(table.runs.values[[0, 1, 3]]).all()


def test_a_book_that_cannot_be_built_refuses_its_rows_only() -> None:
    def run(scenario: Scenario, risks: Sequence[RiskConfig]) -> SweepResult:
        if scenario.book.names_held == 30:
            raise HistoryError("too little history")
        return _told(scenario, risks)

    table: SweepTable = run_plan(_plan(*SMALL), run)
    refused = table.frame()["refused"]
    assert (refused == "too little history").sum() == 9
    assert (refused == "").sum() == 9


def test_fields_before_risk_that_refuse_each_other() -> None:
    plan = _plan("period.start=2020-01-01,2023-01-01", "period.end=2021-01-01,2024-01-01")
    table = run_plan(plan, _told)
    assert [bool(text) for text in table.refused] == [False, False, True, False]


@given(st.integers(1, 200), st.integers(0, 2**31), st.sampled_from(["random", "sobol"]))
def test_random_designs_stay_in_their_range_and_repeat(count: int, seed: int, design: str) -> None:
    texts = (f"{TARGETS}=0.1:0.3", "risk.vol_lookback_days=5:9", f"{STOPS}=0.1,off")
    plan = _plan(*texts, design=design, count=count, seed=seed)
    frame = plan.axis_frame()
    assert len(frame) == count
    assert frame[TARGETS].between(0.1, 0.3).all()
    assert frame["risk.vol_lookback_days"].isin(range(5, 10)).all()
    assert set(frame[STOPS].dropna()) <= {0.1}
    again = _plan(*texts, design=design, count=count, seed=seed)
    assert again.hash == plan.hash
    assert again.axis_frame().equals(frame)


def test_another_seed_is_another_sweep_and_sobol_fills_evenly() -> None:
    one = _plan(f"{TARGETS}=0.1:0.3", design="sobol", count=64, seed=1)
    two = _plan(f"{TARGETS}=0.1:0.3", design="sobol", count=64, seed=2)
    assert one.hash != two.hash
    # 64 points of the sequence fall once into each 64th of the range.
    places = ((one.axis_frame()[TARGETS] - 0.1) / 0.2 * 64).astype(int)
    assert sorted(places) == list(range(64))


def test_designs_that_cannot_be_laid_out() -> None:
    with pytest.raises(ConfigError, match="a grid needs a count"):
        _plan(f"{TARGETS}=0.1:0.3")
    with pytest.raises(ConfigError, match="a grid runs every combination"):
        _plan(f"{TARGETS}=0.1,0.3", count=3)
    for count in (None, 0):
        with pytest.raises(ConfigError, match="needs --n of at least 1"):
            _plan(f"{TARGETS}=0.1:0.3", design="random", count=count)


def test_more_runs_than_memory_says_how_many_fit() -> None:
    memory = 2.0**20
    fits = runs_that_fit(2, memory)
    assert 0 < fits < 10_000
    with pytest.raises(TooManyRunsError, match=f"{fits:,} runs do.*--n {fits}"):
        _plan(f"{STOPS}=0.1:0.2:100", f"{TARGETS}=0.1:0.2:100", memory=memory)
    assert len(_plan(f"{STOPS}=0.1:0.2:10", f"{TARGETS}=0.1:0.2:10", memory=memory)) == 100
    # The product is judged before anything is laid out.
    huge = [f"risk.{name}=0.1:0.2:2000" for name in ("position_stop_loss", "trailing_stop_pct")]
    with pytest.raises(TooManyRunsError):
        _plan(*huge, f"{TARGETS}=0.1:0.2:2000", memory=2.0**33)


def test_the_hash_follows_scenario_and_axes() -> None:
    plan = _plan(*SMALL)
    other = plan_sweep(with_values(Scenario(), {"risk.max_leverage": 1.5}), parse_axes(SMALL))
    assert len({plan.hash, other.hash, _plan(*SMALL[:2]).hash}) == 3
    assert _plan(*SMALL).hash == plan.hash


def test_cancelling_says_how_far_it_came() -> None:
    answers = iter([False, True])
    with pytest.raises(CancelledError, match="cancelled after 9 of 18 runs"):
        run_plan(_plan(*SMALL), _told, cancelled=lambda: next(answers))
