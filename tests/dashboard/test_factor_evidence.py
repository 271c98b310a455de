"""The figures in docs/factors.md are those that the code gives on the real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.factors.evaluation_statistics import mean_test
from dashboard.pipeline import Pipeline
from scripts.factor_evidence import blocks
from scripts.factor_study import CHOSEN_UNTIL, _t_values, study_of
from scripts.results_tables import differing


@pytest.mark.slow
@pytest.mark.real_data
def test_the_tables_are_what_the_code_gives(real_home: Path) -> None:
    study = study_of(Pipeline(real_home), "us")
    # Nothing that was chosen from may reach beyond the date of the choice.
    ends = study.rebalance[np.flatnonzero(study.early) + 1] + 1
    assert study.market.sessions[ends].max() <= CHOSEN_UNTIL
    # The others take a minute: python -m scripts.factor_evidence --check.
    printed = tuple(blocks(study, sample=True))
    assert len(printed) == 7
    # Where they differ: python -m scripts.factor_evidence --write.
    assert differing(printed) == []


def test_t_of_many_series_is_that_of_each() -> None:
    series = np.random.default_rng(0).normal(0.1, 1.0, (5, 59))
    assert _t_values(series) == pytest.approx([mean_test(row).t for row in series], rel=1e-12)
