"""The returns of a trial as bytes: sessions and excess returns, packed small."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

__all__ = ["TrialReturns", "digest_of"]

_DAYS: Final = "<i4"
_RETURNS: Final = "<f4"  # seven digits of a return: far below what any statistic of it can show
_MOST: Final = 100_000  # sessions; four centuries


@dataclass(frozen=True, slots=True, eq=False)
class TrialReturns:
    """What a setting earned over cash, session by session.

    Attributes
    ----------
    hash : str
        Of the setting.
    sessions : datetime64[D][n]
        Strictly increasing.
    excess : float64[n]
        Return over that of cash, fractions; float32 precision once stored.
    trial : str
        Hash of the row of the journal that they were recorded with: of the setting itself, or of
        the sweep that ran it. "" before they are recorded.
    """

    hash: str
    sessions: npt.NDArray[np.datetime64]
    excess: npt.NDArray[np.float64]
    trial: str = ""

    def pack(self) -> bytes:
        """Return the sessions and returns, compressed.

        Raises
        ------
        ValueError
            Lengths differ, sessions do not increase, or a return is not finite.
        """
        days = self.sessions.astype("datetime64[D]").astype(np.int64)
        if len(days) != len(self.excess) or len(days) > _MOST or (np.diff(days) <= 0).any():
            raise ValueError(
                "the returns of a trial must have one increasing session each, had "
                f"{len(days)} sessions and {len(self.excess)} returns"
            )
        if not np.isfinite(self.excess).all():
            raise ValueError("the returns of a trial must be finite, found NaN or an infinity")
        # Steps from session to session are nearly all 1 or 3: they take next to no room.
        steps = np.diff(days, prepend=0).astype(_DAYS)
        return zlib.compress(steps.tobytes() + self.excess.astype(_RETURNS).tobytes(), 6)

    @classmethod
    def unpack(cls, setting: str, data: bytes) -> Self:
        """Rebuild from :meth:`pack`; ValueError or zlib.error where it is something else."""
        raw = zlib.decompressobj().decompress(data, 8 * _MOST)
        if len(raw) % 8:
            raise ValueError(f"the returns of a trial must be pairs of 4 bytes, had {len(raw)}")
        half = len(raw) // 2
        days = np.cumsum(np.frombuffer(raw[:half], _DAYS).astype(np.int64))
        excess = np.frombuffer(raw[half:], _RETURNS).astype(np.float64)
        return cls(setting, days.astype("datetime64[D]"), excess)


def digest_of(data: bytes) -> str:
    """Return what the chain of the journal holds of packed returns."""
    return hashlib.sha256(data).hexdigest()
