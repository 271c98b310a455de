"""Killed writers, several writers and readers at once, flipped bits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.fetched import FetchedStore
from data.fetched_file import FileFaultError, read_file
from data.fetched_tables import FETCHED_TABLES
from tests.data.fetched_cases import bars, day, source

ROOT = Path(__file__).parents[2]
CASES = [sys.executable, "-m", "tests.data.fetched_cases"]
KILLS = 50


def start(*arguments: object) -> subprocess.Popen[str]:
    texts = [str(argument) for argument in arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen([*CASES, *texts], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    nurse = start("nurse", tmp_path)
    yield nurse
    assert nurse.stdin is not None
    assert nurse.stdout is not None
    nurse.stdin.close()
    nurse.wait(timeout=60)
    nurse.stdout.close()


def killed(nurse: subprocess.Popen[str], first: int, point: str, seconds: float) -> list[int]:
    """Let a writer run from day `first` until it is killed; return the days it said are stored."""
    assert nurse.stdin is not None
    assert nurse.stdout is not None
    nurse.stdin.write(f"{first} {point}\n")
    nurse.stdin.flush()
    pid, said = 0, []
    for line in nurse.stdout:
        word, *rest = line.split()
        if word == "dead":
            assert int(rest[0]) == -signal.SIGKILL
            return said
        if word == "pid":
            pid = int(rest[0])
        else:
            said.append(int(word))
        if pid and said and point == "-":
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
            point = "done"
    raise AssertionError("the nursery is dead")


def must_be_whole(store: FetchedStore, said: int) -> int:
    """Read the series without a hole up to at least the day `said`; return its last day."""
    series = store.read("bars", "polygon", "AAA")
    assert series is not None
    days = series.rows["date"].to_pylist()
    assert days == [day(number) for number in range(len(days))], "no hole"
    assert series.history.num_rows == 0
    assert len(days) - 1 >= said
    return len(days) - 1


def test_fifty_kills_lose_nothing_that_was_said_to_be_stored(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    store, chance, last = FetchedStore(tmp_path), random.Random(6), -1
    for _ in range(KILLS):
        said = killed(nursery, last + 1, "-", chance.uniform(0.0, 0.03))
        last = must_be_whole(store, max(said[-1], last))
    assert last >= KILLS - 1
    assert store.quarantined() == ()
    store.sweep(older_than=-1)
    assert not list(store.root.rglob("*.tmp"))


@pytest.mark.parametrize(("point", "stored"), [("fsync:1", 0), ("replace:1", 0), ("fsync:2", 1)])
def test_a_kill_at_each_step_of_a_write_leaves_the_old_or_the_new(
    tmp_path: Path, nursery: subprocess.Popen[str], point: str, stored: int
) -> None:
    assert killed(nursery, 0, point, 0.0) == [0]
    store = FetchedStore(tmp_path)
    assert must_be_whole(store, 0) == stored
    assert len(list(store.root.rglob("*.tmp"))) == 1 - stored
    assert killed(nursery, stored + 1, "-", 0.0)[0] == stored + 1, "the next writer goes on"


def test_three_writers_and_four_readers_at_once(tmp_path: Path) -> None:
    writers, count, stop = 3, 40, tmp_path / "stop"
    readers = [start("read", tmp_path, stop) for _ in range(4)]
    writing = [start("some", tmp_path, number, writers, count) for number in range(writers)]
    try:
        codes = [writer.wait(timeout=120) for writer in writing]
    finally:
        stop.write_text("")
        read = [reader.wait(timeout=120) for reader in readers]
        for process in (*writing, *readers):
            assert process.stdout is not None
            assert process.stdin is not None
            process.stdout.close()
            process.stdin.close()
    assert (codes, read) == ([0] * 3, [0] * 4)
    series = FetchedStore(tmp_path).read("bars", "polygon", "AAA")
    assert series is not None
    assert series.rows.select(FETCHED_TABLES["bars"].columns.names).equals(
        bars(range(writers * count))
    )


def test_flipped_bits_are_found_before_anything_is_parsed(tmp_path: Path) -> None:
    store, spec, chance = FetchedStore(tmp_path), FETCHED_TABLES["bars"], random.Random(1)
    store.append("bars", "AAA", bars(range(60)), source(), (day(0), day(60)))
    path = store.path("bars", "polygon", "AAA")
    good = path.read_bytes()
    for place in range(chance.randrange(2), len(good), 2):
        bad = bytearray(good)
        bad[place] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(bad))
        with pytest.raises(FileFaultError) as caught:
            read_file(path, spec)
        assert caught.value.fault in ("damaged", "foreign"), f"byte {place}"
    path.write_bytes(good)
    assert read_file(path, spec)[0].num_rows == 60


def test_every_cut_is_found(tmp_path: Path) -> None:
    store, spec = FetchedStore(tmp_path), FETCHED_TABLES["bars"]
    store.append("bars", "AAA", bars(range(20)), source(), (day(0), day(20)))
    path = store.path("bars", "polygon", "AAA")
    good = path.read_bytes()
    for length in range(0, len(good), 37):
        path.write_bytes(good[:length])
        with pytest.raises(FileFaultError) as caught:
            read_file(path, spec)
        assert caught.value.fault == "damaged"
