from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.errors import ConfigError
from dashboard.sweep_store import ROW, SweepFiles, SweepFilesError, SweepMismatchError
from data.errors import StoreBusyError

MANIFEST = {"scenario": {"risk.max_leverage": 1.0, "period.end": None}, "axes": ["a=1,2"]}


def _part(*rows: int) -> pd.DataFrame:
    return pd.DataFrame({"a": [row / 10 for row in rows], ROW: rows})


def test_parts_become_one_table_in_order(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.parquet")
    assert not files.begin(MANIFEST)
    files.write(1, _part(0, 3))
    files.write(0, _part(2, 1))
    assert files.done() == {0, 1}
    table = files.table()
    assert table[ROW].tolist() == [0, 1, 2, 3]
    files.finish(table.drop(columns=ROW), MANIFEST)
    assert pd.read_parquet(files.out)["a"].tolist() == [0.0, 0.1, 0.2, 0.3]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "t.parquet",
        "t.parquet.manifest.json",
    ]
    assert SweepFiles(tmp_path / "t.parquet").begin(MANIFEST)  # complete


def test_a_csv_holds_the_same(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.csv")
    files.begin(MANIFEST)
    files.write(0, _part(0, 1))
    files.finish(files.table().drop(columns=ROW), MANIFEST)
    assert pd.read_csv(files.out)["a"].tolist() == [0.0, 0.1]


def test_another_sweep_is_refused_with_what_differs(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.parquet")
    files.begin(MANIFEST)
    files.write(0, _part(0))
    other = {"scenario": {"risk.max_leverage": 1.5, "period.end": None}, "axes": ["b=1", "c=2"]}
    with pytest.raises(SweepMismatchError) as caught:
        files.begin(other)
    assert caught.value.differences == (
        "scenario: risk.max_leverage was 1.0, now 1.5",
        "axes had a=1,2, now b=1; c=2",
    )
    assert "--fresh" in str(caught.value)
    assert files.done() == {0}
    assert not files.begin(other, fresh=True)
    assert files.done() == frozenset()


def _refused(before: dict[str, Any], now: dict[str, Any], out: Path) -> tuple[str, ...]:
    files = SweepFiles(out)
    files.begin(before)
    files.write(0, _part(0))
    with pytest.raises(SweepMismatchError) as caught:
        files.begin(now)
    files.begin(now, fresh=True)
    return caught.value.differences


def test_what_differs_is_told_once_and_where_it_is(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    long, longer = ("a=" + ",".join(map(str, range(n))) for n in (50, 60))
    before = {"axes": [long, "b=1"], "runs": 50, "plan": "one", "data": {"us": "x"}}
    after = {"axes": [longer, "b=1"], "runs": 60, "plan": "two", "data": {"us": "x"}}
    assert _refused(before, after, out) == (
        "axes had a=0,1,…,49 (50 values), now a=0,1,…,59 (60 values)",
    )
    assert _refused(before, before | {"axes": [long]}, out) == ("axes had b=1, now nothing",)
    assert _refused(before, before | {"axes": ["b=1", long]}, out) == ("axes had a; b, now b; a",)
    assert _refused(before, before | {"data": {"demo": "x"}}, out) == (
        "data: us was x, now not there",
        "data: demo was not there, now x",
    )
    assert _refused(before, before | {"plan": "two"}, out) == ("plan was one, now two",)


def test_a_sweep_that_never_ran_a_thing_gives_way_to_another(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.parquet")
    files.begin({"axes": ["a=1"]})  # and its cluster could not be reached
    assert not files.begin({"axes": ["b=1"]})
    files.write(0, _part(0))
    assert not files.begin({"axes": ["b=1"]})
    with pytest.raises(SweepMismatchError, match="axes had b=1, now a=1"):
        files.begin({"axes": ["a=1"]})


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    out.write_text("mine")
    files = SweepFiles(out)
    with pytest.raises(SweepFilesError, match="no sweep wrote it"):
        files.begin(MANIFEST)
    assert out.read_text() == "mine"
    files.begin(MANIFEST, fresh=True)
    assert not out.exists()


def test_leftovers_of_a_killed_writer_do_no_harm(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.parquet")
    files.begin(MANIFEST)
    files.write(0, _part(0))
    (files.parts / ".part-000001.parquet.99-abcd.tmp").write_bytes(b"half")
    assert files.done() == {0}
    assert len(files.table()) == 1


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.parquet")
    files.begin(MANIFEST)
    (files.parts / "part-000000.parquet").write_bytes(b"no parquet")
    with pytest.raises(SweepFilesError, match="cannot be read or written"):
        files.table()
    (files.parts / "manifest.json").write_text("{")
    with pytest.raises(SweepFilesError, match="cannot be read or written"):
        files.begin(MANIFEST)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must end in \.parquet or \.csv, was t\.xlsx"):
        SweepFiles(tmp_path / "t.xlsx")
    with pytest.raises(ConfigError, match="the folder of --out must exist"):
        SweepFiles(tmp_path / "nowhere" / "t.csv")
    (tmp_path / "t.csv.parts").write_text("a file where the folder should be")
    with pytest.raises(SweepFilesError, match="cannot be read or written"):
        SweepFiles(tmp_path / "t.csv").begin(MANIFEST)


def test_two_processes_do_not_share_an_output(tmp_path: Path) -> None:
    files = SweepFiles(tmp_path / "t.csv")
    with (
        files.locked(),
        pytest.raises(StoreBusyError, match="by another process"),
        SweepFiles(files.out).locked(),
    ):
        pass
    assert os.listdir(tmp_path) == []
