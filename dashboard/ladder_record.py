"""The steps of a ladder as trials: settings that nobody named, and whose results somebody saw."""

from __future__ import annotations

import hashlib
from typing import Final

from core.presets import preset
from core.scenario import scenario_hash
from dashboard.ladder import Ladder, Step
from dashboard.ladder_steps import changes
from dashboard.record import record_many
from data.journal import Journal

__all__ = ["record_ladder"]

_DESIGN: Final = "ladder"


def record_ladder(journal: Journal, found: Ladder) -> str:
    """Write the steps between the presets as one row; the presets themselves are no trials.

    The same ladder over the same period and data again is no further trial.

    Returns
    -------
    str
        Why it was not recorded; empty when it was, or when there was nothing to record.
    """
    tried = [step for step in found.steps if _is_tried(step)]
    if not tried:
        return ""
    hashes = [scenario_hash(step.scenario) for step in tried]
    return record_many(
        journal,
        found.steps[0].scenario,
        {_DESIGN: f"{' → '.join(found.presets)}, one change at a time"},
        design=_DESIGN,
        setting=hashlib.sha256("-".join((_DESIGN, *hashes)).encode()).hexdigest()[:12],
        fingerprint=found.fingerprint,
        preset_name=found.presets[0],
        runs=len(tried),
        different=_different(found),
        returns=[one for step in tried for one in step.trial],
    )


def _is_tried(step: Step) -> bool:
    same_as_preset = not changes(preset(step.rung.toward), step.scenario)
    return step.nav is not None and not same_as_preset


def _different(found: Ladder) -> int:
    # A step in a dead zone of its rule gives the very same curve, and is no trial.
    seen: set[bytes] = set()
    new = 0
    for step in sorted(found.steps, key=_is_tried):  # the presets first
        if step.nav is None:
            continue
        curve = step.nav.tobytes()
        new += _is_tried(step) and curve not in seen
        seen.add(curve)
    return max(new, 1)
