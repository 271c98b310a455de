"""What a terminal is told while something takes long, and what a file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.compiled import _DIRECTORY, code_fingerprint
from core.config import Scenario
from core.scenario import with_values
from core.simulation import warm_up
from dashboard.pipeline import Pipeline
from dashboard.progress import COMPILING, MAKING_DEMO, engine_words, terminal_progress
from data.errors import UnknownSourceError


def test_a_file_is_told_what_takes_long_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal_progress() as progress:
        for text in (MAKING_DEMO, COMPILING, "Reading prices", "Done"):
            progress(text, 0.5)
    caught = capsys.readouterr()
    assert caught.err == f"{MAKING_DEMO}\n{COMPILING}\n"
    assert caught.out == ""


def test_compiling_is_said_only_where_nothing_was_compiled(tmp_path: Path) -> None:
    assert engine_words(tmp_path) == COMPILING
    folder = tmp_path / "compiled" / code_fingerprint() / "simulation_0"
    folder.mkdir(parents=True)  # numba makes it when the engine is imported
    (folder / "kernel.run_once-1.py311.1.nbc").touch()  # from a start that was broken off
    assert engine_words(tmp_path) == COMPILING
    (folder / "event_driven.run_event_driven-37.py311.nbi").touch()
    assert "Loading" in engine_words(tmp_path)


def test_the_engine_that_was_compiled_is_found() -> None:
    warm_up()
    assert _DIRECTORY is not None
    assert "Loading" in engine_words(Path(_DIRECTORY).parent.parent)


def test_a_market_that_is_not_there_is_named_before_compiling(tmp_path: Path) -> None:
    said: list[str] = []
    scenario = with_values(Scenario(), {"universe.source": "nowhere"})
    with pytest.raises(UnknownSourceError, match="nowhere"):
        Pipeline(tmp_path).run(scenario, lambda text, _share: said.append(text))
    assert said == []
