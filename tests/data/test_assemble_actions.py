"""The health check of a fetched market sees the splits and dividends that it was made with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from data.assemble_actions import fetched_actions
from data.catalog import Catalog
from data.fetched import FetchedStore
from data.health import HealthReport, check_market
from tests.data.acquire_cases import World, world
from tests.loopback.market import Dividend, Split


def _market(one: World) -> None:
    # N002: amounts of before its split were told on the basis of after it, from 2024-03 on.
    market = one.market
    market.splits += [
        Split("N002", dt.date(2024, 9, 3), 1, 4),
        Split("N003", dt.date(2024, 5, 6), 1000, 1281),
    ]
    for year in (2023, 2024, 2025):
        for month in (3, 6, 12):
            day = dt.date(year, month, 11)
            wrong = day >= dt.date(2024, 3, 1) and day < dt.date(2024, 9, 3)
            after = day >= dt.date(2024, 9, 3)
            market.dividends.append(Dividend("N002", day, 0.1 if wrong or after else 0.4))


def _kinds(report: HealthReport, kind: str) -> set[str]:
    return {found.ticker for found in report.findings if found.kind == kind}


@pytest.mark.parametrize("key", [True, False])
def test_a_fetched_market_is_checked_beside_its_actions(tmp_path: Path, key: bool) -> None:
    with world(tmp_path, key=key) as one:
        _market(one)
        report = one.fetch(("N000", "N001", "N002", "N003", "DIVI", "SPLF"), filings=False)
    assert report.snapshot is not None
    catalog = Catalog(tmp_path)
    health = check_market(catalog, "live")
    assert health.not_looked_for == ()
    assert _kinds(health, "false_dividend") == {"N002"}
    assert _kinds(health, "odd_split") == {"N003"}
    assert health.grades["N002"] == "D"
    actions = fetched_actions(FetchedStore(tmp_path), report.snapshot)
    assert actions is not None
    paid = actions[(actions["ticker"] == "N002") & (actions["dividend"] > 0)]
    days = paid["date"] < np.datetime64("2024-03-01")
    assert paid["dividend"][days].to_numpy() == pytest.approx(0.1)  # 0.4 before a split of four
    assert paid["dividend"][~days & (paid["date"] < np.datetime64("2024-09-03"))].to_numpy() == (
        pytest.approx(0.025)
    )
    splits = actions[actions["split"] > 0].set_index("ticker")["split"]
    assert splits.to_dict() == pytest.approx({"N001": 0.1, "N002": 4.0, "N003": 1.281, "SPLF": 5.0})
    again = check_market(catalog, "live")
    assert again.findings == health.findings
    made = next((tmp_path / "fetched" / "v1" / "adjusted" / "live").glob("actions-*.parquet"))
    made.write_bytes(made.read_bytes()[:-40])
    assert "no table of actions" in check_market(catalog, "live").not_looked_for[0]
