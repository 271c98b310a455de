"""Time to fetch 200 names × 3 years from a server 20 ms away: ``python -m benchmarks.fetch``.

The server is the tests' own, in a process of its own, over loopback and without TLS. The bound is
what the pace alone takes: 199 slots of 15 ms and one answer. Goal: within 1.25 of it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from data.acquire import acquire
from data.acquire_types import FetchRequest
from data.net.pacing import PLANS
from data.providers.base import BarsComplete
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from tests.loopback.market import LAST, small_market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer

TICKERS = 200
LATENCY = 0.020
START = dt.date(2023, 11, 21)
GOAL = 1.25


def serve(pipe: Connection) -> None:
    """Run the server until the other side says stop; report what it measured."""
    market = small_market(TICKERS)
    with LoopbackServer(PolygonProtocol(market), latency=LATENCY) as server:
        pipe.send((server.url, sum(len(market.bars(name, START)) for name in names())))
        while pipe.recv() == "measure":
            meter = server.meter
            pipe.send((len(meter.requests), meter.connections, meter.most_within(1.0)))
            meter.requests.clear()
            meter.connections = 0


def names() -> list[str]:
    return [f"N{number:03d}" for number in range(TICKERS)]


def one_run(url: str, client: str) -> tuple[float, float, float, int]:
    """Return seconds, processor seconds, seconds of one answer, and rows of one fetch."""
    environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": url}
    provider = PolygonProvider(PolygonSettings(client=client), environ)
    began = time.perf_counter()
    provider.bars("N000", START, LAST)
    answer = time.perf_counter() - began
    provider.close()  # the fetch below opens its own connections
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    outcomes = list(provider.fetch_bars(names(), START, LAST))
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    provider.close()
    failed = [outcome for outcome in outcomes if not isinstance(outcome, BarsComplete)]
    if failed:
        raise SystemExit(f"the fetch failed: {failed[0]}")
    rows = sum(one.bars.num_rows for one in outcomes if isinstance(one, BarsComplete))
    return seconds, processor, answer, rows


def to_market(url: str) -> tuple[float, float, int]:
    """Return seconds from nothing to a market, those of the next start, and its bars."""
    environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": url, "YAHOO_BASE_URL": url}
    with tempfile.TemporaryDirectory() as folder:
        request = FetchRequest(tuple(names()), start=START, benchmark=None, volatility=None)
        took = []
        for _ in range(2):
            began = time.perf_counter()
            report = acquire(Path(folder), request, environ=environ)
            took.append(time.perf_counter() - began)
            if not report.complete or report.snapshot is None:
                raise SystemExit(f"the fetch is not complete: {report.counts()}")
        return took[0], took[1], report.snapshot.tables["prices"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--client", choices=("polygon", "massive"), default="polygon")
    options = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    try:
        url, expected = ours.recv()
        one_run(url, options.client)  # the first run fills the server's cache
        seconds, answers = [], []
        for run in range(options.runs):
            ours.send("measure")
            ours.recv()
            took, processor, answer, rows = one_run(url, options.client)
            ours.send("measure")
            requests, connections, most = ours.recv()
            if rows != expected:
                raise SystemExit(f"{rows} rows came, the market has {expected}")
            seconds.append(took)
            answers.append(answer)
            print(
                f"run {run + 1}: {took:.2f} s, {rows} rows, {requests - 1} requests over "
                f"{connections - 1} connections, at most {most} a second, "
                f"{processor:.2f} s of processor; load {os.getloadavg()[0]:.1f}"
            )
        first, again, bars = to_market(url)
        print(
            f"from nothing to a market of {bars} bars, with splits, dividends, details and "
            f"filings: {first:.1f} s; the same again: {again:.1f} s; load {os.getloadavg()[0]:.1f}"
        )
    finally:
        ours.send("stop")
        server.join()
    bound = (TICKERS - 1) * PLANS["paid"].spacing + LATENCY
    ratio = statistics.median(seconds) / bound
    answer_ms = statistics.median(answers) * 1e3
    print(
        f"median {statistics.median(seconds):.2f} s against a bound of {bound:.2f} s: "
        f"ratio {ratio:.3f} (goal {GOAL}); one answer took {answer_ms:.0f} ms"
    )


if __name__ == "__main__":
    main()
