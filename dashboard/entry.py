"""Where `plimsoll` starts: light, so that Ctrl-C is answered while the rest is still loading."""

from __future__ import annotations

import signal
import sys
from types import FrameType

__all__ = ["main"]

INTERRUPTED = 130


def main() -> int:
    """Run the command line; Ctrl-C ends it at once, with one line and status 130."""
    signal.signal(signal.SIGINT, _stop)
    from dashboard.cli import main as run  # heavy

    return run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A compiler's callbacks swallow KeyboardInterrupt and go on. A second signal ends the process
    # the system's way.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stderr.write("\nplimsoll: stopped; what is stored is untouched.\n")
    sys.exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
