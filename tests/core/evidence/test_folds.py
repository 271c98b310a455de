"""Folds: they cover, they do not overlap, and nothing trains on what it is judged on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError, HistoryError
from core.evidence.folds import Fold, lay_out

MONTHS = np.arange(5, 200, 21)  # ten rebalances


def test_rolling_and_anchored_by_hand() -> None:
    rolling = lay_out(MONTHS, 210, train=3, test=3, purge=1)
    assert rolling == (Fold(5, 66, 68, 130), Fold(68, 129, 131, 193), Fold(131, 192, 194, 209))
    anchored = lay_out(MONTHS, 210, train=3, test=3, anchored=True)
    assert [fold.train_first for fold in anchored] == [5, 5, 5]
    assert [fold.train_last for fold in anchored] == [67, 130, 193]


@given(
    count=st.integers(2, 40),
    step=st.integers(5, 25),
    train=st.integers(1, 20),
    test=st.integers(1, 6),
    purge=st.integers(0, 3),
    anchored=st.booleans(),
)
def test_they_cover_and_the_purge_holds(
    count: int, step: int, train: int, test: int, purge: int, anchored: bool
) -> None:
    rebalance, sessions = 3 + step * np.arange(count), 3 + step * count
    if count <= train:
        with pytest.raises(HistoryError, match="at least"):
            lay_out(rebalance, sessions, train=train, test=test)
        return
    folds = lay_out(rebalance, sessions, train=train, test=test, purge=purge, anchored=anchored)
    judged = [s for fold in folds for s in range(fold.test_first, fold.test_last + 1)]
    assert judged == list(range(rebalance[train], sessions))
    for fold in folds:
        assert fold.test_first - fold.train_last == purge + 1
        assert fold.test_first in rebalance
        assert fold.train_first == rebalance[0] if anchored else fold.train_first in rebalance
        if not anchored:
            decided = (rebalance >= fold.train_first) & (rebalance < fold.test_first)
            assert decided.sum() == train


def test_what_cannot_be_laid_out_is_refused() -> None:
    with pytest.raises(HistoryError, match="at least 11 of them, had 10"):
        lay_out(MONTHS, 210, train=10)
    with pytest.raises(HistoryError, match="smaller --purge"):
        lay_out(MONTHS, 210, train=1, purge=20)
    for option in ({"train": 0}, {"train": 2, "test": 0}, {"train": 2, "purge": -1}):
        with pytest.raises(ConfigError, match="must be a whole number of at least"):
            lay_out(MONTHS, 210, **option)
