from __future__ import annotations

from pathlib import Path

from dashboard.sweep_memory import available_memory


def test_linux_says_it_in_kibibytes(tmp_path: Path) -> None:
    table = tmp_path / "meminfo"
    table.write_text("MemTotal:  100 kB\nMemAvailable:   2048 kB\n")
    assert available_memory(table) == 2048 * 1024


def test_elsewhere_something_sensible_comes(tmp_path: Path) -> None:
    table = tmp_path / "meminfo"
    assert available_memory(table) >= 2**28
    table.write_text("MemAvailable: many kB\n")
    assert available_memory(table) >= 2**28
