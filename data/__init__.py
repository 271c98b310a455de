"""Everything that touches disk or network; knows nothing of the engine."""
