"""What a backend costs: the same sweep on threads, processes, a local dask and a local ray cluster.

Run it where the extras are installed; a backend that is not there is left out and said to be::

    .venv/bin/python -m benchmarks.sweep_backends --runs 1681

The market is the simulated one, in PLIMSOLL_HOME. Backends take turns, so that a noisy machine
disturbs all of them alike; the table shows the median of each and its ratio to the threads'.
Starting workers is shown apart from running: a cluster is there before a sweep.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import statistics
import time
from collections.abc import Iterator

from core.axes import parse_axes
from core.presets import preset
from core.scenario import with_values
from core.sweep import Chunk, chunks
from core.sweep_plan import plan_sweep
from dashboard.home import ensure_demo, home_folder
from dashboard.pipeline import Pipeline
from dashboard.sweep_backends import open_backend, run_jobs
from dashboard.sweep_job import BookInputs
from dashboard.sweep_run import Books, chunk_size


@contextlib.contextmanager
def _address(name: str, workers: int) -> Iterator[str | None]:
    if name == "dask":
        import distributed

        with distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
        ) as cluster:
            yield cluster.scheduler_address
    elif name == "ray":
        import ray
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers})
        try:
            yield cluster.address
        finally:
            ray.shutdown()
            cluster.shutdown()
    else:
        yield None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1681)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    home = home_folder()
    ensure_demo(home)
    side = max(math.isqrt(options.runs), 2)
    axes = parse_axes(
        [
            f"risk.position_stop_loss=0.02:0.5:{side}",
            f"risk.target_annual_vol=0.05:0.5:{side}",
        ]
    )
    period = {"period.start": "2021-06-01", "period.end": "2024-06-01"}
    plan = plan_sweep(with_values(preset("Phase 8"), period), axes)
    pipeline = Pipeline(home)
    pipeline.warm_up()
    book = Books(pipeline).get(plan.base)
    jobs: list[tuple[Chunk, BookInputs]] = [(c, book) for c in chunks(plan, chunk_size(len(plan)))]
    missing = [n for n, m in (("dask", "distributed"), ("ray", "ray")) if not _is_there(m)]
    names = [name for name in ("threads", "processes", "dask", "ray") if name not in missing]
    started, seconds = {}, {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        backends = {}
        for name in names:
            address = stack.enter_context(_address(name, options.workers))
            begin = time.perf_counter()
            backend = open_backend(name, address, None if address else options.workers)
            stack.callback(backend.close)
            list(run_jobs(backend, jobs))  # workers import and load the engine
            started[name], backends[name] = time.perf_counter() - begin, backend
        for _ in range(options.rounds):
            for name, backend in backends.items():
                begin = time.perf_counter()
                rows = sum(len(runs) for _, runs in run_jobs(backend, jobs))
                seconds[name].append(time.perf_counter() - begin)
                assert rows == len(plan)
    print(f"{len(plan):,} runs, {book.inputs.shape} sessions x names, {options.workers} workers")
    print("| backend | first sweep, s | sweep, s | runs/s | ratio to threads |")
    print("|---|---:|---:|---:|---:|")
    base = statistics.median(seconds["threads"])
    for name in names:
        took = statistics.median(seconds[name])
        print(
            f"| {name} | {started[name]:.2f} | {took:.2f} | {len(plan) / took:,.0f} "
            f"| {took / base:.2f} |"
        )
    for name in missing:
        print(f'{name}: not installed (pip install "plimsoll[{name}]")')


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


if __name__ == "__main__":
    main()
