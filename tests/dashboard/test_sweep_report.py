from __future__ import annotations

from core.metrics import Metrics
from core.surface import DIRECTIONS
from dashboard.report.faces import FACES


def test_directions_of_the_engine_are_those_that_people_read() -> None:
    faces = {name: face.direction for name, face in FACES.items()}
    assert set(DIRECTIONS) == set(Metrics.__dataclass_fields__)
    assert {n: d for n, d in DIRECTIONS.items() if d} == {n: faces[n] for n in faces if faces[n]}
