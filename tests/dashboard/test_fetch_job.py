"""The job behind the Data page: one at a time, seen by all, kept when it ends or is broken off."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.fetch_job import FetchJob, fetch_job
from dashboard.fetch_job_record import (
    Fetching,
    Order,
    explained,
    read_fetching,
    record_path,
    write_fetching,
)
from data.acquire_types import AcquireProgress, AcquireReport, FetchRequest, Say, TickerOutcome
from data.errors import ReferenceFileError, StoreBusyError, StoreFullError, StoreWriteError
from data.net.errors import CancelledError, MissingKeyError, ProviderError, RateLimitError

ROOT = Path(__file__).resolve().parents[2]
ORDER = Order("fetch", "live", "auto", ("AAA", "BBB"), dt.date(2024, 1, 2), None)
LONG = 30.0


def report(*, cancelled: bool = False) -> AcquireReport:
    outcomes = (
        TickerOutcome("AAA", "stored", "yahoo", 250),
        TickerOutcome("BBB", "failed", detail="yahoo: it did not answer"),
    )
    window = (dt.date(2024, 1, 2), dt.date(2024, 12, 31))
    return AcquireReport(
        FetchRequest(("AAA", "BBB")), window, outcomes, None, cancelled, ("a note",), 2.0, "why"
    )


class Slow:
    """Work that says how far it is and waits to be let go, or stopped."""

    def __init__(self) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(
        self, home: Path, order: Order, say: Say, cancelled: threading.Event
    ) -> AcquireReport:
        say(AcquireProgress("bars", "Daily bars", 1, 2, 0, 250, 0.3, 1.0, 1.0, 1.0))
        self.begun.set()
        while not (self.let_go.wait(0.01) or cancelled.is_set()):
            pass
        return report(cancelled=cancelled.is_set())


def failing(error: Exception) -> Callable[..., AcquireReport]:
    def work(*_: object) -> AcquireReport:
        raise error

    return work


@pytest.fixture
def slow() -> Slow:
    return Slow()


def test_a_store_without_a_fetch_says_so(tmp_path: Path) -> None:
    assert FetchJob(tmp_path).look() == Fetching()
    assert not list(tmp_path.iterdir())  # to look writes nothing


def test_a_machine_without_a_thread_fails_the_job_and_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = FetchJob(tmp_path)

    def none(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none)
        job.start(ORDER, failing(RuntimeError("never called")))
    seen = job.look()
    assert (seen.status, seen.order) == ("failed", ORDER)
    assert seen.problem is not None
    assert job.wait(0.0)
    job.start(ORDER, lambda *_: report())  # nothing is locked
    assert job.wait(LONG)
    assert job.look().status == "done"


def test_a_job_is_seen_from_its_beginning_to_its_end(tmp_path: Path, slow: Slow) -> None:
    job = FetchJob(tmp_path)
    job.start(ORDER, slow)
    assert slow.begun.wait(LONG)
    seen = job.look()
    assert (seen.status, seen.order, seen.elsewhere) == ("running", ORDER, False)
    assert seen.progress is not None
    assert (seen.progress.done, seen.progress.total, seen.progress.rows) == (1, 2, 250)
    slow.let_go.set()
    assert job.wait(LONG)
    ended = job.look()
    assert ended.status == "done"
    assert ended.summary is not None
    assert ended.summary.counts == {"stored": 1, "failed": 1}
    assert ended.summary.served == {"yahoo": 1}
    assert [one.ticker for one in ended.summary.missing] == ["BBB"]
    assert FetchJob(tmp_path).look() == ended  # also after the program was started again


def test_one_at_a_time_also_between_processes(tmp_path: Path, slow: Slow) -> None:
    job = FetchJob(tmp_path)
    job.start(ORDER, slow)
    assert slow.begun.wait(LONG)
    with pytest.raises(StoreBusyError, match="one fetch at a time"):
        job.start(ORDER, slow)
    code = (
        "import sys; from pathlib import Path\n"
        "from dashboard.fetch_job import FetchJob\n"
        "from data.errors import StoreBusyError\n"
        "from dashboard.fetch_job_record import Order\n"
        "job = FetchJob(Path(sys.argv[1])); seen = job.look()\n"
        "print(seen.status, seen.elsewhere, seen.progress.done)\n"
        "try: job.start(Order('fetch', 'live'))\n"
        "except StoreBusyError as error: print(error)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.splitlines()[0] == "running True 1"
    assert f"the Data page (process {os.getpid()}) is at a fetch of the market live" in found.stdout
    assert f"since {job.look().began:%Y-%m-%d %H:%M:%S} UTC" in found.stdout
    slow.let_go.set()
    assert job.wait(LONG)


def test_a_command_is_seen_like_a_fetch_of_the_page(tmp_path: Path) -> None:
    job, seen = FetchJob(tmp_path), list[Fetching]()
    told: list[AcquireProgress] = []

    def work(home: Path, _: Order, say: Say, __: threading.Event) -> AcquireReport:
        say(AcquireProgress("bars", "Daily bars", 1, 2))
        seen.append(FetchJob(home).look())
        with pytest.raises(StoreBusyError, match="plimsoll fetch"):
            FetchJob(home).start(ORDER)
        return report()

    job.run(ORDER, work, told.append, threading.Event(), "plimsoll fetch")
    assert (seen[0].status, seen[0].elsewhere, seen[0].who) == ("running", True, "plimsoll fetch")
    assert seen[0].progress == told[0]
    done = FetchJob(tmp_path).look()
    assert (done.status, done.process) == ("done", os.getpid())
    assert done.summary is not None
    for error, status in ((StoreFullError("full"), "failed"), (_stopped(), "cancelled")):
        with pytest.raises(type(error)):
            job.run(ORDER, failing(error), told.append, threading.Event(), "plimsoll fetch")
        assert FetchJob(tmp_path).look().status == status
    former = FetchJob(tmp_path).look()
    with pytest.raises(ReferenceFileError):  # a typing error is no fetch
        job.run(
            ORDER, failing(ReferenceFileError("no")), told.append, threading.Event(), "plimsoll"
        )
    assert FetchJob(tmp_path).look() == former


def _stopped() -> CancelledError:
    return CancelledError("polygon", "bars", "come", "were stopped", "Fetch again.")


def test_it_stops_when_asked_and_can_be_begun_again(tmp_path: Path, slow: Slow) -> None:
    job = FetchJob(tmp_path)
    job.cancel()  # nothing to stop
    job.start(ORDER, slow)
    assert slow.begun.wait(LONG)
    job.cancel()
    assert job.wait(LONG)
    assert job.look().status == "cancelled"
    again = Slow()
    again.let_go.set()
    job.start(ORDER, again)
    assert job.wait(LONG)
    assert job.look().status == "done"


def test_a_killed_program_left_a_fetch_unfinished(tmp_path: Path) -> None:
    code = (
        "import os, sys, threading; from pathlib import Path\n"
        "from dashboard.fetch_job import FetchJob\n"
        "from tests.dashboard.test_fetch_job import ORDER, Slow\n"
        "slow = Slow(); job = FetchJob(Path(sys.argv[1])); job.start(ORDER, slow)\n"
        "slow.begun.wait(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, timeout=120,
    )  # fmt: skip
    found = FetchJob(tmp_path).look()
    assert (found.status, found.order) == ("interrupted", ORDER)
    slow = Slow()
    slow.let_go.set()
    job = FetchJob(tmp_path)
    job.start(ORDER, slow)  # and the lock of a dead process holds nobody up
    assert job.wait(LONG)
    assert job.look().status == "done"


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (MissingKeyError("polygon", "the key", "be set", "was not", "Set it."), "needs a key"),
        (RateLimitError("yahoo", "bars", "come", "did not", "Wait."), "refuses more requests"),
        (ProviderError("yahoo", "bars", "come", "did not", "Wait."), "could not be asked"),
        (ReferenceFileError("no such universe"), "cannot be fetched"),
        (StoreFullError("the disk is full"), "disk is full"),
        (OSError(5, "input/output error"), "store cannot be read"),
    ],
)
def test_a_failure_is_explained(tmp_path: Path, error: Exception, title: str) -> None:
    job = FetchJob(tmp_path)
    job.start(ORDER, failing(error))
    assert job.wait(LONG)
    found = job.look()
    assert found.status == "failed"
    assert found.problem is not None
    assert title in found.problem.title
    assert found.problem.action
    assert FetchJob(tmp_path).look() == found


def test_a_bug_is_told_by_its_kind_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    job = FetchJob(tmp_path)
    job.start(ORDER, failing(KeyError("pk_secret")))
    assert job.wait(LONG)
    found = job.look()
    assert found.status == "failed"
    assert found.problem is not None
    assert "KeyError" in found.problem.happened
    assert "pk_secret" not in record_path(tmp_path).read_text()
    assert "a fetch failed" in caplog.text


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_cannot_be_written_is_told_before_anything_begins(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreWriteError):
            FetchJob(tmp_path).start(ORDER, failing(AssertionError()))
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "fetched").write_text("not a folder")
    job = FetchJob(tmp_path)
    with pytest.raises(StoreWriteError):
        job.start(ORDER, failing(AssertionError()))
    assert job.look() == Fetching()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 99}', '{"version": 1}'])
def test_a_damaged_record_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    write_fetching(tmp_path, Fetching("done", ORDER))
    record_path(tmp_path).write_text(content)
    assert read_fetching(tmp_path) == Fetching()


def test_the_record_holds_what_was_written(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
    problem = explained(StoreFullError("the disk is full"))
    for known in (
        Fetching(),
        Fetching("running", ORDER, AcquireProgress("bars", "Daily bars"), now),
        Fetching("failed", Order("refresh", "live"), began=now, ended=now, problem=problem),
    ):
        write_fetching(tmp_path, known)
        assert read_fetching(tmp_path) == known
        assert json.loads(record_path(tmp_path).read_bytes())["status"] == known.status


def test_a_store_has_one_job_in_a_process(tmp_path: Path) -> None:
    assert fetch_job(tmp_path) is fetch_job(tmp_path)
    assert fetch_job(tmp_path) is not fetch_job(tmp_path / "other")
