"""Words that a note of a market is recognised by, wherever it is read."""

from __future__ import annotations

from typing import Final

__all__ = ["CHOSEN_LATER", "SURVIVORSHIP_BIAS"]

#: In every note that says that companies which failed or left are missing.
SURVIVORSHIP_BIAS: Final = "survivorship bias"
#: In the note of a universe that was chosen by what was known only later.
CHOSEN_LATER: Final = "look-ahead"
