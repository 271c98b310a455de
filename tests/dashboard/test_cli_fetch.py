"""The commands as a user types them: real sockets, processes that are stopped and killed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from dashboard import cli_fetch
from dashboard.cli import main
from dashboard.fetch_job import FetchJob
from dashboard.fetch_job_record import Order
from data.catalog import Catalog
from data.errors import StoreBusyError
from data.fetched import FetchedStore
from tests.data.acquire_cases import World, world
from tests.loopback import faults
from tests.loopback.polygon import KEY

ROOT = Path(__file__).parents[2]
PLAIN = tuple(f"N{number:03d}" for number in range(12))
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "home", plain=len(PLAIN)) as one:
        one.home.mkdir()
        yield one


def _environment(one: World, **values: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**ours, **one.env, "PLIMSOLL_HOME": str(one.home), **values}


def _start(one: World, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", *arguments],
        cwd=ROOT,
        env=_environment(one, **environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return _seen(process.returncode, out, err)


def _run(one: World, *arguments: str, **environ: str) -> tuple[int, str, str]:
    # In this process: to start another one takes longer than most commands.
    with (
        patch.dict(os.environ, _environment(one, **environ), clear=True),
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        code = main(list(arguments))
    return _seen(code, out.getvalue(), err.getvalue())


def _seen(code: int, out: str, err: str) -> tuple[int, str, str]:
    assert "Traceback" not in err
    assert KEY not in out + err
    return code, out, err


def _fetch(*more: str, universe: tuple[str, ...] = PLAIN) -> list[str]:
    return ["fetch", "--universe", ",".join(universe), "--start", "2022-11-22", *more]


def test_from_fetch_to_backtest(served: World) -> None:
    code, out, err = _ended(_start(served, *_fetch("--name", "us")))
    assert code == 0, err
    assert "us: 14 symbols" in out
    assert "13 stored" in out
    assert "polygon 13 names" in out
    assert "survivorship bias" in out
    assert "backtest --source us" in out
    code, out, err = _run(served, "backtest", "--source", "us", "--json")
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    assert document["data"]["simulated"] is False
    assert np.isfinite(document["metrics"]["total_return"])
    code, out, err = _run(served, "refresh", "--name", "us")
    assert code == 0, err
    code, out, _ = _run(served, "status", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["markets"][0]["name"] == "us"
    assert {one["provider"]: one["state"] for one in document["providers"]}["polygon"] == "active"
    fetched = document["fetched"]
    assert fetched["providers"][0]["provider"] == "polygon"
    assert fetched["providers"][0]["names"] == 13
    assert fetched["requests"][0]["name"] == "us"
    assert fetched["refetch"] == []
    assert {one["provider"] for one in fetched["sources"]} >= {"polygon"}
    for path in served.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path


def test_killed_at_any_moment_it_goes_on(served: World) -> None:
    served.server.latency = 0.1
    process = _start(served, *_fetch("--provider", "polygon", "--no-filings"))
    store = FetchedStore(served.home)
    until = time.monotonic() + 120
    while len(store.labels("bars", "polygon")) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    stored = set(store.labels("bars", "polygon"))
    assert 4 <= len(stored)
    served.server.latency = 0.0
    served.forget()
    code, _, err = _run(served, *_fetch("--provider", "polygon", "--no-filings"))
    assert code == 0, err
    asked = {path.split("/")[4] for path in served.asked("/v2/aggs/ticker")}
    assert not asked & stored
    assert store.check() == ()
    prices = Catalog(served.home).prices("live")
    assert set(prices["ticker"]) == set(PLAIN)
    assert set(prices["ticker"].value_counts()) == {len(served.market.sessions())}


def test_a_second_one_is_told_who_is_at_it(served: World) -> None:
    served.server.latency = 0.3
    first = _start(served, *_fetch("--no-filings"))
    job = FetchJob(served.home)
    until = time.monotonic() + 120
    while job.look().progress is None and time.monotonic() < until:
        time.sleep(0.01)
    seen = job.look()
    assert (seen.status, seen.elsewhere, seen.process) == ("running", True, first.pid)
    code, out, err = _run(served, "refresh")
    assert (code, out) == (2, "")
    assert f"fetch (process {first.pid}) is at a fetch of the market live since" in err
    with pytest.raises(StoreBusyError, match=f"process {first.pid}"):  # and so is the Data page
        job.start(Order("fetch", "live"))
    served.server.latency = 0.0
    _, err = first.communicate(timeout=300)
    assert first.returncode == 0, err
    done = job.look()
    assert (done.status, done.elsewhere) == ("done", False)
    assert done.summary is not None
    assert done.summary.counts["stored"] == len(PLAIN) + 1


def test_ctrl_c_keeps_what_came(served: World) -> None:
    served.server.latency = 0.3
    process = _start(served, *_fetch("--no-filings"))
    store = FetchedStore(served.home)
    until = time.monotonic() + 120
    while not store.labels("bars", "polygon") and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "is kept" in err
    assert "same command again" in err
    assert store.labels("bars", "polygon")


def test_without_a_key_yahoo_serves(served: World) -> None:
    del served.env["POLYGON_API_KEY"]
    code, out, err = _run(served, *_fetch("--no-filings", universe=("N000", "DIVI")))
    assert code == 0, err
    assert "yahoo" in out
    code, out, _ = _run(served, "status")
    assert code == 0
    assert "provider polygon: unavailable: no key is set" in out
    assert "POLYGON_API_KEY" in out
    assert "provider yahoo: active" in out
    assert "fetched from yahoo" in out


def test_without_a_key_polygon_cannot_be_named(served: World) -> None:
    del served.env["POLYGON_API_KEY"]
    code, out, err = _run(served, *_fetch("--provider", "polygon"))
    assert (code, out) == (2, "")
    assert "POLYGON_API_KEY" in err
    assert "--provider yahoo" in err


def test_offline_says_what_to_do(served: World) -> None:
    offline = {"POLYGON_BASE_URL": UNREACHABLE, "YAHOO_BASE_URL": UNREACHABLE}
    code, out, err = _run(served, *_fetch(), **offline)
    assert (code, out) == (2, "")
    assert "nobody answered" in err
    assert "Check the connection" in err
    code, _, _ = _run(served, "status", **offline)  # nobody is asked
    assert code == 0


def test_a_source_that_answers_nonsense(served: World) -> None:
    served.server.faults.always("/v2/aggs", faults.html(500))
    command = _fetch("--provider", "polygon", "--no-filings", universe=("N000", "N001"))
    code, out, err = _run(served, *command)
    assert code == 2
    assert "no market was made" in err
    assert "failed: N000, N001" in out


def test_some_names_that_do_not_come(served: World) -> None:
    command = _fetch("--provider", "yahoo", "--no-filings", universe=("N000", "GONE"))
    code, out, _ = _run(served, *command)
    assert code == 0
    assert "GONE" in out
    served.polygon.outside_plan = ("/v2/aggs/ticker/N001",)
    command = _fetch("--provider", "polygon", "--no-filings", universe=("N000", "N001"))
    code, out, err = _run(served, *command)
    assert code == 1
    assert "symbols did not come" in err
    assert "failed: N001" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fetch", "--universe", "us2000"], "us200"),
        (["fetch", "--name", "demo"], "demo"),
        (["fetch", "--start", "yesterday"], "--start must be a date"),
        (["fetch", "--start", "2031-01-01"], "newest session"),
        (["fetch", "--provider", "bloomberg"], "bloomberg"),
        (["refresh", "--name", "nothing"], "nothing"),
        (["data", "reconcile"], "no name of both"),
    ],
)
def test_bad_input_is_one_message(served: World, arguments: list[str], words: str) -> None:
    code, out, err = _run(served, *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_reconcile_of_both_providers(served: World) -> None:
    names = ("SPLF", "DIVI")
    for provider in ("polygon", "yahoo"):
        command = _fetch("--provider", provider, "--no-filings", universe=names)
        assert _run(served, *command)[0] == 0
    code, out, err = _run(served, "data", "reconcile", "--json")
    assert code == 0, err
    document = json.loads(out)
    rows = {row["ticker"]: row for row in document["summary"]}
    assert set(rows) >= set(names)
    assert all(row["agreeing"] == row["days"] > 900 for row in rows.values())
    assert document["findings"] == []
    code, out, _ = _run(served, "data", "reconcile", "--ticker", "DIVI")
    assert code == 0
    assert "1 names" in out
    assert out.rstrip().endswith("agree")


def test_for_whom_a_provider_was_passed_over_is_said_and_why(served: World) -> None:
    served.polygon.outside_plan = ("/v2/aggs/ticker/N001",)
    command = _fetch("--no-filings", "--name", "two", universe=("N000", "N001"))
    code, out, err = _run(served, *command, YAHOO_SPACING="0.01")
    assert code == 0, err
    told = "1 name was asked of Yahoo instead of Polygon, the key's plan does not include it: N001."
    assert told in out
    code, out, _ = _run(served, "status")
    assert code == 0
    assert "provider polygon: active" in out
    assert "provider polygon: not the source of N001: the key's plan does not include it" in out
    code, out, err = _run(served, "refresh", "--name", "three")
    assert (code, "plimsoll fetch --name three" in err) == (2, True)


def test_a_single_symbol_is_a_universe_and_a_misspelt_one_is_not() -> None:
    assert cli_fetch._universe("AAPL") == ("AAPL",)
    assert cli_fetch._universe("BRK.B") == ("BRK.B",)
    assert cli_fetch._universe("AAPL, MSFT,") == ("AAPL", "MSFT")
    for text in ("us200", "us20", "US200", "top:50", "names.csv"):
        assert cli_fetch._universe(text) == text
