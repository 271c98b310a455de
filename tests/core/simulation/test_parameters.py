"""RiskConfig as rows of numbers."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from core.risk.config import RiskConfig
from core.simulation.parameters import ROW, pack
from core.simulation.state import AT_OPEN, INTRADAY


def test_a_row_has_every_field_of_the_configuration() -> None:
    assert set(ROW.names or ()) == set(RiskConfig.model_fields)


def test_rows_keep_values_and_none_becomes_nan() -> None:
    risks = [RiskConfig(), RiskConfig(circuit_breaker_dd=None, vol_lookback_days=60)]
    rows = pack(risks)
    assert rows.shape == (2,)
    for risk, row in zip(risks, rows, strict=True):
        for name in ROW.names or ():
            if name in ("execution", "stop_fill"):
                continue
            value = getattr(risk, name)
            found = row[name]
            assert math.isnan(found) if value is None else found == value


@pytest.mark.parametrize("execution", ["next_close", "next_open"])
@pytest.mark.parametrize("stop_fill", ["close", "intraday"])
def test_choices_are_codes(
    execution: Literal["next_close", "next_open"], stop_fill: Literal["close", "intraday"]
) -> None:
    (row,) = pack([RiskConfig(execution=execution, stop_fill=stop_fill)])
    assert (row["execution"] == AT_OPEN) == (execution == "next_open")
    assert (row["stop_fill"] == INTRADAY) == (stop_fill == "intraday")
