"""The simulation kernel: inputs and a risk configuration in, a result out; ENGINE §2–§5."""

from core.simulation.inputs import SimulationInputs
from core.simulation.run import simulate, warm_up

__all__ = ["SimulationInputs", "simulate", "warm_up"]
