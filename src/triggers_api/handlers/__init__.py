"""Lambda entry points: the only place that wires parts together, logs and measures."""
