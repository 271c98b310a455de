"""Killed writers, several writers and readers at once, flipped bits."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
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
    return subprocess.Popen([*CASES, *texts], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_fifty_kills_lose_nothing_that_was_said_to_be_stored(tmp_path: Path) -> None:
    store, chance = FetchedStore(tmp_path), random.Random(6)
    stored = -1
    for _ in range(KILLS):
        writer = start("forever", tmp_path, stored + 1)
        assert writer.stdout is not None
        said = [writer.stdout.readline()]
        time.sleep(chance.uniform(0.0, 0.03))
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
        writer.stdout.close()
        assert writer.wait() == -signal.SIGKILL
        said = [line for line in said if line.endswith("\n")]
        assert said, "the writer never stored anything"
        series = store.read("bars", "polygon", "AAA")
        assert series is not None
        days = series.rows["date"].to_pylist()
        assert days == [day(number) for number in range(len(days))], "no hole"
        assert len(days) - 1 >= int(said[-1]) >= stored
        assert series.history.num_rows == 0
        stored = len(days) - 1
    assert stored >= KILLS
    assert store.quarantined() == ()
    store.sweep(older_than=-1)
    assert not list(store.root.rglob("*.tmp"))


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
            process.stdout.close()
    assert (codes, read) == ([0] * 3, [0] * 4)
    series = FetchedStore(tmp_path).read("bars", "polygon", "AAA")
    assert series is not None
    assert series.rows.select(FETCHED_TABLES["bars"].columns.names).equals(
        bars(range(writers * count))
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_flipped_bit_is_ever_read_as_data(tmp_path: Path, seed: int) -> None:
    store, spec, chance = FetchedStore(tmp_path), FETCHED_TABLES["bars"], random.Random(seed)
    store.append("bars", "AAA", bars(range(60)), source(), (day(0), day(60)))
    path = store.path("bars", "polygon", "AAA")
    good, whole = path.read_bytes(), read_file(path, spec)
    found = 0
    for _ in range(300):
        bad = bytearray(good)
        place = chance.randrange(len(bad))
        bad[place] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(bad))
        try:
            table, label = read_file(path, spec)
        except FileFaultError:
            found += 1
        else:
            assert table.equals(whole[0]), f"byte {place}"
            assert label == whole[1]
    assert found > 250, "only bytes that mean nothing may be changed unseen"


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
