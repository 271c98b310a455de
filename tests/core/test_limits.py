from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.limits import CapBreaches, cap_breaches

NAMES = ["AAA", "BBB", "CCC", "DDD"]
SECTORS = ["Energy", "Tech", "Energy", "Other"]

HELD = st.integers(1, 30).flatmap(
    lambda sessions: arrays(np.float64, (sessions, 4), elements=st.floats(0.0, 0.5))
)
CAPS = st.none() | st.floats(0.01, 1.0)


def plainly(
    weights: np.ndarray, position_cap: float | None, sector_cap: float | None
) -> list[tuple[str, str, int, int, float, float]]:
    """Spells found session by session."""
    columns = []
    if sector_cap is not None:
        for sector in sorted(set(SECTORS)):
            members = [i for i, other in enumerate(SECTORS) if other == sector]
            columns.append(("sector", sector, weights[:, members].sum(axis=1), sector_cap))
    if position_cap is not None:
        columns += [("position", name, weights[:, i], position_cap) for i, name in enumerate(NAMES)]
    found = []
    for kind, name, held, cap in columns:
        start = None
        for t, weight in enumerate([*held, 0.0]):
            if weight > cap + 1e-9:
                start = t if start is None else start
            elif start is not None:
                found.append((kind, name, start, t - 1, max(held[start:t]), cap))
                start = None
    return found


def rows(found: CapBreaches) -> list[tuple[str, str, int, int, float, float]]:
    return list(
        zip(
            found.kind,
            found.name,
            found.first_session.tolist(),
            found.last_session.tolist(),
            found.peak_weight.tolist(),
            found.cap.tolist(),
            strict=True,
        )
    )


def breaches(weights: np.ndarray, position: float | None, sector: float | None) -> CapBreaches:
    return cap_breaches(weights, NAMES, SECTORS, position_cap=position, sector_cap=sector)


@given(HELD, CAPS, CAPS)
def test_every_spell_is_found_once(
    weights: np.ndarray, position: float | None, sector: float | None
) -> None:
    before = weights.copy()
    expected = plainly(weights, position, sector)
    found = rows(breaches(weights, position, sector))
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert one[4:] == pytest.approx(other[4:], abs=1e-15)
    np.testing.assert_array_equal(weights, before)


@given(HELD, st.floats(0.01, 1.0), st.integers(1, 29))
def test_what_is_known_by_a_session_does_not_depend_on_later_ones(
    weights: np.ndarray, cap: float, cut: int
) -> None:
    whole = [row for row in rows(breaches(weights, cap, cap)) if row[2] < cut]
    past = rows(breaches(weights[:cut], cap, cap))
    assert [row[:3] for row in past] == [row[:3] for row in whole]
    closed = [row for row in whole if row[3] < min(cut, len(weights)) - 1]
    assert set(closed) <= set(past)


def test_spells_of_neighbouring_columns_stay_apart() -> None:
    # AAA ends above its cap, BBB starts above it: laid end to end they touch.
    weights = np.array([[0.1, 0.4, 0.0, 0.0], [0.3, 0.1, 0.0, 0.0], [0.5, 0.1, 0.0, 0.0]])
    assert rows(breaches(weights, 0.25, None)) == [
        ("position", "AAA", 1, 2, 0.5, 0.25),
        ("position", "BBB", 0, 0, 0.4, 0.25),
    ]


def test_the_rounding_of_a_sum_is_no_breach() -> None:
    weights = np.full((3, 4), 0.25)
    weights[1] += 5e-10
    assert len(breaches(weights, 0.25, 0.5)) == 0
    tight = cap_breaches(
        weights, NAMES, SECTORS, position_cap=0.25, sector_cap=None, tolerance=1e-10
    )
    assert tight.first_session.tolist() == [1, 1, 1, 1]


def test_without_caps_or_sessions_there_is_nothing() -> None:
    assert len(breaches(np.full((3, 4), 0.5), None, None)) == 0
    assert len(breaches(np.zeros((0, 4)), 0.1, 0.1)) == 0
    frame = breaches(np.zeros((2, 4)), 0.1, 0.1).frame(np.array(["2024-01-02"], "datetime64[D]"))
    assert frame.empty
    assert frame["name"].dtype == "str"


def test_the_frame_has_dates_for_people() -> None:
    weights = np.array([[0.2, 0.1, 0.2, 0.0], [0.3, 0.1, 0.2, 0.0], [0.1, 0.1, 0.1, 0.0]])
    dates = np.array(["2024-01-30", "2024-01-31", "2024-02-01"], dtype="datetime64[D]")
    frame = breaches(weights, None, 0.35).frame(dates)
    assert frame.astype({"first_date": "str", "last_date": "str"}).to_dict("records") == [
        {
            "kind": "sector",
            "name": "Energy",
            "first_date": "2024-01-30",
            "last_date": "2024-01-31",
            "peak_weight": 0.5,
            "cap": 0.35,
        }
    ]
