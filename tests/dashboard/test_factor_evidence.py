"""The figures in docs/factors.md are those that the code gives on the real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.factors.evaluation_statistics import mean_test
from dashboard.pipeline import Pipeline
from data.imports import ImportPaths, import_market
from data.schema import TABLES
from scripts.factor_evidence import FILE, blocks
from scripts.factor_study import CHOSEN_UNTIL, _t_values, study_of
from scripts.results_tables import with_blocks

ROOT = Path(__file__).resolve().parents[2]
OVERRIDES = ROOT / "data/reference/overrides-us-2015-2024.toml"


@pytest.mark.real_data
def test_every_table_is_what_the_code_gives(real_market: Path, tmp_path: Path) -> None:
    paths = ImportPaths(**{table: real_market / f"{table}.parquet" for table in TABLES})
    import_market(tmp_path, "us", paths, OVERRIDES)
    study = study_of(Pipeline(tmp_path), "us")
    # Nothing that was chosen from may reach beyond the date of the choice.
    ends = study.rebalance[np.flatnonzero(study.early) + 1] + 1
    assert study.market.sessions[ends].max() <= CHOSEN_UNTIL
    printed = tuple(blocks(study))
    assert len(printed) == 10
    text = (ROOT / FILE).read_text(encoding="utf-8")
    # Where they differ: python -m scripts.factor_evidence --write.
    assert text == with_blocks(text, printed), f"the tables of {FILE} are not those of the code"


def test_t_of_many_series_is_that_of_each() -> None:
    series = np.random.default_rng(0).normal(0.1, 1.0, (5, 59))
    assert _t_values(series) == pytest.approx([mean_test(row).t for row in series], rel=1e-12)
