from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from types import ModuleType

import numpy as np
import pytest

from core.axes import parse_axes
from core.compiled import code_fingerprint
from core.config import Scenario
from core.errors import InputsError
from core.risk.config import RiskConfig
from core.simulation import SimulationInputs, simulate_many
from core.sweep import Chunk, chunks
from core.sweep_plan import plan_sweep
from dashboard.sweep_backends import BackendError, open_backend, run_jobs
from dashboard.sweep_job import BookInputs, JobResult, run_job
from tests.dashboard.clusters import dask_cluster

DATES = np.datetime64("2024-01-01") + np.arange(50)


def _book() -> BookInputs:
    returns = np.random.default_rng(5).normal(0.0, 0.02, (50, 4))
    inputs = SimulationInputs(
        close=100.0 * np.exp(np.cumsum(returns, axis=0)),
        rebalance=np.array([0, 20]),
        target=np.full((2, 4), 0.25),
        cash_rate=np.full(50, 1e-4),
    )
    return BookInputs(inputs, DATES)


def _jobs(book: BookInputs, size: int = 3) -> list[tuple[Chunk, BookInputs]]:
    axes = parse_axes(["risk.position_stop_loss=0.01:0.2:8", "risk.cost_per_trade_bps=0,50"])
    return [(chunk, book) for chunk in chunks(plan_sweep(Scenario(), axes), size)]


def _equals_direct_runs(name: str, address: str | None = None) -> None:
    book = _book()
    backend = open_backend(name, address, None if address else 2)
    try:
        found = dict(run_jobs(backend, _jobs(book)))
    finally:
        backend.close()
    assert len(found) == 6
    for chunk, runs in found.items():
        direct = simulate_many(book.inputs, chunk.risks, DATES)
        np.testing.assert_array_equal(runs.values, direct.values)
        np.testing.assert_array_equal(runs.ruined, direct.ruined)


def test_a_book_survives_a_journey_frozen_and_whole() -> None:
    book = _book()
    there: BookInputs = pickle.loads(pickle.dumps(book))
    np.testing.assert_array_equal(there.inputs.close, book.inputs.close)
    np.testing.assert_array_equal(there.dates, book.dates)
    assert there.inputs.alpha is None
    assert not there.inputs.close.flags.writeable


def test_threads() -> None:
    _equals_direct_runs("threads")


def test_processes() -> None:
    _equals_direct_runs("processes")


def test_a_real_dask_cluster() -> None:
    with dask_cluster(2) as address:
        _equals_direct_runs("dask", address)


def test_a_dask_cluster_without_workers() -> None:
    with (
        dask_cluster(0) as address,
        pytest.raises(BackendError, match="must have at least one worker, had none"),
    ):
        open_backend("dask", address)
    distributed = pytest.importorskip("distributed")
    left = [c for c in distributed.Client._instances if c.status != "closed"]
    assert not left, "a refused cluster leaves a client that goes on looking for it"


def test_a_dask_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sweep_backends._CONNECT_WITHIN", 0.5)
    with pytest.raises(BackendError, match=r"cluster at tcp://127\.0\.0\.1:9 cannot be reached"):
        open_backend("dask", "tcp://127.0.0.1:9")
    with pytest.raises(BackendError, match="cannot be reached"):
        open_backend("dask", "no address at all")


def _kill_itself(_book: BookInputs, _risks: Sequence[RiskConfig]) -> JobResult:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _refuse(_book: BookInputs, _risks: Sequence[RiskConfig]) -> JobResult:
    raise InputsError("the engine's own error")


@pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")
def test_a_killed_process_is_a_lost_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sweep_backends.run_job", _kill_itself)
    backend = open_backend("processes", jobs=1)
    try:
        with pytest.raises(BackendError, match="a worker of the sweep was lost"):
            list(run_jobs(backend, _jobs(_book())))
    finally:
        backend.close()


def test_killed_dask_workers_are_lost_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sweep_backends.run_job", _kill_itself)
    with dask_cluster(1) as address:
        backend = open_backend("dask", address)
        try:
            with pytest.raises(BackendError, match=r"was lost|had none"):
                list(run_jobs(backend, _jobs(_book())))
        finally:
            backend.close()


def test_an_error_of_the_engine_stays_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sweep_backends.run_job", _refuse)
    backend = open_backend("threads", jobs=2)
    try:
        with pytest.raises(InputsError, match="the engine's own error"):
            list(run_jobs(backend, _jobs(_book())))
    finally:
        backend.close()


def test_workers_of_another_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def older(book: BookInputs, risks: Sequence[RiskConfig]) -> JobResult:
        return JobResult(run_job(book, risks).runs, "0123456789abcdef")

    monkeypatch.setattr("dashboard.sweep_backends.run_job", older)
    backend = open_backend("threads", jobs=1)
    try:
        with pytest.raises(BackendError, match=f"{code_fingerprint()}.*one runs 0123456789abcdef"):
            list(run_jobs(backend, _jobs(_book())))
    finally:
        backend.close()


def test_few_jobs_wait_at_a_time() -> None:
    class Slow:
        slots = 2

        def __init__(self) -> None:
            self.open: list[Future[JobResult]] = []
            self.most = 0

        def submit(self, book: BookInputs, risks: Sequence[RiskConfig]) -> Future[JobResult]:
            future: Future[JobResult] = Future()
            future.set_result(run_job(book, risks))
            self.open.append(future)
            return future

        def check(self) -> None: ...

        def close(self) -> None: ...

    backend, taken = Slow(), []
    source = ((taken.append(n) or job) for n, job in enumerate(_jobs(_book(), size=1)))
    running = run_jobs(backend, source)
    next(running)
    assert len(taken) == 4  # twice the slots
    assert len(list(running)) == 15


@pytest.mark.parametrize(
    ("name", "address", "message"),
    [
        ("spark", None, "one of threads, processes, dask, ray, was spark"),
        ("dask", None, r"must have the --address.*tcp://"),
        ("ray", None, r"must have the --address.*ray://"),
        ("threads", "tcp://127.0.0.1:1", "was given for threads"),
    ],
)
def test_choices_that_do_not_go_together(name: str, address: str | None, message: str) -> None:
    with pytest.raises(BackendError, match=message):
        open_backend(name, address)


@pytest.mark.parametrize(("extra", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_extra_says_how_to_install_it(
    extra: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]
    with pytest.raises(BackendError, match=rf'pip install "plimsoll\[{extra}\]"'):
        open_backend(extra, "tcp://127.0.0.1:1")


class _RayError(Exception):
    __module__ = "ray.exceptions"


def _fake_ray(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> list[str]:
    # Return what ray is asked to reach; it answers with `problem`.
    asked: list[str] = []

    class Absent(ModuleType):
        @staticmethod
        def init(*, address: str, **_options: object) -> None:
            asked.append(address)
            raise problem

    monkeypatch.setitem(sys.modules, "ray", Absent("ray"))
    return asked


def test_a_ray_cluster_that_is_not_there_is_known_before_ray_looks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = _fake_ray(monkeypatch, AssertionError("ray looks for minutes"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can take the port
        port = closed.getsockname()[1]
        for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
            with pytest.raises(BackendError, match=rf"ray cluster at {address} cannot be reached"):
                open_backend("ray", address)
    with pytest.raises(BackendError, match="cannot be reached"):
        open_backend("ray", "127.0.0.1:99999")
    assert asked == []


@pytest.mark.parametrize(
    "problem", [ConnectionError("No running instance.\nmore"), _RayError("No running instance.")]
)
def test_what_ray_says_of_an_address_is_told_in_one_line(
    problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _fake_ray(monkeypatch, problem)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        said = rf"at {address} cannot be reached: No running instance\. Check the address"
        with pytest.raises(BackendError, match=said):
            open_backend("ray", address)
    with pytest.raises(BackendError, match="at auto cannot be reached"):
        open_backend("ray", "auto")
    assert asked == [address, "auto"]


def test_a_fault_of_our_own_is_not_called_a_lost_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_ray(monkeypatch, KeyError("ours"))
    with pytest.raises(KeyError):
        open_backend("ray", "auto")
