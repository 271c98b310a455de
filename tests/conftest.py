"""Fixtures that every test may use: a store with the demo market, the real data where it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from dashboard.charts.figure import CHECKED
from dashboard.views import figure
from tests.shared import REAL_MARKET, ROOT, copied, demo_store, real_store

# No test depends on how fast a machine is; the first example of a kernel compiles it.
settings.register_profile("plimsoll", deadline=None)
settings.load_profile("plimsoll")
# Plotly refuses every property that it does not know; the pages do not ask it.
CHECKED["properties"] = True


class FilesTogether(LoadScopeScheduling):
    """Give the tests of a file with module fixtures to one worker, all others one by one.

    What ``--dist loadgroup`` is here. xdist's own writes a test's group where pytest from 9.2 on
    does not read it, and without groups every worker makes such a fixture for itself.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if has_module_fixture(file) else nodeid


@cache
def has_module_fixture(file: str) -> bool:
    """Return whether a file of tests defines a fixture that is made once for all of them."""
    return 'scope="module"' in (ROOT / file).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether | None:
    """Schedule by file where module fixtures are."""
    return FilesTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let slow tests begin first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def main_module_stays() -> Iterator[None]:
    """Put ``__main__`` back: AppTest leaves its script there, and spawned processes run it."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(autouse=True)
def no_figure_is_known() -> None:
    """Forget drawn figures: fakes of one key may differ in names that no run's key depends on."""
    figure.forget()


@pytest.fixture(scope="session")
def shared_base(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all workers share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def shared_demo_home(shared_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the demo market that the tests of one worker share; read only."""
    return copied(demo_store(shared_base), tmp_path_factory.mktemp("demo") / "home")


@pytest.fixture
def demo_home(shared_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a demo store of this test's own, as PLIMSOLL_HOME; markets and signals are cached."""
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "home"))
    return copied(demo_store(shared_base), tmp_path / "home")


@pytest.fixture
def cold_home(shared_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a demo store as `demo_home` does, without anything that was computed from it."""
    monkeypatch.setenv("PLIMSOLL_HOME", str(tmp_path / "cold"))
    return copied(demo_store(shared_base), tmp_path / "cold", caches=False)


@pytest.fixture(scope="session")
def real_market() -> Path:
    """Return the folder of real market data, or skip where it is not beside the checkout."""
    if not (REAL_MARKET / "prices.parquet").is_file():
        pytest.skip("the real market data (shared/market beside the checkout) is not here")
    return REAL_MARKET


@pytest.fixture(scope="session")
def real_home(
    real_market: Path, shared_base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a store with the real market as ``us`` that the tests of one worker share."""
    assert real_market.is_dir()
    return copied(real_store(shared_base), tmp_path_factory.mktemp("real") / "home")
