from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.factors.topology_diagrams import diagrams_of
from core.scenario import preset, with_values
from dashboard import diagrams as module
from dashboard.diagrams import DiagramCache, mute
from dashboard.pipeline import Pipeline


def some_windows(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.02, (70, 25))


def test_diagrams_are_computed_once_and_read_back_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []

    def counted(*arguments: object, **options: object) -> object:
        computed.append(1)
        return diagrams_of(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "diagrams_of", counted)
    told: list[tuple[str, float]] = []
    diagrams = DiagramCache(tmp_path).telling(lambda text, share: told.append((text, share)))
    first = diagrams(some_windows(), 3, 1)
    again = DiagramCache(tmp_path).telling(mute)(some_windows(), 3, 1)
    assert len(computed) == 1
    assert np.array_equal(first.loops, again.loops)
    assert np.array_equal(first.components, again.components)
    assert told[-1] == ("Finding the shape of returns, 70 of 70 windows", 0.8)
    diagrams(some_windows(1), 3, 1)
    diagrams(some_windows(), 2, 1)
    assert len(computed) == 3


def test_a_run_with_topology_keeps_its_diagrams_for_other_settings(demo_home: Path) -> None:
    pipeline = Pipeline(demo_home)
    fields = {"factors.topology.enabled": True, "universe.size": 40}
    run = pipeline.run(with_values(preset("Phase 8"), fields))
    assert run.signals is not None
    assert run.signals.panel.factors == ("momentum", "topology", "value", "quality")
    assert not any("without topology" in note for note in run.notes)
    kept = list((demo_home / "topology").glob("*.npz"))
    assert len(kept) == 1
    other = fields | {"factors.topology.statistic": "entropy", "factors.topology.normalised": True}
    changed = pipeline.run(with_values(preset("Phase 8"), other))
    assert changed.signals is not None
    assert not np.array_equal(changed.signals.panel.values, run.signals.panel.values)
    assert list((demo_home / "topology").glob("*.npz")) == kept
