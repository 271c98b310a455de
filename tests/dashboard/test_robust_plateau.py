"""Plateau scores: those of the surface, told by thresholds, recorded as the Risk page does."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import CancelledError
from core.evidence.sharpe import sharpe_moments, sharpe_standard_error
from core.presets import preset
from core.rules import Rule
from core.scenario import with_values
from core.surface import plateau_map
from dashboard import robust_plateau
from dashboard.evidence_trials import different_runs, excess_of
from dashboard.format import NARROW
from dashboard.lab.panel_work import surface_work
from dashboard.report.plateau import (
    HEADS,
    pair_title,
    plateau_document,
    plateau_frame,
    plateau_headline,
    plateau_rows,
    plateau_words,
)
from dashboard.robust_plateau import Plateau, Plateaus, pairs_of, plateau_work
from dashboard.studies import Pace
from data.journal import Journal
from tests.dashboard.fakes import fake_run

RUN = fake_run(sessions=120, names=6)
FREE = Pace(lambda: False, lambda _share: None)
NONE: Any = None
STOP_VOL = ("risk.position_stop_loss", "risk.target_annual_vol")
BREAKER = ("risk.circuit_breaker_dd", "risk.breaker_cooldown_days")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.lab.panel_work.SURFACE_SIZE", 7)


def settings(journal: Journal) -> list[dict[str, Any]]:
    return journal.tried(RUN.scenario.universe.source)


def test_pairs_are_those_of_the_rules_that_are_on() -> None:
    pairs, left_out = pairs_of(RUN)  # its book states no expected returns: the gate is off
    assert pairs[0] == STOP_VOL
    assert BREAKER in pairs
    assert len(pairs) == 4
    assert left_out == (Rule.TURNOVER_CAP,)
    off = dataclasses.replace(
        RUN, scenario=with_values(RUN.scenario, {"risk.position_stop_loss": None})
    )
    pairs, _ = pairs_of(off)
    assert all("risk.position_stop_loss" not in pair for pair in pairs)
    assert {("risk.target_annual_vol", "risk.vol_lookback_days"),
            ("risk.trailing_stop_pct", "risk.stop_cooldown_days")} <= set(pairs)  # fmt: skip
    bare = dataclasses.replace(RUN, scenario=preset("No overlay"))
    assert pairs_of(bare) == ((), ())
    found = plateau_work(NONE, bare, NONE)(FREE)
    assert found.pairs == ()
    assert "there is no surface" in plateau_headline(found)
    assert list(plateau_words(found)) == []


def test_scores_are_those_of_the_surface_and_in_the_journal_before_they_are_seen(
    tmp_path: Path,
) -> None:
    with Journal(tmp_path) as journal:
        surface = surface_work(NONE, RUN, *STOP_VOL, journal)(FREE)
        shares: list[float] = []
        found = plateau_work(NONE, RUN, journal)(Pace(lambda: False, shares.append))
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        first = found.pairs[0]
        values, scores = surface.metric("sharpe_ratio"), surface.plateau("sharpe_ratio")
        assert (first.value, first.score) == (values[surface.current], scores[surface.current])
        assert first.best_value == np.nanmax(values)
        assert first.here == RUN.metrics.sharpe_ratio
        assert first.at == (0.12, 0.18)
        assert first.cell == (
            surface.x.levels[surface.current[1]], surface.y.levels[surface.current[0]]
        )  # fmt: skip
        assert first.different == different_runs(surface.table.runs)
        # The surface that was looked at before is not counted again; nor is any the next time.
        rows = settings(journal)
        assert len(rows) == len(found.pairs)
        assert sum(row["metrics"]["different"] for row in rows) == found.trials
        assert plateau_work(NONE, RUN, journal)(FREE) == found
        assert len(settings(journal)) == len(rows)
    moments = sharpe_moments(excess_of(RUN))
    assert found.error == pytest.approx(sharpe_standard_error(moments) * np.sqrt(252.0))


def test_who_stops_it_has_tried_nothing(tmp_path: Path) -> None:
    asked: list[float] = []

    def late() -> bool:
        return len(asked) > 0

    with Journal(tmp_path) as journal:
        with pytest.raises(CancelledError):
            plateau_work(NONE, RUN, journal)(Pace(late, asked.append))
        assert asked, "one surface was done by then"
        assert settings(journal) == []


def test_a_field_that_changes_nothing_is_named_with_the_reason(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        found = plateau_work(NONE, RUN, journal)(FREE)
    by = {(pair.x, pair.y): pair for pair in found.pairs}
    breaker = by[BREAKER]
    assert breaker.verdict == "dead"
    across, up = breaker.dead
    assert across.low < 0.35 < across.high
    assert not across.whole
    assert "the breaker is never reached" in across.reason
    assert up.whole
    told = told_of(found)
    assert "Circuit breaker changes nothing around the setting" in told
    assert "Breaker cooldown changes nothing anywhere on the surface" in told
    assert "Not scored, because no second field goes with it: Turnover cap." in told
    # Along a field that does something, cells differ: it is not called dead.
    named = {dead.path for pair in found.pairs for dead in pair.dead}
    assert "risk.target_annual_vol" not in named


@pytest.mark.parametrize(
    ("score", "dead", "verdict"),
    [(1.0, 0, "plateau"), (0.8, 1, "plateau"), (0.79, 0, "slope"), (0.4, 0, "slope"),
     (0.39, 0, "spike"), (0.0, 0, "spike"), (1.0, 2, "dead"), (float("nan"), 0, None)],
)  # fmt: skip
def test_verdicts_follow_the_thresholds(score: float, dead: int, verdict: str | None) -> None:
    assert _pair(score, dead=dead).verdict == verdict


def test_a_straight_slope_and_a_ridge_have_the_scores_that_the_words_name() -> None:
    slope = plateau_map(np.tile(2.0 ** np.arange(9), (9, 1)), direction=1)
    ridge = plateau_map(np.where(np.arange(9) == 4, 1.0, 0.5) * np.ones((9, 1)), direction=1)
    assert (slope[4, 4], ridge[4, 4]) == (14 / 24, 4 / 24)
    told = told_of(Plateaus((_pair(0.5),), (), 0.1))
    assert "a straight slope too steep to keep it has 58 %, a ridge one step wide 17 %" in told
    halfway = (24 + 14) / 48, (14 + 4) / 48
    assert (robust_plateau.PLATEAU, robust_plateau.SLOPE) == pytest.approx(halfway, abs=0.03)


def test_what_is_not_known_is_told_and_is_null() -> None:
    unknown = _pair(float("nan"), here=float("nan"), best=None)
    found = Plateaus((unknown, _pair(0.9)), (), float("nan"))
    document = plateau_document(found)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    first, second = document["pairs"]
    assert (first["score"], first["here"], first["best"], first["verdict"]) == (None,) * 4
    assert (second["verdict"], second["score"]) == ("plateau", 0.9)
    assert second["best"] == {"at": dict(zip(STOP_VOL, (0.2, 0.2), strict=True)),
                              "value": 1.5, "score": 0.1}  # fmt: skip
    assert document["trials"] == 10
    rows = list(plateau_rows(found))
    assert {len(row) for row in rows} == {len(HEADS)}
    assert rows[0][2] == "not known"
    assert "nan" not in " ".join(map(" ".join, rows)).casefold().split()
    table = plateau_frame(found)
    assert table["plateau"].tolist()[1] == 0.9
    assert table[["plateau", "best", "best_x", "best_y"]].iloc[0].isna().all()
    assert (table["trials"].sum(), table["x_at"].tolist()) == (10, [0.12, 0.12])
    headline = "The setting stands on a plateau on 1 of 2 surfaces, not known on 1."
    assert plateau_headline(found) == headline


def test_doubts_are_said_where_the_value_is_small_or_the_cell_another() -> None:
    small = told_of(Plateaus((_pair(0.1, here=0.1, value=0.2),), (), 0.5))
    assert "0.10 is within its standard error of 0.50 from zero" in small
    assert "the setting is no cell itself; the nearest, 13 %, 18 %, is scored and has 0.20" in small
    large = told_of(Plateaus((_pair(0.1, here=0.9, value=0.9),), (), 0.5))
    assert "standard error" not in large
    assert "no cell itself" not in large
    assert pair_title(_pair(0.1)) == "Position stop × Volatility target"


def told_of(found: Plateaus) -> str:
    return " ".join(plateau_words(found)).replace(NARROW, " ")


def _pair(
    score: float, *, here: float = 1.0, value: float = 1.0, dead: int = 0,
    best: tuple[float, float] | None = (0.2, 0.2),
) -> Plateau:  # fmt: skip
    one = robust_plateau.Dead(STOP_VOL[0], 0.1, 0.2, False, "")
    best_values = (float("nan"),) * 2 if best is None else (1.5, 0.1)
    return Plateau(
        *STOP_VOL, (0.12, 0.18), here, (0.13, 0.18), value, score, best, *best_values, 49, 5,
        (one,) * dead,
    )  # fmt: skip
