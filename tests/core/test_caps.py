from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.caps import ROUNDING, capped_weights

ONE_SECTOR = np.zeros(6, dtype=np.int64)
FRACTIONS = st.floats(0.01, 1.0)


def weights(
    ranking: list[int],
    sector: list[int] | np.ndarray = ONE_SECTOR,
    held: int = 4,
    position: float | None = None,
    by_sector: float | None = None,
) -> list[float]:
    found = capped_weights(np.array(ranking), np.array(sector), held, position, by_sector)
    return found.tolist()


def test_the_best_names_share_equally() -> None:
    assert weights([5, 0, 2, 4, 1, 3]) == [0.25, 0.0, 0.25, 0.0, 0.25, 0.25]


def test_names_of_a_full_sector_are_passed_over() -> None:
    # Sectors 0 0 0 1 1 2, at most half in one: 0 and 1 fill sector 0, 2 is passed over.
    assert weights([0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 2], by_sector=0.5) == [
        0.25, 0.25, 0.0, 0.25, 0.25, 0.0,
    ]  # fmt: skip


def test_25_percent_of_50_names_are_12_of_a_sector() -> None:
    sector = np.repeat(np.arange(5), 20)
    found = capped_weights(np.arange(100), sector, 50, None, 0.25)
    held = np.bincount(sector, weights=found)
    # 12 names of 2 % in each of the first four sectors, the other two in the fifth.
    assert held == pytest.approx([0.24, 0.24, 0.24, 0.24, 0.04])
    assert (found > 0).sum() == 50


def test_too_few_names_get_more_up_to_the_position_cap() -> None:
    assert weights([1, 3]) == [0.0, 0.5, 0.0, 0.5, 0.0, 0.0]
    assert weights([1, 3], position=0.3) == [0.0, 0.3, 0.0, 0.3, 0.0, 0.0]


def test_too_few_names_get_more_up_to_the_sector_cap() -> None:
    # 1/4 each for 0, 1 (sector 0 is full at 0.5) and 3, 5; nothing is left over.
    assert weights([0, 1, 2, 3, 5], [0, 0, 0, 1, 1, 2], by_sector=0.5) == [
        0.25, 0.25, 0.0, 0.25, 0.0, 0.25,
    ]  # fmt: skip
    # Without 5: sector 1 is raised to 0.5; nothing else has room.
    assert weights([0, 1, 2, 3], [0, 0, 0, 1, 1, 2], by_sector=0.5) == pytest.approx(
        [0.25, 0.25, 0.0, 0.5, 0.0, 0.0]
    )


def test_what_no_cap_allows_stays_in_cash() -> None:
    assert weights([0, 1, 2], by_sector=0.3) == pytest.approx([0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert weights([], by_sector=0.3) == [0.0] * 6


def test_a_cap_below_an_equal_weight_is_the_weight() -> None:
    assert weights([0, 1, 2, 3], position=0.05) == pytest.approx([0.05] * 4 + [0.0] * 2)
    # A sector's cap below an equal weight leaves room for one name of it.
    assert weights([0, 1, 3], [0, 0, 0, 1, 1, 2], by_sector=0.1) == pytest.approx(
        [0.1, 0.0, 0.0, 0.1, 0.0, 0.0]
    )


@given(st.data(), st.integers(1, 60), st.none() | FRACTIONS, st.none() | FRACTIONS)
def test_caps_hold_in_every_book(
    data: st.DataObject, held: int, position: float | None, by_sector: float | None
) -> None:
    names = data.draw(st.integers(1, 80))
    sectors = data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    sector = rng.integers(0, sectors, names)
    ranking = rng.permutation(names)[: data.draw(st.integers(0, names))]
    found = capped_weights(ranking, sector, held, position, by_sector)
    by = np.bincount(sector, weights=found)
    assert (found >= 0.0).all()
    assert found.sum() <= 1.0 + ROUNDING
    assert found.max(initial=0.0) <= (position or 1.0) + ROUNDING
    assert by.max(initial=0.0) <= (by_sector or 1.0) + ROUNDING
    assert (found > 0.0).sum() <= held
    assert set(np.flatnonzero(found)) <= set(ranking.tolist())
    if found.sum() < 1.0 - 1e-9 and len(ranking):
        # Money is left only where nothing that is held has room.
        room = (found < (position or 1.0) - 1e-9) & (by < (by_sector or 1.0) - 1e-9)[sector]
        assert not (room & (found > 0.0)).any()


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_without_caps_the_best_are_held_and_money_is_spent(seed: int, held: int) -> None:
    rng = np.random.default_rng(seed)
    ranking = rng.permutation(30)
    found = capped_weights(ranking, rng.integers(0, 4, 30), held, None, None)
    assert set(np.flatnonzero(found)) == set(ranking[:held].tolist())
    assert found.sum() == pytest.approx(1.0)
