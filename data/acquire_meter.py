"""How far a fetch has come: names of a stage, rows, rate, time left, share of the whole."""

from __future__ import annotations

import time

from data.acquire_types import STAGES, AcquireProgress, Say, Stage

__all__ = ["Meter"]


class Meter:
    """Counts and says; used by one thread."""

    def __init__(self, say: Say | None) -> None:
        self._say = say
        self._began = self._stage_began = time.perf_counter()
        self._stage: Stage = "plan"
        self._text = ""
        self._done = self._total = self._failed = self._rows = 0
        self._share = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the start of the fetch."""
        return time.perf_counter() - self._began

    def stage(self, stage: Stage, text: str, total: int = 0) -> None:
        """Begin a stage, or a further round of it, of so many names."""
        self._stage, self._text = stage, text
        self._done, self._failed, self._total = 0, 0, total
        self._stage_began = time.perf_counter()
        self._tell()

    def tick(self, rows: int = 0, *, failed: bool = False) -> None:
        """Count one name."""
        self._done += 1
        self._rows += rows
        self._failed += failed
        self._tell()

    def inside(self, text: str, share: float) -> None:
        """Say how far a stage without names is."""
        self._text = text
        self._tell(share)

    def _tell(self, inside: float | None = None) -> None:
        before = 0.0
        for stage, part in STAGES.items():
            if stage == self._stage:
                within = self._done / self._total if self._total else 0.0
                before += part * min(1.0, within if inside is None else inside)
                break
            before += part
        # A further round begins a stage anew; a bar that runs backwards would frighten.
        self._share = 1.0 if self._stage == "done" else max(self._share, before)
        if self._say is None:
            return
        seconds = time.perf_counter() - self._stage_began
        rate = self._done / seconds if seconds > 0 else 0.0
        left = (self._total - self._done) / rate if rate > 0 else None
        self._say(
            AcquireProgress(
                self._stage,
                self._text,
                self._done,
                self._total,
                self._failed,
                self._rows,
                self._share,
                self.seconds,
                rate,
                left,
            )
        )
