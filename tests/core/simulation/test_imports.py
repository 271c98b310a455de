"""What a process has to load before its first run."""

from __future__ import annotations

import subprocess
import sys


def test_runs_and_their_metrics_are_measured_without_pandas() -> None:
    # A third of the time and a fifth of the memory of a new process: only tables need it.
    code = (
        "import sys, core.curves, core.metrics, core.simulation\n"
        "assert 'numba' in sys.modules\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
