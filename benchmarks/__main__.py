"""Run every benchmark that is there, one after the other: ``python -m benchmarks [--quick]``.

Each is a package or module of its own that writes its part of docs/performance.md.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time

NAMES = ("engine", "peers", "latency")


def main() -> int:
    """Run them; status 1 when one of them failed."""
    failed = []
    for name in NAMES:
        if importlib.util.find_spec(f"benchmarks.{name}") is None:
            continue
        print(f"── {name}", flush=True)
        begun = time.monotonic()
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
        print(f"── {name}: {time.monotonic() - begun:.0f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
