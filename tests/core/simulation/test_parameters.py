"""RiskConfig as rows of numbers."""

from __future__ import annotations

import math

import pytest

from core.errors import ConfigError
from core.risk.config import RiskConfig
from core.simulation.parameters import ROW, pack

_EXECUTION = {"execution", "stop_fill"}  # chosen before a run, not inside it


def test_a_row_has_every_field_of_the_configuration() -> None:
    assert set(ROW.names or ()) == set(RiskConfig.model_fields) - _EXECUTION


def test_rows_keep_values_and_none_becomes_nan() -> None:
    risks = [RiskConfig(), RiskConfig(circuit_breaker_dd=None, vol_lookback_days=60)]
    rows = pack(risks)
    assert rows.shape == (2,)
    for risk, row in zip(risks, rows, strict=True):
        for name in ROW.names or ():
            value = getattr(risk, name)
            found = row[name]
            assert math.isnan(found) if value is None else found == value


def test_an_execution_that_does_not_exist_yet_is_refused() -> None:
    with pytest.raises(ConfigError, match="next_open"):
        pack([RiskConfig(), RiskConfig(execution="next_open")])
