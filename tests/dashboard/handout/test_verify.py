from __future__ import annotations

import base64
import datetime as dt
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError
from dashboard.handout.compare import compare_lines
from dashboard.handout.errors import (
    DamagedReportError,
    ForeignReportError,
    OtherCodeError,
    OtherDataError,
    ReportDiffersError,
    ReportFormatError,
)
from dashboard.handout.identity import made_here
from dashboard.handout.parts import PARTS
from dashboard.handout.verify import verify
from dashboard.record import record_run
from data.errors import UnknownSourceError
from data.holdout import seal
from data.journal import Journal
from data.snapshot import CURRENT
from tests.dashboard.handout.conftest import Made


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "r.html"
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


def _once(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def _in_json(text: str, key: str, change: Callable[[dict], None]) -> str:
    line = re.search(rf'(<script type="application/json" id="{key}">)(.*?)(</script>\n)', text)
    assert line is not None
    value = json.loads(line[2])
    change(value)
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return text[: line.start(2)] + body + text[line.end(2) :]


def test_a_report_verifies_whatever_day_it_names(made: Made, tmp_path: Path) -> None:
    found = verify(_file(tmp_path, made.text), made.home)
    assert found.title == "Phase 8, 2 changed"
    assert found.remarks == ()
    later = _once(made.text, "Made on 2024-07-01.", "Made on 2031-01-02.")
    assert verify(_file(tmp_path, later), made.home).remarks == ()


def test_it_verifies_after_more_was_tried(made: Made, tmp_path: Path) -> None:
    # The journal grows: the report's count is that of the row it was made at.
    journal = Journal(made.home)
    journal.record_trial(
        scenario_hash="later", fingerprint=made.run.market.fingerprint, values={},
        preset="Phase 8", origin="cli", metrics={},
    )  # fmt: skip
    assert record_run(journal, made.run, preset_name="Phase 8", origin="page") == ""
    assert verify(_file(tmp_path, made.text), made.home).remarks == ()


def compare(text: str, made: Made) -> None:
    compare_lines(text, made.report.lines)


def _cell(text: str) -> str:
    return re.sub(r"(>Sharpe</a></td><td>)[^<]*", r"\g<1>9.99", text, count=1)


def _sentence(text: str) -> str:
    return re.sub(r"the portfolio made [^ ]*", "the portfolio made 99.9", text, count=1)


def _point(text: str) -> str:
    def change(figure: dict) -> None:
        trace = next(one for one in figure["data"] if one.get("name") == "Portfolio")
        values = np.frombuffer(base64.b64decode(trace["y"]["bdata"]), trace["y"]["dtype"]).copy()
        values[100] *= 1.001
        trace["y"]["bdata"] = base64.b64encode(values.tobytes()).decode()

    return _in_json(text, "figure-timeline", change)


def _record(text: str) -> str:
    def change(record: dict) -> None:
        record["numbers"]["metrics"]["cagr"] += 1e-6

    return _in_json(text, "plimsoll-report", change)


def _annotation(text: str) -> str:
    def change(figure: dict) -> None:
        figure["layout"]["annotations"][0]["text"] = "Growth of 2"

    return _in_json(text, "figure-timeline", change)


def _trials(text: str) -> str:
    def change(record: dict) -> None:
        record["trials"]["settings"] = 999

    text = _in_json(text, "plimsoll-report", change)
    return re.sub(r"<td>Settings tried on this market</td><td>[^<]*", "<td>Settings tried on this "
                  "market</td><td>999", text)  # fmt: skip


RESULT, CHART = "Result", "the chart “Growth, drawdown, exposure, sectors and regime”"
DOCTORED = {
    "cell": (_cell, RESULT, "Sharpe"),
    "sentence": (_sentence, RESULT, "the words"),
    "point": (_point, RESULT, f"{CHART}: data, Portfolio: y, point 101"),
    "annotation": (_annotation, RESULT, CHART),
    "record": (_record, "Record", "metrics: cagr"),
    "trials": (_trials, "Where it comes from", "Settings tried on this market"),
    "title": (lambda t: _once(t, "<h1>Phase 8, 2 changed", "<h1>Phase 8"), "Head", "the title"),
    "notice": (lambda t: _once(t, "Nobody", "Somebody") if "Nobody" in t else
               _once(t, "nobody traded this", "we traded this"), "Head", "the notice"),
    "row": (lambda t: re.sub(r"<tr><td><a[^>]*>Max drawdown.*?\n", "", t, count=1), RESULT,
            "Max drawdown"),
    "bar": (lambda t: re.sub(r"(pl-bar\" style=\"background:#[0-9A-F]+;width:)", r"\g<1>9", t,
                             count=1), PARTS["drawdowns"], ""),
    "script": (lambda t: _once(t, "</main></body>", "<script>1</script></main></body>"),
               "the file", "the end"),
    "library": (lambda t: _once(t, "plotly.js v", "plotly.js  v"), "the file", "the program"),
    "style": (lambda t: _once(t, "tabular-nums", "normal"), "Head", "the frame"),
    "after": (lambda t: t.replace("<!-- end of the report -->\n", "<p>More</p>\n"
                                  "<!-- end of the report -->\n"), "the file", "the end"),
    "definition": (lambda t: _once(t, "NAV at the end over", "NAV at the end above"),
                   "Definitions", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCTORED)
def test_a_doctored_copy_is_found_where_it_was_changed(
    made: Made, tmp_path: Path, name: str
) -> None:
    change, section, metric = DOCTORED[name]
    text = change(made.text)
    assert text != made.text
    whole = name in ("cell", "trials")  # the rest only needs what follows the computing
    with pytest.raises(ReportDiffersError) as found:
        _ = verify(_file(tmp_path, text), made.home) if whole else compare(text, made)
    assert not isinstance(found.value, OtherCodeError)
    assert found.value.section == section
    assert metric in found.value.metric
    assert found.value.expected != found.value.found


def test_a_difference_says_both_numbers(made: Made, tmp_path: Path) -> None:
    with pytest.raises(ReportDiffersError) as found:
        verify(_file(tmp_path, _cell(made.text)), made.home)
    assert found.value.found == "9.99"
    assert found.value.expected == f"{made.run.metrics.sharpe_ratio:.2f}".replace("-", "\u2212")


def test_a_setting_that_was_changed_in_the_record_is_found(made: Made, tmp_path: Path) -> None:
    def change(record: dict) -> None:
        record["numbers"]["scenario"]["values"]["risk.trailing_stop_pct"] = 0.3

    with pytest.raises(ReportDiffersError):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)


def test_rounding_of_another_processor_is_no_difference(made: Made, tmp_path: Path) -> None:
    def change(record: dict) -> None:
        nav = record["numbers"]["series"]["nav"]
        nav[5] *= 1.0 + 1e-13

    text = _in_json(made.text, "plimsoll-report", change)
    assert text != made.text
    verify(_file(tmp_path, text), made.home)


def test_numbers_hidden_in_how_json_is_written_are_found(made: Made, tmp_path: Path) -> None:
    text = _once(made.text, '{"format":1,', '{"format":7,"format":1,')
    with pytest.raises(ReportDiffersError, match="way of writing"):
        verify(_file(tmp_path, text), made.home)


def test_a_foreign_file(tmp_path: Path) -> None:
    for text in ("", "<!doctype html>\n<html></html>\n", "date,close\n"):
        with pytest.raises(ForeignReportError, match="must be a report"):
            verify(_file(tmp_path, text), tmp_path)


def test_a_truncated_file(made: Made, tmp_path: Path) -> None:
    for share in (0.1, 0.5, 0.999):
        with pytest.raises(DamagedReportError, match="not whole"):
            verify(_file(tmp_path, made.text[: int(len(made.text) * share)]), made.home)


def test_a_damaged_record(made: Made, tmp_path: Path) -> None:
    broken = _once(made.text, '{"format":1,', '{"format":1,,')
    with pytest.raises(DamagedReportError, match="record"):
        verify(_file(tmp_path, broken), made.home)

    def drop(record: dict) -> None:
        del record["made"]

    with pytest.raises(DamagedReportError, match="made"):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", drop)), made.home)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    file.write_bytes(b"<!doctype html>\n\xff\xfe")
    with pytest.raises(DamagedReportError, match="UTF-8"):
        verify(file, tmp_path)


def test_another_format(made: Made, tmp_path: Path) -> None:
    text = _once(made.text, "report, format 1 -->", "report, format 9 -->")
    with pytest.raises(ReportFormatError, match="format 1, was '9'"):
        verify(_file(tmp_path, text), made.home)


def test_a_setting_that_is_not_allowed_here(made: Made, tmp_path: Path) -> None:
    def change(record: dict) -> None:
        record["numbers"]["scenario"]["values"]["risk.max_leverage"] = -1.0

    with pytest.raises(ConfigError):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)


def test_a_store_without_the_market(made: Made, tmp_path: Path) -> None:
    def change(record: dict) -> None:
        record["numbers"]["scenario"]["values"]["universe.source"] = "elsewhere"

    with pytest.raises(UnknownSourceError, match="elsewhere"):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)


def test_other_data_under_the_same_name(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(made.home / "store", home / "store")
    folder = home / "store" / "demo"
    manifest = folder / (folder / CURRENT).read_text().strip() / "manifest.json"
    values = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(values | {"fingerprint": "0" * 32}))
    with pytest.raises(OtherDataError, match="0" * 32):
        verify(_file(tmp_path, made.text), home)


def test_a_holdout_sealed_since_is_named(made: Made, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made.home / "store", home / "store")
    with Journal(home) as journal:
        seal(home, journal, "demo", dt.date(2024, 1, 1))
    with pytest.raises(OtherDataError, match="the same import, with a holdout that was sealed"):
        verify(_file(tmp_path, made.text), home)


def test_the_count_of_another_journal_is_not_checked_and_that_is_said(
    made: Made, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(made.home / "store", home / "store")
    (remark,) = verify(_file(tmp_path, made.text), home).remarks
    assert "was not checked" in remark


def test_other_code_that_agrees_is_said_and_one_that_does_not_is_an_error(
    made: Made, tmp_path: Path
) -> None:
    code = made_here().code
    text = made.text.replace(code, "0123456789abcdef")
    (remark,) = verify(_file(tmp_path, text), made.home).remarks
    assert "other code" in remark
    with pytest.raises(OtherCodeError, match="0123456789abcdef") as found:
        verify(_file(tmp_path, _cell(text)), made.home)
    assert found.value.metric == "Sharpe"


def test_nothing_is_written_into_the_journal(made: Made, tmp_path: Path) -> None:
    before = Journal(made.home).link()
    verify(_file(tmp_path, made.text), made.home)
    assert Journal(made.home).link() == before


def test_a_number_beyond_every_float_is_a_difference(made: Made, tmp_path: Path) -> None:
    def change(record: dict) -> None:
        record["numbers"]["metrics"]["cagr"] = int("9" * 400)

    with pytest.raises(ReportDiffersError):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)


@pytest.mark.parametrize("field", ["settings", "runs", "last"])
@pytest.mark.parametrize("value", [float("inf"), 10**30, 10**400, -1])
def test_a_count_that_cannot_be_one_is_a_damaged_record(
    made: Made, tmp_path: Path, field: str, value: float
) -> None:
    def change(record: dict) -> None:
        record["trials"][field] = value

    with pytest.raises(DamagedReportError, match="missing or wrong"):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)


@pytest.mark.parametrize("value", [10**400, float("inf")])
def test_a_setting_beyond_every_float_is_refused(made: Made, tmp_path: Path, value: float) -> None:
    def change(record: dict) -> None:
        record["numbers"]["scenario"]["values"]["risk.max_leverage"] = value

    with pytest.raises(ConfigError):
        verify(_file(tmp_path, _in_json(made.text, "plimsoll-report", change)), made.home)
