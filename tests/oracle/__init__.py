"""The simulation contract written a second time: slow, plain Python, independent of the kernel."""

from __future__ import annotations

from tests.oracle.engine import simulate_plainly
from tests.oracle.records import Event, Inputs, OracleResult, Trade

__all__ = ["Event", "Inputs", "OracleResult", "Trade", "simulate_plainly"]
