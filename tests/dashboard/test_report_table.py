"""The report in a terminal and its coverage: every name as it is, every share as the panel's."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from core.factors.names import AVAILABLE_FACTORS
from core.factors.panel import INGREDIENTS
from core.scenario import preset, with_values
from dashboard.format import percent
from dashboard.pipeline import Pipeline
from dashboard.report.coverage import coverage_of, coverage_text, readable
from dashboard.report.document import run_document
from dashboard.report.table import print_run
from dashboard.run import Run
from dashboard.theme import LIGHT
from dashboard.views.tables import coverage_table, data_table, sectors_table
from tests.dashboard.fakes import fake_run


@pytest.fixture(scope="module")
def run(shared_demo_home: Path) -> Run:
    return Pipeline(shared_demo_home).run(preset("Phase 8"))


def printed(run: Run, width: int = 400) -> str:
    text = io.StringIO()
    print_run(run, Console(file=text, width=width))
    return text.getvalue()


@pytest.mark.parametrize(
    "name", ["a[/b] x", "[red]", "[bold]b[/bold]", "\\[x", ":warning: x", "x\\"]
)
def test_names_are_printed_as_they_are(run: Run, name: str) -> None:
    market = replace(
        run.market, source=f"market {name}", sector=(f"sector {name}",) * len(run.market.sector)
    )
    named = replace(
        run,
        scenario=run.scenario.model_copy(update={"name": name}),
        market=market,
        benchmark_name=f"benchmark {name}",
        notes=(f"note {name}",),
    )
    text = printed(named)
    assert text.startswith(f"{name} · market {name} · ")
    head = text.splitlines()[1].split()
    assert head[: len(name.split())] == name.split()
    for part in (f"benchmark {name}", f"Sectors: sector {name} 100", f"· note {name}"):
        assert part in text


def test_the_report_says_simulated_basis_and_coverage(run: Run) -> None:
    text = printed(run)
    assert "[SIMULATED MARKET]" in text.splitlines()[0]
    assert "Returns: simulated total return" in text
    coverage = coverage_of(run)
    assert f"Coverage: {coverage_text(coverage.factors)}\n" in text
    assert f"Coverage of ingredients: {coverage_text(coverage.ingredients)}\n" in text


def test_a_real_market_is_not_called_simulated(run: Run) -> None:
    assert "SIMULATED" not in printed(replace(run, market=replace(run.market, simulated=False)))


def test_coverage_is_the_share_of_all_names_of_all_rebalances(run: Run) -> None:
    signals = run.signals
    assert signals is not None
    coverage = coverage_of(run)
    assert tuple(coverage.factors) == AVAILABLE_FACTORS
    assert tuple(coverage.ingredients) == INGREDIENTS
    for i, share in enumerate(coverage.factors.values()):
        known = np.isfinite(signals.panel.values[:, :, i])[signals.universe]
        assert share == pytest.approx(known.mean(), rel=1e-12)
    assert all(0.0 <= share <= 1.0 for share in coverage.ingredients.values())


def test_the_page_shows_the_same_coverage_and_the_facts_of_the_data(run: Run) -> None:
    html = coverage_table(run)
    for name, share in coverage_of(run).ingredients.items():
        assert readable(name.partition(".")[2]) in html
        assert f"{100 * share:.0f}\u202f%" in html
    facts = data_table(run)
    assert "simulated total return" in facts
    assert "demo, simulated" in facts
    evil = replace(run.market, return_basis="<script>")
    assert "<script" not in data_table(replace(run, market=evil))


def test_weights_above_a_cap_are_said_with_their_spell(shared_demo_home: Path) -> None:
    tight = with_values(preset("Phase 8.1"), {"book.sector_cap": 0.15, "book.position_cap": 0.02})
    run = Pipeline(shared_demo_home).run(tight)
    rows = run_document(run)["cap_breaches"]
    assert {row["kind"] for row in rows} == {"sector", "position"}
    furthest = max(rows, key=lambda row: row["peak_weight"] - row["cap"])
    window = f"({furthest['first_date']} … {furthest['last_date']})"
    text = printed(run, 1000)
    assert f"Above a cap: {furthest['name']} {percent(furthest['peak_weight'])} against " in text
    assert window in text
    assert f"{len(rows)} spells in all" in text.replace("\u202f", "")
    inside = [str(d) for d in run.dates]
    weights = run.sector_frame()
    for row in rows:
        if row["kind"] == "sector":
            first, last = inside.index(row["first_date"]), inside.index(row["last_date"])
            spell = weights[row["name"]].iloc[first : last + 1]
            assert spell.min() > row["cap"]
            assert spell.max() == pytest.approx(row["peak_weight"], rel=1e-12)


def test_without_caps_nothing_stands_above_one(run: Run) -> None:
    caps = {"book.sector_cap": None, "book.position_cap": None}
    free = replace(run, scenario=with_values(run.scenario, caps))
    assert run_document(free)["cap_breaches"] == []
    assert "Above a cap" not in printed(free)


def test_an_own_book_has_no_coverage() -> None:
    own = fake_run()
    assert coverage_of(own).factors == {}
    assert coverage_table(own) == ""
    assert "universe" not in data_table(own)


def test_sector_shares_are_computed_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = replace(run)
    shares = fresh.sector_shares()
    monkeypatch.setattr(Run, "sector_frame", lambda self: pytest.fail("computed again"))
    assert fresh.sector_shares() is shares
    assert "Without a sector" in sectors_table(fresh, LIGHT)
    with pytest.raises(TypeError):
        shares["Other"] = 1.0  # type: ignore[index]
