"""Measure the peers and write their part of docs/performance.md: ``python -m benchmarks.peers``.

Peers live in an environment of their own (:mod:`benchmarks.peers_env`) with the project's pinned
packages, where :mod:`benchmarks.peers_measure` times them in turn with the engine. Where they
cannot be installed the section keeps its tables and says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.document import PERFORMANCE, write_section
from benchmarks.peers_env import PeersError, make_environment

__all__ = ["NOT_MEASURED", "main", "section", "without_peers"]

NOT_MEASURED = "*The last `make bench` could not install the peers; what follows is older.*"
_ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Return the exit status: 0 as well where the peers cannot be installed."""
    quick = "--quick" in sys.argv
    try:
        python = make_environment(_ROOT)
    except PeersError as error:
        print(f"The peers are not measured: {error}", file=sys.stderr)
        if not quick:
            write_section("peers", without_peers(section(PERFORMANCE.read_text(encoding="utf-8"))))
        return 0
    command = [str(python), "-m", "benchmarks.peers_measure", *sys.argv[1:]]
    done = subprocess.run(command, cwd=_ROOT, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    if done.returncode == 0 and not quick:
        write_section("peers", done.stdout)
    return done.returncode


def section(document: str) -> str:
    """Return what stands between the markers of the peers, empty where there are none.

    Examples
    --------
    >>> section("<!-- peers:begin -->\\nold\\n<!-- peers:end -->")
    'old'
    """
    found = re.search("<!-- peers:begin -->(.*)<!-- peers:end -->", document, re.DOTALL)
    return found[1].strip() if found else ""


def without_peers(old: str) -> str:
    """Return the old section with a line that says that it is old, once.

    Examples
    --------
    >>> without_peers(without_peers("table")).count("older")
    1
    """
    return f"{NOT_MEASURED}\n\n{old.removeprefix(NOT_MEASURED).strip()}"


if __name__ == "__main__":
    sys.exit(main())
