"""Which companies may be looked at while sector rules are written, and which only judge them."""

from __future__ import annotations

import hashlib
from typing import Literal

__all__ = ["Half", "half_of"]

Half = Literal["writing", "held_out"]

# Fixed before the first rule was written; another salt would be another experiment.
_SALT = "plimsoll sector rules 1:"


def half_of(ticker: str) -> Half:
    """Return the half a company belongs to, by a hash of its symbol alone.

    Rules may be corrected on companies of the half ``writing``. Those of ``held_out`` are only
    counted, so that their agreement says how well the rules do on companies never looked at.

    Examples
    --------
    >>> half_of("AAPL") == half_of("AAPL")
    True
    """
    digest = hashlib.sha256(f"{_SALT}{ticker}".encode()).digest()
    return "writing" if digest[0] % 2 == 0 else "held_out"
