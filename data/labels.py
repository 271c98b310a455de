"""Words that a note of a market is recognised by, wherever it is read."""

from __future__ import annotations

from typing import Final

__all__ = ["SURVIVORSHIP_BIAS"]

#: In every note that says that companies which failed or left are missing.
SURVIVORSHIP_BIAS: Final = "survivorship bias"
