from __future__ import annotations

from pathlib import Path

from data.fetched import FetchedStore
from data.reconcile_stored import reconcile_stored
from tests.data.acquire_cases import world

NAMES = ("N000", "N001", "DIVI", "SPLF")


def test_both_providers_over_one_store(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.fetch((*NAMES, "HALT"), provider="polygon", filings=False)
        one.market.revised["N000", one.market.sessions()[-5]] = 1.05  # Yahoo says otherwise
        one.fetch((*NAMES, "KMPpL"), provider="yahoo", filings=False)
        found = reconcile_stored(tmp_path)
        assert [item.ticker for item in found.compared] == sorted(NAMES)
        assert found.only_left == ("HALT",)
        assert found.only_right == ("KMPpL",)
        by_name = {item.ticker: item for item in found.compared}
        assert by_name["N000"].counts() == {"close": 1}
        assert by_name["SPLF"].counts() == {}  # two bases, one truth
        assert by_name["DIVI"].counts() == {}
        assert reconcile_stored(tmp_path, tickers=["DIVI"]).compared[0].ticker == "DIVI"


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        for provider in ("polygon", "yahoo"):
            one.fetch(("N000", "N001"), provider=provider, filings=False)
        store = FetchedStore(tmp_path)
        store.path("splits", "yahoo", "N000").unlink()
        path = store.path("bars", "polygon", "N001")
        path.write_bytes(path.read_bytes()[:-40] + b"\0" * 40)
        found = reconcile_stored(tmp_path)
        assert found.compared == ()
        assert "splits from yahoo are not stored" in found.faults[0]


def test_nothing_fetched(tmp_path: Path) -> None:
    found = reconcile_stored(tmp_path)
    assert (found.compared, found.only_left, found.only_right) == ((), (), ())
