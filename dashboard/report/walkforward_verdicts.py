"""What a walk-forward may say against the scenario as it stands and against the benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from core.evidence.bootstrap import MIN_RETURNS, PairedDifference
from dashboard.walkforward import WalkForward

__all__ = ["first_verdicts", "other_verdicts", "verdicts_document"]

_FIRST: Final = "sharpe_ratio"


def first_verdicts(found: WalkForward) -> Iterator[str]:
    """Say of the Sharpe ratio whether each difference is more than noise, or why nobody can."""
    pairs = _pairs(found)
    if not pairs:
        yield (
            f"{len(found.dates) - 1} returns out of sample, {MIN_RETURNS} are needed: no verdict "
            f"against the scenario as it stands or {found.run.benchmark_name}. Choose a longer "
            "period or a shorter training."
        )
    yield from (paired[_FIRST].sentence for paired in pairs)


def other_verdicts(found: WalkForward) -> Iterator[str]:
    """Say the same of every other metric; nothing where the sample is short."""
    for paired in _pairs(found):
        yield from (one.sentence for name, one in paired.items() if name != _FIRST)


def verdicts_document(paired: dict[str, PairedDifference] | None) -> dict[str, Any] | None:
    """Return difference, interval and verdict by metric, fractions; None with a short sample."""
    if paired is None:
        return None
    return {
        name: {
            "estimate": one.estimate, "low": one.low, "high": one.high, "level": one.level,
            "p_value": one.p_value, "verdict": one.verdict.value, "sentence": one.sentence,
        }
        for name, one in paired.items()
    }  # fmt: skip


def _pairs(found: WalkForward) -> list[dict[str, PairedDifference]]:
    both = (found.against_base, found.against_benchmark)
    return [paired for paired in both if paired is not None]
