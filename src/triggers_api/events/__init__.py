"""Events: what integrators post, and what becomes of it until it is acknowledged or erased."""
