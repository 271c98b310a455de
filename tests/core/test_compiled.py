"""A numba cache must not survive an edit of a compiled helper in another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
