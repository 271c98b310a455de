"""The Risk lab: one component that owns its sliders and charts and is fed bytes."""
