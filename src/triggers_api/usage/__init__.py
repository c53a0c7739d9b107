"""Usage: what each tenant's events and pushes come to, counted exactly once."""
