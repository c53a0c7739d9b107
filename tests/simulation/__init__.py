"""The whole system in one process, under a seed and virtual time, with everything failing."""
