"""How much memory is free, as far as the system says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["available_memory"]

_MEMINFO: Final = Path("/proc/meminfo")
_UNKNOWN: Final = 4 * 2**30


def available_memory(meminfo: Path = _MEMINFO) -> float:
    """Return bytes that could be taken without swapping; 4 GiB where nobody says.

    Parameters
    ----------
    meminfo : Path
        Linux's table; elsewhere half of the physical memory counts.
    """
    try:
        for line in meminfo.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return 1024.0 * float(rest.split()[0])
    except (OSError, ValueError, IndexError):
        pass
    try:
        return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return float(_UNKNOWN)
