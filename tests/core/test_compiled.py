"""A numba cache must not survive an edit of a compiled helper in another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
import pytest

from core.compiled import compiled, compiled_inner, compiled_part

ROOT = Path(__file__).resolve().parents[2]


def _answer(project: Path, home: Path) -> float:
    environment = os.environ | {"PLIMSOLL_HOME": str(home), "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, str(project / "ask.py")],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return float(done.stdout)


def test_an_edited_rule_is_seen_by_the_next_process(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "core", project / "core", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "asking.py").write_text(
        "from core.compiled import compiled\n"
        "from core.risk.drawdown import drawdown_scale\n\n\n"
        "@compiled\n"
        "def ask(dd: float) -> float:\n"
        "    return drawdown_scale(dd, 0.30)\n"
    )
    (project / "ask.py").write_text("import asking\nprint(asking.ask(-0.15))\n")
    home = tmp_path / "home"
    assert _answer(project, home) == 0.25
    assert list((home / "compiled").rglob("*.nbi")), "the compiled code should have been cached"
    rule = project / "core" / "risk" / "drawdown.py"
    text = rule.read_text()
    assert "return room * room" in text
    rule.write_text(text.replace("return room * room", "return room"))
    assert _answer(project, home) == 0.5


@compiled_part
def _halves(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values / 2.0


@compiled_inner
def _first(values: npt.NDArray[np.float64]) -> float:
    """Return the first value."""
    value: float = values[0]
    return value


@compiled
def _first_half(values: npt.NDArray[np.float64]) -> float:
    return _first(_halves(values))


def test_parts_are_called_from_compiled_code_and_from_python() -> None:
    values = np.array([3.0, 5.0])
    assert _first_half(values) == 1.5
    assert _halves(values).tolist() == [1.5, 2.5]
    assert _first(values) == 3.0
    assert (_first.__name__, _first.__doc__) == ("_first", "Return the first value.")


def test_a_part_refuses_what_it_cannot_be_compiled_for() -> None:
    with pytest.raises(numba.TypingError):
        _first(1.0)  # type: ignore[arg-type]
