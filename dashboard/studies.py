"""Work behind the page: studies of thousands of runs, through one queue that gives way to sliders.

A page asks for a study as often as it draws; the answer is what is known by then. The newest
question of a session about a subject wins: what nobody asks for any more is cancelled, or never
begun. While a page computes an exact result, every study waits between two blocks of runs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core.errors import CancelledError
from dashboard.problems import EXPECTED, Problem, explain

__all__ = ["Pace", "Studies", "Study", "Work"]

Status = Literal["waiting", "running", "done", "failed"]
_LOG: Final = logging.getLogger(__name__)
_LONGEST_PAUSE: Final = 2.0  # seconds a study waits for pages before it takes its next block anyway


@dataclass(frozen=True, slots=True)
class Study:
    """What is known of one study.

    Attributes
    ----------
    status : {"waiting", "running", "done", "failed"}
    share : float
        Part that is done, in [0, 1].
    result : object
        What the work returned; None until ``done``.
    problem : Problem or None
        Why it ``failed``, in words.
    """

    status: Status
    share: float = 0.0
    result: Any = None
    problem: Problem | None = None


class Pace:
    """What a study's work is handed: whether to stop, and where to say how far it is."""

    def __init__(self, stop: Callable[[], bool], say: Callable[[float], None]) -> None:
        self._stop = stop
        self._say = say

    def cancelled(self) -> bool:
        """Whether to stop; returns late while a page needs the processors. Ask often."""
        return self._stop()

    def share(self, share: float) -> None:
        """Say which part is done, in [0, 1]."""
        self._say(share)


Work = Callable[[Pace], Any]


def _bug(error: Exception) -> Problem:
    return Problem(
        "This study failed",
        f"an error of the program: {type(error).__name__}",
        "The run on this page is not touched by it.",
        "Move a control to ask again; the program's log has the details.",
    )


def _is_there(alive: Callable[[], bool]) -> bool:
    # Of somebody about whom nothing can be learned nothing more will be heard.
    try:
        return alive()
    except Exception:  # noqa: BLE001 (the queue goes on)
        _LOG.exception("whether a study's order is still wanted cannot be learned")
        return False


@dataclass(slots=True)
class _Job:
    key: str
    work: Work
    order: tuple[int, int]
    # (session, subject) → when it asked last, on the monotonic clock.
    wanted_by: dict[tuple[str, str], float] = field(default_factory=dict)
    # Of orders: whether who asked is still there.
    alive: dict[tuple[str, str], Callable[[], bool]] = field(default_factory=dict)
    study: Study = field(default_factory=lambda: Study("waiting"))


class Studies:
    """The queue of one process; safe to share between threads.

    Parameters
    ----------
    kept : int
        Finished studies that are remembered, the latest asked for.
    patience : float
        Seconds after which a session that no longer asks counts as gone.
    """

    def __init__(self, kept: int = 64, patience: float = 30.0) -> None:
        self._kept = kept
        self._patience = patience
        self._changed = threading.Condition()
        self._waiting: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._finished: OrderedDict[str, Study] = OrderedDict()
        # With who asked: what failed is tried again by who comes back to it.
        self._failed: OrderedDict[str, _Job] = OrderedDict()
        self._asked = 0
        self._pages = 0
        self._thread: threading.Thread | None = None

    def ask(
        self,
        session: str,
        subject: str,
        key: str,
        work: Work,
        *,
        rank: int = 0,
        alive: Callable[[], bool] | None = None,
    ) -> Study:
        """Return what is known of the study `key`, and see that it is being worked on.

        A result is remembered. A failure is told to whoever goes on asking; it is forgotten when
        one of them leaves it or asks for another key, or, unless it is an order, nobody asks for as
        long as `patience`.

        Parameters
        ----------
        session, subject : str
            Who asks and about what; an earlier `key` of the same two is no longer wanted.
        key : str
            Of the content: equal keys are the same study, whoever asks.
        work : callable
            Called in the queue's thread. It should call ``Pace.cancelled`` between blocks and let
            core.errors.CancelledError pass.
        rank : int
            Lower ranks are worked on first.
        alive : callable, optional
            Makes this an order, which is worked on whether or not a page asks again: it waits for
            nobody's patience while this says True, and only :meth:`leave` with its subject drops
            it. Called often and from other threads.
        """
        now = time.monotonic()
        with self._changed:
            self._forget(session, subject, key)
            if key in self._finished:
                self._finished.move_to_end(key)
                return self._finished[key]
            job = self._failed_job(key, now) or self._job(key)
            if job is None:
                self._asked += 1
                job = self._waiting[key] = _Job(key, work, (rank, self._asked))
                self._start()
                self._changed.notify_all()
            job.wanted_by[(session, subject)] = now
            if alive is not None:
                job.alive[(session, subject)] = alive
            return job.study

    def known(self, key: str) -> Study | None:
        """Return the finished study `key`, None where there is none; nothing is begun."""
        with self._changed:
            return self._finished.get(key)

    def leave(self, session: str, subject: str | None = None) -> None:
        """Drop what `session` asked for about `subject`; without one, everything but its orders."""
        with self._changed:
            self._forget(session, subject)

    @contextmanager
    def page(self) -> Iterator[None]:
        """Hold every study between its blocks for as long as a page computes."""
        with self._changed:
            self._pages += 1
        try:
            yield
        finally:
            with self._changed:
                self._pages -= 1
                self._changed.notify_all()

    def _failed_job(self, key: str, now: float) -> _Job | None:
        job = self._failed.get(key)
        if job is None or job.alive:
            return job
        if max(job.wanted_by.values(), default=0.0) >= now - self._patience:
            return job
        del self._failed[key]
        return None

    def _job(self, key: str) -> _Job | None:
        if self._running is not None and self._running.key == key:
            return self._running
        return self._waiting.get(key)

    def _forget(self, session: str, subject: str | None = None, but: str = "") -> None:
        running = [] if self._running is None else [self._running]
        for job in [*self._waiting.values(), *self._failed.values(), *running]:
            asked = len(job.wanted_by)
            for who in list(job.wanted_by):
                meant = who not in job.alive if subject is None else subject == who[1]
                if who[0] == session and meant and job.key != but:
                    del job.wanted_by[who]
                    job.alive.pop(who, None)
            if not job.wanted_by and job.key != but:
                self._waiting.pop(job.key, None)
            if len(job.wanted_by) < asked:
                self._failed.pop(job.key, None)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="studies", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                job = min(self._waiting.values(), key=lambda waiting: waiting.order)
                del self._waiting[job.key]
                self._running = job
            self._hold()
            self._end(job, self._done(job))

    def _done(self, job: _Job) -> Study | None:
        # None when it was cancelled: whoever asks again starts it anew.
        def say(share: float) -> None:
            job.study = Study("running", min(max(share, 0.0), 1.0))

        def stop() -> bool:
            self._hold()
            return not self._is_wanted(job)

        try:
            if stop():
                return None
            say(0.0)
            return Study("done", 1.0, job.work(Pace(stop, say)))
        except CancelledError:
            return None
        except EXPECTED as error:
            return Study("failed", 1.0, problem=explain(error))
        except Exception as error:  # noqa: BLE001 (the page hears of a bug, the queue goes on)
            _LOG.exception("a study failed")
            return Study("failed", 1.0, problem=_bug(error))

    def _end(self, job: _Job, study: Study | None) -> None:
        with self._changed:
            self._running = None
            if study is not None and study.status == "failed":
                job.study = study
                self._failed[job.key] = job
                while len(self._failed) > self._kept:
                    self._failed.popitem(last=False)
            elif study is not None:
                job.study = study
                self._finished[job.key] = study
                while len(self._finished) > self._kept:
                    self._finished.popitem(last=False)
            elif self._is_wanted(job):  # asked for again while it was ending
                job.study = Study("waiting")
                self._waiting[job.key] = job
            self._changed.notify_all()

    def _hold(self) -> None:
        until = time.monotonic() + _LONGEST_PAUSE
        with self._changed:
            while self._pages > 0 and time.monotonic() < until:
                self._changed.wait(until - time.monotonic())

    def _is_wanted(self, job: _Job) -> bool:
        now = time.monotonic()
        with self._changed:
            for who in job.wanted_by:
                if who in job.alive and _is_there(job.alive[who]):
                    job.wanted_by[who] = now
            return any(asked >= now - self._patience for asked in job.wanted_by.values())
