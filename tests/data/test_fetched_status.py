from __future__ import annotations

from pathlib import Path

from data.fetched import FetchedStore
from data.fetched_status import fetched_status
from tests.data.acquire_cases import world
from tests.loopback.market import FIRST, LAST


def test_nothing_was_fetched(tmp_path: Path) -> None:
    found = fetched_status(tmp_path)
    assert (found.providers, found.requests, found.refetch) == ((), (), ())


def test_series_requests_and_what_must_come_again(tmp_path: Path) -> None:
    with world(tmp_path) as one:
        one.fetch(("N000", "N001", "NONE"), provider="polygon", name="mine")
    found = fetched_status(tmp_path)
    (polygon,) = found.providers
    assert (polygon.provider, polygon.names, polygon.empty) == ("polygon", 2, 1)
    assert polygon.rows == 2 * 1004
    assert (polygon.first_asked, polygon.last_asked) == (FIRST, LAST)
    assert [request.name for request in found.requests] == ["mine"]
    store = FetchedStore(tmp_path)
    store.path("bars", "polygon", "N000").write_bytes(b"no parquet")
    store.check()
    found = fetched_status(tmp_path)
    assert found.refetch == (("bars", "polygon", "N000"),)
    (tmp_path / "fetched" / "requests" / "mine.json").write_text("{")
    assert fetched_status(tmp_path).requests == ()
