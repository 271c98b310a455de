"""The parts: what holds exposure, sector stacks with their caps, ribbons, the scale curve."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts.alt import scale_curve_alt
from dashboard.charts.base import Slot
from dashboard.charts.exposure import BINDING, binding_rule, spells
from dashboard.charts.ribbon import runs_of
from dashboard.charts.scale_curve import floor_binds_at
from dashboard.charts.sectors import sectors_panel, stack_order
from dashboard.theme import DARK, LIGHT

SLOT = Slot("y5", 0.0, 1.0, 140)


def scales(rows: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dd_scale", "vol_scale", "leverage", "wanted"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((1.0, 1.0, 1.0, 1.0), "full"),
        ((1.0, 1.7, 1.0, 1.0), "full"),
        ((0.8, 1.0, 1.0, 0.8), "drawdown"),
        ((0.9, 0.8, 1.0, 0.72), "volatility"),
        ((0.9, 0.95, 0.8, 0.684), "leverage"),
        ((0.3, 1.0, 1.0, 0.6), "floor"),
        ((0.3, 1.0, 1.0, float("nan")), "breaker"),
    ],
)
def test_what_holds_exposure(row: tuple[float, float, float, float], expected: str) -> None:
    assert binding_rule(scales([row]), 0.6, 1.0).tolist() == [expected]


@given(
    st.lists(
        st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 3.0), st.floats(0.5, 1.5)),
        min_size=1,
        max_size=20,
    ),
    st.floats(0.0, 1.0),
    st.floats(1.0, 2.0),
)
def test_the_name_agrees_with_the_exposure_it_explains(
    rows: list[tuple[float, float, float]], floor: float, limit: float
) -> None:
    wanted = [float(np.clip(d * v * lev, floor, limit)) for d, v, lev in rows]
    frame = scales([(*row, e) for row, e in zip(rows, wanted, strict=True)])
    for name, exposure in zip(binding_rule(frame, floor, limit), wanted, strict=True):
        assert name in BINDING
        if name == "full":
            assert exposure == pytest.approx(limit, abs=1e-8)
        elif name == "floor":
            assert exposure == floor
        else:
            assert floor - 1e-8 <= exposure <= limit + 1e-8


@given(st.lists(st.booleans(), max_size=40))
def test_spells_are_exactly_the_flagged_dates(flags: list[bool]) -> None:
    index = pd.bdate_range("2021-01-01", periods=len(flags))
    series = pd.Series(flags, index=index, dtype=bool)
    covered = pd.Series(False, index=index)
    for first, last in spells(series):
        assert not covered.loc[first:last].any()
        covered.loc[first:last] = True
    assert covered.equals(series)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=40))
def test_runs_rebuild_the_labels(labels: list[str]) -> None:
    runs = runs_of(pd.Series(labels, dtype="str"))
    assert [name for name, begin, end in runs for _ in range(end - begin)] == labels
    assert all(a[0] != b[0] for a, b in itertools.pairwise(runs))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 0.9), st.integers(2, 60))
def test_the_stack_adds_up_and_what_is_above_the_cap_is_hatched(
    seed: int, cap: float, sessions: int
) -> None:
    index = pd.bdate_range("2021-01-01", periods=sessions).as_unit("s")
    weights = np.random.default_rng(seed).dirichlet([1.0, 2.0, 3.0], sessions)
    frame = pd.DataFrame(weights, index=index, columns=["Energy", "Utilities", "Financials"])
    panel = sectors_panel(frame, SLOT, LIGHT, cap=cap)
    bands = [trace for trace in panel.traces if trace.get("stackgroup")]
    for name in frame.columns:
        mine = [trace for trace in bands if trace["name"] == name]
        np.testing.assert_allclose(sum(t["y"] for t in mine), frame[name], atol=1e-6)
        hatched = [trace for trace in mine if "fillpattern" in trace]
        plain = [trace for trace in mine if "fillpattern" not in trace]
        assert plain[0]["y"].max() <= cap + 1e-6
        assert bool(hatched) == bool(frame[name].max() > cap + 1e-6)
        assert {trace["fillcolor"] for trace in mine} == {LIGHT.sector(name)}
    excess = sum(t["y"] for t in bands if "fillpattern" in t)
    above = (frame - cap).clip(lower=0.0).sum(axis=1)
    np.testing.assert_allclose(excess, above, atol=1e-5)


def test_without_a_cap_nothing_is_hatched_and_no_line_is_drawn() -> None:
    index = pd.bdate_range("2021-01-01", periods=3).as_unit("s")
    frame = pd.DataFrame({"Energy": [0.9, 0.8, 0.7]}, index=index)
    panel = sectors_panel(frame, SLOT, DARK, cap=None)
    assert not panel.shapes
    assert not [t for t in panel.traces if "fillpattern" in t]


def test_the_largest_sector_stands_at_the_bottom_beside_the_cap_line() -> None:
    index = pd.bdate_range("2021-01-01", periods=2).as_unit("s")
    frame = pd.DataFrame(
        {"Energy": [0.1, 0.1], "Information Technology": [0.5, 0.4], "Utilities": [0.0, 0.0]},
        index=index,
    )
    assert stack_order(frame) == ["Information Technology", "Energy"]
    panel = sectors_panel(frame, SLOT, LIGHT, cap=0.25)
    assert [shape["y0"] for shape in panel.shapes] == [0.25]
    assert "against Info. Tech." in panel.annotations[0]["text"]


def test_a_long_stack_is_thinned_but_ends_where_the_period_ends() -> None:
    index = pd.bdate_range("2015-01-01", periods=1900).as_unit("s")
    frame = pd.DataFrame({"Energy": np.linspace(0.1, 0.9, 1900)}, index=index)
    (band,) = [t for t in sectors_panel(frame, SLOT, LIGHT, cap=None).traces if "stackgroup" in t]
    assert len(band["y"]) <= 402
    assert band["y"][-1] == pytest.approx(0.9)


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_the_floor_binds_exactly_where_the_scale_meets_it(maximum: float, floor: float) -> None:
    at = floor_binds_at(maximum, floor)
    assert -maximum - 1e-12 <= at <= 0.0
    assert (1.0 + at / maximum) ** 2 == pytest.approx(floor, abs=1e-9)


def test_the_floor_of_phase_8_binds_from_6_8_percent() -> None:
    assert floor_binds_at(0.30, 0.60) == pytest.approx(-0.0676, abs=5e-5)
    assert floor_binds_at(0.30, 1.5) == 0.0


def test_the_alternative_text_of_the_curve() -> None:
    text = scale_curve_alt(0.30, 0.60, -0.21)
    assert "−30" in text
    assert "−6.8" in text
    assert "−21.0" in text
    assert "floor" not in scale_curve_alt(0.30, 0.0)
