"""Where the jobs of a sweep run: threads, processes, or a cluster that is already there."""

from __future__ import annotations

import importlib
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, Protocol

import joblib
from joblib.externals.loky import get_reusable_executor

from core.compiled import code_fingerprint
from core.errors import CoreError
from core.risk.config import RiskConfig
from core.simulation import SweepResult
from core.sweep import Chunk
from dashboard.sweep_job import BookInputs, JobResult, run_job

__all__ = ["BACKENDS", "Backend", "BackendError", "open_backend", "run_jobs"]

BACKENDS: Final = ("threads", "processes", "dask", "ray")
_KEPT: Final = "Finished runs are kept: the same command resumes."
_LOOK_EVERY: Final = 2.0  # seconds without a result until the cluster is asked whether it lives
_CONNECT_WITHIN: Final = 10  # seconds


class BackendError(CoreError):
    """The workers of a sweep cannot be reached, were lost, or run another version."""


class Backend(Protocol):
    """A place that takes jobs."""

    slots: int

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        """Start a job."""

    def check(self) -> None:
        """Raise BackendError when no worker is left."""

    def close(self) -> None:
        """Give up what still runs, and let the workers go."""


def run_jobs(
    backend: Backend, jobs: Iterable[tuple[Chunk, BookInputs]]
) -> Iterator[tuple[Chunk, SweepResult]]:
    """Run jobs and yield what comes, in the order in which it comes; few wait at a time.

    Raises
    ------
    BackendError
        A worker was lost, or does not run this version.
    """
    waiting: dict[Future[JobResult], Chunk] = {}
    source = iter(jobs)
    more = True
    while more or waiting:
        while more and len(waiting) < 2 * backend.slots:
            job = next(source, None)
            if job is None:
                more = False
                break
            chunk, book = job
            waiting[_guarded(backend.submit, book, chunk.risks)] = chunk
        done, _ = wait(waiting, _LOOK_EVERY, FIRST_COMPLETED)
        if not done and waiting:
            backend.check()
        failed = [f for f in done if f.cancelled() or f.exception() is not None]
        for future in done - set(failed):  # what is finished is kept, also beside a loss
            result = future.result()
            if result.code != code_fingerprint():
                raise BackendError(
                    f"every worker must run this version of the engine ({code_fingerprint()}), one "
                    f"runs {result.code}. Install the same version everywhere. {_KEPT}"
                )
            yield waiting.pop(future), result.runs
        if failed:
            _guarded(failed[0].result)


def _guarded(call: Callable[..., Any], *given: Any) -> Any:
    # Lost workers show as errors of whichever library held them, none of which has to be here.
    try:
        return call(*given)
    except CoreError:
        raise
    except BrokenProcessPool as error:
        raise _lost(error) from error
    except Exception as error:
        if _is_of(error, "distributed", "ray", "concurrent"):
            raise _lost(error) from error
        raise


def _is_of(error: Exception, *packages: str) -> bool:
    return type(error).__module__.partition(".")[0] in packages


def _lost(error: Exception) -> BackendError:
    said = str(error).strip().splitlines()
    first = said[0].partition(". ")[0].rstrip(".") if said else ""
    detail = f"{type(error).__name__}{': ' if first else ''}{first}"
    return BackendError(
        f"a worker of the sweep was lost ({detail}). It may have run out of memory or been ended "
        f"from outside. {_KEPT}"
    )


def open_backend(name: str, address: str | None = None, jobs: int | None = None) -> Backend:
    """Start or reach workers.

    Parameters
    ----------
    name : str
        One of ``BACKENDS``.
    address : str, optional
        Of the scheduler of a cluster; required for dask and ray, refused for the others.
    jobs : int, optional
        Threads or processes; one a processor when not given.

    Raises
    ------
    BackendError
        The name is unknown, the address missing, an extra not installed, the cluster unreachable.
    """
    if name not in BACKENDS:
        raise BackendError(f"--backend must be one of {', '.join(BACKENDS)}, was {name}")
    cluster = name in ("dask", "ray")
    if cluster and not address:
        raise BackendError(
            f"--backend {name} must have the --address of a running cluster, had none. "
            f"For example {'tcp://10.0.0.5:8786' if name == 'dask' else 'ray://10.0.0.5:10001'}"
        )
    if not cluster and address:
        raise BackendError(f"--address is for --backend dask or ray, was given for {name}")
    count = jobs or int(joblib.cpu_count())
    if name == "threads":
        return _Threads(count)
    if name == "processes":
        return _Processes(count)
    return (_Dask if name == "dask" else _Ray)(str(address))


class _Threads:
    def __init__(self, count: int) -> None:
        self.slots = count
        self._pool = ThreadPoolExecutor(count, "sweep")

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        return self._pool.submit(run_job, book, risks)

    def check(self) -> None:
        pass  # threads are not lost

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class _Processes:
    # joblib's own pool: its workers start clean, without a fork of a process that has threads.
    def __init__(self, count: int) -> None:
        self.slots = count
        self._pool = get_reusable_executor(
            max_workers=count,
            timeout=None,  # idle while a book is built, they stay: their engine is loaded
            initializer=_leave_interrupts,
            reuse=False,
        )

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        future: Future[JobResult] = self._pool.submit(run_job, book, risks)
        return future

    def check(self) -> None:
        pass  # the pool breaks, and every future with it

    def close(self) -> None:
        self._pool.shutdown(wait=True, kill_workers=True)


def _leave_interrupts() -> None:
    # Ctrl-C reaches every process of a terminal: the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Dask:
    def __init__(self, address: str) -> None:
        distributed = _extra("dask", "distributed")
        try:
            self._client = distributed.Client(
                address, timeout=_CONNECT_WITHIN, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise _unreachable("dask", address, error) from error
        self._pool = self._client.get_executor()
        self._sent: tuple[BookInputs, Any] | None = None
        self.address = address
        self.slots = max(sum(self._client.nthreads().values()), 1)
        try:
            self.check()
        except BackendError:
            self.close()  # a client left behind goes on looking for its cluster
            raise

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        if self._sent is None or self._sent[0] is not book:
            # Every worker has the book: the loss of one does not take it away from the others.
            self._sent = (book, self._client.scatter(book, broadcast=True, hash=False))
        future: Future[JobResult] = self._pool.submit(run_job, self._sent[1], risks)
        return future

    def check(self) -> None:
        if self._client.status != "running" or not self._client.nthreads():
            raise BackendError(
                f"the dask cluster at {self.address} must have at least one worker, had none "
                f"(connection: {self._client.status}). Start workers and try again. {_KEPT}"
            )

    def close(self) -> None:
        self._pool.shutdown(wait=False)
        self._client.close()


class _Ray:
    def __init__(self, address: str) -> None:
        self._ray = _extra("ray", "ray")
        try:
            _knock(address)
            self._ray.init(address=address, log_to_driver=False, logging_level="error")
        except Exception as error:
            # ray's ConnectionError is an OSError; what its own layers raise has ray's name.
            known = isinstance(error, OSError | ValueError | RuntimeError | OverflowError)
            if known or _is_of(error, "ray"):
                raise _unreachable("ray", address, error) from error
            raise
        self._job = self._ray.remote(run_job)
        self._sent: tuple[BookInputs, Any] | None = None
        self.address = address
        self.slots = max(int(self._ray.cluster_resources().get("CPU", 1)), 1)

    def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
        if self._sent is None or self._sent[0] is not book:
            self._sent = (book, self._ray.put(book))
        future: Future[JobResult] = self._job.remote(self._sent[1], risks).future()
        return future

    def check(self) -> None:
        if not self._ray.is_initialized():
            raise BackendError(f"the ray cluster at {self.address} is gone. {_KEPT}")

    def close(self) -> None:
        self._ray.shutdown()


def _knock(address: str) -> None:
    # ray itself goes on for minutes looking for a cluster that is not there.
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_WITHIN).close()


def _extra(extra: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BackendError(
            f"--backend {extra} needs packages that are not installed ({error}). "
            f'Install them with: pip install "plimsoll[{extra}]"'
        ) from error


def _unreachable(name: str, address: str, error: Exception) -> BackendError:
    said = str(error).strip().splitlines() or [type(error).__name__]
    return BackendError(
        f"the {name} cluster at {address} cannot be reached: {said[0].rstrip('.')}. Check the "
        "address, and that it is running."
    )
