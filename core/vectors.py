"""Loops that fill the processor's vectors: their length is rounded up, arrays have room for it."""

from __future__ import annotations

from typing import Final

from core.compiled import compiled_inner

__all__ = ["EIGHT", "in_eights"]

#: Entries that an array has at its end beyond those asked for, where a loop runs in steps of as
#: many. A rest that does not fill a vector would go one by one and cost as much as all the others.
EIGHT: Final = 8


@compiled_inner
def in_eights(count: int) -> int:
    """Return the least multiple of ``EIGHT`` that is at least `count`.

    Examples
    --------
    >>> in_eights(0), in_eights(1), in_eights(16), in_eights(17)
    (0, 8, 16, 24)
    """
    return (count + EIGHT - 1) // EIGHT * EIGHT
