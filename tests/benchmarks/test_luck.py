"""The study of luck: undeflated the best of noise passes for skill, deflated it does not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.luck import RULES, engine, rates, returns


def test_deflation_takes_luck_away_and_leaves_skill() -> None:
    noise = dict(zip(RULES, rates(lambda r: returns(r, 60, 120, 0.0, 0.0), 20, 1), strict=True))
    assert noise["PSR, nothing taken off"] > 0.5
    assert max(rate for rule, rate in noise.items() if rule.startswith("DSR")) <= 0.1
    assert noise["p-value of the best"] <= 0.25
    skill = dict(zip(RULES, rates(lambda r: returns(r, 60, 120, 0.9, 9.0), 5, 1), strict=True))
    assert min(skill.values()) > 0.5


def test_the_engine_has_no_skill_on_random_walks() -> None:
    excess = engine(np.random.default_rng(3), 40, 200)
    assert excess.shape == (199, 40)
    sharpe = excess.mean(axis=0) / excess.std(axis=0, ddof=1)
    assert np.abs(sharpe).max() * np.sqrt(200) < 4.0
    assert np.corrcoef(excess.T).min() > 0.2, "settings over one book are alike"
    assert sharpe.mean() == pytest.approx(0.0, abs=0.25)
