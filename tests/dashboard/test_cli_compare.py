from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.presets import preset
from core.scenario import scenario_hash, with_values
from dashboard import review_compare
from dashboard.cli import main
from dashboard.compared import placed, preset_of
from dashboard.pipeline import Pipeline
from dashboard.record import save_named
from dashboard.review_compare import Side
from dashboard.review_disagreement import disagreements
from data.journal import Journal

PERIOD = ("--start", "2022-01-03", "--end", "2023-06-30")
FEWER = "p=phase-8&trail=off&brk=off&tcap=off"


@pytest.fixture(autouse=True)
def home(demo_home: Path) -> Path:
    return demo_home


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["compare", "--json", *PERIOD, *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_document_has_the_numbers_of_the_page(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    document = _json(capsys, FEWER, "No overlay", "control")
    first = with_values(
        preset("Phase 8"),
        {
            "period.start": document["data"]["start"],
            "period.end": document["data"]["end"],
            "risk.trailing_stop_pct": None,
            "risk.circuit_breaker_dd": None,
            "risk.max_turnover_per_rebal": None,
        },
    )
    pipeline = Pipeline(home)
    run = pipeline.run(first)
    other = review_compare.over_the_same_sessions(
        pipeline.run, placed(preset_of("No overlay"), first, first), run
    )
    control, held = review_compare.control_of(run)
    sides = [Side("A", "", run), Side("B", "", other), Side("C", "", held, control)]
    for told, side in zip(document["settings"], sides, strict=True):
        assert told["letter"] == side.letter
        assert told["metrics"] == side.run.metrics.as_dict()
    pairs = review_compare.judge_pairs(sides)
    for told in document["verdict"]["pairs"]:
        for metric, found in pairs[told["of"], told["minus"]].items():
            assert told["metrics"][metric]["estimate"] == found.estimate
            assert told["metrics"][metric]["low"] == found.low
            assert told["metrics"][metric]["verdict"] == found.verdict.value
    days = disagreements(sides[0], sides[1])
    assert [day["gap"] for day in document["disagreements"]["B"]] == [day.gap for day in days]
    assert set(document["accounts"]) == {"A", "B"}
    for letter, account in document["accounts"].items():
        total = account["total_return"]
        change = total["scenario"] - total["no_rules"]
        assert sum(total["rules"].values()) == pytest.approx(change, abs=1e-9)
        metrics = document["settings"]["AB".index(letter)]["metrics"]
        assert total["scenario"] == pytest.approx(metrics["total_return"], rel=1e-9)
    assert document["changed_fields"]["risk.position_stop_loss"] == {"A": 0.12, "B": None}
    average = document["settings"][0]["metrics"]["average_exposure"]
    assert document["settings"][2]["control"]["average_exposure"] == pytest.approx(average)
    assert "NaN" not in json.dumps(document)


def test_saved_settings_and_files_are_compared_and_recorded(
    capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path
) -> None:
    mine = with_values(
        preset("No overlay"), {"universe.source": "gone", "risk.target_annual_vol": 0.15}
    )
    file = tmp_path / "calm.toml"
    file.write_text('preset = "No overlay"\n[risk]\ntarget_annual_vol = 0.10\n', encoding="utf-8")
    with Journal(home) as journal:
        save_named(journal, "Mine", mine, "No overlay")
        document = _json(capsys, "no-overlay", "Mine", str(file))
        assert [one["label"] for one in document["settings"]] == ["No overlay", "Mine", "calm"]
        assert "B (Mine) was made for market gone" in document["notes"][0]
        hashes = {trial["hash"] for trial in journal.trials()}
        known = [one["hash"] in hashes for one in document["settings"]]
        assert known == [False, True, True]  # a preset is no trial, here as on the page
    assert document["settings"][1]["values"]["universe.source"] == "demo"
    assert document["changed_fields"]["risk.target_annual_vol"] == {"A": None, "B": 0.15, "C": 0.1}
    assert document["settings"][0]["hash"] != scenario_hash(mine)


def test_text_says_verdicts_before_any_ranking(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *PERIOD, "No overlay", "control"]) == 0
    text = capsys.readouterr().out
    assert "[SIMULATED MARKET]" in text
    parts = ["Is the difference more than luck?", "Metrics", "Order, now that the noise is known",
             "Changed fields", "What each rule did", "When B and A parted most"]  # fmt: skip
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_a_short_period_is_compared_without_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    short = ("--start", "2023-01-03", "--end", "2023-02-28")
    assert main(["compare", "--json", *short, "No overlay", "control"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] is None
    assert main(["compare", *short, "--presets", "No overlay, control"]) == 0
    assert "Too short for a verdict" in capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 66])
def test_a_narrow_page_cuts_no_field(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    changes = {"momentum_in_high_volatility": 0.123456789, "momentum_vol_lookback_days": 99}
    setting = tmp_path / "timed.toml"
    lines = (f"{name} = {value}" for name, value in changes.items())
    text = "\n".join(('preset = "No overlay"', "[factors.timing]", *lines))
    setting.write_text(text, encoding="utf-8")
    short = ("--start", "2023-01-03", "--end", "2023-02-28")
    assert main(["compare", *short, "No overlay", str(setting), "Phase 8"]) == 0
    text = capsys.readouterr().out
    assert "…" not in text.partition("Changed fields")[2].partition("What each rule did")[0]
    assert all(len(line) <= width for line in text.splitlines())
    table = "".join(line.split("  ")[0].strip() for line in text.splitlines())
    for name in changes:
        assert f"factors.timing.{name}" in (text if width == 80 else table)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Phase 8",), "two to 4 settings must be given, had 1"),
        (("Phase 8",) * 5, "two to 4 settings must be given, had 5"),
        (("--presets", "Phase 8"), "two to 4 settings must be given, had 1"),
        (("--presets", "Phase 8,nobody"), "scenario must be a saved one, was 'nobody'"),
        (("control", "Phase 8"), "the first must be a setting"),
        (("Phase 8", "nobody"), "scenario must be a saved one, was 'nobody'"),
        (("Phase 8", "?p=phase-8&stop=12"), "Did you mean 0.12"),
        (("Phase 8", "nowhere.toml"), "must be a readable text file"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == 2
    assert said in capsys.readouterr().err
