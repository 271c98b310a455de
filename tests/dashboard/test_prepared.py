"""What stands between signals and simulation, for a book of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.ledger import EventKind
from core.scenario import with_values
from dashboard.prepared import prepare
from tests.markets import SHORT, make_market


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, set()),
        ({"regimes.stop_scale.volatile": 1.5}, {EventKind.SHORT_HISTORY, EventKind.NO_VIX}),
        ({"regimes.leverage.volatile": 0.8}, {EventKind.SHORT_HISTORY, EventKind.NO_VIX}),
    ],
)
def test_an_own_book_misses_only_what_labels_decide(
    changes: dict[str, Any], told: set[EventKind]
) -> None:
    market = make_market(gaps=0.0, vix=False)
    own = pd.DataFrame({"date": market.sessions[[10, 40]], "ticker": "T01", "weight": 0.5})
    scenario = with_values(SHORT, {"book.own_book": "mine", "regimes.vix_override": True} | changes)
    made = prepare(market, None, own, scenario, (5, 199))
    assert {one.kind for one in made.book.fallbacks} == told
    assert [one.session for one in made.book.fallbacks] == sorted(
        one.session for one in made.book.fallbacks
    )
    assert np.array_equal(made.book.target.sum(axis=1), [0.5, 0.5])
