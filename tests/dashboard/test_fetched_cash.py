"""Cash of a fetched market earns the bill of the day before, whoever told it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.assemble import assemble_market
from data.catalog import Catalog
from tests.data.acquire_cases import world


@pytest.mark.parametrize(("key", "series"), [(True, "DGS3MO"), (False, "BILL13W")])
def test_a_session_earns_what_was_quoted_before_it(tmp_path: Path, key: bool, series: str) -> None:
    with world(tmp_path, key=key) as one:
        snapshot = one.fetch(("N000",), filings=False).snapshot
        assert snapshot is not None
        catalog = Catalog(one.home)
        market = assemble_market(catalog, snapshot)
        quoted = catalog.rate_series("live", series)
        assert quoted is not None
    days, pct = quoted
    assert days.tolist() == market.sessions.tolist()
    assert market.cash_rate[0] == 0.0  # nothing was quoted before the first of the little market
    np.testing.assert_allclose(market.cash_rate[1:], pct[:-1] / 100 / 252, rtol=1e-12)
    assert any("not known on 1 of" in note for note in market.notes)
