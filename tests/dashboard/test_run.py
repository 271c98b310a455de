"""What a run says of itself."""

from __future__ import annotations

import dataclasses

import pytest

from core.presets import preset
from dashboard.run import Run
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, seed=3)


def test_runs_of_the_same_content_have_one_key() -> None:
    assert RUN.content_key == fake_run(sessions=120, seed=3).content_key


@pytest.mark.parametrize(
    "other",
    [
        fake_run(preset("No overlay"), sessions=120, seed=3),
        fake_run(sessions=120, seed=4),
        fake_run(sessions=119, seed=3),
        dataclasses.replace(RUN, market=dataclasses.replace(RUN.market, fingerprint="other")),
    ],
)
def test_another_setting_market_or_period_has_another_key(other: Run) -> None:
    assert other.content_key != RUN.content_key
