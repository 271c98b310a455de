"""The fetch of a store: one at a time, whoever begins it, seen by all.

The page's runs on a thread of its own and outlives page and browser; a command's runs where it was
called. What is known of it stands in a small file, so that every browser, server and command over
the same store sees the same; one that a killed process left unfinished is told as broken off.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from dashboard.fetch_job_record import (
    MEANS_NOTHING,
    Fetching,
    Order,
    Status,
    Summary,
    bug,
    explained,
    read_fetching,
    write_fetching,
)
from data.acquire import acquire, refresh
from data.acquire_types import AcquireProgress, AcquireReport, FetchRequest, Say
from data.atomic import disk_errors
from data.errors import DataError, StoreBusyError
from data.net.errors import CancelledError

__all__ = ["FetchJob", "fetch_job", "run_order"]

_LOG: Final = logging.getLogger(__name__)
_WRITE_EVERY: Final = 0.5  # seconds between two notes of the progress
#: Does an order: the store, what to do, where to say how far it is, whether to stop.
Work = Callable[[Path, Order, Say, threading.Event], AcquireReport]


def run_order(home: Path, order: Order, say: Say, cancelled: threading.Event) -> AcquireReport:
    """Fetch or refresh as `order` says; raises what these raise."""
    if order.kind == "refresh":
        chosen = order.provider
        return refresh(home, order.name, provider=chosen, progress=say, cancelled=cancelled)
    request = FetchRequest(
        universe=order.universe,
        start=order.start,
        end=order.end,
        provider=order.provider or "auto",
        name=order.name,
    )
    return acquire(home, request, progress=say, cancelled=cancelled)


@dataclass(slots=True)
class _Thread:
    thread: threading.Thread
    cancelled: threading.Event


class FetchJob:
    """The job of one store; safe to share between threads.

    Parameters
    ----------
    home : Path
        PLIMSOLL_HOME.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._guard = threading.Lock()
        self._mine: _Thread | None = None
        self._known: Fetching | None = None

    def start(self, order: Order, work: Work = run_order) -> None:
        """Begin `order` on a thread of its own; where there is no thread to be had, it has failed.

        Raises
        ------
        StoreBusyError
            A fetch is under way, here or in another process; who is at it, and since when.
        DataError
            The store cannot be written.
        """
        with self._guard:
            lock = self._begun(order, "the Data page")
            stop = threading.Event()
            thread = threading.Thread(
                target=self._in_thread, args=(order, work, stop, lock), name="fetch-job",
                daemon=True,
            )  # fmt: skip
            try:
                thread.start()
            except RuntimeError as error:  # the machine has no thread left
                self._known = None
                failed = Fetching("failed", order, began=_now(), ended=_now(), problem=bug(error))
                with contextlib.suppress(DataError):
                    write_fetching(self.home, failed)
                lock.release()
                return
            self._mine = _Thread(thread, stop)

    def run(
        self, order: Order, work: Work, say: Say, cancelled: threading.Event, who: str
    ) -> AcquireReport:
        """Do `order` in this thread, as a command does; raises what `start` and `work` raise.

        An order that means nothing leaves the record of the last fetch as it was.
        """
        before = read_fetching(self.home)
        with self._guard:
            lock = self._begun(order, who)
        try:
            return self._done(order, work, cancelled, say)
        except MEANS_NOTHING:
            write_fetching(self.home, before)
            raise
        finally:
            lock.release()  # also where the process is stopped at once: then it is broken off

    def cancel(self) -> None:
        """Ask the job of this process to stop; what came is kept."""
        with self._guard:
            mine, known = self._mine, self._known
            if mine is None or not mine.thread.is_alive() or known is None:
                return
            mine.cancelled.set()
            self._known = replace(known, status="cancelling")

    def look(self) -> Fetching:
        """Return what is known of the last fetch into this store."""
        with self._guard:
            if self._mine is not None and self._mine.thread.is_alive() and self._known is not None:
                return self._known
        found = read_fetching(self.home)
        if found.status not in ("running", "cancelling"):
            return found
        if self._is_locked():
            return replace(found, elsewhere=True)
        again = read_fetching(self.home)  # it may have ended between the two looks
        return again if again.status not in ("running", "cancelling") else again.broken_off()

    def wait(self, seconds: float) -> bool:
        """Wait for this process's job to end; return whether it has."""
        with self._guard:
            mine = self._mine
        if mine is not None:
            mine.thread.join(seconds)
        return mine is None or not mine.thread.is_alive()

    def _begun(self, order: Order, who: str) -> FileLock:
        if self._mine is not None and self._mine.thread.is_alive() and self._known is not None:
            raise StoreBusyError(self._known.busy_words())
        lock = self._locked()
        self._known = Fetching("running", order, began=_now(), who=who, process=os.getpid())
        try:
            write_fetching(self.home, self._known)
        except BaseException:
            self._known = None
            lock.release()
            raise
        return lock

    def _in_thread(
        self, order: Order, work: Work, cancelled: threading.Event, lock: FileLock
    ) -> None:
        try:
            self._done(order, work, cancelled, lambda _: None)
        except (DataError, OSError):
            pass  # the record has it
        except Exception:  # noqa: BLE001 (the page hears of a bug, the server goes on)
            _LOG.exception("a fetch failed")
        finally:
            lock.release()

    def _done(
        self, order: Order, work: Work, cancelled: threading.Event, also: Say
    ) -> AcquireReport:
        last = [0.0]

        def say(progress: AcquireProgress) -> None:
            also(progress)
            self._told(progress, last)

        try:
            report = work(self.home, order, say, cancelled)
        except CancelledError:
            self._end(self._ended(status="cancelled"))
            raise
        except (DataError, OSError) as error:
            self._end(replace(self._ended(status="failed"), problem=explained(error)))
            raise
        except Exception as error:
            self._end(replace(self._ended(status="failed"), problem=bug(error)))
            raise
        status: Status = "cancelled" if report.cancelled else "done"
        self._end(replace(self._ended(status=status), summary=Summary.of(report)))
        return report

    def _told(self, progress: AcquireProgress, last: list[float]) -> None:
        with self._guard:
            assert self._known is not None  # set before the work began
            before = self._known.progress
            self._known = replace(self._known, progress=progress)
            known = self._known
        now = time.monotonic()
        changed = before is None or before.stage != progress.stage
        if changed or now - last[0] >= _WRITE_EVERY:
            last[0] = now
            with contextlib.suppress(DataError):  # the fetch itself will say it
                write_fetching(self.home, known)

    def _ended(self, status: Status) -> Fetching:
        with self._guard:
            assert self._known is not None
            return replace(self._known, status=status, ended=_now())

    def _end(self, ended: Fetching) -> None:
        try:
            write_fetching(self.home, ended)
        except DataError as error:
            ended = replace(ended, status="failed", problem=ended.problem or explained(error))
        with self._guard:
            self._known = ended

    def _locked(self) -> FileLock:
        # Not bound to a thread: the job's thread lets go of what this one took.
        path = self._lock_path()
        with disk_errors("the lock of a fetch", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise StoreBusyError(read_fetching(self.home).busy_words()) from error
        return lock

    def _is_locked(self) -> bool:
        lock = FileLock(self._lock_path(), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            return False
        lock.release()
        return False

    def _lock_path(self) -> Path:
        return self.home / "fetched" / ".locks" / "fetch-job.lock"


_JOBS: Final[dict[Path, FetchJob]] = {}
_JOBS_GUARD: Final = threading.Lock()


def fetch_job(home: Path) -> FetchJob:
    """Return the job of the store at `home`: the same one for every session of this process."""
    with _JOBS_GUARD:
        return _JOBS.setdefault(home, FetchJob(home))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
