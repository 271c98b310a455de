"""Fixtures that every test may use: a store with the demo market, the real data where it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from dashboard.charts.figure import CHECKED
from dashboard.home import ensure_demo

ROOT = Path(__file__).resolve().parents[1]
# No test depends on how fast a machine is; the first example of a kernel compiles it.
settings.register_profile("plimsoll", deadline=None)
settings.load_profile("plimsoll")

REAL_MARKET = ROOT.parent / "shared" / "market"


@pytest.fixture(autouse=True)
def figures_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Plotly refuse every property that it does not know; the pages do not ask it."""
    monkeypatch.setitem(CHECKED, "properties", True)


@pytest.fixture(autouse=True)
def main_module_stays() -> Iterator[None]:
    """Put ``__main__`` back: AppTest leaves its script there, and spawned processes run it."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(scope="session")
def shared_demo_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a store that holds the demo market, made once for all workers; read only."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo-home"
    with FileLock(f"{folder}.lock"):
        ensure_demo(folder)
    return folder


@pytest.fixture
def demo_home(shared_demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the demo store of this test's own, as PLIMSOLL_HOME."""
    home = tmp_path / "home"
    # Only the store: other workers may be writing caches beside it.
    shutil.copytree(shared_demo_home / "store", home / "store")
    monkeypatch.setenv("PLIMSOLL_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def real_market() -> Path:
    """Return the folder of real market data, or skip where it is not beside the checkout."""
    if not (REAL_MARKET / "prices.parquet").is_file():
        pytest.skip("the real market data (shared/market beside the checkout) is not here")
    return REAL_MARKET
