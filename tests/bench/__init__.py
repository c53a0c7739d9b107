"""Benchmarks: each prints ratios measured in one run, and asserts nothing about time."""
