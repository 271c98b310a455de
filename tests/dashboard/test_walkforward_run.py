"""What a walk-forward demands of its settings before they are run."""

from __future__ import annotations

import dataclasses

import pytest

from core.errors import InputsError
from core.market import FUND_SECTORS
from dashboard.walkforward_run import _same_ground
from tests.dashboard.fakes import fake_run


def test_settings_are_over_the_same_sessions_and_funds() -> None:
    run = fake_run(sessions=60)
    _same_ground(run, run)
    with pytest.raises(InputsError, match="simulated over the same sessions"):
        _same_ground(run, fake_run(sessions=59))
    # The fund has a column of its own in both markets: only its sector tells the sleeve.
    sector = (FUND_SECTORS[0], *run.market.sector[1:])
    held = dataclasses.replace(run, market=dataclasses.replace(run.market, sector=sector))
    with pytest.raises(InputsError, match="hold the same funds"):
        _same_ground(run, held)
