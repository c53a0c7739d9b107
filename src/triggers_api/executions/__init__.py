"""Executions: the events of one run of a producer's job, counted."""
