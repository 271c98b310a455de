"""Answers of a provider for the tests of the store of fetched data."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import signal
import sys
from pathlib import Path

import pyarrow as pa

from data.fetched import FetchedStore, Source
from data.fetched_tables import FETCHED_TABLES

FIRST = dt.date(2024, 1, 1)
NOON = dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def source(hour: int = 0, *, provider: str = "polygon", base: str = "raw") -> Source:
    return Source(provider, base, NOON + dt.timedelta(hours=hour), "client 1.0")


def bars(numbers: range | list[int], *, ticker: str = "AAA", close: float = 10.0) -> pa.Table:
    """Bars on the days of `numbers`; the close of day n is `close` + n."""
    spec = FETCHED_TABLES["bars"].columns
    rows = [
        {
            "date": day(number), "ticker": ticker, "open": 1.0, "high": 2.0, "low": 0.5,
            "close": close + number, "volume": 100.0, "vwap": None, "trades": 5.0,
        }
        for number in numbers
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=spec)


def dividends(*paid: tuple[int, float]) -> pa.Table:
    spec = FETCHED_TABLES["dividends"].columns
    rows = [
        {"ticker": "AAA", "ex_date": day(number), "cash_amount": cash, "dividend_type": "CD"}
        for number, cash in paid
    ]
    return pa.Table.from_pylist(rows, schema=spec)


def write_until_killed(home: str, first: int, point: str) -> None:
    """Append one bar a call from day `first` on, say which are stored, never end.

    `point` names a call of the system before which the process kills itself: fsync:1 is that of
    the scratch file, replace:1 the renaming, fsync:2 that of the folder; "-" is none.
    """
    store = FetchedStore(Path(home))
    for number in itertools.count(first):
        if point != "-" and number == first + 1:
            _die_before(*point.split(":"))
        asked = (day(0) if number == 0 else day(number - 1), day(number))
        overlap = [number] if number == 0 else [number - 1, number]
        store.append("bars", "AAA", bars(overlap), source(number), asked)
        os.write(1, f"{number}\n".encode())


def _die_before(name: str, call: str) -> None:
    original, left = getattr(os, name), itertools.count(int(call), -1)

    def dying(*values: object) -> object:
        if next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*values)

    setattr(os, name, dying)


def nurse(home: str) -> None:
    """Start a writer for each line "first point" read, tell its pid, and when it is dead.

    Forking from a process that has everything imported makes a kill cheap.
    """
    for line in sys.stdin:
        first, point = line.split()
        child = os.fork()
        if not child:
            write_until_killed(home, int(first), point)
        os.write(1, f"pid {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"dead {os.waitstatus_to_exitcode(status)}\n".encode())


def write_some(home: str, writer: int, writers: int, count: int) -> None:
    """Append every `writers`-th day, one call each; the window asked for grows from day 0."""
    store = FetchedStore(Path(home))
    for turn in range(count):
        number = turn * writers + writer
        store.append("bars", "AAA", bars([number]), source(), (day(0), day(number)))


def read_some(home: str, stop: str) -> None:
    """Read until the file `stop` is there; rows never become fewer and are never wrong."""
    store, seen = FetchedStore(Path(home)), 0
    reads = 0
    while not Path(stop).exists():
        series = store.read("bars", "polygon", "AAA")
        if series is not None:
            rows = series.rows.num_rows
            if rows < seen or series.label.rows != rows:
                raise AssertionError(f"{rows} rows after {seen}")
            seen, reads = rows, reads + 1
    if not reads:
        raise AssertionError("nothing was ever read")


if __name__ == "__main__":
    action, *arguments = sys.argv[1:]
    if action == "nurse":
        nurse(*arguments)
    elif action == "some":
        write_some(arguments[0], *(int(text) for text in arguments[1:]))
    else:
        read_some(*arguments)
