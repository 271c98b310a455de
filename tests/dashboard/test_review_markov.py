from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dashboard.review_markov as review
from core.config import Scenario
from core.errors import CancelledError
from core.factors.names import REGIMES
from core.regime_markov import Filtered
from core.scenario import with_values
from dashboard.review_markov import detectors_frame, second_detector, second_work
from dashboard.run import Run
from dashboard.studies import Pace
from dashboard.views.regimes_markov import second_words
from tests.dashboard.fakes import fake_run

PACE = Pace(lambda: False, lambda _share: None)


@pytest.fixture(scope="module")
def run() -> Run:
    return fake_run(with_values(Scenario(), {"regimes.trend_threshold": 0.03}))


def made(run: Run, *, risky: float = 0.9) -> Filtered:
    sessions = len(run.market.sessions)
    probability = np.tile([1.0 - risky, risky], (sessions, 1))
    variance = np.array([[0.25, 4.0], [0.25, 4.0]])
    return Filtered(probability, np.array([100, 200]), np.array([True, False]), variance, ("A.",))


def test_both_detectors_side_by_side(run: Run) -> None:
    found = second_detector(run, made(run))
    told = found.markov.labels != REGIMES.index("default")
    assert (found.markov.labels[told] == REGIMES.index("volatile")).all()
    assert found.agreement == pytest.approx((found.rules.labels == found.markov.labels).mean())
    # 0.5 and 2 percent a day.
    assert found.volatility == pytest.approx((0.005 * 252**0.5, 0.02 * 252**0.5))
    words = second_words(found)
    assert "2 fits, 1 did not converge and changed nothing. A." in words
    table = detectors_frame(found)
    assert table["markov_decisions"].sum() == table["rules_decisions"].sum() == 15
    calm = second_detector(run, made(run, risky=0.1))
    assert not (calm.markov.labels == REGIMES.index("volatile")).any()


def test_probabilities_are_computed_once(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*_: object, **__: object) -> Filtered:
        calls.append(1)
        return made(run)

    monkeypatch.setattr(review, "filtered", counted)
    one = second_work(run, tmp_path)(PACE)
    two = second_work(run, tmp_path)(PACE)
    assert len(calls) == 1
    np.testing.assert_array_equal(one.filtered.probability, two.filtered.probability)
    assert two.filtered.notes == ("A.",)


def test_the_study_can_be_cancelled(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        second_work(run, tmp_path)(Pace(lambda: True, lambda _share: None))
