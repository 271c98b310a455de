"""The simulation kernel: inputs and a risk configuration in, a result out; ENGINE §2–§5."""

from core.simulation.inputs import SimulationInputs
from core.simulation.many import METRICS, SweepResult, simulate_many, warm_up_many
from core.simulation.run import simulate, warm_up

__all__ = [
    "METRICS",
    "SimulationInputs",
    "SweepResult",
    "simulate",
    "simulate_many",
    "warm_up",
    "warm_up_many",
]
